"""Traps of statistics, each a test under its number (docs/traps.md)."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from weexctl.backtest.bootstrap import compare
from weexctl.backtest.equity_curve import DAY_MS, DailyReturns
from weexctl.backtest.overfitting import overfitting
from weexctl.backtest.placebo import placebo_shifts, placebos
from weexctl.backtest.reality_check import reality_check
from weexctl.backtest.resampling import stationary_indices, stationary_variance
from weexctl.backtest.sharpe import moments, probabilistic_sharpe
from weexctl.errors import UsageError

# T27: statistics from five simulations -------------------------------------------------------------------------------

NOISE = np.random.default_rng(27).normal(0.0, 0.02, size=(400, 3))
DAYS = np.arange(400, dtype=np.int64) * DAY_MS


def _arm(column: int) -> DailyReturns:
    return DailyReturns(DAYS, NOISE[:, column])


@pytest.mark.parametrize(
    "few",
    [
        lambda: compare(_arm(0), _arm(1), seed=1, draws=5),
        lambda: reality_check(NOISE[:, 0], {"one": NOISE[:, 1]}, seed=1, draws=5),
        lambda: stationary_indices(400, draws=5, mean_block=20, seed=1),
        lambda: placebo_shifts(400, seed=1, count=5),
        lambda: placebos(1.0, [0.5] * 5),
    ],
    ids=["bootstrap", "reality check", "draws", "shifts", "placebos"],
)
def test_t27_five_simulations_are_refused(few: Callable[[], Any]) -> None:
    with pytest.raises(UsageError):
        few()


def test_t27_the_spread_of_a_mean_is_that_of_the_closed_form_and_five_draws_miss_it() -> None:
    series = NOISE[:, 0]
    exact = float(stationary_variance(series, 20))
    means = series[stationary_indices(400, draws=4000, mean_block=20, seed=1)].mean(axis=1)

    assert 400 * means.var() == pytest.approx(exact, rel=0.1)
    by_fives = 400 * means.reshape(800, 5).var(axis=1, ddof=1)
    assert np.mean(np.abs(by_fives / exact - 1) < 0.1) < 0.2


def test_t27_a_probability_is_no_whole_number() -> None:
    """What a division of whole numbers would give is 0 or 1 each time."""
    shares = [
        overfitting(np.random.default_rng(0).normal(size=(400, 12)), blocks=8).probability,
        placebos(0.5, [float(value) for value in np.linspace(0, 1, 31)]).share_as_good,
        getattr(compare(_arm(0), _arm(1), seed=1, draws=500).cvar95, "p_improvement", 0),
    ]
    assert all(0 < share < 1 for share in shares)


def test_t27_a_sharpe_ratio_of_normal_returns_has_the_probability_of_the_normal_table() -> None:
    # 10 000 days at the quantiles of a normal distribution: no skewness, a kurtosis of 3, a ratio of 0.01.
    quantiles = np.array([NormalDist(0.01, 1.0).inv_cdf((day + 0.5) / 10_000) for day in range(10_000)])

    assert probabilistic_sharpe(moments(quantiles)) == pytest.approx(NormalDist().cdf(1.0), abs=0.0005)
