"""Longer candles out of shorter ones, on the grid of the exchange: only whole ones, and the rest by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from weexctl.errors import DataError, UsageError
from weexctl.model.candle import Candles, Timeframe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Resampled", "resampled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampled:
    """What was made, and what could not be."""

    candles: Candles
    """Has a gap where a candle inside was left out."""
    left_out_ms: NDArray[np.int64]
    """Open times of the candles that lack a shorter one, oldest first, from the first shorter one to the last."""


def resampled(candles: Candles, timeframe: Timeframe) -> Resampled:
    """Candles of a longer timeframe: first open, highest high, lowest low, last close and the sum of the volumes.

    Args:
        candles: at least one shorter one; some may be missing.
        timeframe: of what is made; a multiple of theirs.

    Raises:
        UsageError: the timeframe is not longer.
        DataError: there is not one whole candle of that length.
    """
    import numpy as np

    parts, rest = divmod(timeframe.ms, candles.timeframe.ms)
    if parts < 2 or rest:
        raise UsageError(
            f"{timeframe} candles cannot be made of {candles.timeframe} candles; nothing was made",
            hint="choose a longer timeframe",
        )
    opens = (candles.open_time_ms - timeframe.anchor_ms) // timeframe.ms * timeframe.ms + timeframe.anchor_ms
    starts = np.flatnonzero(np.diff(opens, prepend=-1))
    whole = np.diff(starts, append=len(candles)) == parts
    first = starts[whole]
    if not len(first):
        raise DataError(
            f"{candles.symbol}: not one {timeframe} candle is whole in {len(candles)} {candles.timeframe} candles; "
            "nothing was made",
            hint="bring a longer stretch of them, or choose a shorter timeframe",
        )
    made = Candles(
        symbol=candles.symbol,
        timeframe=timeframe,
        open_time_ms=opens[first],
        open=candles.open[first],
        high=np.maximum.reduceat(candles.high, starts)[whole],
        low=np.minimum.reduceat(candles.low, starts)[whole],
        close=candles.close[first + parts - 1],
        volume=np.add.reduceat(candles.volume, starts)[whole],
        synthetic=candles.synthetic,
    )
    every = np.arange(opens[0], opens[-1] + 1, timeframe.ms)
    return Resampled(candles=made, left_out_ms=np.setdiff1d(every, made.open_time_ms, assume_unique=True))
