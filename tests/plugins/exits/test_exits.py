"""Stops in average true ranges, early failures and the time limit."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.plugins.books import make_book, make_position, make_row
from tests.plugins.frames import mirrored, walk
from weexctl import Book, Exit, ExitDecision, PositionSide
from weexctl_exits import (
    AtrStopConfig,
    EarlyFailureConfig,
    TimeLimitConfig,
    build_atr_stop,
    build_early_failure,
    build_time_limit,
)
from weexctl_exits.atr_stop import AtrStop
from weexctl_exits.early_failure import EarlyFailure

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def book_with(atr: float) -> Book:
    return make_book(rows={"BTCUSDT": make_row(atr=atr)})


def hand_block_range(candles: pd.DataFrame, block: int, row: int) -> float:
    rows = candles.iloc[row - block + 1 : row + 1]
    before = float(candles["close"].iloc[row - block])
    return float(max(*rows["high"], before) - min(*rows["low"], before))


def test_all_three_are_exits() -> None:
    stop, failure, limit = (
        build_atr_stop(AtrStopConfig()),
        build_early_failure(EarlyFailureConfig()),
        build_time_limit(TimeLimitConfig()),
    )

    assert all(isinstance(exit_, Exit) for exit_ in (stop, failure, limit))
    assert isinstance(stop, AtrStop)
    assert isinstance(failure, EarlyFailure)


@pytest.mark.parametrize(("side", "stop"), [(LONG, 94.0), (SHORT, 106.0)])
def test_a_new_position_is_stopped_three_average_ranges_from_its_entry(side: PositionSide, stop: float) -> None:
    opening = make_position(side, candles_held=0, stop=None)
    decision = build_atr_stop(AtrStopConfig()).review(opening, book_with(2.0))

    assert decision.stop == pytest.approx(stop)
    assert (decision.code, decision.close, decision.target) == ("INITIAL_STOP", False, None)


@pytest.mark.parametrize(("side", "price", "stop"), [(LONG, 120.0, 114.0), (SHORT, 80.0, 86.0)])
def test_a_trailing_stop_follows_the_newest_close(side: PositionSide, price: float, stop: float) -> None:
    held = make_position(side, price=price, best_price=price)
    decision = build_atr_stop(AtrStopConfig()).review(held, book_with(2.0))

    assert decision.stop == pytest.approx(stop)
    assert decision.code == "TRAILING_STOP"


def test_a_fixed_stop_is_asked_for_once() -> None:
    fixed = build_atr_stop(AtrStopConfig(trailing=False))

    assert fixed.review(make_position(candles_held=0, stop=None), book_with(2.0)).stop == pytest.approx(94.0)
    assert fixed.review(make_position(price=120.0), book_with(2.0)) == ExitDecision()
    assert fixed.review(make_position(price=120.0, stop=None), book_with(2.0)).stop == pytest.approx(94.0)


@pytest.mark.parametrize("atr", [math.nan, 0.0, math.inf, 40.0])
def test_no_stop_is_invented_when_the_range_makes_no_sense(atr: float) -> None:
    decision = build_atr_stop(AtrStopConfig()).review(make_position(), book_with(atr))

    assert (decision.stop, decision.code) == (None, "STOP_UNKNOWN")


def test_a_stop_at_zero_is_none() -> None:
    decision = build_atr_stop(AtrStopConfig(multiple=4)).review(make_position(), book_with(25.0))

    assert (decision.stop, decision.reason) == (None, "the stop would lie at or below zero")


def test_a_symbol_without_columns_gets_no_stop() -> None:
    assert build_atr_stop(AtrStopConfig()).review(make_position(), make_book()).code == "STOP_UNKNOWN"


@given(st.floats(50.0, 200.0), st.floats(0.01, 10.0), st.floats(1.0, 5.0))
def test_a_stop_lies_on_the_losing_side_and_mirrors(price: float, atr: float, multiple: float) -> None:
    rule = build_atr_stop(AtrStopConfig(multiple=multiple))
    long = rule.review(make_position(LONG, price=price), book_with(atr)).stop
    short = rule.review(make_position(SHORT, price=price), book_with(atr)).stop

    assert short is not None
    assert short > price
    if long is not None:
        assert 0 < long < price
        assert long + short == pytest.approx(2 * price)


def test_the_range_is_the_average_of_whole_blocks() -> None:
    candles = walk(41, 120)
    column = AtrStop(AtrStopConfig(block=6, half_life=10)).columns(candles)["atr"]
    average = hand_block_range(candles, 6, 6)
    for row in range(7, 120):
        average += (1 - 0.5 ** (1 / 10)) * (hand_block_range(candles, 6, row) - average)

    assert column.iloc[-1] == pytest.approx(average, rel=1e-9)


def test_the_range_is_the_same_upside_down() -> None:
    candles, stop = walk(42, 400), AtrStop(AtrStopConfig(block=6, half_life=10))

    pd.testing.assert_frame_equal(stop.columns(mirrored(candles)), stop.columns(candles))


def test_later_candles_change_no_earlier_range() -> None:
    candles, stop = walk(43, 300), EarlyFailure(EarlyFailureConfig(block=6, half_life=10))
    poisoned = candles.copy()
    poisoned.iloc[200:] *= 2

    pd.testing.assert_frame_equal(stop.columns(poisoned).iloc[:200], stop.columns(candles).iloc[:200])


def test_after_its_warm_up_the_range_does_not_depend_on_where_the_frame_starts() -> None:
    candles, stop = walk(44, 1_200), AtrStop(AtrStopConfig(block=6, half_life=20))
    column = stop.columns(candles)["atr"]

    for last in range(600, 1_200, 67):
        window = stop.columns(candles.iloc[last - stop.warmup_candles : last + 1])["atr"]
        assert window.iloc[-1] == pytest.approx(column.iloc[last], rel=1e-6)


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_position_that_never_worked_is_closed_after_a_day(side: PositionSide) -> None:
    failing = make_position(side, price=100 - 1.2 * side.sign, best_price=100 + 0.4 * side.sign)
    decision = build_early_failure(EarlyFailureConfig()).review(failing, book_with(2.0))

    assert (decision.close, decision.code, decision.stop) == (True, "EARLY_FAILURE", None)
    assert decision.reason == "after 24 candles best +0.20 ATR, now -0.60 ATR"


@pytest.mark.parametrize(
    "changes",
    [
        {"price": 98.8, "best_price": 100.4, "candles_held": 23},
        {"price": 98.8, "best_price": 100.5},
        {"price": 99.0, "best_price": 100.4},
    ],
    ids=["too young", "was in profit", "loss too small"],
)
def test_a_position_is_given_time_profit_and_room(changes: dict[str, Any]) -> None:
    held = make_position(**changes)

    assert build_early_failure(EarlyFailureConfig()).review(held, book_with(2.0)) == ExitDecision()


def test_without_a_range_nothing_fails_early() -> None:
    decision = build_early_failure(EarlyFailureConfig()).review(make_position(price=50.0), book_with(math.nan))

    assert (decision.close, decision.code) == (False, "RANGE_UNKNOWN")


@pytest.mark.parametrize(("held", "closes"), [(479, False), (480, True), (900, True)])
def test_a_position_held_too_long_is_closed(held: int, closes: bool) -> None:
    decision = build_time_limit(TimeLimitConfig()).review(make_position(candles_held=held), make_book())

    assert decision.close is closes
    assert decision.code == ("TIME_LIMIT" if closes else "")


def test_exit_settings_that_make_no_sense_are_refused() -> None:
    for config, settings in (
        (AtrStopConfig, {"multiple": 0}),
        (EarlyFailureConfig, {"candles": 0}),
        (TimeLimitConfig, {"hours": 3}),
    ):
        with pytest.raises(ValidationError):
            config.model_validate(settings)
