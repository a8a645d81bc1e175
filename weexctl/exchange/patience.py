"""How long to be quiet after the exchange said "too many", and how much less to ask for afterwards."""

from __future__ import annotations

import math
from collections import deque

from weexctl.exchange.lane import Lane

__all__ = ["Patience"]

_FREEZE_MS, _FREEZE_MAX_MS = 10_000, 300_000
_MEMORY_MS = 600_000
_PROBE_MS, _BANNED_PROBE_MS = 5_000, 30_000
_STRIKES_TO_HALVE = 3
_LEAST, _GAIN = 1 / 16, 0.1


class Patience:
    """Refusals, and what follows from them. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._strikes: deque[float] = deque()
        self._until_ms = -math.inf
        self._probe_ms = _PROBE_MS
        self._heard_ms = -math.inf
        """When something was last sent or refused."""
        self._share = 1.0
        self._changed_ms = -math.inf
        self._since_halved = 0

    def refused(self, now_ms: float, retry_after_ms: int | None, *, banned: bool) -> int:
        """Note a refusal; the milliseconds to be quiet. Each repeat within ten minutes doubles them."""
        self.share(now_ms)
        while self._strikes and self._strikes[0] + _MEMORY_MS < now_ms:
            self._strikes.popleft()
        pause_ms = min(_FREEZE_MAX_MS, (retry_after_ms or _FREEZE_MS) << min(len(self._strikes), 5))
        self._since_halved = min(self._since_halved, len(self._strikes)) + 1
        self._strikes.append(now_ms)
        if self._since_halved >= _STRIKES_TO_HALVE:
            self._share, self._since_halved = max(_LEAST, self._share / 2), 0
        self._changed_ms = self._heard_ms = now_ms
        self._until_ms = max(self._until_ms, now_ms + pause_ms)
        self._probe_ms = _BANNED_PROBE_MS if banned else _PROBE_MS
        return pause_ms

    def share(self, now_ms: float) -> float:
        """The part of the budget to use: it grows by a tenth for every ten quiet minutes."""
        while self._share < 1.0 and self._changed_ms + _MEMORY_MS <= now_ms:
            self._share = min(1.0, self._share + _GAIN)
            self._changed_ms += _MEMORY_MS
        return self._share

    def wait_ms(self, now_ms: float, lane: Lane) -> float:
        """Milliseconds until a request of this lane may leave; the first lane may knock while all others wait."""
        frozen_ms = self._until_ms - now_ms
        if lane is Lane.PROTECT and frozen_ms > 0:
            return min(frozen_ms, self._heard_ms + self._probe_ms - now_ms)
        return frozen_ms

    def passed(self, now_ms: float) -> None:
        """Note that a request leaves."""
        self._heard_ms = now_ms
