"""What the desk makes of each execution: trades, stops, locks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.execution.orders import LIMITS, an_entry, an_exit
from tests.unit.trader.desk import Desk
from weexctl.errors import InsufficientMarginError, OutcomeUnknownError, RejectedError, UnavailableError
from weexctl.execution.executor import HORIZON_MS
from weexctl.execution.gate import Gate
from weexctl.execution.leverage import LeverageCheck
from weexctl.journal.intent_state import IntentState
from weexctl.model.order import OrderIntent, OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.pipeline.decide import StopMove
from weexctl.trader.resting import resting_exposure

DOWN = UnavailableError("down")
LOST = OutcomeUnknownError("no answer")
NO = RejectedError("no", code="REJECTED")


def _move(price: str) -> StopMove:
    return StopMove("BTCUSDT", PositionSide.LONG, Decimal(price), "d-move")


def test_an_entry_becomes_a_trade_with_its_stop(desk: Desk) -> None:
    execution = desk.enter()
    trade = desk.trade
    assert (trade.quantity, trade.entry_price, trade.stop_price) == (Decimal("0.02"), Decimal(50_000), Decimal(48_000))
    assert (trade.rule, trade.regime, trade.decision_id) == ("trend", "ranging", "d-entry")
    assert trade.stop_order_ids == tuple(desk.stops)
    assert trade.entry_order_id == (execution.order.order_id if execution.order else "")
    assert desk.state.entries_ms == [desk.now_ms]
    assert desk.journal.positions.get("BTCUSDT", PositionSide.LONG) is not None


def test_a_partial_entry_is_a_smaller_position_under_a_stop_of_its_size(desk: Desk) -> None:
    desk.exchange.fill_share = Decimal("0.5")
    desk.enter()
    assert desk.trade.quantity == Decimal("0.01")
    assert [stop.quantity for stop in desk.exchange.fetch_conditional_orders()] == [Decimal("0.01")]


def test_an_add_belongs_to_the_position_that_is_there(desk: Desk) -> None:
    desk.enter()
    desk.exchange.price = Decimal(51_000)
    desk.enter("0.01", "d-add", stop_price=Decimal(49_000))
    trade = desk.trade
    assert (trade.quantity, trade.decision_id) == (Decimal("0.03"), "d-entry")
    assert trade.entry_price == (Decimal(1_000) + Decimal(510)) / Decimal("0.03")
    assert trade.stop_order_ids == tuple(desk.stops)
    assert len(desk.state.entries_ms) == 1


def test_a_reduction_keeps_the_stops_and_the_trade(desk: Desk) -> None:
    desk.enter()
    before = desk.stops
    desk.leave("0.005", reason="RISK_REDUCED")
    assert desk.trade.quantity == Decimal("0.015")
    assert desk.stops == before
    assert desk.journal.trades.of_run("run-1") == []


def test_an_exit_ends_the_trade_and_sweeps_its_stop(desk: Desk) -> None:
    desk.enter()
    desk.exchange.price = Decimal(50_500)
    desk.leave()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.exit_decision_id, trade.gross) == ("DIRECTION_FLIP", "d-exit", Decimal(10))
    assert desk.stops == []
    assert desk.state.locked == {}


def test_a_partial_exit_keeps_its_stop_and_its_trade(desk: Desk) -> None:
    desk.enter()
    desk.exchange.fill_share = Decimal("0.5")
    desk.leave()
    assert desk.trade.quantity == Decimal("0.01")
    assert len(desk.stops) == 1


def test_reductions_leave_before_entries(desk: Desk) -> None:
    desk.enter()
    desk.exchange.calls.clear()
    desk.now_ms += 1
    desk.act(an_exit(), an_entry(symbol="ETHUSDT", decision_id="d-eth"))
    symbols = [call.given.symbol for call in desk.exchange.named("place_order")]
    assert symbols == ["BTCUSDT", "ETHUSDT"]


def test_a_refusal_of_one_keeps_none_of_the_others_back(desk: Desk) -> None:
    desk.exchange.fail("place_order", InsufficientMarginError("too poor"))
    first, second = desk.act(an_entry(), an_entry(symbol="ETHUSDT", decision_id="d-eth"))
    assert (first.state, second.state) == (IntentState.REJECTED, IntentState.FILLED)
    assert desk.state.refusals == {"INSUFFICIENT_MARGIN": 1}
    assert [symbol for symbol, _ in desk.sync.trades] == ["ETHUSDT"]


def test_what_was_sent_counts_for_those_that_follow(desk: Desk) -> None:
    desk.act(*(an_entry(decision_id=f"d-{n}", symbol=("BTCUSDT", "ETHUSDT")[n % 2]) for n in range(5)))
    assert desk.state.refusals == {"MAX_POSITIONS": 1}
    assert len(desk.exchange.named("place_order")) == 4


# Unknown outcomes.


def test_an_entry_that_comes_to_light_later_is_the_runs_own_and_protected(desk: Desk) -> None:
    desk.exchange.landing_ms = 20_000
    desk.exchange.lose_answer("place_order", LOST)
    desk.enter()
    assert desk.sync.trades == {}
    opened_ms = desk.now_ms
    view = desk.next_hour()
    assert view.external == ()
    trade = desk.trade
    assert (trade.quantity, trade.decision_id, trade.regime) == (Decimal("0.02"), "d-entry", "ranging")
    assert trade.stop_order_ids == tuple(desk.stops)
    assert (trade.opened_ms, desk.state.entries_ms) == (opened_ms, [opened_ms])
    assert len(desk.exchange.named("place_order")) == 1


def test_an_entry_found_while_all_reads_failed_is_taken_over_when_they_work_again(desk: Desk) -> None:
    reads = ("fetch_order", "fetch_open_orders", "fetch_order_history", "fetch_positions", "fetch_conditional_orders")
    for name in reads:
        desk.exchange.always_fail(name, DOWN)
    desk.exchange.lose_answer("place_order", LOST)
    desk.exchange.attaches_stops = False
    desk.enter()
    assert desk.orders.executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}
    desk.look()
    for name in reads:
        desk.exchange.always_fail(name, None)
    desk.next_hour()
    assert desk.trade.quantity == Decimal("0.02")
    assert desk.trade.stop_order_ids == tuple(desk.stops)
    assert len(desk.exchange.named("place_stop")) == 1
    assert desk.orders.executor.frozen_symbols() == {}


def test_an_accepted_entry_that_could_not_be_read_is_taken_over_later(desk: Desk) -> None:
    desk.exchange.always_fail("fetch_order", DOWN)
    desk.enter()
    assert desk.sync.trades == {}
    desk.exchange.always_fail("fetch_order", None)
    desk.next_hour()
    assert desk.trade.quantity == Decimal("0.02")


def test_an_entry_whose_fills_came_late_is_taken_over_whole(desk: Desk) -> None:
    desk.exchange.fill_lag_ms = 60_000
    desk.enter()
    assert desk.sync.trades == {}
    view = desk.next_hour()
    assert view.blocked == {}
    assert desk.trade.quantity == Decimal("0.02")


def test_nothing_opens_on_a_symbol_whose_order_is_unknown(desk: Desk) -> None:
    desk.exchange.fail("place_order", LOST)
    desk.enter()
    desk.act(an_entry(decision_id="d-again"), an_entry(symbol="ETHUSDT", decision_id="d-eth"))
    assert [call.given.symbol for call in desk.exchange.named("place_order")] == ["BTCUSDT", "ETHUSDT"]
    assert desk.state.refusals == {"OUTCOME_UNKNOWN": 2}


def test_a_proof_of_absence_lets_the_symbol_open_again(desk: Desk) -> None:
    desk.exchange.fail("place_order", LOST)
    desk.enter()
    desk.clock.sleep_ms(HORIZON_MS)
    desk.next_hour()
    desk.next_hour()
    desk.enter(decision="d-again")
    assert desk.trade.decision_id == "d-again"


def test_an_exit_that_comes_to_light_after_its_fills_changes_nothing_more(desk: Desk) -> None:
    desk.enter()
    for name in ("fetch_open_orders", "fetch_order_history"):
        desk.exchange.always_fail(name, DOWN)
    desk.exchange.lose_answer("place_order", LOST)
    desk.leave()
    desk.next_hour()
    assert desk.sync.trades == {}
    for name in ("fetch_open_orders", "fetch_order_history"):
        desk.exchange.always_fail(name, None)
    desk.next_hour()
    assert len(desk.journal.trades.of_run("run-1")) == 1
    assert desk.orders.executor.frozen_symbols() == {}


@pytest.mark.parametrize("code", ["EXTERNAL_POSITION", "FILLS_MISSING"])
def test_a_blocked_symbol_takes_no_entries_but_exits(desk: Desk, code: str) -> None:
    desk.enter()
    desk.act(an_exit(), an_entry(decision_id="d-more"), blocked={"BTCUSDT": code})
    assert desk.sync.trades == {}
    assert desk.state.refusals == {code: 1}


# Stops.


@pytest.mark.parametrize("lag_ms", [2_000, 6_000])
def test_a_stop_that_shows_up_late_is_proven_and_not_doubled(desk: Desk, lag_ms: int) -> None:
    desk.exchange.stop_lag_ms = lag_ms
    desk.enter()
    assert len(desk.stops) == 1
    assert desk.state.locked == {}


def test_a_stop_that_did_not_come_with_the_entry_is_placed(desk: Desk) -> None:
    desk.exchange.attaches_stops = False
    desk.enter()
    assert desk.trade.stop_order_ids == tuple(desk.stops)
    assert len(desk.stops) == 1


def test_a_position_whose_stop_cannot_be_proven_is_closed_and_its_symbol_locked(desk: Desk) -> None:
    desk.exchange.attaches_stops = False
    desk.exchange.always_fail("place_stop", NO)
    desk.enter()
    assert desk.exchange.quantity("BTCUSDT") == 0
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "STOP_UNPROVEN"
    assert desk.state.locked == {"BTCUSDT": "STOP_UNPROVEN"}
    desk.act(an_entry(decision_id="d-again"))
    assert desk.exchange.quantity("BTCUSDT") == 0
    assert desk.state.refusals == {"STOP_UNPROVEN": 2}


def test_a_position_without_a_stop_that_could_not_be_closed_is_closed_at_the_next_step(desk: Desk) -> None:
    desk.exchange.attaches_stops = False
    desk.exchange.always_fail("place_stop", NO)
    desk.exchange.on_call["place_order"] = lambda: _fail_exits(desk)
    desk.enter()
    assert desk.trade.quantity == Decimal("0.02")
    del desk.exchange.on_call["place_order"]
    desk.next_hour()
    desk.act()
    assert desk.sync.trades == {}
    assert desk.exchange.quantity("BTCUSDT") == 0
    assert desk.journal.trades.of_run("run-1")[0].exit_reason == "STOP_UNPROVEN"


def _fail_exits(desk: Desk) -> None:
    request = desk.exchange.calls[-1].given
    if request.side is request.position_side.closing:
        desk.exchange.fail("place_order", NO)


def test_a_position_that_could_not_be_closed_is_kept_once_its_stop_is_proven(desk: Desk) -> None:
    desk.exchange.attaches_stops = False
    desk.exchange.always_fail("place_stop", NO)
    desk.exchange.on_call["place_order"] = lambda: _fail_exits(desk)
    desk.enter()
    desk.exchange.always_fail("place_stop", None)
    desk.next_hour()
    desk.act()
    assert desk.trade.stop_order_ids == tuple(desk.stops)
    assert desk.state.locked == {"BTCUSDT": "STOP_UNPROVEN"}


def test_tightening_moves_every_stop_in_place(desk: Desk) -> None:
    desk.enter()
    desk.enter("0.01", "d-add", stop_price=Decimal(48_500))
    before = desk.stops
    desk.exchange.calls.clear()
    desk.act(moves=(_move("49000"),))
    assert [call.name for call in desk.exchange.writes] == ["modify_stop", "modify_stop"]
    assert desk.stops == before
    assert {stop.trigger_price for stop in desk.exchange.fetch_conditional_orders()} == {Decimal(49_000)}
    assert desk.trade.stop_price == Decimal(49_000)
    assert {order.trigger_price for order in desk.journal.orders.open("BTCUSDT")} == {Decimal(49_000)}


def test_a_stop_that_could_not_be_moved_is_still_where_it_was(desk: Desk) -> None:
    desk.enter()
    desk.exchange.fail("modify_stop", NO)
    desk.act(moves=(_move("49000"),))
    assert desk.trade.stop_price == Decimal(48_000)
    assert desk.state.refusals == {"REJECTED": 1}


def test_a_stop_that_fired_is_not_moved_any_more(desk: Desk) -> None:
    desk.enter()
    desk.enter("0.01", "d-add", stop_price=Decimal(48_500))
    desk.exchange.fire(desk.stops[1], "48490")
    desk.next_hour()
    desk.act(moves=(_move("49000"),))
    assert desk.state.refusals == {}
    assert desk.trade.stop_price == Decimal(49_000)


def test_leftovers_that_cannot_be_swept_lock_the_symbol(desk: Desk) -> None:
    desk.enter()
    desk.exchange.ignores_cancels = True
    desk.leave()
    assert desk.state.locked == {"BTCUSDT": "LEFTOVER_STOPS"}
    desk.act(an_entry(decision_id="d-again"))
    assert desk.state.refusals == {"LEFTOVER_STOPS": 1}


def test_leftovers_after_a_stop_that_cannot_be_swept_lock_the_symbol(desk: Desk) -> None:
    desk.enter(target_price=Decimal(55_000))
    desk.exchange.fire(desk.stops[0], "48000")
    desk.exchange.ignores_cancels = True
    desk.next_hour()
    assert desk.state.locked == {"BTCUSDT": "LEFTOVER_STOPS"}


def test_locks_survive_a_restart(desk: Desk) -> None:
    desk.enter()
    desk.exchange.ignores_cancels = True
    desk.leave()
    desk.restart()
    desk.act(an_entry(decision_id="d-again"))
    assert desk.state.refusals == {"LEFTOVER_STOPS": 1}


def test_a_step_that_is_done_again_sends_nothing_twice(desk: Desk) -> None:
    desk.enter()
    desk.restart()
    desk.act(an_entry(created_ms=desk.now_ms))
    assert len(desk.exchange.named("place_order")) == 1
    assert desk.state.refusals == {"DUPLICATE": 1}
    assert desk.trade.quantity == Decimal("0.02")


def a_limit(price: str = "49000", **changes: Any) -> OrderIntent:
    """An entry that waits below the market, which is at 50 000."""
    values: dict[str, Any] = {"type": OrderType.LIMIT, "price": Decimal(price), "time_in_force": TimeInForce.GTC}
    return an_entry(**(values | changes))


def test_an_order_that_rests_is_no_refusal_and_keeps_rules_out_of_its_symbol(desk: Desk) -> None:
    desk.act(a_limit())
    assert (desk.state.refusals, desk.orders.executor.frozen_symbols()) == ({}, {"BTCUSDT": "RESTING_ORDER"})
    desk.act(an_entry(decision_id="d-rule"))
    assert desk.state.refusals == {"RESTING_ORDER": 1}
    assert len(desk.exchange.named("place_order")) == 1


def test_what_a_resting_entry_fills_is_the_run_s_own_and_protected(desk: Desk) -> None:
    [done] = desk.act(a_limit())
    assert done.order is not None
    desk.exchange.fill_limit(done.order.order_id, "0.005")
    desk.next_hour()
    assert (desk.trade.quantity, len(desk.stops)) == (Decimal("0.005"), 1)
    desk.exchange.fill_limit(done.order.order_id)
    view = desk.next_hour()
    assert (desk.trade.quantity, view.blocked, desk.state.locked) == (Decimal("0.020"), {}, {})
    covered = sum(stop.quantity for stop in desk.exchange.fetch_conditional_orders())
    assert covered >= desk.trade.quantity


def test_entries_that_rest_are_taken_back_and_their_exposure_with_them(desk: Desk) -> None:
    desk.act(a_limit(), a_limit(decision_id="d-eth", symbol="ETHUSDT"))
    exposure = resting_exposure(desk.journal, 10_000.0)
    assert exposure == pytest.approx({"BTCUSDT": 0.098, "ETHUSDT": 0.098})
    assert desk.orders.take_back() is True
    assert (resting_exposure(desk.journal, 10_000.0), desk.exchange.fetch_open_orders()) == ({}, [])
    assert desk.orders.take_back() is False


def test_a_resting_entry_that_cannot_be_taken_back_is_told_and_still_counts(desk: Desk) -> None:
    desk.act(a_limit())
    desk.exchange.ignores_cancels = True
    desk.orders.take_back()
    assert desk.state.refusals == {"CANCEL_UNPROVEN": 1}
    assert resting_exposure(desk.journal, 10_000.0) == pytest.approx({"BTCUSDT": 0.098})


def test_an_exit_that_rests_goes_with_its_position_and_entries_stay(desk: Desk) -> None:
    desk.enter()
    exit_ = an_exit(decision_id="d-out", type=OrderType.LIMIT, price=Decimal(55_000), time_in_force=TimeInForce.GTC)
    desk.act(exit_, a_limit(decision_id="d-eth", symbol="ETHUSDT"))
    assert len(desk.exchange.fetch_open_orders()) == 2
    desk.leave()
    assert [order.symbol for order in desk.exchange.fetch_open_orders()] == ["ETHUSDT"]


def test_an_entry_waits_while_the_leverage_of_its_symbol_is_too_high_and_an_exit_does_not(desk: Desk) -> None:
    desk.enter()
    check = LeverageCheck(desk.exchange, Gate(desk.exchange, LIMITS), LIMITS.max_leverage)
    desk.orders = replace(desk.orders, leverage=check)
    desk.exchange.leverages["BTCUSDT"] = 50
    assert desk.act(an_entry(decision_id="d-more")) == []
    assert desk.state.refusals == {"MAX_LEVERAGE": 1}
    assert desk.leave().state is IntentState.FILLED
