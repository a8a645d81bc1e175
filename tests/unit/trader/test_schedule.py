"""When a run decides, and when it fits anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.trader.workshop import a_market
from weexctl.errors import DataError, UsageError
from weexctl.run.schedule import REFIT_CANDLES, Schedule, plan_schedule

HOUR = 3_600_000


def _plan(**changes: Any) -> Schedule:
    values: dict[str, Any] = {
        "history": 60,
        "from_ms": None,
        "to_ms": None,
        "steps": None,
        "run_from_ms": None,
        "done_ms": None,
    }
    return plan_schedule(a_market(), HOUR, **values | changes)


FIRST = a_market().first_close_ms
LAST = a_market().last_close_ms


def test_a_run_begins_after_its_history_and_ends_with_the_data() -> None:
    plan = _plan()
    assert (plan.run_from_ms, plan.first_ms, plan.last_ms) == (FIRST + 60 * HOUR, FIRST + 60 * HOUR, LAST)
    assert plan.count == 340


def test_so_many_steps_are_so_many() -> None:
    assert _plan(steps=7).count == 7


def test_a_start_off_the_grid_is_the_next_close() -> None:
    assert _plan(from_ms=FIRST + 100 * HOUR + 1).first_ms == FIRST + 101 * HOUR
    assert _plan(from_ms=FIRST + 100 * HOUR).first_ms == FIRST + 100 * HOUR


def test_an_end_off_the_grid_is_the_close_before() -> None:
    assert _plan(to_ms=FIRST + 100 * HOUR - 1).last_ms == FIRST + 99 * HOUR


def test_a_run_goes_on_after_its_last_close() -> None:
    begun = _plan(steps=30)
    plan = _plan(steps=30, run_from_ms=begun.run_from_ms, done_ms=begun.last_ms)
    assert (plan.run_from_ms, plan.first_ms) == (begun.run_from_ms, begun.last_ms + HOUR)
    assert plan.count == 30


def test_an_end_before_the_first_step_is_refused_whether_the_run_is_new_or_goes_on() -> None:
    begun = FIRST + 60 * HOUR
    for earlier in ({}, {"run_from_ms": begun, "done_ms": begun + 5 * HOUR}):
        with pytest.raises(UsageError, match="no candle to decide on"):
            _plan(to_ms=begun - 1, **earlier)
    assert _plan(to_ms=begun, run_from_ms=begun, done_ms=begun + 5 * HOUR).count == 0


def test_a_run_at_the_end_of_its_data_has_no_steps_left() -> None:
    plan = _plan(run_from_ms=FIRST + 60 * HOUR, done_ms=LAST)
    assert (plan.count, list(plan.blocks())) == (0, [])


def test_blocks_begin_at_the_run_and_refit_every_so_many_candles() -> None:
    plan = Schedule(run_from_ms=0, first_ms=0, last_ms=(2 * REFIT_CANDLES + 9) * HOUR, candle_ms=HOUR)
    span = REFIT_CANDLES * HOUR
    assert list(plan.blocks()) == [
        (0, 0, span - HOUR),
        (span, span, 2 * span - HOUR),
        (2 * span, 2 * span, 2 * span + 9 * HOUR),
    ]


@pytest.mark.parametrize("done", [0, 1, 700, REFIT_CANDLES - 1, REFIT_CANDLES, REFIT_CANDLES + 5])
def test_the_blocks_of_a_run_that_goes_on_keep_the_fits_of_the_whole(done: int) -> None:
    last = 2 * REFIT_CANDLES * HOUR
    whole = Schedule(0, 0, last, HOUR)
    rest = Schedule(0, done * HOUR, last, HOUR)
    fit_of = {step: fitted for fitted, first, final in whole.blocks() for step in range(first, final + 1, HOUR)}
    again = {step: fitted for fitted, first, final in rest.blocks() for step in range(first, final + 1, HOUR)}
    assert again == {step: fitted for step, fitted in fit_of.items() if step >= done * HOUR}


def test_too_little_history_is_said_so() -> None:
    with pytest.raises(DataError) as raised:
        _plan(history=1_000)
    assert raised.value.code == "TOO_FEW_CANDLES"


@pytest.mark.parametrize("moment", [FIRST - 5 * HOUR, LAST + HOUR])
def test_a_start_outside_the_candles_is_refused(moment: int) -> None:
    with pytest.raises(UsageError) as raised:
        _plan(from_ms=moment)
    assert raised.value.code == "NO_CANDLES_IN_SPAN"


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(UsageError) as raised:
        _plan(to_ms=FIRST + 10 * HOUR)
    assert raised.value.code == "NO_CANDLES_IN_SPAN"
