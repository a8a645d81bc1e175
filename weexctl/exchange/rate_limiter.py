"""How many requests may leave: a sliding budget of weight, one of order calls, lanes, and a freeze after a refusal.

Numbers: reliability 6.7. The guide says 1 000 weight per 10 s and two independent clients say 500; the smaller
counts, less a tenth. Order calls: 10 per second, less a tenth. Each lane has a share that lower lanes leave alone;
a higher lane may use up the shares of the lower ones.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from weexctl.errors import RateLimitedError
from weexctl.exchange.lane import Lane
from weexctl.exchange.patience import Patience
from weexctl.exchange.server_clock import boot_ms
from weexctl.exchange.window import Window

__all__ = ["NO_SHARES", "ORDER_SHARES", "SHARES", "Limiter", "RateLimiter", "Unlimited"]

WEIGHT_LIMIT, WEIGHT_SPAN_MS = 450, 10_000
ORDER_LIMIT, ORDER_SPAN_MS = 9, 1_000
SHARES = (0.4, 0.3, 0.2, 0.1)
"""Of the weight, by lane."""
ORDER_SHARES = (0.45, 0.0, 0.55, 0.0)
"""Of the order calls, by lane: four of nine are kept for stops, exits and cancels."""
NO_SHARES = (0.0, 0.0, 0.0, 1.0)
"""Nothing is kept for anybody: for a client without keys, which has only market data to ask for."""


class Limiter(Protocol):
    """What the transport asks before each request."""

    def acquire(self, weight: int, *, order: bool, lane: Lane) -> None:
        """Wait until a request of this weight may leave."""
        ...

    def freeze(self, retry_after_ms: int | None, *, banned: bool = False) -> int:
        """Note that the exchange said "too many"; the milliseconds nothing will leave."""
        ...


class Unlimited:
    """A limiter that never waits: for the simulator in process, whose clock must not be moved by us."""

    def acquire(self, weight: int, *, order: bool, lane: Lane) -> None:
        """Nothing."""

    def freeze(self, retry_after_ms: int | None, *, banned: bool = False) -> int:  # noqa: ARG002  # the protocol's own
        """What the exchange asked for."""
        return retry_after_ms or 10_000


class RateLimiter:
    """Two sliding windows and a freeze, shared by all threads of a process.

    Three refusals within ten minutes halve the budget; each quiet ten minutes give a tenth of it back. While the
    exchange wants silence, the first lane may still knock now and then.

    Args:
        now_ms: a clock that never jumps, milliseconds.
        sleep: lets that clock advance by so many seconds.
        weight_limit: weight per 10 s.
        order_limit: order calls per second.
        shares: what part of the weight is kept for each lane.
        max_wait_ms: a longer wait is refused at once with `RateLimitedError` instead of being slept through.
    """

    def __init__(
        self,
        *,
        now_ms: Callable[[], float] = boot_ms,
        sleep: Callable[[float], None] = time.sleep,
        weight_limit: int = WEIGHT_LIMIT,
        order_limit: int = ORDER_LIMIT,
        shares: Sequence[float] = SHARES,
        max_wait_ms: int = 15_000,
    ) -> None:
        self._now_ms = now_ms
        self._sleep = sleep
        self._max_wait_ms = max_wait_ms
        self._weight_limit = weight_limit
        self._weights = Window(weight_limit, WEIGHT_SPAN_MS, shares)
        self._orders = Window(order_limit, ORDER_SPAN_MS, NO_SHARES if shares is NO_SHARES else ORDER_SHARES)
        self._patience = Patience()
        self._lock = threading.Lock()

    @property
    def weight_limit(self) -> int:
        """Weight per 10 s at present."""
        with self._lock:
            return self._limit(self._now_ms())

    def acquire(self, weight: int, *, order: bool, lane: Lane) -> None:
        """Wait until a request of this weight may leave, and count it.

        Raises:
            RateLimitedError: the wait would be longer than `max_wait_ms`; nothing was sent.
        """
        began_ms = self._now_ms()
        while (wait_ms := self._take(weight, order=order, lane=lane)) > 0:
            # Higher lanes may go first again and again: the deadline counts from the first attempt.
            if self._now_ms() - began_ms + wait_ms > self._max_wait_ms:
                raise RateLimitedError(
                    f"our own request limit is used up for {wait_ms / 1000:.0f} s; nothing was sent",
                    hint=f"try again in {math.ceil(wait_ms / 1000)} s, or ask less often",
                    code="OWN_RATE_LIMIT",
                    retry_after_ms=math.ceil(wait_ms),
                )
            self._sleep(math.ceil(wait_ms) / 1000)

    def freeze(self, retry_after_ms: int | None, *, banned: bool = False) -> int:
        """Let nothing leave for as long as the exchange asked, or 10 s; each repeat within 10 minutes doubles it."""
        with self._lock:
            return self._patience.refused(self._now_ms(), retry_after_ms, banned=banned)

    def _limit(self, now_ms: float) -> int:
        return max(1, int(self._weight_limit * self._patience.share(now_ms)))

    def _take(self, weight: int, *, order: bool, lane: Lane) -> float:
        with self._lock:
            now_ms = self._now_ms()
            self._weights.limit = self._limit(now_ms)
            wait_ms = max(self._patience.wait_ms(now_ms, lane), self._weights.wait_ms(now_ms, weight, lane))
            if order:
                wait_ms = max(wait_ms, self._orders.wait_ms(now_ms, 1, lane))
            if wait_ms > 0:
                return wait_ms
            self._patience.passed(now_ms)
            self._weights.add(now_ms, weight, lane)
            if order:
                self._orders.add(now_ms, 1, lane)
            return 0.0
