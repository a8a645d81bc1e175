"""Close what is held too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weexctl import ExitDecision

if TYPE_CHECKING:
    from weexctl import Book, HeldPosition
    from weexctl_exits import TimeLimitConfig

__all__ = ["TimeLimit"]


class TimeLimit:
    """Closes a position after a number of candles, whatever it is worth."""

    warmup_candles = 0

    def __init__(self, config: TimeLimitConfig) -> None:
        self._candles = config.candles

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:  # noqa: ARG002  # age is all that counts
        """Close once the limit is reached."""
        if position.candles_held < self._candles:
            return ExitDecision()
        reason = f"held {position.candles_held} candles, at most {self._candles}"
        return ExitDecision(close=True, code="TIME_LIMIT", reason=reason)
