"""Scores of probabilities against cases worked out by hand and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from weexctl.backtest.calibration import (
    area_under_curve,
    brier_score,
    brier_skill,
    expected_calibration_error,
    reliability_table,
)
from weexctl.errors import UsageError


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray]:
    """Outcomes drawn from the probabilities themselves."""
    random = np.random.default_rng(1)
    probabilities = random.beta(1.0, 3.0, 50_000)
    return (random.random(50_000) < probabilities).astype(np.float64), probabilities


def test_brier_of_four_forecasts_by_hand() -> None:
    outcomes, probabilities = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.2, 0.4, 0.0])

    assert brier_score(outcomes, probabilities) == pytest.approx((0.01 + 0.04 + 0.36 + 0.0) / 4)


def test_brier_equals_scikit_learn(sample: tuple[np.ndarray, np.ndarray]) -> None:
    assert brier_score(*sample) == pytest.approx(brier_score_loss(*sample))


def test_brier_of_a_calibrated_forecast_is_its_expected_variance(sample: tuple[np.ndarray, np.ndarray]) -> None:
    # p ~ Beta(1, 3): E[p(1 - p)] = ab / ((a + b)(a + b + 1)) = 3 / 20, and p(1 - p) of the mean is 3 / 16.
    assert brier_score(*sample) == pytest.approx(3 / 20, abs=0.003)
    assert brier_skill(*sample) == pytest.approx(1 - (3 / 20) / (3 / 16), abs=0.02)


def test_saying_the_reference_has_no_skill_and_knowing_has_all() -> None:
    outcomes = np.array([1.0, 0.0, 0.0, 0.0, 1.0])

    assert brier_skill(outcomes, np.full(5, 0.4)) == pytest.approx(0.0)
    assert brier_skill(outcomes, np.full(5, 0.2), reference=0.2) == pytest.approx(0.0)
    assert brier_skill(outcomes, outcomes) == pytest.approx(1.0)
    assert brier_skill(outcomes, 1.0 - outcomes) < 0.0


def test_a_reference_that_is_never_wrong_cannot_be_beaten() -> None:
    never = np.zeros(3)

    assert brier_skill(never, never) == 0.0
    assert brier_skill(never, np.array([0.0, 0.1, 0.0])) == -math.inf


def test_the_area_counts_ordered_pairs_and_half_of_ties() -> None:
    outcomes, probabilities = np.array([0.0, 0.0, 1.0, 1.0, 1.0]), np.array([0.1, 0.5, 0.5, 0.3, 0.9])

    # pairs (event, non-event): 0.5 > 0.1, 0.5 = 0.5, 0.3 > 0.1, 0.3 < 0.5, 0.9 > both
    assert area_under_curve(outcomes, probabilities) == pytest.approx((1 + 0.5 + 1 + 0 + 2) / 6)
    assert math.isnan(area_under_curve(np.ones(3), np.array([0.1, 0.2, 0.3])))


def test_the_table_has_the_shares_of_scikit_learn(sample: tuple[np.ndarray, np.ndarray]) -> None:
    table = reliability_table(*sample)
    observed, forecast = calibration_curve(*sample, n_bins=10)

    np.testing.assert_allclose([row.observed for row in table], observed)
    np.testing.assert_allclose([row.forecast for row in table], forecast)
    assert sum(row.count for row in table) == 50_000
    assert all(row.low <= row.forecast < row.high for row in table)


def test_certainty_belongs_to_the_last_bin_and_empty_bins_are_left_out() -> None:
    table = reliability_table(np.array([1.0, 0.0]), np.array([1.0, 0.05]))

    assert [(row.low, row.high, row.count) for row in table] == [(0.0, 0.1, 1), (0.9, 1.0, 1)]


def test_calibration_error_by_hand_and_of_honest_forecasts(sample: tuple[np.ndarray, np.ndarray]) -> None:
    outcomes, probabilities = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.65, 0.65, 0.65, 0.15])

    assert expected_calibration_error(outcomes, probabilities) == pytest.approx(
        3 / 4 * abs(0.65 - 2 / 3) + 1 / 4 * 0.15
    )
    assert expected_calibration_error(*sample) < 0.01


@pytest.mark.parametrize(
    ("outcomes", "probabilities"),
    [([], []), ([1.0], [0.5, 0.5]), ([0.5], [0.5]), ([1.0], [1.5]), ([1.0], [math.nan]), ([math.nan], [0.5])],
)
def test_what_cannot_be_scored_is_refused(outcomes: list[float], probabilities: list[float]) -> None:
    with pytest.raises(UsageError, match="nothing was scored"):
        brier_score(np.array(outcomes), np.array(probabilities))
