"""A protective stop some average true ranges away from the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from weexctl import ExitDecision
from weexctl_exits.average_range import range_column, range_now, range_warmup

if TYPE_CHECKING:
    from weexctl import Book, HeldPosition
    from weexctl_exits import AtrStopConfig

__all__ = ["AtrStop"]


class AtrStop:
    """Stop at entry ∓ multiple · ATR when a position opens; later, if it trails, at the newest close ∓ the same.

    It may ask for a stop further away than the live one, after a fall or when the market gets louder; the core only
    ever tightens. Distances match a holding time of days: with an hourly ATR the same rule traded five times as often
    for a lower Sharpe ratio (methods 6).
    """

    own_candle = ("high", "low")

    def __init__(self, config: AtrStopConfig) -> None:
        self._config = config
        self.warmup_candles = range_warmup(config.block, config.half_life)

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """atr, one causal row per candle."""
        return range_column(candles, self._config.block, self._config.half_life)

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        """The stop for this position now; no stop when the average true range is unknown or larger than the price."""
        opening = position.candles_held == 0 or position.stop is None
        if not opening and not self._config.trailing:
            return ExitDecision()
        average = range_now(book, position.symbol)
        if average is None:
            return ExitDecision(code="STOP_UNKNOWN", reason="average true range not known yet")
        trails = self._config.trailing and position.candles_held > 0
        anchor = position.price if trails else position.entry_price
        stop = anchor - position.side.sign * self._config.multiple * average
        if stop <= 0:
            return ExitDecision(code="STOP_UNKNOWN", reason="the stop would lie at or below zero")
        return ExitDecision(
            stop=stop,
            code="TRAILING_STOP" if trails else "INITIAL_STOP",
            reason=f"{self._config.multiple:g} × ATR {average:.6g} from {'the close' if trails else 'the entry'}",
        )
