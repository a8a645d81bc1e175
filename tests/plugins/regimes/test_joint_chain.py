"""The joint chain filters by Bayes' rule alone, and its refits begin where the last one ended."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from weexctl_regimes.chain_fit import FitSettings
from weexctl_regimes.joint_chain import JointChain
from weexctl_regimes.observations import OBSERVED

SETTINGS = FitSettings(seed=7, cold_starts=3, kappa=50.0)
CENTRES = np.array([[0.5, 0.0, 1.5, 1.5], [-1.0, -0.5, -1.0, -1.0], [2.0, 1.0, -1.0, -0.5]])
"""Trending, ranging, unstable."""


@pytest.fixture(scope="module")
def observed() -> pd.DataFrame:
    random = np.random.default_rng(9)
    return pd.DataFrame(CENTRES[_truth()] + random.normal(0.0, 0.8, (6_000, 4)), columns=list(OBSERVED))


@pytest.fixture(scope="module")
def chain(observed: pd.DataFrame) -> JointChain:
    found = JointChain.fit(observed.iloc[:4_000], SETTINGS, None)
    assert found is not None
    return found


def _truth() -> np.ndarray:
    return np.repeat(np.random.default_rng(10).integers(0, 3, 60), 100)


def test_the_states_that_made_the_data_are_found_and_named_out_of_sample(
    observed: pd.DataFrame, chain: JointChain
) -> None:
    named = chain.rows(observed).argmax(axis=1)

    assert (named[4_000:] == _truth()[4_000:]).mean() > 0.95


def test_the_filter_is_hmmlearns_posterior_of_the_last_row(observed: pd.DataFrame, chain: JointChain) -> None:
    from hmmlearn.hmm import GaussianHMM

    oracle = GaussianHMM(3, covariance_type="diag", implementation="log")
    oracle.startprob_ = np.full(3, 1 / 3)
    oracle.transmat_, oracle.means_ = np.array(chain.transition), np.array(chain.means)
    oracle.covars_ = np.array(chain.variances)
    scaled = chain.scale.apply(observed.to_numpy(dtype=np.float64))
    rows = chain.rows(observed)

    for row in (0, 1, 50, 399, 777):
        np.testing.assert_allclose(rows[row], oracle.predict_proba(scaled[: row + 1])[-1], atol=1e-9)


def test_steps_and_gaps_say_what_rows_say(observed: pd.DataFrame, chain: JointChain) -> None:
    torn = observed.iloc[:900].copy()
    torn.iloc[:2] = np.nan
    torn.iloc[300:340] = np.nan
    torn.iloc[600] = 1e9
    memory, stepped = chain.initial(), []
    for row in torn.to_dict("records"):
        memory, view = chain.advance(memory, {str(name): float(value) for name, value in row.items()})
        stepped.append((np.nan,) * 3 if view is None else view)

    rows = chain.rows(torn)
    np.testing.assert_allclose(np.array(stepped), rows, rtol=0, atol=1e-12)
    np.testing.assert_allclose(rows[2:].sum(axis=1), 1.0, atol=1e-12)
    certain = np.array([np.inner(rows[299], np.array(chain.transition)[:, state]) for state in range(3)])
    np.testing.assert_allclose(rows[300], certain)


def test_parameters_bring_the_same_chain_back(observed: pd.DataFrame, chain: JointChain) -> None:
    stored = json.loads(json.dumps(chain.parameters(), allow_nan=False))

    assert JointChain.from_parameters(stored) == chain


def test_a_refit_names_the_same_rows_the_same(observed: pd.DataFrame, chain: JointChain) -> None:
    again = JointChain.fit(observed.iloc[1_000:5_000], FitSettings(7, 1, 50.0), chain)

    assert again is not None
    assert (again.rows(observed).argmax(axis=1) == chain.rows(observed).argmax(axis=1)).mean() > 0.98


def test_one_kind_of_row_makes_no_three_states() -> None:
    alike = pd.DataFrame(np.random.default_rng(3).normal(0.0, 1.0, (3_000, 4)), columns=list(OBSERVED))
    alike.iloc[1_500:1_510] += 6.0

    found = JointChain.fit(alike, FitSettings(7, 1, 0.0), None)

    assert found is None or min(np.nanmean(found.rows(alike), axis=0)) >= 0.02
