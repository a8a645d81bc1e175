"""The probability of overfitting where it is known: noise, a family with a master, a family that turns round."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from weexctl.backtest.overfitting import overfitting
from weexctl.errors import UsageError


def test_choosing_among_noise_is_chance() -> None:
    found = [
        overfitting(np.random.default_rng(seed).normal(size=(480, 20)), blocks=8).probability for seed in range(60)
    ]

    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_a_variant_that_is_better_throughout_is_found() -> None:
    returns = np.random.default_rng(1).normal(size=(800, 30))
    returns[:, 7] += 0.5
    found = overfitting(returns)

    assert found.probability == 0.0
    assert found.loss_probability == 0.0
    assert found.median_rank == pytest.approx(30 / 31)
    assert (found.splits, found.variants, found.blocks, found.days) == (12870, 30, 16, 800)


def test_what_one_half_gained_the_other_lost() -> None:
    """Two variants that sum to nothing over all days, each with its own good days: the best of a half is the worst."""
    good = np.repeat(np.random.default_rng(2).permutation([1.0] * 8 + [-1.0] * 8), 50)
    wobble = np.tile([0.5, -0.5], 400)
    returns = np.column_stack([good + wobble, -good + wobble])
    found = overfitting(returns)

    evenly = 70 * 70  # halves with four good blocks of eight: both variants score 0 on both sides
    assert found.splits == 12870
    assert found.probability == pytest.approx((12870 - evenly) / 12870 + evenly / 12870)
    assert found.median_rank < 0.5
    assert found.loss_probability == pytest.approx((12870 - evenly) / 12870)


def test_it_is_what_a_loop_over_the_splits_says() -> None:
    random = np.random.default_rng(3)
    blocks = np.array_split(np.arange(103), 6)
    returns = random.standard_t(4, size=(103, 5)) * [1.0, 0.2, 3.0, 0.5, 1.0]
    for block in blocks:
        returns[block] += 2 * random.normal(size=5)
    ranks, losses = [], []
    for half in combinations(range(6), 3):
        inside = np.concatenate([blocks[number] for number in half])
        outside = np.setdiff1d(np.arange(103), inside)
        best = np.argmax(returns[inside].mean(axis=0) / returns[inside].std(axis=0))
        scores = returns[outside].mean(axis=0) / returns[outside].std(axis=0)
        ranks.append((1 + np.sum(scores < scores[best])) / 6)
        losses.append(scores[best] < 0)
    found = overfitting(returns, blocks=6)

    assert found.splits == 20
    assert found.probability == pytest.approx(np.mean(np.array(ranks) <= 0.5))
    assert found.median_rank == pytest.approx(np.median(ranks))
    assert found.loss_probability == pytest.approx(np.mean(losses))


def test_variants_that_are_all_the_same_count_as_overfitted() -> None:
    one = np.random.default_rng(4).normal(size=(100, 1))

    assert overfitting(np.repeat(one, 4, axis=1), blocks=4).probability == 1.0


def test_a_variant_that_never_trades_is_ranked_at_zero() -> None:
    losing = np.random.default_rng(5).normal(size=(320, 1)) - 1.0
    found = overfitting(np.hstack([losing, np.zeros((320, 1))]))

    assert (found.probability, found.loss_probability) == (0.0, 0.0)


def test_the_size_of_a_variant_does_not_matter() -> None:
    returns = np.random.default_rng(6).normal(size=(200, 6)) * 0.01

    assert overfitting(returns * [1, 5, 0.2, 1, 3, 1], blocks=8) == overfitting(returns, blocks=8)


@pytest.mark.parametrize(("shape", "blocks"), [((100, 1), 4), ((100,), 4), ((100, 3), 5), ((100, 3), 0), ((31, 3), 16)])
def test_what_cannot_be_halved_is_refused(shape: tuple[int, ...], blocks: int) -> None:
    with pytest.raises(UsageError, match="nothing was computed"):
        overfitting(np.ones(shape), blocks=blocks)


def test_returns_that_are_not_finite_are_refused() -> None:
    with pytest.raises(UsageError, match="not finite"):
        overfitting(np.full((64, 2), np.nan))
