"""The two-factor classifier finds known regimes, keeps its names, and refuses refits that would rename the past."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weexctl import REGIMES, Artefact, PluginContractError, Regime
from weexctl.testing import random_walk, regimes
from weexctl_regimes import TwoFactorConfig, build_two_factor
from weexctl_regimes.classifier import model_of
from weexctl_regimes.percentile_rule import PercentileRule
from weexctl_regimes.refitted import agreement
from weexctl_regimes.two_factor_hmm import TwoFactorHmm
from weexctl_regimes.two_factors import TwoFactors
from weexctl_regimes.volatility_odds import VARIANCES

SMALL = TwoFactorConfig(train_candles=3000, min_train_candles=2000, restarts=2)
NAMES = [regime.value for regime in REGIMES]


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return regimes(3, 8000, mean_candles=250)[0]


@pytest.fixture(scope="module")
def artefact(candles: pd.DataFrame) -> Artefact:
    return TwoFactorHmm(SMALL).fit(candles.iloc[:6500], "BTCUSDT")


def _sawtooth(count: int) -> pd.DataFrame:
    """Garbage: a price that jumps between two levels every candle."""
    garbage = random_walk(0, count)
    random = np.random.default_rng(0)
    level = 100.0 * np.where(np.arange(count) % 2, 1.5, 1.0) * (1.0 + 0.01 * random.random(count))
    return garbage.assign(open=level, high=level, low=level, close=level, volume=random.random(count) * 1e3)


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_known_regimes_are_found_out_of_sample(seed: int) -> None:
    candles, truth = regimes(seed, 15_000, mean_candles=250)
    classifier = build_two_factor(TwoFactorConfig())
    fitted = classifier.fit(candles.iloc[:11_000], "BTCUSDT")

    named = classifier.columns(candles, fitted)["name"].iloc[11_000:]

    right = [float((named[truth.loc[named.index] == name] == name).mean()) for name in NAMES]
    assert np.mean(right) >= 0.6


def test_equal_candles_give_equal_artefacts(candles: pd.DataFrame, artefact: Artefact) -> None:
    again = TwoFactorHmm(SMALL).fit(candles.iloc[:6500].copy(), "BTCUSDT")

    assert again == artefact
    assert artefact.status == "fitted"


def test_parameters_survive_json_and_score_the_same(candles: pd.DataFrame, artefact: Artefact) -> None:
    stored = replace(artefact, parameters=json.loads(json.dumps(artefact.parameters, allow_nan=False)))
    classifier = TwoFactorHmm(SMALL)

    pd.testing.assert_frame_equal(classifier.columns(candles, stored), classifier.columns(candles, artefact))


def test_regimes_are_products_of_the_two_factors(candles: pd.DataFrame, artefact: Artefact) -> None:
    model = model_of(artefact)
    assert isinstance(model, TwoFactors)

    rows = model.rows(TwoFactorHmm(SMALL).features(candles))[3000:]

    persistent, loud = rows[:, 0], rows[:, 2] / (1.0 - rows[:, 0])
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(rows[:, 1], (1.0 - loud) * (1.0 - persistent), atol=1e-9)


def test_a_refit_on_the_same_candles_names_them_the_same(candles: pd.DataFrame, artefact: Artefact) -> None:
    classifier = TwoFactorHmm(SMALL)

    again = classifier.fit(candles.iloc[:6500], "BTCUSDT", artefact)

    assert again.status == "fitted"
    assert agreement(model_of(again), model_of(artefact), classifier.features(candles)) > 0.98


def test_a_refit_on_later_candles_of_the_same_market_is_accepted(candles: pd.DataFrame, artefact: Artefact) -> None:
    later = TwoFactorHmm(SMALL).fit(candles, "BTCUSDT", artefact)

    assert (later.status, later.age) == ("fitted", 0)
    assert later.id != artefact.id


def test_a_refit_on_garbage_keeps_the_previous_model(artefact: Artefact) -> None:
    kept = TwoFactorHmm(SMALL).fit(_sawtooth(7000), "BTCUSDT", artefact)

    assert kept == replace(artefact, status="kept", age=1)


def test_the_fourth_refusal_in_a_row_falls_back_to_the_rule(artefact: Artefact) -> None:
    classifier, held = TwoFactorHmm(SMALL), artefact
    seen = []
    for _ in range(4):
        held = classifier.fit(_sawtooth(7000), "BTCUSDT", held)
        seen.append((held.status, held.age))

    assert seen == [("kept", 1), ("kept", 2), ("kept", 3), ("fallback", 4)]
    assert isinstance(model_of(held), PercentileRule)


def test_a_fallback_scores_by_the_rule_and_ends_with_the_next_good_fit(
    candles: pd.DataFrame, artefact: Artefact
) -> None:
    classifier = TwoFactorHmm(SMALL)
    fallback = classifier.fit(_sawtooth(7000), "BTCUSDT", replace(artefact, status="kept", age=3))

    columns = classifier.columns(candles, fallback).iloc[classifier.warmup_candles :]
    recovered = classifier.fit(candles, "BTCUSDT", fallback)

    np.testing.assert_allclose(columns[NAMES].sum(axis=1), 1.0, atol=1e-9)
    assert columns["p_vol"].between(0.0, 1.0).all()
    assert (recovered.status, recovered.age) == ("fitted", 0)


def test_a_failed_first_fit_falls_back_to_the_rule(monkeypatch: pytest.MonkeyPatch, candles: pd.DataFrame) -> None:
    def refused(*_: Any) -> None:
        return None

    monkeypatch.setattr(TwoFactors, "fit", refused)

    fallback = TwoFactorHmm(SMALL).fit(candles, "BTCUSDT")

    assert (fallback.status, fallback.age) == ("fallback", 0)


@pytest.mark.parametrize("foreign", [{"plugin": "rules"}, {"symbol": "ETHUSDT"}])
def test_a_previous_fit_of_something_else_is_no_measure(
    foreign: dict[str, str], candles: pd.DataFrame, artefact: Artefact
) -> None:
    alone = TwoFactorHmm(SMALL).fit(candles, "BTCUSDT")

    assert TwoFactorHmm(SMALL).fit(candles, "BTCUSDT", replace(artefact, **foreign)) == alone  # type: ignore[arg-type]  # fields of text


def test_steps_say_what_columns_say_through_warmup_gaps_and_spikes(candles: pd.DataFrame, artefact: Artefact) -> None:
    rough = candles.copy()
    rough.iloc[4000:4006] = np.nan
    rough.iloc[4500] = candles.iloc[4500] * 1e6
    rough.iloc[5000] = candles.iloc[5000] * 1e-6
    classifier = TwoFactorHmm(SMALL)
    columns = classifier.columns(rough, artefact)
    state = classifier.start(artefact)
    stepped = []

    for row in classifier.features(rough).to_dict("records"):
        state, view = classifier.step(state, {str(name): value for name, value in row.items()})
        stepped.append((view.trending, view.ranging, view.unstable, view.confidence, view.p_vol, view.name.value))

    numbers = np.array([row[:5] for row in stepped], dtype=np.float64)
    known = columns["name"].to_numpy() != ""
    np.testing.assert_allclose(numbers, columns[[*NAMES, "confidence", "p_vol"]].to_numpy(), rtol=0, atol=1e-12)
    assert [row[5] for row, seen in zip(stepped, known, strict=True) if seen] == columns["name"][known].tolist()
    assert np.isfinite(numbers[classifier.warmup_candles :]).all()


def test_before_anything_is_known_a_step_takes_the_careful_name(artefact: Artefact) -> None:
    classifier = TwoFactorHmm(SMALL)

    unknown = dict.fromkeys(("v", "q", "e48", "e240", *VARIANCES), float("nan"))

    _, view = classifier.step(classifier.start(artefact), unknown)

    assert view.name is Regime.UNSTABLE
    assert np.isnan(view.confidence)
    assert view.p_vol is None


def test_missing_candles_drift_towards_the_usual_and_nothing_else(candles: pd.DataFrame, artefact: Artefact) -> None:
    gap = candles.copy()
    gap.iloc[6000:] = np.nan
    model = model_of(artefact)
    assert isinstance(model, TwoFactors)

    rows = model.rows(TwoFactorHmm(SMALL).features(gap))

    assert rows[-1, 0] == pytest.approx(model.persistence.start[1], abs=1e-4)


def test_a_longer_smoothing_declares_a_longer_warmup() -> None:
    assert (
        TwoFactorHmm(TwoFactorConfig(smoothing_hours=96)).warmup_candles
        == TwoFactorHmm(TwoFactorConfig(smoothing_hours=48)).warmup_candles + 960
    )


def test_an_artefact_of_an_unknown_model_is_refused(candles: pd.DataFrame, artefact: Artefact) -> None:
    strange = replace(artefact, parameters={"model": "crystal-ball", "candle_ms": 3_600_000})

    with pytest.raises(PluginContractError, match="crystal-ball"):
        TwoFactorHmm(SMALL).columns(candles, strange)
