"""How good the forecasts of one symbol were: of its variance, and of loud days. One row per UTC day."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl.backtest.equity_curve import DAY_MS, DAYS_PER_YEAR
from weexctl.errors import DataError
from weexctl.features import ewma_volatility, har_volatility, realised_variance
from weexctl.model.candle import Candles
from weexctl.pipeline.columns import SymbolColumns

__all__ = ["brier_skill_of", "loud_day_scores", "mean_difference", "plain_skill_of", "variance_losses"]

_LOUD = 0.80
"""Quantile of the training window above which 24 hours count as loud."""
_EWMA_HOURS = 48
Floats = NDArray[np.float64]


def variance_losses(candles: Candles, from_ms: int, to_ms: int) -> Floats:
    """QLIKE of the regression and of the average with a half-life of 48 hours, at each 00:00 UTC between two closes.

    Columns: ours, theirs. Days whose next 24 hours are unknown, or did not move, are left out.

    Raises:
        DataError: no day can be scored.
    """
    frame, day = candles.frame(), _rows_a_day(candles)
    realised = _ahead(np.asarray(realised_variance(frame, day), dtype=np.float64), day)
    half_life = max(1.0, _EWMA_HOURS * day / 24)
    ours, theirs = (
        np.asarray(annual, dtype=np.float64) ** 2 / DAYS_PER_YEAR
        for annual in (har_volatility(frame), ewma_volatility(frame, half_life))
    )
    closes = candles.open_time_ms + candles.timeframe.ms
    scored = (closes % DAY_MS == 0) & (closes >= from_ms) & (closes <= to_ms - DAY_MS)
    for values in (realised, ours, theirs):
        scored &= np.nan_to_num(values) > 0
    if not scored.any():
        raise DataError(f"{candles.symbol}: no day whose variance was forecast; nothing was scored", hint="run longer")
    ratios = realised[scored, None] / np.column_stack([ours, theirs])[scored]
    return np.asarray(ratios - np.log(ratios) - 1.0)


def loud_day_scores(candles: Candles, stretches: Iterable[SymbolColumns], to_ms: int) -> Floats:
    """What the odds of a loud day were worth, day by day.

    A moment is loud when the 24 hours after it had more variance than four in five of the fit's training window.
    Columns, each summed over the day's candles: squared error of the odds, loud moments, moments, squared error of
    always saying one in five, the share of loud moments in the training window.

    Args:
        candles: every candle of the symbol.
        stretches: its columns, which begin where the stretch does.
        to_ms: outcomes that are known later are left out.

    Raises:
        DataError: the classifier gives no odds, or no outcome is known.
    """
    day = _rows_a_day(candles)
    past = np.asarray(realised_variance(candles.frame(), day), dtype=np.float64)
    ahead, closes = _ahead(past, day), candles.open_time_ms + candles.timeframe.ms
    rows = [_scored(known, past, ahead, closes, to_ms) for known in stretches if "p_vol" in known.regime]
    if not rows or not sum(map(len, rows)):
        raise DataError(
            f"{candles.symbol}: no odds of a loud day were given; nothing was scored",
            hint="use a classifier with p_vol, such as two-factor-hmm",
        )
    moments = pd.DataFrame(np.vstack(rows), columns=["day", "error", "loud", "count", "plain"])
    return moments.groupby("day").sum().to_numpy(dtype=np.float64)


def _scored(known: SymbolColumns, past: Floats, ahead: Floats, closes: NDArray[np.int64], to_ms: int) -> Floats:
    """Day, squared error, outcome, 1 and the plain squared error for each row of a stretch whose outcome is known."""
    trained = (closes > known.artefact.train_from_ms) & (closes <= known.artefact.train_to_ms)
    limit = np.nanquantile(past[trained], _LOUD)
    begin = int(np.searchsorted(closes, known.candles.first_ms + known.candles.timeframe.ms))
    moments, odds = slice(begin, begin + len(known.candles)), known.regime["p_vol"].astype(np.float64)
    loud = (ahead[moments] > limit).astype(np.float64)
    times = closes[moments]
    scored = np.isfinite(ahead[moments]) & np.isfinite(odds) & (times <= to_ms - DAY_MS)
    scored[: known.ready_row] = False
    plain = (1.0 - _LOUD - loud) ** 2
    return np.column_stack([times // DAY_MS, (odds - loud) ** 2, loud, np.ones(len(loud)), plain])[scored]


def brier_skill_of(days: Floats) -> Floats:
    """1 − Brier score / that of always saying these days' own share of loud moments; 0 where that is never wrong.

    Takes what `loud_day_scores` gives, or many histories drawn from it.
    """
    error, loud, count = (days[..., column].sum(axis=-1) for column in range(3))
    share = loud / count
    climatology = count * share * (1.0 - share)
    return np.asarray(1.0 - np.divide(error, climatology, out=np.ones_like(error), where=climatology > 0))


def plain_skill_of(days: Floats) -> Floats:
    """1 − Brier score / that of always saying one in five, which was known beforehand."""
    error, plain = days[..., 0].sum(axis=-1), days[..., 3].sum(axis=-1)
    return np.asarray(1.0 - error / plain)


def mean_difference(days: Floats) -> Floats:
    """Mean of the first column less the second."""
    return np.asarray(np.mean(days[..., 0] - days[..., 1], axis=-1))


def _rows_a_day(candles: Candles) -> int:
    return max(1, DAY_MS // candles.timeframe.ms)


def _ahead(past: Floats, rows: int) -> Floats:
    """The value so many rows later; NaN where nobody knows it."""
    return np.concatenate([past[rows:], np.full(min(rows, len(past)), np.nan)])
