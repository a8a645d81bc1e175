"""Close what has not worked after a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from weexctl import ExitDecision
from weexctl_exits.average_range import range_column, range_now, range_warmup

if TYPE_CHECKING:
    from weexctl import Book, HeldPosition
    from weexctl_exits import EarlyFailureConfig

__all__ = ["EarlyFailure"]


class EarlyFailure:
    """Closes a position that is old enough, was never well in profit, and is clearly in loss."""

    own_candle = ("high", "low")

    def __init__(self, config: EarlyFailureConfig) -> None:
        self._config = config
        self.warmup_candles = range_warmup(config.block, config.half_life)

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """atr, one causal row per candle."""
        return range_column(candles, self._config.block, self._config.half_life)

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        """Close, or nothing. Never a stop."""
        if position.candles_held < self._config.candles:
            return ExitDecision()
        average = range_now(book, position.symbol)
        if average is None:
            return ExitDecision(code="RANGE_UNKNOWN", reason="average true range not known")
        best, now = position.best_gain / average, position.gain / average
        if best >= self._config.min_gain or now >= -self._config.max_loss:
            return ExitDecision()
        reason = f"after {position.candles_held} candles best {best:+.2f} ATR, now {now:+.2f} ATR"
        return ExitDecision(close=True, code="EARLY_FAILURE", reason=reason)
