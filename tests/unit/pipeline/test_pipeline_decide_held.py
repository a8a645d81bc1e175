"""Decisions about positions: holding, growing, shrinking, ending, and the stop that only tightens."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import (
    BTC,
    ETH,
    NOW_MS,
    SOL,
    Answering,
    CloseNow,
    FixedSizes,
    Opinion,
    Raising,
    StopAt,
    World,
    make_columns,
    make_limits,
    make_pipeline,
    stage_of,
)
from weexctl.model.book import Book
from weexctl.model.decision import Decision, Outcome
from weexctl.model.order import Leg
from weexctl.model.regime import Regime
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, RiskDecision, Verdict
from weexctl.pipeline.guards import Flow

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
SIDES = pytest.mark.parametrize("side", [LONG, SHORT])


def holding(
    exposure: float = 0.2,
    side: PositionSide = LONG,
    *,
    direction: int | None = None,
    entry: bool = True,
    **changes: Any,
) -> World:
    """A position at 100 with a stop 10 away whose rule still wants it; the sizer gives a fifth of equity."""
    position = make_position(side, exposure=exposure * side.sign, quantity=exposure * 100, **changes)
    columns = make_columns(direction=side.sign if direction is None else direction, entry=entry)
    return World(columns={BTC: columns}, book=make_book(symbols=(BTC,), positions={BTC: position}))


def piped(world: World, **settings: Any) -> World:
    return replace(world, pipeline=make_pipeline(**settings))


def kept(decision: Decision) -> list[str]:
    """Why a position was held."""
    assert decision.outcome is Outcome.HOLD
    assert decision.blocked == ""
    why: list[str] = decision.body["why"]
    return why


@SIDES
@pytest.mark.parametrize("exposure", [0.2, 0.1, 0.4])
def test_within_the_band_a_position_is_left_alone(side: PositionSide, exposure: float) -> None:
    world = holding(exposure, side)
    assert world.orders() == []
    assert kept(world.decision()) == ["WITHIN_BAND"]


@SIDES
def test_below_the_band_a_position_grows_to_its_target(side: PositionSide) -> None:
    world = holding(0.0999, side)
    (intent,) = world.orders()
    assert world.decision().outcome is Outcome.ADD
    assert (intent.side, intent.leg, intent.reason) == (side.opening, Leg.ENTRY, "ADD")
    assert intent.quantity == Decimal("10.010")
    assert intent.stop_price == Decimal(100) - 10 * side.sign


@SIDES
def test_above_the_band_a_position_shrinks_to_its_target(side: PositionSide) -> None:
    world = holding(0.4001, side)
    (intent,) = world.orders()
    assert world.decision().outcome is Outcome.REDUCE
    assert (intent.side, intent.leg, intent.reason) == (side.closing, Leg.EXIT, "RISK_REDUCED")
    assert intent.quantity == Decimal("20.010")
    assert intent.stop_price is None


def test_a_position_grows_only_where_its_rule_would_open() -> None:
    assert kept(holding(0.05, entry=False).decision()) == ["NO_ENTRY"]


def test_what_is_missing_may_be_too_small_to_order() -> None:
    world = replace(holding(0.09), instrument={"min_quantity": Decimal(12)})
    assert kept(world.decision()) == ["BELOW_MINIMUM"]


def test_a_position_is_not_grown_beyond_what_one_order_may_be_worth() -> None:
    world = piped(holding(0.02), limits=make_limits(max_order_notional=Decimal(500)))
    (intent,) = world.orders()
    assert intent.notional == Decimal(300)


def test_a_reduction_is_at_least_the_smallest_order() -> None:
    world = replace(holding(0.401), instrument={"min_quantity": Decimal(15)})
    (intent,) = piped(world, sizer=FixedSizes(0.3), band=0.2).orders()
    assert intent.quantity == Decimal(15)


def test_a_reduction_that_would_leave_dust_closes_the_whole_position() -> None:
    world = replace(holding(0.4001), instrument={"min_quantity": Decimal("20.001")})
    (intent,) = world.orders()
    assert intent.quantity == Decimal("40.010")
    assert world.decision().outcome is Outcome.EXIT


def test_a_rest_of_exactly_the_smallest_order_is_kept() -> None:
    world = replace(holding(0.4001), instrument={"min_quantity": Decimal(20)})
    (intent,) = world.orders()
    assert intent.quantity == Decimal("20.010")


# Ends ----------------------------------------------------------------------------------------------------------------


@SIDES
@pytest.mark.parametrize("turned", [0, -1])
def test_a_position_ends_when_its_rule_turns(side: PositionSide, turned: int) -> None:
    world = holding(side=side, direction=turned * side.sign)
    (intent,) = world.orders()
    assert world.decision().outcome is Outcome.EXIT
    assert (intent.reason, intent.quantity, intent.side) == ("DIRECTION_FLIP", Decimal(20), side.closing)


def test_a_turn_closes_and_never_opens_the_other_side_in_the_same_step() -> None:
    assert [i.reduces for i in holding(direction=-1).orders()] == [True]


@pytest.mark.parametrize(("code", "reason"), [("TIME_LIMIT", "TIME_LIMIT"), ("", "CLOSENOW")])
def test_a_position_ends_when_an_exit_says_so(code: str, reason: str) -> None:
    (intent,) = piped(holding(), exits=[StopAt(), CloseNow(code)]).orders()
    assert (intent.reason, intent.quantity) == (reason, Decimal(20))


@pytest.mark.parametrize(("start", "reason"), [(20_000.0, "KILL_DRAWDOWN"), (19_999.0, None)])
def test_the_loss_of_the_run_ends_every_position(start: float, reason: str | None) -> None:
    world = piped(holding(), limits=make_limits(kill_drawdown=0.5))
    orders = replace(world, book=replace(world.book, start_equity=start)).orders()
    assert [i.reason for i in orders] == ([reason] if reason else [])


@pytest.mark.parametrize("policy", [Opinion(RiskDecision(multiplier=0.0)), Raising()])
def test_a_policy_that_leaves_nothing_ends_the_position(policy: Any) -> None:
    world = piped(holding(), risk=[policy])
    (intent,) = world.orders()
    assert (intent.reason, intent.quantity) == ("RISK_REDUCED", Decimal(20))


def test_a_halt_lets_positions_end() -> None:
    world = holding(direction=0)
    assert len(replace(world, book=replace(world.book, halted="KILL file")).orders()) == 1


def test_a_guard_that_fails_lets_positions_end() -> None:
    assert len(piped(holding(direction=0), guards=[Raising()]).orders()) == 1


def test_cooldowns_and_suspensions_leave_a_position_alone() -> None:
    policy = Opinion(RiskDecision(cooldown_until_ms=NOW_MS + 1, suspend_until_ms=NOW_MS + 1))
    world = piped(holding(), risk=[policy])
    assert kept(world.decision()) == ["WITHIN_BAND"]


def test_a_refused_close_is_told_and_stays_due() -> None:
    guard = Answering(Verdict(action=GuardAction.DENY, code="EXCHANGE_DOWN"))
    decision = piped(holding(direction=0), guards=[guard]).decision()
    assert (decision.outcome, decision.blocked) == (Outcome.REFUSED, "EXCHANGE_DOWN")


# Faults --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exposure", [0.01, 0.2, 0.9])
def test_a_sizer_that_fails_neither_grows_nor_shrinks_a_position_and_is_recorded_in_full(exposure: float) -> None:
    world = piped(holding(exposure), sizer=Raising())
    assert world.orders() == []
    decision = world.decision()
    assert kept(decision) == ["PLUGIN_FAULT"]
    assert "ZeroDivisionError" in decision.body["sizing"]["fault"]


@SIDES
def test_an_exit_that_fails_leaves_the_position_under_its_live_stop_and_is_recorded_in_full(side: PositionSide) -> None:
    world = piped(holding(0.2, side), exits=[Raising()])
    step = world.step()
    assert (step.orders, step.stop_moves) == ((), ())
    decision = step.decisions[0]
    kept(decision)
    assert decision.body["protection"]["stop"] == 100 - 10 * side.sign
    assert decision.body["protection"]["exits"][0]["code"] == "PLUGIN_FAULT"


def test_an_exit_that_sets_its_stop_once_leaves_the_position_its_size() -> None:
    assert piped(holding(0.15), exits=[]).orders() == []


def test_a_position_whose_stop_distance_is_unknown_does_not_grow() -> None:
    assert piped(holding(0.05), exits=[]).orders() == []


def test_a_position_whose_stop_distance_is_unknown_still_shrinks() -> None:
    (intent,) = piped(holding(0.9), exits=[]).orders()
    assert intent.quantity == Decimal(70)


def test_a_position_without_a_candle_is_held_and_said_to_be() -> None:
    assert kept(replace(holding(), columns={}).decision()) == ["NO_CANDLE"]


def test_a_position_in_warm_up_is_held_and_said_to_be() -> None:
    world = replace(holding(direction=-1), columns={BTC: make_columns(direction=-1, ready_row=12)})
    assert kept(world.decision()) == ["WARMING_UP"]


# Stops ---------------------------------------------------------------------------------------------------------------


@SIDES
@pytest.mark.parametrize(("distance", "moved"), [(9.5, True), (9.6, False), (10.0, False), (12.0, False)])
def test_a_stop_moves_when_it_gains_a_twentieth_of_its_distance(
    side: PositionSide, distance: float, moved: bool
) -> None:
    step = piped(holding(side=side), exits=[StopAt(distance)]).step()
    assert [m.stop_price for m in step.stop_moves] == ([Decimal("100") - Decimal("9.5") * side.sign] if moved else [])
    assert step.decisions[0].full is moved


def test_a_stop_move_names_its_decision() -> None:
    step = piped(holding(), exits=[StopAt(5)]).step()
    (move,) = step.stop_moves
    assert (move.symbol, move.side, move.decision_id) == (BTC, LONG, step.decisions[0].decision_id)
    assert step.decisions[0].body["stop_move"] == str(move.stop_price)


def test_a_position_without_a_known_stop_has_none_to_move() -> None:
    assert piped(holding(stop=None), exits=[StopAt(5)]).step().stop_moves == ()


def test_a_position_that_ends_needs_no_new_stop() -> None:
    assert piped(holding(direction=0), exits=[StopAt(5)]).step().stop_moves == ()


def test_a_position_that_shrinks_still_gets_its_tighter_stop() -> None:
    step = piped(holding(0.9), exits=[StopAt(5)]).step()
    assert len(step.orders) == 1
    assert [m.stop_price for m in step.stop_moves] == [Decimal(95)]


def test_a_policy_may_tighten_a_live_stop() -> None:
    (move,) = piped(holding(), risk=[Opinion(RiskDecision(stop_multiplier=0.7))]).step().stop_moves
    assert move.stop_price == Decimal(93)


# Whose position it is ------------------------------------------------------------------------------------------------

AGAINST = {"trend": -1, "reversion": 1, "flat": 0}


@pytest.mark.parametrize("regime", [Regime.TRENDING, Regime.UNSTABLE])
def test_a_position_keeps_the_rule_that_opened_it_when_the_regime_changes(regime: Regime) -> None:
    world = holding(rule="reversion")
    world = replace(world, columns={BTC: make_columns(direction=AGAINST, regime=regime)})
    decision = world.decision()
    assert kept(decision) == ["WITHIN_BAND"]
    assert decision.body["signal"][0] == "reversion"


def test_a_position_ends_by_its_own_rule_and_not_by_the_regimes() -> None:
    world = holding(rule="trend")
    world = replace(world, columns={BTC: make_columns(direction=AGAINST, regime=Regime.RANGING)})
    (intent,) = world.orders()
    assert (intent.reason, intent.rule) == ("DIRECTION_FLIP", "trend")


def test_a_position_whose_rule_is_gone_follows_the_regimes_rule() -> None:
    world = holding(rule="retired")
    world = replace(world, columns={BTC: make_columns(direction=AGAINST, regime=Regime.RANGING)})
    decision = world.decision()
    kept(decision)
    assert decision.body["signal"][0] == "reversion"


def test_a_position_keeps_its_settings_when_one_strategy_serves_two_regimes_with_two() -> None:
    slow, fast = (stage_of("strategy", FixedSizes(), "trend") for _ in range(2))
    pipeline = make_pipeline(
        rules={Regime.TRENDING: slow, Regime.RANGING: fast, Regime.UNSTABLE: stage_of("strategy", FixedSizes(), "flat")}
    )
    directions = {"trend/trending": 1, "trend/ranging": -1, "flat": 0}
    columns = {BTC: make_columns(direction=directions, regime=Regime.RANGING)}
    fresh = World(pipeline, columns)
    assert [i.rule for i in fresh.orders()] == ["trend/ranging"]
    kept(replace(fresh, book=holding(rule="trend/trending").book).decision())


# Several symbols -----------------------------------------------------------------------------------------------------


def test_reductions_go_out_before_entries() -> None:
    position = make_position(symbol=SOL, exposure=0.2, quantity=20.0)
    columns = {BTC: make_columns(BTC), ETH: make_columns(ETH), SOL: make_columns(SOL, -1)}
    world = World(columns=columns, book=make_book(symbols=(BTC, ETH, SOL), positions={SOL: position}))
    assert [(i.symbol, i.reduces) for i in world.orders()] == [(SOL, True), (BTC, False), (ETH, False)]


def test_a_position_that_ends_in_this_step_still_takes_its_slot() -> None:
    position = make_position(symbol=SOL, exposure=0.2, quantity=20.0)
    world = World(
        make_pipeline(limits=make_limits(max_positions_long=1)),
        {BTC: make_columns(BTC), SOL: make_columns(SOL, -1)},
        make_book(symbols=(BTC, SOL), positions={SOL: position}),
    )
    assert [i.symbol for i in world.orders()] == [SOL]
    assert world.decision(BTC).blocked == "MAX_POSITIONS"


def test_a_slot_that_a_position_holds_is_free_for_nobody_even_when_a_policy_stops_another() -> None:
    position = make_position(symbol=SOL, exposure=0.2, quantity=20.0)
    stopped = Opinion(RiskDecision(multiplier=0.0), only=BTC)
    world = World(
        make_pipeline(limits=make_limits(max_positions_long=2), risk=[stopped]),
        {s: make_columns(s) for s in (BTC, ETH, SOL)},
        make_book(symbols=(BTC, ETH, SOL), positions={SOL: position}),
    )
    assert world.orders() == []
    assert world.decision(ETH).blocked == "MAX_POSITIONS"


def test_held_positions_are_over_the_slots_and_still_adjusted() -> None:
    world = piped(holding(0.05), limits=make_limits(max_positions_long=0))
    assert [i.reason for i in world.orders()] == ["ADD"]


def test_a_position_grows_into_what_the_book_leaves_and_no_further() -> None:
    other = make_position(symbol=ETH, exposure=-0.5, quantity=50.0)
    world = holding(0.02)
    book: Book = replace(world.book, symbols=(BTC, ETH), positions={**world.book.positions, ETH: other})
    world = piped(replace(world, book=book), limits=make_limits(max_gross_exposure=0.6))
    (intent,) = world.orders()
    assert intent.quantity == pytest.approx(Decimal(8), abs=Decimal("0.001"))


def test_what_has_gone_out_in_this_hour_stops_growth_and_never_a_reduction() -> None:
    busy = Flow(order_times_ms=(NOW_MS,) * 100)
    assert replace(holding(0.02), flow=busy).decision().blocked == "ORDER_FREQUENCY"
    assert len(replace(holding(0.9), flow=busy).orders()) == 1
