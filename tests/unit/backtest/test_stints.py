"""One account through several stints: with one pipeline it is a plain run, and nothing is closed where one ends."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from tests.unit.backtest.small_bench import HOUR_MS, a_schedule, compose
from tests.unit.trader.workshop import a_market
from weexctl.backtest.composed import Composed
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.backtest.folds import Closes
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stints import Stint, StintSchedule, run_stints
from weexctl.backtest.stretch import Fits
from weexctl.pipeline.decide import Identity
from weexctl.run import schedule as scheduling
from weexctl.run.fitting import Blocks
from weexctl.run.schedule import Schedule

IDENTITY = Identity("p", "d")
EQUITY = Decimal(10_000)


@pytest.fixture(autouse=True)
def _fits_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit every sixty candles, so that stints begin in the middle of some."""
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 60)


def plain(composed: Composed, schedule: Schedule) -> BacktestRun:
    """A run of one pipeline by the engine itself."""
    pipeline = composed.pipeline
    engine = Engine.over(
        a_market(), pipeline, start_ms=schedule.first_ms, start_equity=EQUITY, identity=IDENTITY, run_id="r"
    )
    return engine.run(schedule, Blocks(pipeline, a_market().candles))


def through(pipelines: list[Composed], schedule: Schedule, lengths: list[int]) -> BacktestRun:
    """A run of several, each for so many closes."""
    starts = [schedule.first_ms + sum(lengths[:number]) * HOUR_MS for number in range(len(lengths))]
    windows = [Closes(start, start + (n - 1) * HOUR_MS) for start, n in zip(starts, lengths, strict=True)]
    stints = [
        Stint(window, pipeline, fits_of(pipeline, schedule))
        for window, pipeline in zip(windows, pipelines, strict=True)
    ]
    return run_stints(
        a_market(),
        stints,
        StintSchedule.of(stints, schedule),
        start_equity=EQUITY,
        identity=IDENTITY,
        run_id="r",
        on_step=lambda _: None,
        should_stop=lambda: False,
    )


def fits_of(pipeline: Composed, schedule: Schedule) -> Fits:
    """Every fit of a pipeline."""
    stretches = tuple(schedule.blocks())
    return {symbol: Shelf().fits(pipeline, known, stretches) for symbol, known in a_market().candles.items()}


def test_stretches_end_where_fits_do_and_where_stints_do() -> None:
    schedule = StintSchedule(0, 10, 99, 1, (10, 40, 60, 61))

    assert list(schedule.blocks()) == [(0, 10, 39), (0, 40, 59), (60, 60, 60), (60, 61, 99)]
    assert schedule.count == 90


def test_stints_of_one_pipeline_are_the_run_of_that_pipeline() -> None:
    schedule, pipeline = a_schedule(), compose({})
    whole = plain(pipeline, schedule)

    found = through([pipeline] * 3, schedule, [70, 100, 80])

    np.testing.assert_array_equal(found.curve.equity, whole.curve.equity)
    np.testing.assert_array_equal(found.curve.time_ms, whole.curve.time_ms)
    assert found.executed == whole.executed
    assert found.trades == whole.trades
    assert len(found.trades) > 20
    assert found.stop_moves == whole.stop_moves
    assert (found.fees, found.funding, found.end_equity) == (whole.fees, whole.funding, whole.end_equity)


def test_what_is_held_is_carried_over_and_the_new_pipeline_decides() -> None:
    schedule, ours = a_schedule(), compose({})
    other = compose({"sizer": {"fraction": 0.02}})
    boundary = schedule.first_ms + 100 * HOUR_MS
    whole = plain(ours, schedule)

    found = through([ours, other], schedule, [100, 150])

    before = [one for one in whole.executed if one.fill.time_ms < boundary]
    assert found.executed[: len(before)] == before
    np.testing.assert_array_equal(found.curve.equity[:101], whole.curve.equity[:101])
    carried = [trade for trade in found.trades if trade.opened_ms < boundary < trade.closed_ms]
    assert carried
    late = [trade for trade in found.trades if trade.opened_ms > boundary]
    sizes = [float(trade.quantity * trade.entry_price) for trade in late]
    assert late
    assert max(sizes) < 0.03 * 10_000 < max(float(t.quantity * t.entry_price) for t in whole.trades)


def test_the_first_close_of_a_stint_is_decided_on_with_what_came_before_it() -> None:
    """A pipeline that would want to trade at once does so at the first close of its stint."""
    schedule, quiet = a_schedule(), compose({"sizer": {"fraction": 0.0}})
    eager = compose({"sizer": {"fraction": 0.02}})
    boundary = schedule.first_ms + 100 * HOUR_MS

    found = through([quiet, eager], schedule, [100, 150])

    assert not [one for one in found.executed if one.fill.time_ms < boundary]
    assert found.executed
    assert min(one.fill.time_ms for one in found.executed) < boundary + 24 * HOUR_MS  # long before a warm-up would end
