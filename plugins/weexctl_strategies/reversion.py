"""The pullback rule for ranging markets: against a stretched move, but only with the slow trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from weexctl.features import bollinger_z, ema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weexctl_strategies import ReversionConfig

__all__ = ["Reversion"]

FORGOTTEN_SPANS = 7
"""After n spans an EMA keeps exp(-2n) of its seed: 8e-7 after seven."""
TIE = 1e-9
"""Two averages closer than this fraction are equal; below it only rounding has an opinion."""


class Reversion:
    """Wants to buy a pullback of a slow up-trend and to sell one of a slow down-trend.

    Plain mean reversion on hourly majors lost money before any fee, whatever the window; with the slow trend it is
    about even (methods 6). Hence the small strength: this rule is there for quiet markets and smoothness.
    """

    own_candle = ("close",)

    def __init__(self, config: ReversionConfig) -> None:
        self._config = config
        self.warmup_candles = max(FORGOTTEN_SPANS * config.slow, config.window)

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """direction (-1, 0, 1), strength, entry and reason, one causal row per candle.

        The rule keeps no memory: `direction` is the slow trend's sign while z is at least `exit_z` on the other side,
        so that a held position goes when z has come back; `entry` is true only beyond `entry_z`.
        """
        trend = self._trend(candles["close"])
        stretch = -trend * bollinger_z(candles, self._config.window).to_numpy(dtype=np.float64)
        known = ~np.isnan(stretch)
        kept = known & (stretch > self._config.exit_z)
        direction = np.where(kept, trend, 0.0).astype(np.int64)
        entry = known & (stretch > self._config.entry_z)
        return pd.DataFrame(
            {
                "direction": direction,
                "strength": np.where(direction != 0, self._config.strength, 0.0),
                "entry": entry,
                "reason": _reasons(direction, entry, known),
            },
            index=candles.index,
        )

    def _trend(self, close: pd.Series[float]) -> NDArray[np.float64]:
        """Sign of the slow trend, NaN where it is unknown."""
        slow = ema(close, self._config.slow).to_numpy(dtype=np.float64)
        gap = ema(close, self._config.fast).to_numpy(dtype=np.float64) - slow
        return np.where(np.abs(gap) <= TIE * np.abs(slow), 0.0, np.sign(gap))


def _reasons(direction: NDArray[np.int64], entry: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.object_]:
    """One code per row: Z_LOW and Z_HIGH open, the others keep or stay out."""
    codes = np.array(
        ["KEEP_SHORT", "NO_PULLBACK", "KEEP_LONG", "Z_HIGH", "NO_PULLBACK", "Z_LOW", "WARM_UP"], dtype=object
    )
    picked: NDArray[np.object_] = codes[np.where(known, direction + 1 + 3 * entry, 6)]
    return picked
