"""States are named by what they look like, whatever their order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from weexctl_regimes.naming import RANGING, TRENDING, UNSTABLE, names_of_states

# v, q, e48, e240
LOUD_TREND, QUIET_TREND = [2.0, 1.0, 1.0, 1.5], [-1.0, 0.0, 0.9, 0.8]
LOUD_NOISE, QUIET_NOISE = [1.5, 1.0, -0.5, -0.5], [-1.0, -0.5, -1.0, -0.2]
LOOKS = {
    "three": ([LOUD_TREND, LOUD_NOISE, QUIET_NOISE], [TRENDING, UNSTABLE, RANGING]),
    "four": ([LOUD_TREND, QUIET_TREND, LOUD_NOISE, QUIET_NOISE], [TRENDING, TRENDING, UNSTABLE, RANGING]),
}


@pytest.mark.parametrize("case", LOOKS)
def test_names_follow_the_states_through_every_order(case: str) -> None:
    looks, names = LOOKS[case]

    for order in permutations(range(len(looks))):
        assert names_of_states(np.array([looks[i] for i in order])) == tuple(names[i] for i in order)


def test_the_loudest_state_is_trending_when_it_is_the_persistent_one() -> None:
    assert names_of_states(np.array([QUIET_NOISE, LOUD_TREND, LOUD_NOISE])) == (RANGING, TRENDING, UNSTABLE)
