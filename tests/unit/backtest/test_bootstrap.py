"""The paired bootstrap: the same days for both runs, and intervals that are about the difference."""

from __future__ import annotations

import time

import numpy as np
import pytest

from weexctl.backtest.bootstrap import Comparison, Difference, compare
from weexctl.backtest.equity_curve import DAY_MS, DailyReturns, EquityCurve
from weexctl.backtest.metrics import measure
from weexctl.backtest.path_risk import Values, grown
from weexctl.errors import DataError, UsageError

NAMES = ("max_drawdown", "calmar", "cvar95", "ulcer")


def days_of(returns: Values, first_day: int = 0) -> DailyReturns:
    return DailyReturns((first_day + np.arange(returns.size, dtype=np.int64)) * DAY_MS, returns)


def noise(days: int, *, seed: int, mean: float = 0.0005) -> Values:
    return np.asarray(0.02 * np.random.default_rng(seed).standard_t(4, size=days) / np.sqrt(2) + mean)


def difference(found: Comparison, name: str) -> Difference:
    value = getattr(found, name)
    assert isinstance(value, Difference)
    return value


def test_what_was_observed_is_the_difference_of_the_figures() -> None:
    ours, theirs = noise(300, seed=1), noise(300, seed=2)
    figures = [
        measure(EquityCurve(np.arange(301, dtype=np.int64) * DAY_MS, grown(arm), np.zeros(301)))
        for arm in (ours, theirs)
    ]
    found = compare(days_of(ours), days_of(theirs), seed=3, draws=500)

    for name in NAMES:
        assert difference(found, name).observed == pytest.approx(
            getattr(figures[0], name) - getattr(figures[1], name), abs=1e-9
        )


def test_a_run_against_itself_is_a_coin() -> None:
    arm = days_of(noise(300, seed=1))
    found = compare(arm, arm, seed=3, draws=500)

    for name in NAMES:
        row = difference(found, name)
        assert (row.observed, row.low, row.median, row.high, row.p_improvement) == (0, 0, 0, 0, 0.5)


def test_half_the_size_has_a_smaller_drawdown_in_every_draw() -> None:
    returns = noise(400, seed=1)
    found = compare(days_of(returns / 2), days_of(returns), seed=3, draws=500)

    for name in ("max_drawdown", "cvar95", "ulcer"):
        row = difference(found, name)
        assert row.p_improvement == 1.0
        assert row.low < row.median < row.high < 0
    # What moved both has cancelled: the tail of half the size is exactly half the tail.
    assert difference(found, "cvar95").median == pytest.approx(
        -difference(compare(days_of(returns), days_of(np.zeros(400)), seed=3, draws=500), "cvar95").median / 2
    )


def test_ours_and_theirs_exchanged_is_the_mirror_image() -> None:
    ours, theirs = days_of(noise(300, seed=1)), days_of(noise(300, seed=2))
    one, other = compare(ours, theirs, seed=9, draws=500), compare(theirs, ours, seed=9, draws=500)

    for name in NAMES:
        row, mirrored = difference(one, name), difference(other, name)
        assert (row.low, row.median, row.high) == pytest.approx((-mirrored.high, -mirrored.median, -mirrored.low))
        assert row.p_improvement == pytest.approx(1 - mirrored.p_improvement)


def test_a_better_calmar_is_a_larger_one() -> None:
    returns = noise(400, seed=4, mean=0.0)
    found = compare(days_of(returns + 0.002), days_of(returns), seed=5, draws=500)

    assert difference(found, "calmar").p_improvement > 0.99
    assert difference(found, "calmar").low > 0


def test_two_worthless_runs_are_told_apart_as_rarely_as_chance_allows() -> None:
    apart = 0
    for seed in range(60):
        found = compare(days_of(noise(250, seed=2 * seed)), days_of(noise(250, seed=2 * seed + 1)), seed=1, draws=500)
        row = difference(found, "cvar95")
        apart += not row.low <= 0 <= row.high
    assert apart <= 10  # 5 % of 60 are expected; percentile intervals of a tail are somewhat too narrow


def test_an_arm_that_never_falls_has_no_calmar_to_compare() -> None:
    found = compare(days_of(np.zeros(100)), days_of(noise(100, seed=1)), seed=1, draws=500)

    assert found.calmar is None
    assert difference(found, "max_drawdown").p_improvement == 1.0


def test_an_arm_that_is_ruined_stays_comparable() -> None:
    gone = noise(200, seed=1)
    gone[50], gone[51:] = -1.0, 0.0
    found = compare(days_of(noise(200, seed=2)), days_of(gone), seed=1, draws=500)

    row = difference(found, "max_drawdown")
    assert np.isfinite([row.low, row.high]).all()
    assert row.p_improvement > 0.5


def test_other_days_are_refused() -> None:
    returns = noise(100, seed=1)
    with pytest.raises(DataError, match="same days"):
        compare(days_of(returns), days_of(returns, first_day=1), seed=1)


def test_five_draws_are_refused() -> None:
    arm = days_of(noise(100, seed=1))
    with pytest.raises(UsageError, match="5 draws"):
        compare(arm, arm, seed=1, draws=5)


def test_two_thousand_draws_of_three_years_take_less_than_two_seconds() -> None:
    ours, theirs = days_of(noise(1100, seed=1)), days_of(noise(1100, seed=2))
    compare(ours, theirs, seed=1, draws=500)

    begun = time.process_time()
    found = compare(ours, theirs, seed=1)
    assert time.process_time() - begun < 2.0
    assert (found.draws, found.days, found.mean_block_days) == (2000, 1100, 20)
