"""Positions we believe to hold."""

from __future__ import annotations

from weexctl.journal.codec import Shape
from weexctl.journal.database import Database
from weexctl.journal.rows import PositionRecord
from weexctl.model.side import PositionSide

__all__ = ["Positions"]

_POSITION = Shape("position", PositionRecord)


class Positions:
    """The table `position`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, position: PositionRecord) -> None:
        """Record what is held now on one side of one symbol, in place of what was."""
        sql = _POSITION.replace()
        self._database.write(sql, _POSITION.values(position))

    def remove(self, symbol: str, side: PositionSide) -> bool:
        """Record that nothing is held there any more; False when nothing was."""
        sql = "DELETE FROM position WHERE symbol = ? AND position_side = ?"
        return self._database.write(sql, (symbol, side.value)).rowcount > 0

    def get(self, symbol: str, side: PositionSide) -> PositionRecord | None:
        """The position on one side of one symbol."""
        row = self._database.row(f"{_POSITION.select} WHERE symbol = ? AND position_side = ?", (symbol, side.value))
        return None if row is None else _POSITION.build(row)

    def all(self) -> list[PositionRecord]:
        """Every position, by symbol."""
        return _POSITION.build_all(self._database.rows(f"{_POSITION.select} ORDER BY symbol, position_side"))
