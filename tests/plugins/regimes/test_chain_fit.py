"""A fit finds the chain that made the data, is the same bit for bit every time, and is refused when it is no chain."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from weexctl_regimes.chain_fit import FitSettings, fit_chain
from weexctl_regimes.two_state_chain import TwoStateChain

COLUMNS = ("v", "q")
SETTINGS = FitSettings(seed=7, cold_starts=3, kappa=50)


def _two_states(rows: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Observations of a sticky chain with means -1 and 1, and when it was in the upper state."""
    random = np.random.default_rng(seed)
    upper = np.cumsum(random.random(rows) < 0.02) % 2 == 1
    values = np.where(upper, 1.0, -1.0)[:, None] + random.normal(0.0, 0.7, (rows, 2))
    return values, upper


def _fitted(values: NDArray[np.float64], previous: TwoStateChain | None = None) -> TwoStateChain:
    chain = fit_chain(values, COLUMNS, SETTINGS, previous)
    assert chain is not None
    return chain.ordered(("v",))


def test_a_fit_finds_means_and_durations_of_the_chain_that_made_the_data() -> None:
    values, _ = _two_states(6_000)

    chain = _fitted(values)

    means = np.array(chain.means) * np.array(chain.scale.spread) + np.array(chain.scale.centre)
    np.testing.assert_allclose(means, [[-1, -1], [1, 1]], atol=0.08)
    assert 1 / chain.transition[0][1] == pytest.approx(50, rel=0.4)


def test_the_same_rows_give_the_same_bits() -> None:
    values, _ = _two_states(2_000)

    assert _fitted(values) == _fitted(values)


def test_a_refit_from_the_previous_fit_gives_the_same_names() -> None:
    values, _ = _two_states(3_000)
    first = _fitted(values[:2_500])

    second = _fitted(values[500:], first)

    np.testing.assert_allclose(np.sign(second.means), np.sign(first.means))


def test_no_transition_is_learnt_across_missing_rows() -> None:
    values, upper = _two_states(6_000)
    gaps = np.flatnonzero(upper[1:] != upper[:-1]) + 1
    torn = values.copy()
    torn[gaps] = np.nan

    whole, pieces = _fitted(values), _fitted(torn)

    # Every change of state lies in a gap, so what is left hardly ever changes.
    assert pieces.transition[0][1] < whole.transition[0][1] / 4


def test_a_state_that_never_lasts_is_refused() -> None:
    random = np.random.default_rng(3)
    flickering = np.where(random.random(2_000) < 0.5, 2.0, -2.0)[:, None] + random.normal(0.0, 0.2, (2_000, 2))

    assert fit_chain(flickering, COLUMNS, FitSettings(7, 3, 0.0), None) is None


def test_a_state_of_a_few_rows_only_is_refused() -> None:
    random = np.random.default_rng(4)
    values = random.normal(0.0, 1.0, (3_000, 2))
    values[1_500:1_520] = 4.5 + random.normal(0.0, 0.1, (20, 2))

    assert fit_chain(values, COLUMNS, FitSettings(7, 1, 50.0), None) is None


def test_an_outlier_does_not_break_a_fit() -> None:
    values, _ = _two_states(2_000)
    values[700] = 1e6

    chain = _fitted(values)

    assert np.isfinite(chain.means).all()


def test_no_state_of_a_fit_is_for_ever() -> None:
    chain = _fitted(_two_states(2_000)[0])

    assert min(chain.transition[0][1], chain.transition[1][0]) > 0
