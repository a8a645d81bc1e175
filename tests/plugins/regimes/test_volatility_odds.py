"""The odds of a loud day mean what they say out of sample, and give way to the base rate where they know nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weexctl import features
from weexctl.backtest.calibration import (
    area_under_curve,
    brier_skill,
    expected_calibration_error,
)
from weexctl.testing import flat, random_walk, regimes
from weexctl_regimes.volatility_odds import VARIANCES, VolatilityOdds

DAY = 24
TRAIN = 9_000


@pytest.fixture(scope="module")
def observed() -> pd.DataFrame:
    """Variances of a market whose volatility stays for days."""
    return features.log_variances(regimes(21, 30_000, mean_candles=250)[0])


@pytest.fixture(scope="module")
def odds(observed: pd.DataFrame) -> VolatilityOdds:
    return VolatilityOdds.fit(observed.iloc[:TRAIN], DAY)


def _unpredictable(count: int) -> pd.DataFrame:
    """A market whose every candle is as volatile as any other."""
    candles = random_walk(0, count)
    random = np.random.default_rng(8)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.005, count)))
    return candles.assign(open=close, high=close * 1.001, low=close * 0.999, close=close)


def _scored(odds: VolatilityOdds, observed: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and probabilities of the rows after the training window."""
    given = odds.rows(observed)[TRAIN:-DAY]
    later = observed["rv_day"].to_numpy()[TRAIN + DAY :]
    return (later > odds.limit).astype(np.float64), given


def test_out_of_sample_the_odds_have_skill_and_mean_what_they_say(observed: pd.DataFrame, odds: VolatilityOdds) -> None:
    outcomes, given = _scored(odds, observed)

    assert odds.status == "calibrated"
    assert odds.base_rate == pytest.approx(0.2, abs=0.01)
    assert brier_skill(outcomes, given) > 0.25
    assert area_under_curve(outcomes, given) > 0.80
    assert expected_calibration_error(outcomes, given) < 0.05


def test_a_louder_past_never_lowers_the_odds(odds: VolatilityOdds) -> None:
    assert list(odds.scores) == sorted(set(odds.scores))
    assert list(odds.probabilities) == sorted(odds.probabilities)
    assert 0.01 <= odds.probabilities[0] < odds.probabilities[-1] <= 0.99


def test_where_the_past_says_nothing_the_base_rate_is_all_it_says() -> None:
    known_nothing = VolatilityOdds.fit(features.log_variances(_unpredictable(TRAIN)), DAY)
    rows = known_nothing.rows(features.log_variances(_unpredictable(TRAIN)))

    assert known_nothing.status == "climatology"
    assert known_nothing.skill is not None
    assert known_nothing.skill <= 0.0
    assert set(rows[721:]) == {known_nothing.base_rate}


def test_too_little_history_says_the_base_rate() -> None:
    short = VolatilityOdds.fit(features.log_variances(random_walk(3, 900)), DAY)

    assert (short.status, short.skill) == ("climatology", None)


def test_a_market_that_never_moved_has_odds_that_json_can_hold() -> None:
    still = VolatilityOdds.fit(features.log_variances(flat(2_000)), DAY)

    assert json.loads(json.dumps(still.parameters(), allow_nan=False)) == still.parameters()
    assert still.base_rate == pytest.approx(0.2)


def test_outcomes_of_the_training_end_are_not_known_to_it(observed: pd.DataFrame) -> None:
    """What a fit learns of the last day is only that it was an outcome, never what came after it."""
    end = observed.iloc[:TRAIN].copy()
    end.iloc[-DAY:, [1, 2, 3, 4]] = 0.0  # regressors whose outcomes lie in the future

    assert VolatilityOdds.fit(end, DAY) == VolatilityOdds.fit(observed.iloc[:TRAIN], DAY)


def test_rows_that_cannot_be_scored_repeat_the_last_odds(observed: pd.DataFrame, odds: VolatilityOdds) -> None:
    torn = observed.iloc[:2_000].copy()
    torn.iloc[1_500:1_510] = np.nan

    rows = odds.rows(torn)

    assert set(rows[1_500:1_510]) == {rows[1_499]}
    assert np.isnan(rows[:720]).all()


def test_one_row_at_a_time_gives_the_same_odds(observed: pd.DataFrame, odds: VolatilityOdds) -> None:
    torn = observed.iloc[:1_500].copy()
    torn.iloc[1_000:1_003] = np.nan
    last, stepped = None, []
    for row in torn.to_dict("records"):
        last = odds.advance(last, {str(name): float(value) for name, value in row.items()})
        stepped.append(np.nan if last is None else last)

    np.testing.assert_array_equal(stepped, odds.rows(torn))


def test_parameters_bring_the_same_odds_back(odds: VolatilityOdds) -> None:
    stored = json.loads(json.dumps(odds.parameters(), allow_nan=False))

    assert VolatilityOdds.from_parameters(stored) == odds
    assert len(odds.coefficients) == 1 + len(VARIANCES)


@pytest.mark.shared_data
def test_on_real_candles_the_odds_have_skill_in_the_year_after(shared_folder: Path) -> None:
    table = pd.read_csv(shared_folder / "data" / "ETHUSDT-1h.csv.gz", index_col="open_time_ms")
    real = features.log_variances(table.astype(np.float64).iloc[:20_000])
    fitted = VolatilityOdds.fit(real.iloc[:TRAIN], DAY)

    outcomes, given = _scored(fitted, real)

    assert brier_skill(outcomes, given) > 0.1
    assert expected_calibration_error(outcomes, given) < 0.1
