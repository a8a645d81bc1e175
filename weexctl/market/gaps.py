"""Which candles are missing between the first and the last of a series."""

from __future__ import annotations

from dataclasses import dataclass

from weexctl.model.candle import Candles

__all__ = ["Gaps", "gaps_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The holes of a series, counted."""

    count: int = 0
    """Stretches of missing candles."""
    missing: int = 0
    """Candles in all of them."""
    longest: int = 0
    """Candles in the longest one."""
    first_ms: int | None = None
    """Open of the first missing candle; None when none is missing."""


def gaps_of(candles: Candles) -> Gaps:
    """The gaps of a series; none for one that is whole, or has no candle at all."""
    import numpy as np

    missing = np.diff(candles.open_time_ms) // candles.timeframe.ms - 1
    holes = np.flatnonzero(missing)
    if not len(holes):
        return Gaps()
    return Gaps(
        count=len(holes),
        missing=int(missing.sum()),
        longest=int(missing.max()),
        first_ms=int(candles.open_time_ms[holes[0]]) + candles.timeframe.ms,
    )
