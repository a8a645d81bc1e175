"""What the classifiers observe: relative volatility, volume, and persistence over two and ten days."""

from __future__ import annotations

import pandas as pd

from weexctl import features

__all__ = ["OBSERVATION_WARMUP", "OBSERVED", "PERSISTENCE", "TURBULENCE", "observations"]

TURBULENCE = ("v", "q")
PERSISTENCE = ("e48", "e240")
OBSERVED = (*TURBULENCE, *PERSISTENCE)

OBSERVATION_WARMUP = 2160 + 20 * 24
"""Rows after which no observation depends on where the frame starts: the rolling median of v, over an average that
has forgotten its seed to a millionth."""


def observations(candles: pd.DataFrame) -> pd.DataFrame:
    """Columns v, q, e48, e240, one causal row per candle; NaN in warm-up and where a candle is missing.

    v is log volatility against its own median, q volume likewise, e48 and e240 are the square roots of the
    efficiency ratio over 48 and 240 candles.
    """
    observed = pd.DataFrame(
        {
            "v": features.relative_log_volatility(candles),
            "q": features.volume_score(candles),
            "e48": features.efficiency_ratio(candles, 48),
            "e240": features.efficiency_ratio(candles, 240),
        },
        index=candles.index,
    )
    return observed.where(candles["close"].notna())
