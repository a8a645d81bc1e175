"""At what breakers trip. The two of money come from the profile, the others are the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from weexctl.model.limits import Limits

__all__ = ["BreakerSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """Thresholds; the defaults are those of docs/safety.md. Fractions are of equity."""

    daily_loss: float
    """Since the first mark of the UTC day."""
    drawdown: float
    """Since the first mark of the run, or since a person resumed after this breaker."""
    orders_per_minute: int = 50
    """Of one symbol; five times what a busy minute has. More is a loop that has run away."""
    rejects: int = 5
    """Of one symbol, one after the other."""
    failures: int = 5
    """Requests without an answer, or with one of 5xx, within `failure_window_ms`."""
    failure_window_ms: int = 60_000
    probe_after_ms: int = 10_000
    """From then on one read is tried; doubled each time that fails."""
    probe_most_ms: int = 300_000
    clock_ms: float = 2_000.0
    """Nothing opens above it. The client refuses to sign above 5 000."""
    unknown_per_symbol: int = 1
    unknown_per_account: int = 2
    spread_ratio: float = 5.0
    minute_move: float = 0.04
    market_rest_ms: int = 300_000
    """How long nothing opens after an unusual market."""
    ledger_difference: float = 0.001

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """The thresholds of a profile."""
        return cls(daily_loss=limits.daily_loss, drawdown=limits.kill_drawdown)
