"""The plain sizer: the same fraction of equity for every position, the control arm of every comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from weexctl import Book
    from weexctl_sizers import FixedFractionConfig

__all__ = ["FixedFraction"]


class FixedFraction:
    """Exposure of each wished position: fraction · strength, whatever the market does."""

    warmup_candles = 0
    own_candle = ()

    def __init__(self, config: FixedFractionConfig) -> None:
        self._fraction = config.fraction

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """No columns: this sizer does not look at the market."""
        return pd.DataFrame(index=candles.index)

    def size(self, book: Book) -> Mapping[str, float]:
        """Exposure by symbol; a symbol that is not wanted is absent."""
        return {
            symbol: self._fraction * book.signals[symbol].strength for symbol in book.symbols if book.wanted(symbol)
        }
