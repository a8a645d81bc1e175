"""A position that was opened by hand: no rule touches it, and it still counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import BTC, ETH, CloseNow, World, make_columns, make_limits, make_pipeline, stage_of
from weexctl.model.decision import Outcome
from weexctl.model.side import PositionSide
from weexctl.model.signal import MANUAL
from weexctl.pipeline.explanation import explain

DIRECTIONS = pytest.mark.parametrize("direction", [-1, 0, 1])


def by_hand(direction: int = 0, **changes: Any) -> World:
    """A long opened by hand, far from what the sizer would give, under a rule of this direction."""
    position = make_position(PositionSide.LONG, exposure=0.5, quantity=50.0, rule=MANUAL)
    book = make_book(symbols=(BTC,), positions={BTC: position}, **changes)
    return World(columns={BTC: make_columns(direction=direction)}, book=book)


@DIRECTIONS
def test_no_rule_and_no_size_changes_it(direction: int) -> None:
    world = by_hand(direction)
    decision = world.decision()
    assert world.orders() == []
    assert world.step().stop_moves == ()
    assert (decision.outcome, decision.body["why"]) == (Outcome.HOLD, ["MANUAL_POSITION"])
    assert "by hand" in explain(decision.body)[0]


def test_no_exit_of_the_profile_closes_it() -> None:
    pipeline = make_pipeline(exits=[stage_of("exit", CloseNow())])
    assert replace(by_hand(1), pipeline=pipeline).orders() == []


def test_the_kill_limit_closes_it() -> None:
    world = replace(by_hand(equity=5_000.0, start_equity=10_000.0), pipeline=make_pipeline())
    world = replace(world, pipeline=make_pipeline(limits=make_limits(kill_drawdown=0.4)))
    (intent,) = world.orders()
    assert (intent.reduces, intent.reason, float(intent.quantity)) == (True, "KILL_DRAWDOWN", 50.0)


def test_it_takes_its_place_and_its_share_of_the_book() -> None:
    position = make_position(PositionSide.LONG, exposure=0.5, quantity=50.0, rule=MANUAL)
    book = make_book(symbols=(BTC, ETH), positions={BTC: position})
    columns = {BTC: make_columns(direction=1), ETH: make_columns(ETH, direction=1)}
    world = World(columns=columns, book=book)
    full = replace(world, pipeline=make_pipeline(limits=make_limits(max_positions_long=1)))
    tight = replace(world, pipeline=make_pipeline(limits=make_limits(max_gross_exposure=0.55)))
    (entry,) = tight.orders()
    assert full.decision(ETH).blocked == "MAX_POSITIONS"
    assert float(entry.notional) <= 0.05 * book.equity * (1 + 1e-9)
