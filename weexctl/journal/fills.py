"""Executions against our orders."""

from __future__ import annotations

from enum import StrEnum

from weexctl.journal.codec import Shape, SqlValue
from weexctl.journal.database import Database
from weexctl.model.fill import Fill

__all__ = ["FillOutcome", "Fills"]

_FILL = Shape("fill", Fill)


class FillOutcome(StrEnum):
    """What recording a fill came to."""

    NEW = "new"
    KNOWN = "known"
    """The same fill was on record; it counts once."""
    CONFLICT = "conflict"
    """Another fill has this id. The one on record stays; a person has to look."""


class Fills:
    """The table `fill`. A fill never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, fill: Fill) -> FillOutcome:
        """Record a fill once, however often it is reported."""
        with self._database.transaction():
            sql = _FILL.insert("ON CONFLICT (fill_id) DO NOTHING")
            if self._database.write(sql, _FILL.values(fill)).rowcount:
                return FillOutcome.NEW
            return FillOutcome.KNOWN if self.get(fill.fill_id) == fill else FillOutcome.CONFLICT

    def get(self, fill_id: str) -> Fill | None:
        """The fill with the exchange's id."""
        row = self._database.row(f"{_FILL.select} WHERE fill_id = ?", (fill_id,))
        return None if row is None else _FILL.build(row)

    def of_order(self, order_id: str) -> list[Fill]:
        """The fills of an order, oldest first."""
        return self._all("WHERE order_id = ?", order_id)

    def between(self, from_ms: int, to_ms: int, symbol: str | None = None) -> list[Fill]:
        """The fills of a span of time, both ends included, oldest first."""
        if symbol is None:
            return self._all("WHERE time_ms BETWEEN ? AND ?", from_ms, to_ms)
        return self._all("WHERE time_ms BETWEEN ? AND ? AND symbol = ?", from_ms, to_ms, symbol)

    def latest_ms(self) -> int | None:
        """The moment of the newest fill; None before the first."""
        row = self._database.row("SELECT max(time_ms) FROM fill")
        return None if row is None else row[0]

    def _all(self, where: str, *values: SqlValue) -> list[Fill]:
        return _FILL.build_all(self._database.rows(f"{_FILL.select} {where} ORDER BY time_ms, rowid", values))
