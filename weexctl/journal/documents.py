"""Things kept as JSON: fitted classifiers, and whatever a process must find again after a restart."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from weexctl.journal.codec import json_text
from weexctl.journal.database import Database
from weexctl.model.regime import Artefact

__all__ = ["Artefacts", "State"]


class Artefacts:
    """The table `artefact`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, artefact: Artefact, *, fitted_ms: int, run_id: str | None = None) -> None:
        """Record a fit, or that an older one was kept at this moment; said twice it counts once."""
        self._database.write(
            "INSERT INTO artefact (artefact_id, run_id, plugin, symbol, fitted_ms, body) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (artefact_id, fitted_ms) DO NOTHING",
            (artefact.id, run_id, artefact.plugin, artefact.symbol, fitted_ms, json_text(asdict(artefact))),
        )

    def get(self, artefact_id: str) -> Artefact | None:
        """The fit with this id, as it was recorded last."""
        row = self._database.row(
            "SELECT body FROM artefact WHERE artefact_id = ? ORDER BY fitted_ms DESC", (artefact_id,)
        )
        return None if row is None else Artefact(**json.loads(row[0]))

    def latest(self, plugin: str, symbol: str, run_id: str | None = None) -> Artefact | None:
        """The newest fit of a classifier for a symbol; of one run when named."""
        row = self._database.row(
            "SELECT body FROM artefact WHERE plugin = ? AND symbol = ? AND (? IS NULL OR run_id = ?) "
            "ORDER BY fitted_ms DESC, rowid DESC",
            (plugin, symbol, run_id, run_id),
        )
        return None if row is None else Artefact(**json.loads(row[0]))


class State:
    """The table `state`: JSON values by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: str, value: object) -> None:
        """Keep a value that JSON can hold, in place of what was there. Decimals come back as text."""
        self._database.write("REPLACE INTO state (key, body) VALUES (?, ?)", (key, json_text(value)))

    def get(self, key: str) -> Any:
        """The value of a key; None when there is none."""
        row = self._database.row("SELECT body FROM state WHERE key = ?", (key,))
        return None if row is None else json.loads(row[0])

    def remove(self, key: str) -> bool:
        """Forget a key; False when it was not there."""
        return self._database.write("DELETE FROM state WHERE key = ?", (key,)).rowcount > 0

    def names(self) -> list[str]:
        """Every key, sorted."""
        return [key for (key,) in self._database.rows("SELECT key FROM state ORDER BY key")]
