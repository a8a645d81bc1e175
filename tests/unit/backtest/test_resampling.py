"""The stationary bootstrap does what Politis and Romano say of it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from weexctl.backtest.resampling import stationary_indices, stationary_variance
from weexctl.errors import ConfigError, UsageError


def test_blocks_have_a_geometric_length_with_the_mean_that_was_asked_for() -> None:
    days, block = 1000, 20
    rows = stationary_indices(days, draws=600, mean_block=block, seed=1)

    goes_on = np.diff(rows, axis=1) % days == 1
    # A new block begins with p = 1/20 and happens to continue the old one once in a thousand times.
    assert goes_on.mean() == pytest.approx(1 - (1 / block) * (1 - 1 / days), abs=0.001)
    ends = np.flatnonzero(~goes_on.ravel())
    lengths = np.diff(ends)
    assert lengths.mean() == pytest.approx(block, rel=0.02)
    assert lengths.std() == pytest.approx(np.sqrt(1 - 1 / block) * block, rel=0.03)


def test_every_day_is_as_likely_at_every_place() -> None:
    rows = stationary_indices(50, draws=20_000, mean_block=10, seed=2)

    for place in (0, 1, 25, 49):
        counts = np.bincount(rows[:, place], minlength=50)
        assert (((counts - 400) ** 2) / 400).sum() < 85.4  # chi-square of 49 degrees of freedom, one in a thousand


def test_two_places_are_as_alike_wherever_they_lie() -> None:
    series = np.sin(np.arange(100) / 4)
    drawn = series[stationary_indices(100, draws=20_000, mean_block=20, seed=3)]

    near = [np.mean(drawn[:, place] * drawn[:, place + 3]) for place in (0, 40, 90)]
    assert near == pytest.approx([near[0]] * 3, abs=0.015)


def test_the_mean_spreads_as_the_closed_form_says() -> None:
    noise = np.random.default_rng(4).normal(size=400)
    series = np.convolve(noise, np.ones(10) / 10)[:400]
    means = series[stationary_indices(400, draws=20_000, mean_block=20, seed=5)].mean(axis=1)

    # The standard error of a variance from 20 000 draws is 1 %.
    assert 400 * means.var() == pytest.approx(float(stationary_variance(series, 20)), rel=0.04)
    assert means.mean() == pytest.approx(series.mean(), abs=4 * means.std() / np.sqrt(20_000))


def test_the_closed_form_is_the_sum_over_all_lags() -> None:
    series = np.random.default_rng(6).normal(size=(60, 2)).cumsum(axis=0)
    centred, p, n = series - series.mean(axis=0), 1 / 7, 60

    for column in range(2):
        x = centred[:, column]
        total = x @ x / n
        for lag in range(1, n):
            weight = (1 - lag / n) * (1 - p) ** lag + lag / n * (1 - p) ** (n - lag)
            total += 2 * weight * (x[: n - lag] @ x[lag:]) / n
        assert float(stationary_variance(series, 7)[column]) == pytest.approx(total)


def test_the_same_seed_draws_the_same() -> None:
    one, same, other = (stationary_indices(60, draws=500, mean_block=5, seed=seed) for seed in (7, 7, 8))

    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("days", "draws", "block"), [(100, 499, 20), (39, 500, 20), (100, 500, 0)])
def test_what_cannot_carry_an_interval_is_refused(days: int, draws: int, block: int) -> None:
    with pytest.raises(UsageError, match="nothing was computed"):
        stationary_indices(days, draws=draws, mean_block=block, seed=1)


def test_without_arch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)

    with pytest.raises(ConfigError, match="needs arch") as caught:
        stationary_indices(100, draws=500, mean_block=20, seed=1)
    assert caught.value.hint == "pip install 'weexctl[backtest]'"
