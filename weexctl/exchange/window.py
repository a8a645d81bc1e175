"""What was spent in the last few seconds, lane by lane."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from weexctl.exchange.lane import Lane

__all__ = ["Window"]


class Window:
    """A sliding window over what was spent, with a part kept for each lane.

    A lane may spend what is left after the unspent shares of all higher lanes; lower lanes it need not mind.

    Args:
        limit: the most that may be spent within the span; may be changed at any time.
        span_ms: the length of the window.
        shares: the part of the limit kept for each lane.
    """

    def __init__(self, limit: int, span_ms: int, shares: Sequence[float]) -> None:
        self.limit = limit
        self._span_ms = span_ms
        self._shares = tuple(shares)
        self._spent: deque[tuple[float, int, Lane]] = deque()
        self._by_lane = [0] * len(self._shares)

    def wait_ms(self, now_ms: float, cost: int, lane: Lane) -> float:
        """Milliseconds until `cost` fits; 0 when it fits now. What can never fit waits for an empty window."""
        while self._spent and self._spent[0][0] + self._span_ms <= now_ms:
            _, amount, whose = self._spent.popleft()
            self._by_lane[whose] -= amount
        if self._fits(self._by_lane, cost, lane):
            return 0.0
        by_lane = list(self._by_lane)
        for at_ms, amount, whose in self._spent:
            by_lane[whose] -= amount
            if self._fits(by_lane, cost, lane):
                return at_ms + self._span_ms - now_ms
        return 0.0

    def add(self, now_ms: float, cost: int, lane: Lane) -> None:
        """Count what is spent now."""
        self._spent.append((now_ms, cost, lane))
        self._by_lane[lane] += cost

    def _fits(self, by_lane: list[int], cost: int, lane: Lane) -> bool:
        kept = sum(max(0.0, self._shares[higher] * self.limit - by_lane[higher]) for higher in range(lane))
        # An own share smaller than one request would never let it pass: then an unused window is enough.
        most = max(self.limit - sum(self._shares[:lane]) * self.limit, 1.0)
        return sum(by_lane) + min(cost, most) <= self.limit - kept + 1e-9
