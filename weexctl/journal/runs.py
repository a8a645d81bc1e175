"""Runs, and how long their stages took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from weexctl.errors import WeexctlError
from weexctl.journal.codec import Shape, json_text
from weexctl.journal.database import Database
from weexctl.journal.rows import RunRecord, TimingRecord

__all__ = ["Runs", "Timings"]

_RUN = Shape("run", RunRecord)
_TIMING = Shape("timing", TimingRecord)


class Runs:
    """The table `run`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: RunRecord) -> None:
        """Record the start of a run.

        Raises:
            WeexctlError: a run with this id is on record.
        """
        self._database.write(_RUN.insert(), _RUN.values(run))

    def progress(self, run_id: str, *, to_ms: int, steps: int, status: str = "running") -> None:
        """Record how far a run got: the close of its last decided candle and its steps so far."""
        self._change(
            run_id,
            "UPDATE run SET to_ms = ?, steps = ?, status = ? WHERE run_id = ?",
            (to_ms, steps, status, run_id),
        )

    def finish(self, run_id: str, *, to_ms: int, steps: int, status: str, manifest: dict[str, Any]) -> None:
        """Record the end of a run, with what it was made from."""
        self._change(
            run_id,
            "UPDATE run SET to_ms = ?, steps = ?, status = ?, manifest = ? WHERE run_id = ?",
            (to_ms, steps, status, json_text(manifest), run_id),
        )

    def get(self, run_id: str) -> RunRecord | None:
        """The run with this id."""
        row = self._database.row(f"{_RUN.select} WHERE run_id = ?", (run_id,))
        return None if row is None else _RUN.build(row)

    def latest(self) -> RunRecord | None:
        """The run that began last; None in a new journal."""
        row = self._database.row(f"{_RUN.select} ORDER BY sequence DESC")
        return None if row is None else _RUN.build(row)

    def all(self) -> list[RunRecord]:
        """Every run, the newest first."""
        return _RUN.build_all(self._database.rows(f"{_RUN.select} ORDER BY sequence DESC"))

    def _change(self, run_id: str, sql: str, values: tuple[str | int, ...]) -> None:
        if self._database.write(sql, values).rowcount == 0:
            raise WeexctlError(f"no run {run_id} is on record; nothing was changed", code="UNKNOWN_RUN")


class Timings:
    """The table `timing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, timings: Iterable[TimingRecord]) -> None:
        """Add calls and seconds to what is on record for these stages."""
        conflict = (
            "ON CONFLICT (run_id, stage) DO UPDATE SET calls = calls + excluded.calls, "
            "seconds = seconds + excluded.seconds"
        )
        self._database.write_many(_TIMING.insert(conflict), map(_TIMING.values, timings))

    def of_run(self, run_id: str) -> list[TimingRecord]:
        """The stages of a run, the slowest first."""
        rows = self._database.rows(f"{_TIMING.select} WHERE run_id = ? ORDER BY seconds DESC, stage", (run_id,))
        return _TIMING.build_all(rows)
