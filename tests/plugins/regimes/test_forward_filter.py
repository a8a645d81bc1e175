"""The forward filter equals hmmlearn's forward pass, looks at nothing later, and bears any input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hmmlearn import _hmmc
from hmmlearn.hmm import GaussianHMM
from numpy.typing import NDArray

from weexctl_regimes.forward_filter import filter_rows, filter_step
from weexctl_regimes.two_state_chain import RobustScale, TwoStateChain

CHAIN = TwoStateChain(
    columns=("v", "q"),
    scale=RobustScale((0.1, -0.2), (0.5, 0.4)),
    transition=((0.98, 0.02), (0.05, 0.95)),
    means=((-0.5, -0.4), (1.2, 0.9)),
    variances=((0.5, 0.7), (0.8, 1.1)),
    start=(0.7, 0.3),
)


def _observed(rows: int, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return np.cumsum(random.normal(0.0, 0.1, (rows, 2)), axis=0) + random.normal(0.0, 0.3, (rows, 2))


def _reference(chain: TwoStateChain) -> GaussianHMM:
    model = GaussianHMM(2, covariance_type="diag", implementation="log")
    model.startprob_ = np.array(chain.start)
    model.transmat_ = np.array(chain.transition)
    model.means_ = np.array(chain.means)
    model.covars_ = np.array(chain.variances)
    return model


def _stepped(chain: TwoStateChain, values: NDArray[np.float64]) -> list[float]:
    probability: float | None = None
    found = []
    for row in values.tolist():
        probability, _ = filter_step(chain, probability, dict(zip(chain.columns, row, strict=True)))
        found.append(float("nan") if probability is None else probability)
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_filtered_row_equals_the_smoothed_last_row_of_its_prefix(seed: int) -> None:
    values = _observed(300, seed)
    reference, scaled = _reference(CHAIN), CHAIN.scale.apply(values)

    filtered, _ = filter_rows(CHAIN, values)

    expected = [reference.predict_proba(scaled[: row + 1])[-1, 1] for row in range(300)]
    np.testing.assert_allclose(filtered, expected, rtol=0, atol=1e-9)


def test_filtered_rows_equal_the_normalised_forward_lattice() -> None:
    values = _observed(12_000)
    reference, scaled = _reference(CHAIN), CHAIN.scale.apply(values)
    _, lattice = _hmmc.forward_log(reference.startprob_, reference.transmat_, reference._compute_log_likelihood(scaled))
    weights = np.exp(lattice - lattice.max(axis=1, keepdims=True))

    filtered, _ = filter_rows(CHAIN, values)

    np.testing.assert_allclose(filtered, weights[:, 1] / weights.sum(axis=1), rtol=0, atol=1e-9)


def test_steps_equal_rows() -> None:
    values = _observed(2_000)
    values[:3] = np.nan
    values[500:505, 0] = np.nan

    filtered, _ = filter_rows(CHAIN, values)

    np.testing.assert_allclose(_stepped(CHAIN, values), filtered, rtol=0, atol=1e-12)


def test_a_missing_observation_only_predicts() -> None:
    values = _observed(50)
    values[30, 1] = np.nan

    filtered, _ = filter_rows(CHAIN, values)

    assert filtered[30] == pytest.approx(0.02 * (1 - filtered[29]) + 0.95 * filtered[29], abs=1e-15)


def test_rows_before_the_first_complete_one_are_unknown_and_do_not_count() -> None:
    values = _observed(50)
    late = np.concatenate([np.full((7, 2), np.nan), values])

    filtered, _ = filter_rows(CHAIN, late)

    assert np.isnan(filtered[:7]).all()
    np.testing.assert_array_equal(filtered[7:], filter_rows(CHAIN, values)[0])


def test_nothing_observed_leaves_nothing_known() -> None:
    filtered, flags = filter_rows(CHAIN, np.full((5, 2), np.nan))

    assert np.isnan(filtered).all()
    assert not flags.any()


@pytest.mark.parametrize("size", [1e6, -1e6, np.inf, -np.inf])
def test_an_absurd_observation_leaves_a_probability(size: float) -> None:
    values = _observed(100)
    values[40:45] = size

    filtered, _ = filter_rows(CHAIN, values)

    assert np.isfinite(filtered).all()
    assert ((filtered >= 0.0) & (filtered <= 1.0)).all()
    np.testing.assert_allclose(_stepped(CHAIN, values), filtered, rtol=0, atol=1e-12)


def test_evidence_against_a_certainty_resets_to_one_half_and_is_flagged() -> None:
    stuck = replace(
        CHAIN, transition=((1.0, 0.0), (0.0, 1.0)), start=(1.0, 0.0), variances=((1e-6, 1e-6), (1e-6, 1e-6))
    )
    in_state_1 = [[0.1 + 0.5 * 1.2, -0.2 + 0.4 * 0.9]]

    filtered, flags = filter_rows(stuck, np.array(in_state_1))
    stepped = filter_step(stuck, None, dict(zip(stuck.columns, in_state_1[0], strict=True)))

    assert filtered.tolist() == [0.5]
    assert flags.tolist() == [True]
    assert stepped == (0.5, True)


def test_ordinary_rows_are_never_flagged() -> None:
    _, flags = filter_rows(CHAIN, _observed(3_000))

    assert not flags.any()


def test_tempering_makes_one_candle_less_decisive() -> None:
    values = np.array([[0.1 + 0.5 * 1.2, -0.2 + 0.4 * 0.9]])

    plain, _ = filter_rows(CHAIN, values)
    tempered, _ = filter_rows(CHAIN, values, temper=8.0)

    assert 0.3 < tempered[0] < plain[0]
