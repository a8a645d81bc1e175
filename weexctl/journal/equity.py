"""The equity curve of each run."""

from __future__ import annotations

from collections.abc import Iterable

from weexctl.journal.codec import Shape
from weexctl.journal.database import Database
from weexctl.journal.rows import EquityRecord

__all__ = ["EquityCurve"]

_EQUITY = Shape("equity", EquityRecord)


class EquityCurve:
    """The table `equity`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, point: EquityRecord) -> None:
        """Record the account at a moment of a run, in place of what was recorded for it."""
        self.add_many((point,))

    def add_many(self, points: Iterable[EquityRecord]) -> None:
        """Record several moments, all or none."""
        sql = _EQUITY.replace()
        self._database.write_many(sql, map(_EQUITY.values, points))

    def of_run(self, run_id: str, *, from_ms: int = 0) -> list[EquityRecord]:
        """The moments of a run from `from_ms` on, oldest first."""
        where = "WHERE run_id = ? AND time_ms >= ? ORDER BY time_ms"
        return _EQUITY.build_all(self._database.rows(f"{_EQUITY.select} {where}", (run_id, from_ms)))

    def latest(self, run_id: str) -> EquityRecord | None:
        """The newest moment of a run."""
        row = self._database.row(f"{_EQUITY.select} WHERE run_id = ? ORDER BY time_ms DESC", (run_id,))
        return None if row is None else _EQUITY.build(row)
