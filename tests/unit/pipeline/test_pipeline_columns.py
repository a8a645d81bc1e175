"""Market columns: what a plugin may return, and how a broken promise is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.pipeline.fakes import (
    BTC,
    HOUR_MS,
    NOW_MS,
    RULES,
    Classifier,
    FixedSizes,
    Rule,
    make_candles,
    make_pipeline,
    stage_of,
)
from weexctl.errors import PluginContractError
from weexctl.model.regime import REGIMES, Artefact, Regime
from weexctl.pipeline.columns import SymbolColumns, compute_columns
from weexctl.pipeline.stage import Pipeline

CANDLES = make_candles()
ARTEFACT = Classifier().fit(CANDLES.frame(), BTC)

Alter = Callable[[pd.DataFrame], Any]


def with_rule(alter: Alter) -> Pipeline:
    return with_strategy(Rule(alter=alter))


def with_strategy(rule: Rule) -> Pipeline:
    return make_pipeline(rules=dict.fromkeys(REGIMES, stage_of("strategy", rule, "trend")))


class AlteredClassifier(Classifier):
    """The fake classifier, its columns changed on the way out."""

    def __init__(self, alter: Alter) -> None:
        self._alter = alter

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        altered: pd.DataFrame = self._alter(super().columns(candles, artefact))
        return altered


def with_classifier(alter: Alter) -> Pipeline:
    return replace(make_pipeline(), regime=stage_of("regime", AlteredClassifier(alter)))


def compute(pipeline: Pipeline) -> SymbolColumns:
    return compute_columns(pipeline, CANDLES, ARTEFACT)


def fault(pipeline: Pipeline) -> PluginContractError:
    with pytest.raises(PluginContractError) as caught:
        compute(pipeline)
    return caught.value


def at(row: int, **values: Any) -> Alter:
    """Put values into one row."""

    def alter(frame: pd.DataFrame) -> pd.DataFrame:
        changed = frame.astype(dict.fromkeys(values, object))
        for name, value in values.items():
            changed.loc[changed.index[row], name] = value
        return changed

    return alter


def raising(frame: pd.DataFrame) -> pd.DataFrame:
    raise KeyError("ema")


def test_honest_plugins_pass() -> None:
    columns = compute(make_pipeline())
    assert set(columns.rules) == {"trend", "reversion", "flat"}
    assert columns.regime_view(11).name is Regime.TRENDING
    assert columns.signal("trend", 11).direction == 1


def test_a_plugin_that_raises_is_named_with_its_distribution_and_what_to_do() -> None:
    error = fault(with_rule(raising))
    assert "strategy plugin 'trend' (fakes 1.0) raised KeyError: 'ema' in columns() on BTCUSDT" in error.message
    assert "nothing was written" in error.message
    assert error.hint.startswith("weexctl plugins show trend")
    assert error.code == "PLUGIN_FAULT"
    assert isinstance(error.__cause__, KeyError)


SHAPES: Mapping[str, tuple[Alter, str]] = {
    "too short": (lambda frame: frame.iloc[1:], "returned 11 rows for 12 candles"),
    "shifted": (lambda frame: frame.set_index(frame.index + HOUR_MS), "another index"),
    "no frame": (lambda frame: frame.to_numpy(), "a ndarray instead of a data frame"),
    "nothing": (lambda frame: None, "a NoneType instead of a data frame"),
    "no reason": (lambda frame: frame.drop(columns="reason"), "returned no column reason"),
    "half a direction": (at(8, direction=0.5), "a direction that is not -1, 0 or 1"),
    "double direction": (at(8, direction=2), "a direction that is not -1, 0 or 1"),
    "words": (at(8, direction="up"), "no number in column direction"),
    "too strong": (at(8, strength=1.01), "a strength outside 0 to 1"),
    "negative": (at(8, strength=-0.01), "a strength outside 0 to 1"),
    "NaN strength": (at(8, strength=np.nan), "NaN or infinity in column strength after its own warm-up"),
    "NaN at the end": (at(11, direction=np.nan), "NaN or infinity in column direction"),
    "infinite": (at(8, strength=np.inf), "NaN or infinity in column strength"),
    "entry unknown": (lambda frame: at(8, entry=np.nan)(frame.assign(entry=True)), "NaN or infinity in column entry"),
    "entry twice": (lambda frame: at(8, entry=2)(frame.assign(entry=True)), "neither true nor false"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_strategy_that_returns_what_it_may_not_is_refused(case: str) -> None:
    alter, words = SHAPES[case]
    assert words in fault(with_rule(alter)).message


VIEWS: Mapping[str, tuple[Alter, str]] = {
    "below zero": (at(8, trending=-0.1, ranging=1.0), "a trending probability outside 0 to 1"),
    "above one": (at(8, unstable=1.1, trending=0.0, ranging=-0.1), "a ranging probability outside 0 to 1"),
    "sum above one": (at(8, trending=0.8), "probabilities that do not sum to one"),
    "NaN": (at(8, trending=np.nan), "NaN or infinity in column trending"),
    "NaN confidence": (at(8, confidence=np.nan), "NaN or infinity in column confidence"),
    "sure beyond doubt": (at(8, confidence=1.5), "a confidence outside 0 to 1"),
    "unknown name": (at(8, name="sideways"), "named a regime 'sideways'"),
    "no name": (at(8, name=""), "named a regime ''"),
    "no confidence": (lambda frame: frame.drop(columns="confidence"), "returned no column confidence"),
    "NaN odds": (lambda frame: at(8, p_vol=np.nan)(frame.assign(p_vol=0.2)), "NaN or infinity in column p_vol"),
    "odds above one": (lambda frame: at(8, p_vol=1.2)(frame.assign(p_vol=0.2)), "a p_vol outside 0 to 1"),
}


@pytest.mark.parametrize("case", VIEWS)
def test_a_classifier_that_returns_what_it_may_not_is_refused(case: str) -> None:
    alter, words = VIEWS[case]
    assert words in fault(with_classifier(alter)).message


def test_the_odds_of_a_loud_day_are_in_the_view_of_a_classifier_that_gives_them() -> None:
    assert compute(make_pipeline()).regime_view(11).p_vol is None
    assert compute(with_classifier(lambda frame: frame.assign(p_vol=0.2))).regime_view(11).p_vol == 0.2


def test_probabilities_may_miss_one_by_rounding() -> None:
    assert compute(with_classifier(at(8, trending=0.7 + 5e-7))).regime["trending"][8] > 0.7


@pytest.mark.parametrize("row", [0, 1, 2])
def test_rows_within_a_strategys_own_warm_up_may_be_unknown(row: int) -> None:
    columns = compute(with_rule(at(row, direction=np.nan, strength=np.nan)))
    assert np.isnan(float(columns.rules["trend"]["direction"][row]))


def test_the_first_row_after_the_warm_up_counts() -> None:
    assert "column direction" in fault(with_rule(at(3, direction=np.nan))).message


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
def test_a_plugin_that_changes_its_candles_is_refused(column: str) -> None:
    class Vandal(Rule):
        def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
            answer = super().columns(candles)
            candles.loc[candles.index[4], column] = 1e6
            return answer

    assert "changed the candles it was given" in fault(with_strategy(Vandal())).message


def test_a_plugin_that_adds_a_column_to_its_candles_is_refused() -> None:
    class Scribbler(FixedSizes):
        def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
            candles["mine"] = 1.0
            return candles[["close"]]

    assert "changed the candles" in fault(make_pipeline(sizer=Scribbler())).message


def test_what_a_plugin_keeps_of_its_answer_cannot_change_the_columns_afterwards() -> None:
    kept: list[pd.DataFrame] = []

    class Hoarder(Rule):
        def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
            kept.append(super().columns(candles))
            return kept[-1]

    columns = compute(with_strategy(Hoarder()))
    for frame in kept:
        frame.loc[:, "direction"] = -1
    assert set(columns.rules["trend"]["direction"]) == {1}


def test_columns_are_read_only() -> None:
    columns = compute(make_pipeline())
    with pytest.raises(ValueError, match="read-only"):
        columns.rules["trend"]["direction"][0] = -1


def test_a_rule_that_says_nothing_about_entries_may_always_open() -> None:
    assert compute(make_pipeline()).signal("trend", 5).entry is True


def test_a_rule_may_say_when_it_opens() -> None:
    columns = compute(with_rule(lambda frame: at(5, entry=False)(frame.assign(entry=True))))
    assert [columns.signal("trend", row).entry for row in (4, 5, 6)] == [True, False, True]


def test_stages_without_columns_have_none() -> None:
    assert set(compute(make_pipeline()).stages) == {"sizer"}


def test_the_slowest_stage_decides_when_rows_count() -> None:
    assert compute(make_pipeline(exits=[Slow()])).ready_row == 9


class Slow:
    """An exit that needs nine candles."""

    warmup_candles = 9


def test_a_row_is_found_by_the_close_of_its_candle() -> None:
    columns = compute(make_pipeline())
    assert columns.row_of(NOW_MS) == 11
    assert columns.row_of(NOW_MS - 11 * HOUR_MS) == 0


@pytest.mark.parametrize("close_ms", [NOW_MS + HOUR_MS, NOW_MS - 12 * HOUR_MS, NOW_MS - 1, NOW_MS + 1])
def test_a_moment_at_which_no_candle_closed_has_no_row(close_ms: int) -> None:
    assert compute(make_pipeline()).row_of(close_ms) is None


def test_a_rule_is_called_by_its_strategys_name() -> None:
    assert make_pipeline().rule_names == RULES


def test_one_strategy_in_several_regimes_is_one_rule() -> None:
    stage = stage_of("strategy", Rule(), "trend")
    assert set(make_pipeline(rules=dict.fromkeys(REGIMES, stage)).rule_names.values()) == {"trend"}


def test_one_strategy_with_two_settings_is_two_rules_named_after_their_regimes() -> None:
    slow, fast = stage_of("strategy", Rule(1), "trend"), stage_of("strategy", Rule(-1), "trend")
    pipeline = make_pipeline(
        rules={Regime.TRENDING: slow, Regime.RANGING: fast, Regime.UNSTABLE: stage_of("strategy", Rule(0), "flat")}
    )
    assert pipeline.rule_names == {
        Regime.TRENDING: "trend/trending",
        Regime.RANGING: "trend/ranging",
        Regime.UNSTABLE: "flat",
    }
    columns = compute(pipeline)
    assert columns.signal("trend/trending", 11).direction == 1
    assert columns.signal("trend/ranging", 11).direction == -1
