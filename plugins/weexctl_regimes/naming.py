"""Which regime a hidden state is, from what it looks like and never from its number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weexctl_regimes.observations import OBSERVED, PERSISTENCE

__all__ = ["RANGING", "TRENDING", "UNSTABLE", "names_of_states"]

TRENDING, RANGING, UNSTABLE = 0, 1, 2
"""Positions among the three regimes."""


def names_of_states(means: NDArray[np.float64]) -> tuple[int, ...]:
    """The regime of each state, as a position, given the standardised means of `OBSERVED`: one row per state.

    The more persistent half of the states (rounded down, at least one) is trending; of the others the loudest is
    unstable, and the rest is ranging. So there are three states at least, and every regime has one.
    """
    persistence = means[:, [OBSERVED.index(name) for name in PERSISTENCE]].sum(axis=1)
    loudness = means[:, OBSERVED.index("v")]
    by_persistence = np.argsort(-persistence, kind="stable").tolist()
    trending, others = by_persistence[: len(means) // 2], by_persistence[len(means) // 2 :]
    loudest = max(others, key=lambda state: float(loudness[state]))
    named = dict.fromkeys(trending, TRENDING) | dict.fromkeys(others, RANGING) | {loudest: UNSTABLE}
    return tuple(named[state] for state in range(len(means)))
