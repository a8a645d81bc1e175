"""A chain is plain numbers: its names do not depend on the order of its states, nor its meaning on its units."""

from __future__ import annotations

import json

import numpy as np
import pytest

from weexctl_regimes.forward_filter import filter_rows
from weexctl_regimes.two_factors import TwoFactors
from weexctl_regimes.two_state_chain import CLIP, RobustScale, TwoStateChain, stationary

LOUD = TwoStateChain(
    columns=("v", "q"),
    scale=RobustScale((0.0, 0.0), (1.0, 1.0)),
    transition=((0.98, 0.02), (0.06, 0.94)),
    means=((-0.5, 0.4), (1.2, 0.1)),
    variances=((0.5, 0.7), (0.8, 1.1)),
    start=(0.75, 0.25),
)
STEADY = TwoStateChain(
    columns=("e48", "e240"),
    scale=RobustScale((0.4, 0.2), (0.2, 0.1)),
    transition=((0.97, 0.03), (0.03, 0.97)),
    means=((0.2, -0.7), (-0.1, 0.8)),
    variances=((0.7, 0.3), (1.0, 0.2)),
    start=(0.5, 0.5),
)


def _observed(rows: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.random.default_rng(1).normal(0.0, 1.0, (rows, 2))


def test_swapping_the_states_mirrors_the_probabilities() -> None:
    straight, _ = filter_rows(LOUD, _observed(400))
    mirrored, _ = filter_rows(LOUD.swapped(), _observed(400))

    np.testing.assert_allclose(mirrored, 1.0 - straight, rtol=0, atol=1e-12)
    assert LOUD.swapped().swapped() == LOUD


@pytest.mark.parametrize("swap_loud", [False, True])
@pytest.mark.parametrize("swap_steady", [False, True])
def test_permuted_states_get_the_same_names(swap_loud: bool, swap_steady: bool) -> None:
    loud = LOUD.swapped() if swap_loud else LOUD
    steady = STEADY.swapped() if swap_steady else STEADY

    assert TwoFactors.named(loud, steady) == TwoFactors.named(LOUD, STEADY)


def test_the_turbulent_state_is_the_one_with_more_volatility_whatever_its_volume() -> None:
    named = TwoFactors.named(LOUD.swapped(), STEADY)

    assert named.turbulence.means[1] == (1.2, 0.1)


def test_the_persistent_state_is_the_one_with_the_larger_sum_of_both_ratios() -> None:
    named = TwoFactors.named(LOUD, STEADY.swapped())

    assert named.persistence.means[1] == (-0.1, 0.8)


def test_a_chain_in_other_units_says_the_same() -> None:
    values = _observed(300)
    # Without clipping in either unit, the two are one model.
    moved = LOUD.rescaled(RobustScale((0.3, -0.1), (2.0, 1.5)))

    np.testing.assert_allclose(filter_rows(moved, values)[0], filter_rows(LOUD, values)[0], rtol=0, atol=1e-12)


def test_a_pair_survives_json_bit_for_bit() -> None:
    pair = TwoFactors.named(LOUD, STEADY, temper=2.0)

    assert TwoFactors.from_parameters(json.loads(json.dumps(pair.parameters()))) == pair


def test_the_scale_is_the_median_and_its_deviation() -> None:
    values = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]])

    scale = RobustScale.of(values)

    assert scale.centre == (3.0,)
    assert scale.spread == pytest.approx((1.4826,))
    assert scale.apply(values)[-1, 0] == CLIP


def test_a_constant_column_has_a_scale_all_the_same() -> None:
    assert RobustScale.of(np.full((10, 1), 7.0)) == RobustScale((7.0,), (1.0,))


def test_stationary_shares_do_not_change_with_another_step() -> None:
    transition = LOUD.transition
    share = np.array(stationary(transition))

    np.testing.assert_allclose(share @ np.array(transition), share)
    assert share.sum() == pytest.approx(1.0)
