"""Looking for the order of an attempt whose outcome is unknown, in every place where it would show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from weexctl.execution.reading import Unavailable, read
from weexctl.journal.journal import Journal
from weexctl.journal.rows import AttemptRecord
from weexctl.model.order import Order, OrderIntent
from weexctl.ports import Exchange

__all__ = ["Absent", "Search"]

_BEFORE_MS = 60_000
"""Orders are asked for from this long before the request was signed: clocks differ."""
_FILLS_BEFORE_MS = 5_000
_AFTER_MS = 60_000
"""And until this much later than now, for the same reason: an order that is stamped ahead of us is not absent."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Absent:
    """Every source was read, and none has the order."""

    unexplained: str = ""
    """What speaks against it all the same: a fill or a quantity that nothing on record accounts for."""


class Search:
    """Open orders, history, fills and positions, in this order; the first that has the order ends the search."""

    def __init__(self, exchange: Exchange, journal: Journal) -> None:
        self._exchange = exchange
        self._journal = journal

    def listed(self, intent: OrderIntent, attempt: AttemptRecord, now_ms: int) -> Order | Unavailable | None:
        """The order that carries this attempt's client id, where orders are listed; None proves nothing."""
        orders = self._orders(intent, attempt, now_ms)
        return orders if isinstance(orders, Unavailable) else _named(orders, attempt)

    def order_of(self, intent: OrderIntent, attempt: AttemptRecord, now_ms: int) -> Order | Absent | Unavailable:
        """The order that carries this attempt's client id.

        Nothing is inferred from a source that could not be read: the answer is then `Unavailable`.
        """
        orders = self._orders(intent, attempt, now_ms)
        if isinstance(orders, Unavailable):
            return orders
        if (found := _named(orders, attempt)) is not None:
            return found
        others = {order.order_id for order in orders if order.client_order_id}
        fills = self._strange_fills(intent, attempt, now_ms, others)
        if isinstance(fills, Unavailable):
            return fills
        moved = self._strange_quantity(intent)
        return moved if isinstance(moved, Unavailable) else Absent(fills or moved)

    def _orders(self, intent: OrderIntent, attempt: AttemptRecord, now_ms: int) -> list[Order] | Unavailable:
        """Those that rest and those of the time since the request; the latter only where the former lack it."""
        resting = read("orders", lambda: self._exchange.fetch_open_orders(intent.symbol))
        if isinstance(resting, Unavailable) or _named(resting, attempt) is not None:
            return resting
        ended = read(
            "orders",
            lambda: self._exchange.fetch_order_history(
                intent.symbol, start_ms=attempt.signed_ms - _BEFORE_MS, end_ms=now_ms + _AFTER_MS
            ),
        )
        return ended if isinstance(ended, Unavailable) else [*resting, *ended]

    def _strange_fills(
        self, intent: OrderIntent, attempt: AttemptRecord, now_ms: int, others: set[str]
    ) -> str | Unavailable:
        """Fills on this side of the symbol whose order nobody knows; one that shows another client id is known."""
        fills = read(
            "fills",
            lambda: self._exchange.fetch_fills(
                intent.symbol, start_ms=attempt.signed_ms - _FILLS_BEFORE_MS, end_ms=now_ms + _AFTER_MS
            ),
        )
        if isinstance(fills, Unavailable):
            return fills
        strange = {
            fill.order_id
            for fill in fills
            if (fill.side, fill.position_side) == (intent.side, intent.position_side)
            and fill.order_id not in others
            and self._journal.orders.get(fill.order_id) is None
            and self._journal.intents.by_order_id(fill.order_id) is None
        }
        return f"fills of unknown orders {', '.join(sorted(strange))}" if strange else ""

    def _strange_quantity(self, intent: OrderIntent) -> str | Unavailable:
        """What is held beyond the books when the order would have added to it, or short of them when it reduces."""
        positions = read("positions", lambda: self._exchange.fetch_positions(intent.symbol))
        if isinstance(positions, Unavailable):
            return positions
        live = sum((p.quantity for p in positions if p.side is intent.position_side), _ZERO)
        rows = [row for row in self._journal.positions.all() if row.symbol == intent.symbol]
        known = sum((row.quantity for row in rows if row.position_side is intent.position_side), _ZERO)
        differs = live < known if intent.reduces else live > known
        return f"{live} is held and {known} is on record" if differs else ""


def _named(orders: Iterable[Order], attempt: AttemptRecord) -> Order | None:
    return next((order for order in orders if order.client_order_id == attempt.client_order_id), None)
