"""Scores of forecasts on candles whose future is known."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.backtest.calibration import brier_skill
from weexctl.backtest.estimate import estimate
from weexctl.backtest.forecast_evidence import (
    brier_skill_of,
    loud_day_scores,
    mean_difference,
    plain_skill_of,
    variance_losses,
)
from weexctl.backtest.forecast_losses import qlike
from weexctl.errors import DataError
from weexctl.features import ewma_volatility, har_volatility
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import SymbolColumns

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START_MS = 1_600_041_600_000
"""A midnight."""
TRAIN, TOTAL = 2000, 5000


def candles_of(count: int = TOTAL) -> Candles:
    random = np.random.default_rng(3)
    loud = np.repeat(random.random(count // 50 + 1) < 0.3, 50)[:count]
    close = 100 * np.exp(np.cumsum(random.normal(0, np.where(loud, 0.02, 0.004))))
    opened = np.concatenate([[100.0], close[:-1]])
    spread = 1 + np.abs(random.normal(0, 0.002, count))
    return Candles(
        "BTCUSDT",
        Timeframe.H1,
        START_MS + HOUR_MS * np.arange(count, dtype=np.int64),
        opened,
        np.maximum(opened, close) * spread,
        np.minimum(opened, close) / spread,
        close,
        np.full(count, 10.0),
    )


def next_day(candles: Candles) -> np.ndarray:
    """Variance of the 24 hours after each close, by hand."""
    squares = np.diff(np.log(candles.close), prepend=np.nan) ** 2
    return np.array([squares[t + 1 : t + 25].sum() if t + 25 <= len(squares) else np.nan for t in range(len(squares))])


def said(candles: Candles, odds: np.ndarray, *, ready_row: int = 0) -> SymbolColumns:
    """What a classifier trained on the first 2000 candles says after them."""
    artefact = Artefact(
        id="a",
        plugin="p",
        symbol="BTCUSDT",
        train_from_ms=candles.first_ms,
        train_to_ms=candles.first_ms + TRAIN * HOUR_MS,
        data_digest="d",
    )
    return SymbolColumns(candles.rows(TRAIN, TOTAL), artefact, ready_row, {"p_vol": odds[TRAIN:]}, {}, {}, {})


def outcomes(candles: Candles) -> np.ndarray:
    """Whether each close after the training was followed by a loud day, by hand."""
    squares = np.diff(np.log(candles.close), prepend=np.nan) ** 2
    past = np.array([squares[t - 23 : t + 1].sum() if t >= 24 else np.nan for t in range(TRAIN)])
    loud: np.ndarray = next_day(candles)[TRAIN:-24] > np.nanquantile(past, 0.8)
    return loud.astype(float)


def test_skill_is_that_of_the_brier_score() -> None:
    candles = candles_of()
    odds = np.random.default_rng(4).uniform(0.01, 0.99, TOTAL)
    days = loud_day_scores(candles, [said(candles, odds)], candles.last_close_ms)

    happened = outcomes(candles)
    assert days[:, 2].sum() == len(happened)
    assert days[:, 1].sum() == happened.sum() > 100
    assert brier_skill_of(days) == pytest.approx(brier_skill(happened, odds[TRAIN:-24]))
    assert plain_skill_of(days) == pytest.approx(brier_skill(happened, odds[TRAIN:-24], 0.2))


def test_who_knows_the_future_has_all_skill_and_who_says_the_share_has_none() -> None:
    candles = candles_of()
    happened = np.concatenate([np.zeros(TRAIN), outcomes(candles), np.zeros(24)])
    knowing = loud_day_scores(candles, [said(candles, happened)], candles.last_close_ms)
    plain = loud_day_scores(candles, [said(candles, np.full(TOTAL, outcomes(candles).mean()))], candles.last_close_ms)

    assert brier_skill_of(knowing) == 1.0
    assert brier_skill_of(plain) == pytest.approx(0.0, abs=1e-9)
    drawn = estimate(knowing, brier_skill_of, seed=1, draws=500)
    assert (drawn.low, drawn.high, drawn.days) == (1.0, 1.0, len(knowing))


def test_rows_of_the_warm_up_and_outcomes_beyond_the_end_are_left_out() -> None:
    candles = candles_of()
    end = candles.last_close_ms - 10 * DAY_MS
    days = loud_day_scores(candles, [said(candles, np.full(TOTAL, 0.5), ready_row=100)], end)

    assert days[:, 2].sum() == TOTAL - TRAIN - 100 - 11 * 24


def test_without_odds_nothing_is_scored() -> None:
    candles = candles_of()
    with pytest.raises(DataError, match="no odds of a loud day"):
        loud_day_scores(candles, [], candles.last_close_ms)


def test_losses_are_those_of_the_two_forecasts() -> None:
    candles = candles_of()
    losses = variance_losses(candles, candles.first_ms + TRAIN * HOUR_MS, candles.last_close_ms)

    closes = candles.open_time_ms + HOUR_MS
    midnight = (closes % DAY_MS == 0) & (closes >= candles.first_ms + TRAIN * HOUR_MS)
    real = next_day(candles)[midnight]
    har, average = (
        np.asarray(annual)[midnight] ** 2 / 365
        for annual in (har_volatility(candles.frame()), ewma_volatility(candles.frame(), 48))
    )
    assert len(losses) == np.isfinite(real).sum() == 124
    assert losses[:, 0].mean() == pytest.approx(qlike(real, har))
    assert losses[:, 1].mean() == pytest.approx(qlike(real, average))
    assert mean_difference(losses) == pytest.approx(qlike(real, har) - qlike(real, average))


def test_a_span_without_a_day_is_refused() -> None:
    candles = candles_of()
    with pytest.raises(DataError, match="nothing was scored"):
        variance_losses(candles, candles.last_close_ms, candles.last_close_ms)
