"""PSR and DSR against the figures in the papers, and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from weexctl.backtest.sharpe import (
    ReturnMoments,
    deflated_sharpe,
    expected_best_sharpe,
    moments,
    probabilistic_sharpe,
)
from weexctl.errors import UsageError


def known(value: float | None) -> float:
    assert value is not None
    return value


@pytest.mark.parametrize(("skewness", "kurtosis", "published"), [(0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)])
def test_the_hedge_fund_of_the_paper(skewness: float, kurtosis: float, published: float) -> None:
    """Bailey and López de Prado 2012: two years of monthly returns with a ratio of 0.458."""
    seen = ReturnMoments(count=24, sharpe=0.458, skewness=skewness, kurtosis=kurtosis)

    assert known(probabilistic_sharpe(seen)) == pytest.approx(published, abs=0.0006)


@pytest.mark.parametrize(("trials", "published"), [(100, 0.9004), (46, 0.9505)])
def test_the_selected_strategy_of_the_paper(trials: int, published: float) -> None:
    """Bailey and López de Prado 2014: five years of days, an annual ratio of 2.5, trials whose variance is a half."""
    seen = ReturnMoments(count=1250, sharpe=2.5 / math.sqrt(250), skewness=-3.0, kurtosis=10.0)
    deviation = math.sqrt(0.5 / 250)

    assert known(deflated_sharpe(seen, trials=trials, deviation=deviation)) == pytest.approx(published, abs=0.0002)


def test_the_ratio_that_a_hundred_worthless_trials_show() -> None:
    """The same paper's SR₀."""
    assert expected_best_sharpe(100, math.sqrt(0.5 / 250)) == pytest.approx(0.1132, abs=0.0001)


@pytest.mark.parametrize("trials", [5, 20, 200])
def test_the_best_of_so_many_is_what_simulation_says(trials: int) -> None:
    best = np.random.default_rng(1).normal(size=(20_000, trials)).max(axis=1).mean()

    # The formula is asymptotic: 5 trials are 3 % off.
    assert expected_best_sharpe(trials, 1.0) == pytest.approx(best, rel=0.04)


def test_the_best_of_one_is_nothing_special() -> None:
    assert expected_best_sharpe(1, 0.3) == 0.0


def test_the_moments_are_those_of_scipy() -> None:
    returns = np.random.default_rng(2).standard_t(5, size=700) * 0.01 + 0.001
    found = moments(returns)

    assert found is not None
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert found.skewness == pytest.approx(float(stats.skew(returns)))
    assert found.kurtosis == pytest.approx(float(stats.kurtosis(returns, fisher=False)))


@pytest.mark.parametrize("skewed", [False, True])
def test_the_probability_is_as_often_right_as_it_says(skewed: bool) -> None:
    random = np.random.default_rng(3)
    shape = (4000, 400)
    draws = (2.0 - random.gamma(4.0, 1.0, size=shape) / 2.0) if skewed else random.normal(size=shape)
    found = [known(probabilistic_sharpe(moments(row), 0.1)) for row in draws + 0.1]

    # The true ratio is 0.1: what is said to be below 5 % probable has to happen in 5 %, and so on.
    for level in (0.05, 0.5, 0.95):
        assert np.mean(np.array(found) < level) == pytest.approx(level, abs=0.02)


def test_the_best_of_many_worthless_strategies_passes_without_deflation_and_not_with_it() -> None:
    random, naive, deflated = np.random.default_rng(4), 0, 0
    for _ in range(200):
        family = random.normal(size=(50, 500))
        ratios = family.mean(axis=1) / family.std(axis=1, ddof=1)
        best = moments(family[ratios.argmax()])
        naive += known(probabilistic_sharpe(best)) > 0.95
        deflated += known(deflated_sharpe(best, trials=50, deviation=float(ratios.std(ddof=1)))) > 0.95
    assert naive > 180
    assert deflated <= 10


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, 0.01, 0.01], [0.001] * 500])
def test_returns_that_never_move_have_no_ratio(returns: list[float]) -> None:
    found = moments(np.array(returns))

    assert found is None
    assert probabilistic_sharpe(found) is None
    assert deflated_sharpe(found, trials=3, deviation=0.1) is None


@pytest.mark.parametrize(("trials", "deviation"), [(0, 0.1), (3, -0.1), (3, math.nan)])
def test_trials_that_are_none_are_refused(trials: int, deviation: float) -> None:
    with pytest.raises(UsageError, match="nothing was computed"):
        expected_best_sharpe(trials, deviation)
