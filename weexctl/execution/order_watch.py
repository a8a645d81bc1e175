"""Watching one order: until it is final, and until its fills are there. It only reads."""

from __future__ import annotations

from weexctl.execution.reading import Unavailable, read
from weexctl.model.fill import Fill
from weexctl.model.order import Order
from weexctl.ports import Clock, Exchange

__all__ = ["REST_MS", "SETTLE_MS", "OrderWatch"]

SETTLE_MS = 10_000
"""How long a market order is watched for its final state (reliability 7, Q7: visible within 6 s)."""
REST_MS = 500
"""How long a limit order is looked at before it counts as resting: one that crosses the book is filled by then."""
_POLL_MS = 500
_SKEW_MS = 60_000
"""How far the exchange's clock may be ahead of the one read here; what it stamps later than that is not found."""


class OrderWatch:
    """Reads orders of one account again and again, for as long as it makes sense."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange = exchange
        self._clock = clock

    def to_end(self, order_id: str, patience_ms: int) -> Order | None:
        """The order once it is final, or as it was seen after so long; None when it could not be read for longer."""
        began = self._clock.now_ms()
        seen: Order | None = None
        while True:
            found = read("the order", lambda: self._exchange.fetch_order(order_id))
            if not isinstance(found, Unavailable):
                seen = found
                if found.status.final:
                    return found
            if self._clock.now_ms() >= began + (SETTLE_MS if seen is None else patience_ms):
                return seen
            self._clock.sleep_ms(_POLL_MS)

    def fills(self, order: Order) -> tuple[Fill, ...]:
        """Fills that add up to the order's filled quantity; fewer when they stay invisible."""
        deadline = self._clock.now_ms() + SETTLE_MS
        while True:
            end_ms = max(self._clock.now_ms(), order.updated_ms) + _SKEW_MS
            found = read(
                "fills",
                lambda end_ms=end_ms: self._exchange.fetch_fills(  # type: ignore[misc]
                    order.symbol, start_ms=order.created_ms - 1000, end_ms=end_ms, order_id=order.order_id
                ),
            )
            if not isinstance(found, Unavailable) and sum(f.quantity for f in found) >= order.filled_quantity:
                return tuple(found)
            if self._clock.now_ms() >= deadline:
                return () if isinstance(found, Unavailable) else tuple(found)
            self._clock.sleep_ms(_POLL_MS)
