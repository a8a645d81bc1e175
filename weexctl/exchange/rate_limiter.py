"""How many requests may leave: a sliding budget of weight, one of order calls, and a freeze after a refusal.

Numbers: reliability 6.7. The guide says 1 000 weight per 10 s and two independent clients say 500; the smaller
counts, less a tenth. Order calls: 10 per second, less a tenth.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from weexctl.errors import RateLimitedError
from weexctl.exchange.server_clock import boot_ms

__all__ = ["Limiter", "RateLimiter", "Unlimited"]

WEIGHT_LIMIT, WEIGHT_SPAN_MS = 450, 10_000
ORDER_LIMIT, ORDER_SPAN_MS = 9, 1_000
_FREEZE_MS, _FREEZE_MAX_MS, _STRIKE_SPAN_MS = 10_000, 300_000, 600_000


class Limiter(Protocol):
    """What the transport asks before each request."""

    def acquire(self, weight: int, *, order: bool) -> None:
        """Wait until a request of this weight may leave."""
        ...

    def freeze(self, retry_after_ms: int | None) -> int:
        """Note that the exchange said "too many"; the milliseconds nothing will leave."""
        ...


class Unlimited:
    """A limiter that never waits: for the simulator in process, whose clock must not be moved by us."""

    def acquire(self, weight: int, *, order: bool) -> None:
        """Nothing."""

    def freeze(self, retry_after_ms: int | None) -> int:
        """What the exchange asked for."""
        return retry_after_ms or _FREEZE_MS


class _Window:
    """What was spent in the last `span_ms`."""

    def __init__(self, limit: int, span_ms: int) -> None:
        self.limit = limit
        self.span_ms = span_ms
        self.spent: deque[tuple[float, int]] = deque()
        self.total = 0

    def wait_ms(self, now_ms: float, cost: int) -> float:
        """Milliseconds until `cost` fits; 0 when it fits now."""
        while self.spent and self.spent[0][0] + self.span_ms <= now_ms:
            self.total -= self.spent.popleft()[1]
        excess = self.total + min(cost, self.limit) - self.limit
        for at_ms, amount in self.spent:
            if excess <= 0:
                return 0.0
            excess -= amount
            if excess <= 0:
                return at_ms + self.span_ms - now_ms
        return 0.0

    def add(self, now_ms: float, cost: int) -> None:
        self.spent.append((now_ms, cost))
        self.total += cost


class RateLimiter:
    """Two sliding windows and a freeze, shared by all threads of a process.

    Args:
        now_ms: a clock that never jumps, milliseconds.
        sleep: lets that clock advance by so many seconds.
        weight_limit: weight per 10 s.
        order_limit: order calls per second.
        max_wait_ms: a longer wait is refused at once with `RateLimitedError` instead of being slept through.
    """

    def __init__(
        self,
        *,
        now_ms: Callable[[], float] = boot_ms,
        sleep: Callable[[float], None] = time.sleep,
        weight_limit: int = WEIGHT_LIMIT,
        order_limit: int = ORDER_LIMIT,
        max_wait_ms: int = 15_000,
    ) -> None:
        self._now_ms = now_ms
        self._sleep = sleep
        self._max_wait_ms = max_wait_ms
        self._weights = _Window(weight_limit, WEIGHT_SPAN_MS)
        self._orders = _Window(order_limit, ORDER_SPAN_MS)
        self._frozen_until_ms = -math.inf
        self._strikes: deque[float] = deque()
        self._lock = threading.Lock()

    def acquire(self, weight: int, *, order: bool) -> None:
        """Wait until a request of this weight may leave, and count it.

        Raises:
            RateLimitedError: the wait would be longer than `max_wait_ms`; nothing was sent.
        """
        while (wait_ms := self._take(weight, order=order)) > 0:
            if wait_ms > self._max_wait_ms:
                raise RateLimitedError(
                    f"our own request limit is used up for {wait_ms / 1000:.0f} s; nothing was sent",
                    hint=f"try again in {math.ceil(wait_ms / 1000)} s, or ask less often",
                    code="OWN_RATE_LIMIT",
                    retry_after_ms=math.ceil(wait_ms),
                )
            self._sleep(math.ceil(wait_ms) / 1000)

    def freeze(self, retry_after_ms: int | None) -> int:
        """Let nothing leave for as long as the exchange asked, or 10 s; each repeat within 10 minutes doubles it."""
        with self._lock:
            now_ms = self._now_ms()
            while self._strikes and self._strikes[0] + _STRIKE_SPAN_MS < now_ms:
                self._strikes.popleft()
            pause_ms = min(_FREEZE_MAX_MS, (retry_after_ms or _FREEZE_MS) << min(len(self._strikes), 5))
            self._strikes.append(now_ms)
            self._frozen_until_ms = max(self._frozen_until_ms, now_ms + pause_ms)
            return pause_ms

    def _take(self, weight: int, *, order: bool) -> float:
        with self._lock:
            now_ms = self._now_ms()
            wait_ms = max(self._frozen_until_ms - now_ms, self._weights.wait_ms(now_ms, weight))
            if order:
                wait_ms = max(wait_ms, self._orders.wait_ms(now_ms, 1))
            if wait_ms > 0:
                return wait_ms
            self._weights.add(now_ms, weight)
            if order:
                self._orders.add(now_ms, 1)
            return 0.0
