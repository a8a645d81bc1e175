"""The breaker of the way to the exchange, the one that closes by itself: a read, then a comparison, then on again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from weexctl.execution.breaker_settings import BreakerSettings

__all__ = ["TransportBreaker"]

_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportBreaker:
    """Counts failed requests. `closed` is normal, `open` waits for a read that is answered, `proven` had one and waits
    for a comparison of journal and exchange that agrees.
    """

    phase: Literal["closed", "open", "proven"] = "closed"
    failures_ms: tuple[int, ...] = ()
    opened_ms: int = 0
    attempts: int = 0
    """Probes and comparisons that failed since it opened."""
    probe_ms: int = 0
    """From when on a probe may be tried."""

    def failed(self, now_ms: int, settings: BreakerSettings) -> TransportBreaker:
        """One more request failed."""
        if self.phase == "open":
            return self
        if self.phase == "proven":
            return self._again(now_ms, settings)
        recent = (*(t for t in self.failures_ms if t > now_ms - settings.failure_window_ms), now_ms)
        if len(recent) < settings.failures:
            return replace(self, failures_ms=recent)
        return TransportBreaker(phase="open", opened_ms=now_ms, probe_ms=now_ms + settings.probe_after_ms)

    def probed(self, answered: bool, now_ms: int, settings: BreakerSettings) -> TransportBreaker:
        """The probe came back. One that was tried before its time proves nothing."""
        if self.phase != "open" or now_ms < self.probe_ms:
            return self
        return replace(self, phase="proven") if answered else self._again(now_ms, settings)

    def reconciled(self, agreed: bool, now_ms: int, settings: BreakerSettings) -> TransportBreaker:
        """Journal and exchange were compared."""
        if self.phase != "proven":
            return self
        return TransportBreaker() if agreed else self._again(now_ms, settings)

    def _again(self, now_ms: int, settings: BreakerSettings) -> TransportBreaker:
        attempts = min(self.attempts + 1, _MOST_DOUBLINGS)
        wait_ms = min(settings.probe_after_ms * 2**attempts, settings.probe_most_ms)
        return replace(self, phase="open", attempts=attempts, probe_ms=now_ms + wait_ms)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The breaker that was saved."""
        return cls(**(dict(data) | {"failures_ms": tuple(data["failures_ms"])}))
