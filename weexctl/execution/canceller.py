"""Ending orders that rest or wait: asked for once, and over only when a read shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weexctl.errors import ExchangeError, NotSentError, RateLimitedError, RejectedError, UnauthorisedError
from weexctl.execution.gate import Gate
from weexctl.execution.reading import Unavailable, read
from weexctl.model.order import ConditionalOrder, Order, OrderStatus
from weexctl.ports import Clock, Exchange

__all__ = ["CancelEnd", "Canceller"]

PATIENCE_MS = 10_000
"""How long an order that was cancelled is watched for its end."""
_POLL_MS = 500
_NOTHING_DONE = (NotSentError, RateLimitedError, UnauthorisedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEnd:
    """How an order that was to be cancelled ended."""

    order_id: str
    status: OrderStatus | None
    """None when no read showed an end: it may still be there."""
    order: Order | None = None
    """As it was last read; None for a stop or target that left no other trace."""
    reason: str = ""
    """What the exchange said against it."""

    @property
    def proven(self) -> bool:
        """True when a read showed that nothing more can happen to it."""
        return self.status is not None


class Canceller:
    """Cancels one order at a time. A cancel whose outcome is unknown is never sent again: reads tell."""

    def __init__(self, exchange: Exchange, gate: Gate, clock: Clock) -> None:
        self._exchange = exchange
        self._gate = gate
        self._clock = clock

    def resting(self, order_id: str) -> CancelEnd:
        """End an order that rests in the book; it may turn out to have been filled.

        Raises:
            RefusedError: read-only, or beyond the key's scope.
            NotSentError, RateLimitedError, UnauthorisedError: nothing was done.
            RejectedError: the exchange refused, and the order is still there.
        """
        refusal = self._ask(lambda: self._gate.cancel(order_id))

        def look() -> tuple[OrderStatus | None, Order | None]:
            order = self._exchange.fetch_order(order_id)
            return (order.status if order.status.final else None), order

        return self._watched(order_id, look, refusal)

    def waiting(self, order: ConditionalOrder) -> CancelEnd:
        """End an order that waits for its trigger, unless it is the stop of an open position.

        Raises:
            RefusedError: it protects a position; or as `resting`.
            NotSentError, RateLimitedError, UnauthorisedError, RejectedError: as `resting`.
        """
        refusal = self._ask(lambda: self._gate.cancel_conditional(order.order_id, by_hand=True))

        def look() -> tuple[OrderStatus | None, Order | None]:
            left = self._exchange.fetch_conditional_orders(order.symbol)
            if any(row.order_id == order.order_id and not row.status.final for row in left):
                return None, None
            fired = read("the order", lambda: self._exchange.fetch_order(order.order_id))
            if isinstance(fired, Unavailable) or fired.status not in (OrderStatus.FILLED, OrderStatus.TRIGGERED):
                return OrderStatus.CANCELLED, None
            return fired.status, fired

        return self._watched(order.order_id, look, refusal)

    def _ask(self, send: Callable[[], None]) -> ExchangeError | None:
        """Send it once; what the exchange said against it, when that leaves the end open."""
        try:
            send()
        except _NOTHING_DONE:
            raise
        except ExchangeError as error:
            return error
        return None

    def _watched(
        self,
        order_id: str,
        look: Callable[[], tuple[OrderStatus | None, Order | None]],
        refusal: ExchangeError | None,
    ) -> CancelEnd:
        deadline = self._clock.now_ms() + PATIENCE_MS
        order: Order | None = None
        while True:
            found = read("the order", look)
            if not isinstance(found, Unavailable):
                status, order = found
                if status is not None:
                    return CancelEnd(order_id=order_id, status=status, order=order)
                if isinstance(refusal, RejectedError):
                    raise refusal  # it says no, and a read agrees that the order is still there
            if self._clock.now_ms() >= deadline:
                return CancelEnd(order_id=order_id, status=None, order=order, reason=refusal.message if refusal else "")
            self._clock.sleep_ms(_POLL_MS)
