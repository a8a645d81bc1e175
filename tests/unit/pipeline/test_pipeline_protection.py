"""Stops, targets and closes: the tightest counts, nothing loosens, and a broken exit keeps what is there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import BTC, CloseNow, Raising, StopAt, TargetAt, make_pipeline
from weexctl.model.book import Book, HeldPosition
from weexctl.model.side import PositionSide
from weexctl.model.verdict import ExitDecision
from weexctl.pipeline.protection import Protection, protect
from weexctl.pipeline.views import Views

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
SIDES = pytest.mark.parametrize("side", [LONG, SHORT])


@dataclass
class Saying:
    """An exit with one answer."""

    decision: Any
    warmup_candles: int = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        answer: ExitDecision = self.decision
        return answer


def protected(side: PositionSide, *exits: Any, tightening: float = 1.0, **position: Any) -> Protection:
    """Exits on a position at 100; a stop 10 away is live unless `stop` says otherwise."""
    held = make_position(side, **position)
    return protect(make_pipeline(exits=exits), held, Views(make_book(symbols=(BTC,))), tightening)


def away(side: PositionSide, distance: float) -> float:
    """The price this far on the losing side of 100."""
    return 100.0 - distance * side.sign


@SIDES
def test_the_tightest_stop_of_all_exits_counts(side: PositionSide) -> None:
    found = protected(side, StopAt(9), StopAt(4), StopAt(7), stop=None)
    assert (found.initial_stop, found.stop) == (away(side, 4), away(side, 4))


@SIDES
def test_policies_shorten_the_distance_of_the_stop_and_not_of_the_size(side: PositionSide) -> None:
    found = protected(side, StopAt(8), tightening=0.5, stop=None)
    assert found.stop == pytest.approx(away(side, 4))
    assert found.initial_stop == away(side, 8)
    assert found.stop_distance(100.0) == pytest.approx(0.08)


@SIDES
def test_a_live_stop_is_tightened(side: PositionSide) -> None:
    assert protected(side, StopAt(6)).stop == away(side, 6)


@SIDES
def test_a_live_stop_is_never_loosened(side: PositionSide) -> None:
    assert protected(side, StopAt(14)).stop == away(side, 10)


@SIDES
def test_a_live_stop_on_the_winning_side_of_the_entry_stays_there(side: PositionSide) -> None:
    found = protected(side, StopAt(30), price=100.0 + 20 * side.sign, stop=100.0 + 5 * side.sign)
    assert found.stop == 100.0 + 5 * side.sign


@SIDES
@pytest.mark.parametrize("distance", [0.0, -3.0])
def test_a_stop_at_or_beyond_the_price_is_ignored(side: PositionSide, distance: float) -> None:
    assert protected(side, StopAt(distance), stop=None).stop is None
    assert protected(side, StopAt(distance)).stop == away(side, 10)
    assert protected(side, StopAt(distance), StopAt(8), stop=None).stop == away(side, 8)


@SIDES
@pytest.mark.parametrize("stop", [math.nan, math.inf, -math.inf, 0.0, -5.0])
def test_a_stop_that_is_no_price_is_ignored(side: PositionSide, stop: float) -> None:
    assert protected(side, Saying(ExitDecision(stop=stop)), stop=None).stop is None


@SIDES
@pytest.mark.parametrize("broken", [Raising(), Saying(None), Saying(ExitDecision(stop="low"))])  # type: ignore[arg-type]  # what a plugin may get wrong
def test_an_exit_that_fails_keeps_the_live_stop_and_target_and_is_reported(side: PositionSide, broken: Any) -> None:
    found = protected(side, broken, target=100.0 + 30 * side.sign)
    assert found.stop == away(side, 10)
    assert found.target == 100.0 + 30 * side.sign
    assert found.close is None
    assert found.answers[0].code == "PLUGIN_FAULT"
    assert type(broken).__name__.lower() in found.answers[0].reason


def test_one_exit_that_fails_does_not_silence_the_others() -> None:
    found = protected(LONG, Raising(), StopAt(6), CloseNow())
    assert found.stop == 94.0
    assert found.close is not None


@SIDES
def test_the_nearest_target_counts(side: PositionSide) -> None:
    assert protected(side, TargetAt(30), TargetAt(12)).target == 100.0 + 12 * side.sign


@SIDES
@pytest.mark.parametrize("distance", [0.0, -5.0])
def test_a_target_at_the_price_or_on_the_losing_side_is_ignored(side: PositionSide, distance: float) -> None:
    assert protected(side, TargetAt(distance)).target is None


def test_the_first_exit_that_wants_out_is_the_reason() -> None:
    found = protected(LONG, StopAt(6), CloseNow("EARLY"), CloseNow("LATE"))
    assert found.close is not None
    assert (found.close.code, found.close.reason) == ("EARLY", "held long enough")


def test_without_exits_there_is_no_stop_and_no_distance() -> None:
    found = protected(LONG, stop=None)
    assert (found.stop, found.target, found.close, found.stop_distance(100.0)) == (None, None, None, 0.0)
