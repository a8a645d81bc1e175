"""Causal columns over a frame of closed candles, for every plugin that wants them.

A candles frame has the int64 index `open_time_ms` (UTC milliseconds, oldest first) and the float columns open, high,
low, close and volume. Every function returns a float64 series aligned with the frame: row t uses rows 0..t only, rows
that do not know enough yet are NaN, and nothing is ever filled backwards. Windows, spans and half-lives count candles.

Recursive averages never quite forget their first row: they keep 2^-20 (a millionth) of it after twenty half-lives,
which is what `warmup_candles` of a plugin that uses them has to allow for.
"""

from weexctl.features.indicators import (
    adx,
    average_true_range,
    block_atr,
    bollinger_z,
    candle_ms,
    candles_per_year,
    efficiency_ratio,
    ema,
    ewma,
    ewma_volatility,
    log_returns,
    relative_log_volatility,
    robust_sigma,
    rolling_vwap,
    rsi,
    true_range,
    volatility_expansion,
    volume_score,
)
from weexctl.features.volatility_forecast import (
    har_volatility,
    har_warmup,
    log_variances,
    parkinson_variance,
    realised_variance,
)

__all__ = [
    "adx",
    "average_true_range",
    "block_atr",
    "bollinger_z",
    "candle_ms",
    "candles_per_year",
    "efficiency_ratio",
    "ema",
    "ewma",
    "ewma_volatility",
    "har_volatility",
    "har_warmup",
    "log_returns",
    "log_variances",
    "parkinson_variance",
    "realised_variance",
    "relative_log_volatility",
    "robust_sigma",
    "rolling_vwap",
    "rsi",
    "true_range",
    "volatility_expansion",
    "volume_score",
]
