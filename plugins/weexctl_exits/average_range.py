"""The column the exits share: the average true range of rolling blocks of candles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from weexctl.features import block_atr

if TYPE_CHECKING:
    from weexctl import Book

__all__ = ["range_column", "range_now", "range_warmup"]

FORGOTTEN_HALF_LIVES = 24
"""The seed's weight is then 6e-8, so that even a first block sixteen times the usual size is forgotten."""


def range_column(candles: pd.DataFrame, block: int, half_life: float) -> pd.DataFrame:
    """atr: average true range of blocks, quote; NaN while unknown."""
    return pd.DataFrame({"atr": block_atr(candles, block=block, half_life=half_life)}, index=candles.index)


def range_warmup(block: int, half_life: float) -> int:
    """Candles after which the column no longer depends on where the frame starts."""
    return block + math.ceil(FORGOTTEN_HALF_LIVES * half_life)


def range_now(book: Book, symbol: str) -> float | None:
    """The symbol's average true range at this candle; None when it is unknown or not positive."""
    if symbol not in book.rows:
        return None
    value = float(book.rows[symbol]["atr"])
    return value if math.isfinite(value) and value > 0 else None
