"""Fits see the past only, follow on one another, and are not made twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.trader.small_pipeline import WARMUP, HalfRegime, small_pipeline
from tests.unit.trader.workshop import HISTORY, SYMBOLS, a_market
from weexctl.errors import DataError, PluginContractError
from weexctl.model.regime import Artefact
from weexctl.run.fitting import Blocks, block_columns, fit_all

HOUR = 3_600_000
CANDLES = a_market().candles
FITTED = a_market().first_close_ms + HISTORY * HOUR


def test_a_fit_uses_only_candles_that_closed_before_it() -> None:
    regime = HalfRegime()
    fit_all(small_pipeline(regime), CANDLES, FITTED, {})
    assert [symbol for symbol, *_ in regime.fits] == list(SYMBOLS)
    for _, first, last, _ in regime.fits:
        assert last + HOUR == FITTED - HOUR  # the candle that closes at the fit is the first one scored
        assert (last - first) // HOUR + 1 == regime.train_candles + regime.warmup_candles


def test_a_changed_future_changes_no_fit() -> None:
    poisoned = {}
    for symbol, candles in CANDLES.items():
        close = candles.close.copy()
        close[candles.index_of_close(FITTED) :] *= 7
        poisoned[symbol] = replace(candles, close=close)
    known, other = (fit_all(small_pipeline(), source, FITTED, {}) for source in (CANDLES, poisoned))
    assert known == other


def test_the_fit_before_is_handed_on_symbol_by_symbol() -> None:
    regime = HalfRegime()
    blocks = Blocks(small_pipeline(regime), CANDLES)
    first = blocks.compute(FITTED, FITTED, FITTED + 9 * HOUR)
    blocks.compute(FITTED + 10 * HOUR, FITTED + 10 * HOUR, FITTED + 19 * HOUR)
    before = {symbol: previous for symbol, _, _, previous in regime.fits[len(SYMBOLS) :]}
    assert before == {symbol: artefact.id for symbol, artefact in first.artefacts.items()}


def test_a_block_that_is_asked_for_twice_is_computed_once() -> None:
    regime = HalfRegime()
    blocks = Blocks(small_pipeline(regime), CANDLES)
    first = blocks.compute(FITTED, FITTED, FITTED + HOUR)
    assert blocks.compute(FITTED, FITTED, FITTED + HOUR) is first
    assert len(regime.fits) == len(SYMBOLS)


def test_stored_fits_are_used_and_not_made_again() -> None:
    stored = fit_all(small_pipeline(), CANDLES, FITTED, {})
    regime = HalfRegime()
    block = Blocks(small_pipeline(regime), CANDLES, stored={FITTED: stored}).compute(FITTED, FITTED, FITTED + HOUR)
    assert regime.fits == []
    assert block.artefacts == stored


def test_the_first_fit_after_a_restart_follows_on_the_newest_stored_one() -> None:
    older = fit_all(small_pipeline(), CANDLES, FITTED, {})
    newer = fit_all(small_pipeline(), CANDLES, FITTED + 10 * HOUR, older)
    later = FITTED + 20 * HOUR
    regime = HalfRegime()
    stored = {FITTED + 10 * HOUR: newer, FITTED: older, later + HOUR: older}
    Blocks(small_pipeline(regime), CANDLES, stored=stored).compute(later, later, later)
    assert {symbol: previous for symbol, _, _, previous in regime.fits} == {s: a.id for s, a in newer.items()}


def test_a_symbol_with_too_little_history_is_left_out() -> None:
    regime = HalfRegime(min_train_candles=50)
    short = {**CANDLES, "ETHUSDT": CANDLES["ETHUSDT"].rows(30, 400)}
    artefacts = fit_all(small_pipeline(regime), short, FITTED, {})
    assert set(artefacts) == {"BTCUSDT", "DOGEUSDT"}


def test_columns_are_the_same_wherever_in_a_block_the_steps_begin() -> None:
    artefacts = fit_all(small_pipeline(), CANDLES, FITTED, {})
    blocks = [Blocks(small_pipeline(), CANDLES, stored={FITTED: artefacts}) for _ in range(2)]
    whole = blocks[0].compute(FITTED, FITTED, FITTED + 50 * HOUR).columns["BTCUSDT"]
    rest = blocks[1].compute(FITTED, FITTED + 31 * HOUR, FITTED + 50 * HOUR).columns["BTCUSDT"]
    assert np.array_equal(whole.candles.open_time_ms, rest.candles.open_time_ms)


def test_columns_reach_from_the_warm_up_to_the_last_step_and_no_further() -> None:
    pipeline = small_pipeline()
    artefacts = fit_all(pipeline, CANDLES, FITTED, {})
    columns = block_columns(pipeline, CANDLES, artefacts, FITTED, FITTED + 9 * HOUR)["BTCUSDT"]
    assert columns.row_of(FITTED) == columns.ready_row == WARMUP
    assert columns.row_of(FITTED + 9 * HOUR) == len(columns.candles) - 1


class _Raising(HalfRegime):
    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        raise ZeroDivisionError("no variance")


class _Clairvoyant(HalfRegime):
    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        return Artefact(
            id="x", plugin="x", symbol=symbol, train_from_ms=0, train_to_ms=FITTED, data_digest="x", parameters={}
        )


class _Empty(HalfRegime):
    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Any:
        return None


class _Choosy(HalfRegime):
    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        raise DataError("too few usable candles")


@pytest.mark.parametrize(
    ("regime", "words"),
    [(_Raising(), "ZeroDivisionError: no variance"), (_Clairvoyant(), "no fit of the past"), (_Empty(), "no fit")],
)
def test_a_classifier_that_fails_is_named(regime: HalfRegime, words: str) -> None:
    with pytest.raises(PluginContractError, match=words) as raised:
        fit_all(small_pipeline(regime), CANDLES, FITTED, {})
    assert type(regime).__name__.lower() in raised.value.message


def test_a_classifiers_own_words_are_kept() -> None:
    with pytest.raises(DataError, match="too few usable"):
        fit_all(small_pipeline(_Choosy()), CANDLES, FITTED, {})
