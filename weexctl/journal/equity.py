"""The equity curve of each run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from weexctl.journal.codec import Shape
from weexctl.journal.database import Database
from weexctl.journal.rows import EquityRecord

__all__ = ["CurveSum", "EquityCurve"]

_EQUITY = Shape("equity", EquityRecord)
_SUM = """SELECT max(1 - mark / peak), avg(gross_exposure) FROM (
    SELECT CAST(equity AS REAL) AS mark, gross_exposure,
        max(?, max(CAST(equity AS REAL)) OVER (ORDER BY time_ms ROWS UNBOUNDED PRECEDING)) AS peak
    FROM equity WHERE run_id = ?)"""


@dataclass(frozen=True, slots=True)
class CurveSum:
    """What a whole equity curve comes to."""

    max_drawdown: float
    """Largest fall from a running peak, positive fraction, on the marks of each step."""
    exposure: float
    """Mean of the gross exposure over the steps, as a fraction of equity."""


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

    def sum_of(self, run_id: str, *, start: float) -> CurveSum:
        """The sum of a run's curve, whose first peak is the equity the run began with."""
        ((drawdown, exposure),) = self._database.rows(_SUM, (start, run_id))
        return CurveSum(max(drawdown or 0.0, 0.0), exposure or 0.0)

    def latest(self, run_id: str) -> EquityRecord | None:
        """The newest moment of a run."""
        row = self._database.row(f"{_EQUITY.select} WHERE run_id = ? ORDER BY time_ms DESC", (run_id,))
        return None if row is None else _EQUITY.build(row)
