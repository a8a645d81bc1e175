"""Orders as the exchange reported them."""

from __future__ import annotations

from dataclasses import replace

from weexctl.journal.codec import Shape, SqlValue
from weexctl.journal.database import Database
from weexctl.journal.rows import OrderRecord
from weexctl.model.order import OrderStatus

__all__ = ["Orders"]

_ORDER = Shape("venue_order", OrderRecord)
_OPEN = tuple(status.value for status in OrderStatus if not status.final)
_DONE = """FROM venue_order LEFT JOIN intent USING (intent_id)
    WHERE kind IN ('entry', 'exit') OR CAST(filled_quantity AS REAL) > 0"""
_COLUMNS = ", ".join(f"venue_order.{name}" for name in _ORDER.columns)
_NEWEST_DONE = f"""SELECT {_COLUMNS}, coalesce(intent.decision_id, '') {_DONE}
    ORDER BY venue_order.updated_ms DESC, venue_order.order_id DESC LIMIT ?"""


class Orders:
    """The table `venue_order`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, order: OrderRecord) -> OrderRecord:
        """Merge a report into what is on record, and return that.

        Reports may arrive late and out of order, so an order only moves forward: an older report, one that would
        unfill it or one that would bring it back to life changes nothing. The intent and the client order id stay
        when a report lacks them.
        """
        with self._database.transaction():
            known = self.get(order.order_id)
            merged = order if known is None else _merge(known, order)
            if merged != known:
                self._database.write(_ORDER.replace(), _ORDER.values(merged))
        return merged

    def get(self, order_id: str) -> OrderRecord | None:
        """The order with the exchange's id."""
        return self._first("WHERE order_id = ?", order_id)

    def by_client_order_id(self, client_order_id: str) -> OrderRecord | None:
        """The order that was sent under this client order id."""
        return self._first("WHERE client_order_id = ? ORDER BY created_ms DESC", client_order_id)

    def of_intent(self, intent_id: int) -> list[OrderRecord]:
        """Every order that served an intent, attached stops and targets included, oldest first."""
        return self._all("WHERE intent_id = ?", intent_id)

    def open(self, symbol: str | None = None) -> list[OrderRecord]:
        """Orders something can still happen to, as far as was reported; oldest first."""
        where = f"WHERE status IN ({', '.join('?' * len(_OPEN))})"
        if symbol is None:
            return self._all(where, *_OPEN)
        return self._all(f"{where} AND symbol = ?", *_OPEN, symbol)

    def done(self, *, newest: int) -> list[tuple[OrderRecord, str]]:
        """Entries, exits, and stops and targets that were filled, each with its decision id or an empty one.

        As many as asked for, the newest of them all, in the order of their last report.
        """
        rows = self._database.rows(_NEWEST_DONE, (newest,))
        return [(_ORDER.build(row[:-1]), row[-1]) for row in reversed(rows)]

    def count_done(self) -> int:
        """How many entries, exits, and filled stops and targets there are."""
        ((count,),) = self._database.rows(f"SELECT count(*) {_DONE}")
        return int(count)

    def _first(self, where: str, *values: SqlValue) -> OrderRecord | None:
        row = self._database.row(f"{_ORDER.select} {where}", values)
        return None if row is None else _ORDER.build(row)

    def _all(self, where: str, *values: SqlValue) -> list[OrderRecord]:
        rows = self._database.rows(f"{_ORDER.select} {where} ORDER BY created_ms, order_id", values)
        return _ORDER.build_all(rows)


def _merge(known: OrderRecord, new: OrderRecord) -> OrderRecord:
    backward = (
        new.updated_ms < known.updated_ms
        or new.filled_quantity < known.filled_quantity
        or (known.status.final and not new.status.final)
    )
    base, other = (known, new) if backward else (new, known)
    return replace(
        base,
        intent_id=other.intent_id if base.intent_id is None else base.intent_id,
        client_order_id=base.client_order_id or other.client_order_id,
    )
