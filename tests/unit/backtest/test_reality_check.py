"""Hansen's test where the answer is known: one variant, many worthless ones, a good one among noisy ones."""

from __future__ import annotations

import sys
from statistics import NormalDist

import numpy as np
import pytest

from weexctl.backtest.reality_check import RealityCheck, reality_check
from weexctl.backtest.resampling import stationary_variance
from weexctl.errors import ConfigError, DataError, UsageError


def named(columns: np.ndarray) -> dict[str, np.ndarray]:
    return {f"v{number}": column for number, column in enumerate(columns.T)}


def known(value: float | None) -> float:
    assert value is not None
    return value


@pytest.mark.parametrize("advantage", [0.02, 0.06, 0.1])
def test_one_variant_is_a_one_sided_test_of_a_mean(advantage: float) -> None:
    days = 900
    difference = np.random.default_rng(1).normal(size=days)
    difference += advantage - difference.mean()
    benchmark = np.random.default_rng(2).normal(size=days)
    found = reality_check(benchmark, {"one": benchmark + difference}, seed=3)

    z = advantage * np.sqrt(days / float(stationary_variance(difference, 20)))
    expected = 1 - NormalDist().cdf(z)
    for p in (found.lower, found.consistent, found.upper, found.white):
        assert known(p) == pytest.approx(expected, abs=0.035)


def test_under_the_null_every_p_is_as_likely() -> None:
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        benchmark = random.normal(size=250)
        variants = named(benchmark[:, None] + random.normal(size=(250, 4)))
        found.append(known(reality_check(benchmark, variants, seed=seed, draws=500, mean_block_days=5).consistent))

    assert np.mean(found) == pytest.approx(0.5, abs=0.14)  # three standard errors of the mean of 40 uniform numbers
    assert np.mean(np.array(found) < 0.1) <= 0.22


def test_a_variant_that_is_better_is_found_among_worthless_ones() -> None:
    random = np.random.default_rng(4)
    benchmark = random.normal(size=700)
    columns = benchmark[:, None] + random.normal(size=(700, 10))
    columns[:, 3] += 0.3
    found = reality_check(benchmark, named(columns), seed=5)

    assert known(found.consistent) < 0.005
    assert found.best == "v3"
    assert known(found.lower) <= known(found.consistent) <= known(found.upper)


def test_variants_that_are_all_worse_are_no_evidence() -> None:
    random = np.random.default_rng(6)
    benchmark = random.normal(size=700)
    found = reality_check(benchmark, named(benchmark[:, None] + random.normal(size=(700, 5)) - 0.3), seed=7)

    assert (found.lower, found.consistent, found.upper, found.white) == (1.0, 1.0, 1.0, 1.0)


def test_worse_variants_beside_a_slightly_better_one_count_for_less_in_the_consistent_p() -> None:
    random = np.random.default_rng(13)
    benchmark = random.normal(size=700)
    columns = benchmark[:, None] + random.normal(size=(700, 12))
    columns -= (columns - benchmark[:, None]).mean(axis=0)
    columns += np.array([0.05, *[-0.5] * 11])
    found = reality_check(benchmark, named(columns), seed=7)

    alone = reality_check(benchmark, named(columns[:, :1]), seed=7)
    assert known(found.consistent) == pytest.approx(known(alone.consistent), abs=0.03)
    assert known(found.upper) > known(found.consistent) + 0.2


def test_a_noisy_variant_hides_no_precise_one() -> None:
    """Divided by its own deviation, each variant counts by its evidence; White's check does not divide."""
    random = np.random.default_rng(8)
    benchmark = random.normal(size=600)
    precise = benchmark + 0.1 * random.normal(size=600) + 0.02
    noisy = benchmark + 10.0 * random.normal(size=600) - 0.2
    found = reality_check(benchmark, {"noisy": noisy, "precise": precise}, seed=9)

    assert known(found.consistent) < 0.01
    assert known(found.white) > 0.3
    assert found.best == "precise"


def test_the_benchmark_itself_is_no_variant() -> None:
    benchmark = np.random.default_rng(10).normal(size=300)
    better = benchmark + np.random.default_rng(11).normal(size=300) + 0.5
    found = reality_check(benchmark, {"same": benchmark.copy(), "better": better}, seed=1, draws=500)

    assert (found.same, found.best) == (("same",), "better")
    assert known(found.consistent) < 0.01


@pytest.mark.parametrize("variants", [{}, {"same": np.arange(300.0)}])
def test_nothing_to_test_has_no_p(variants: dict[str, np.ndarray]) -> None:
    found = reality_check(np.arange(300.0), variants, seed=1, draws=500)

    assert (found.lower, found.consistent, found.upper, found.white, found.best) == (None,) * 5
    assert found.same == tuple(variants)


def test_the_same_seed_gives_the_same() -> None:
    random = np.random.default_rng(12)
    benchmark, columns = random.normal(size=300), random.normal(size=(300, 3))

    def test() -> RealityCheck:
        return reality_check(benchmark, named(columns), seed=4, draws=500)

    assert test() == test()


def test_other_days_are_refused() -> None:
    with pytest.raises(DataError, match="returns of short"):
        reality_check(np.zeros(300), {"short": np.zeros(299)}, seed=1)
    with pytest.raises(DataError, match="returns of broken"):
        reality_check(np.zeros(300), {"broken": np.full(300, np.nan)}, seed=1)


def test_five_draws_are_refused() -> None:
    with pytest.raises(UsageError, match="5 draws"):
        reality_check(np.zeros(300), {"one": np.ones(300)}, seed=1, draws=5)


def test_without_arch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    columns = np.random.default_rng(1).normal(size=(300, 2))

    with pytest.raises(ConfigError, match="needs arch") as caught:
        reality_check(np.zeros(300), named(columns), seed=1)
    assert caught.value.hint == "pip install 'weexctl[backtest]'"
