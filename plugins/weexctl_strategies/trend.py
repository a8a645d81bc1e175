"""The trend rule: an equal-weight vote of moving-average pairs, entered on the right side of the VWAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from weexctl.features import ema, rolling_vwap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weexctl_strategies import TrendConfig

__all__ = ["Trend", "side_of"]

FORGOTTEN_SPANS = 7
"""After n spans an EMA keeps exp(-2n) of its seed: 8e-7 after seven."""
TIE = 1e-9
"""Two prices closer than this fraction are equal; below it only rounding has an opinion."""


class Trend:
    """Wants the sign of the vote, with the strength of its majority.

    Each pair votes +1 while its fast EMA is above its slow one and -1 while it is below. Not one tuned pair but
    three, because the plateau between them is broad and its peak is luck (methods 6).
    """

    own_candle = ("high", "low", "close", "volume")

    def __init__(self, config: TrendConfig) -> None:
        self._config = config
        slowest = max(slow for _, slow in config.pairs)
        self.warmup_candles = max(FORGOTTEN_SPANS * slowest, config.vwap_window)

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """direction (-1, 0, 1), strength (|mean vote|), entry and reason, one causal row per candle.

        `entry` is true where the close is on the direction's side of the rolling VWAP. Rows without all averages are
        flat with the reason WARM_UP.
        """
        close = candles["close"]
        vote = self._vote(close)
        known = ~np.isnan(vote)
        vote = np.where(known, vote, 0.0)
        direction = np.sign(vote).astype(np.int64)
        entry = (direction != 0) & (side_of(close, rolling_vwap(candles, self._config.vwap_window)) == direction)
        return pd.DataFrame(
            {
                "direction": direction,
                "strength": np.abs(vote) / len(self._config.pairs),
                "entry": entry,
                "reason": _reasons(direction, entry, known),
            },
            index=candles.index,
        )

    def _vote(self, close: pd.Series[float]) -> NDArray[np.float64]:
        """Sum of the pairs' votes; NaN where a pair has none yet."""
        spans = {span for pair in self._config.pairs for span in pair}
        average = {span: ema(close, span) for span in spans}
        votes = np.zeros(len(close))
        for fast, slow in self._config.pairs:
            votes += side_of(average[fast], average[slow])
        return votes


def side_of(value: pd.Series[float], line: pd.Series[float]) -> NDArray[np.float64]:
    """+1 where the value is above the line, -1 below, 0 on it; NaN where either is unknown."""
    gap = value.to_numpy(dtype=np.float64) - line.to_numpy(dtype=np.float64)
    return np.where(np.abs(gap) <= TIE * np.abs(line.to_numpy(dtype=np.float64)), 0.0, np.sign(gap))


def _reasons(direction: NDArray[np.int64], entry: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.object_]:
    """One code per row: what the averages say, and whether the VWAP stands against an entry."""
    codes = np.array(
        ["EMA_DOWN_ABOVE_VWAP", "EMA_TIE", "EMA_UP_BELOW_VWAP", "EMA_DOWN", "EMA_TIE", "EMA_UP", "WARM_UP"],
        dtype=object,
    )
    picked: NDArray[np.object_] = codes[np.where(known, direction + 1 + 3 * entry, 6)]
    return picked
