"""Trades: positions that ended."""

from __future__ import annotations

from weexctl.journal.codec import Shape, SqlValue
from weexctl.journal.database import Database
from weexctl.journal.rows import TradeRecord

__all__ = ["Trades"]

_TRADE = Shape("trade", TradeRecord)


class Trades:
    """The table `trade`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, trade: TradeRecord) -> None:
        """Record a closed trade.

        Raises:
            WeexctlError: a trade with this id is on record.
        """
        self._database.write(_TRADE.insert(), _TRADE.values(trade))

    def get(self, trade_id: str) -> TradeRecord | None:
        """The trade with this id."""
        found = self._all("WHERE trade_id = ?", trade_id)
        return found[0] if found else None

    def of_run(self, run_id: str, *, newest: int | None = None) -> list[TradeRecord]:
        """The trades of a run, in the order they closed; all of them, or as many of the newest as asked for."""
        if newest is None:
            return self._all("WHERE run_id = ?", run_id)
        backward = f"{_TRADE.select} WHERE run_id = ? ORDER BY closed_ms DESC, rowid DESC LIMIT ?"
        return _TRADE.build_all(reversed(self._database.rows(backward, (run_id, newest))))

    def count(self, run_id: str) -> int:
        """How many trades of a run have closed."""
        ((count,),) = self._database.rows("SELECT count(*) FROM trade WHERE run_id = ?", (run_id,))
        return int(count)

    def by_order(self, order_id: str) -> list[TradeRecord]:
        """The trades an order opened or closed."""
        return self._all("WHERE entry_order_id = ? OR exit_order_id = ?", order_id, order_id)

    def by_decision(self, decision_id: str) -> list[TradeRecord]:
        """The trades a decision opened or closed."""
        return self._all("WHERE entry_decision_id = ? OR exit_decision_id = ?", decision_id, decision_id)

    def closed_since(self, time_ms: int) -> list[TradeRecord]:
        """The trades of every run that closed at or after a moment, in the order they closed."""
        return self._all("WHERE closed_ms >= ?", time_ms)

    def _all(self, where: str, *values: SqlValue) -> list[TradeRecord]:
        rows = self._database.rows(f"{_TRADE.select} {where} ORDER BY closed_ms, rowid", values)
        return _TRADE.build_all(rows)
