"""The percentile rule splits its training window where the settings say, and needs enough of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weexctl import Artefact, DataError
from weexctl.testing import flat, random_walk
from weexctl_regimes import RulesConfig, build_rules
from weexctl_regimes.observations import observations
from weexctl_regimes.percentile_rule import PercentileRule
from weexctl_regimes.rules import Rules

CONFIG = RulesConfig(train_candles=2000, min_train_candles=1500)


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return random_walk(21, 6000)


@pytest.fixture(scope="module")
def artefact(candles: pd.DataFrame) -> Artefact:
    return Rules(CONFIG).fit(candles, "BTCUSDT")


def test_half_of_the_training_window_is_trending_and_the_loudest_rest_unstable(
    candles: pd.DataFrame, artefact: Artefact
) -> None:
    training = observations(candles).iloc[-2000:]

    rows = PercentileRule.from_parameters(artefact.parameters).rows(training)

    loud = training["v"].to_numpy() > np.quantile(training["v"], 0.7)
    assert rows[:, 0].mean() == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_array_equal(rows[:, 2] == 1.0, loud & (rows[:, 0] == 0.0))
    np.testing.assert_array_equal(rows.sum(axis=1), 1.0)


def test_equal_candles_give_equal_artefacts(candles: pd.DataFrame, artefact: Artefact) -> None:
    assert build_rules(CONFIG).fit(candles.copy(), "BTCUSDT") == artefact


def test_candles_older_than_the_training_window_needs_do_not_matter() -> None:
    longer = random_walk(21, 6000)

    assert Rules(CONFIG).fit(longer, "X").id == Rules(CONFIG).fit(longer.iloc[-4640:], "X").id


@pytest.mark.parametrize("change", ["candle", "symbol", "setting"])
def test_anything_else_gives_another_id(change: str, candles: pd.DataFrame, artefact: Artefact) -> None:
    other, symbol, config = candles.copy(), "BTCUSDT", CONFIG
    if change == "candle":
        other.iloc[-1] = other.iloc[-1] * 1.5
    elif change == "symbol":
        symbol = "ETHUSDT"
    else:
        config = RulesConfig(train_candles=2000, min_train_candles=1500, volatility_percentile=0.8)

    assert Rules(config).fit(other, symbol).id != artefact.id


def test_an_artefact_says_which_candles_it_knows(candles: pd.DataFrame, artefact: Artefact) -> None:
    assert artefact.train_to_ms == int(candles.index[-1]) + 3_600_000
    assert artefact.train_from_ms == int(candles.index[-(2640 + 2000)])
    assert (artefact.plugin, artefact.symbol, artefact.status, artefact.age) == ("rules", "BTCUSDT", "fitted", 0)


@pytest.mark.parametrize("candles", [random_walk(1, 2000), flat(6000, volume=1.0)], ids=["short", "flat"])
def test_too_little_to_learn_from_is_refused_with_a_hint(candles: pd.DataFrame) -> None:
    with pytest.raises(DataError) as refusal:
        Rules(CONFIG).fit(candles, "BTCUSDT")

    assert "no classifier was fitted" in refusal.value.message
    assert refusal.value.hint


def test_candles_of_another_length_are_refused(artefact: Artefact) -> None:
    with pytest.raises(DataError, match="nothing was scored"):
        Rules(CONFIG).columns(random_walk(1, 100, candle_ms=900_000), artefact)
