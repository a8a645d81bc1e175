"""What happened at the exchange without us, taken in once and credited to the right trade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.trader.desk import Desk
from weexctl.errors import UnavailableError
from weexctl.execution.reading import Unavailable
from weexctl.model.order import Leg, OrderStatus
from weexctl.model.side import PositionSide
from weexctl.trader.account_sync import AccountView

DOWN = UnavailableError("down")
FEE = Decimal("0.0008")


def _balanced(desk: Desk) -> bool:
    state = desk.state
    return Decimal(10_000) + state.realised - state.fees + state.funding == desk.exchange.wallet


def test_a_stop_the_exchange_hit_closes_the_trade_with_its_money(desk: Desk) -> None:
    entry = desk.enter()
    (stop,) = desk.stops
    desk.exchange.fire(stop, "47990")
    view = desk.next_hour()
    assert view.positions == {}
    assert desk.sync.trades == {}
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.exit_order_id, trade.exit_decision_id) == ("STOP_HIT", stop, None)
    assert trade.gross == (Decimal(47_990) - Decimal(50_000)) * Decimal("0.02")
    assert trade.fees == (Decimal(47_990) + Decimal(50_000)) * Decimal("0.02") * FEE
    assert trade.net == trade.gross - trade.fees
    assert trade.entry_order_id == (entry.order.order_id if entry.order else "")
    assert trade.regime == "ranging"
    assert desk.state.trades[-1].exit_reason == "STOP_HIT"
    assert _balanced(desk)


def test_a_target_the_exchange_hit_is_told_from_a_stop(desk: Desk) -> None:
    desk.enter(target_price=Decimal(55_000))
    stop, target = desk.stops
    desk.exchange.fire(target, "55000")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.gross) == ("TARGET_HIT", Decimal(100))
    assert desk.stops == []
    record = desk.journal.orders.get(stop)
    assert record is not None
    assert record.status is OrderStatus.CANCELLED


def test_a_short_that_is_stopped_loses_when_the_price_rose(desk: Desk) -> None:
    short: dict[str, Any] = {
        "position_side": PositionSide.SHORT,
        "side": PositionSide.SHORT.opening,
        "stop_price": Decimal(52_000),
    }
    desk.enter(**short)
    desk.exchange.fire(desk.stops[0], "52010")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.gross) == ("STOP_HIT", Decimal("-40.20"))


def test_a_fill_that_is_read_twice_counts_once(desk: Desk) -> None:
    execution = desk.enter()
    before = (desk.state.fees, desk.trade.quantity)
    desk.sync.opened(desk.trade, execution.fills)
    desk.next_hour()
    assert (desk.state.fees, desk.trade.quantity) == before
    assert len(desk.fills) == 1


def test_a_fill_that_is_read_again_after_a_restart_counts_once(desk: Desk) -> None:
    execution = desk.enter()
    desk.restart()
    desk.sync.opened(desk.trade, execution.fills)
    assert desk.trade.quantity == Decimal("0.02")
    assert _balanced(desk)


def test_a_trade_comes_back_from_the_journal_as_it_was(desk: Desk) -> None:
    desk.enter(target_price=Decimal(55_000))
    desk.exchange.pay_funding("BTCUSDT", "-0.5")
    desk.next_hour()
    before = desk.trade
    desk.restart()
    assert desk.trade == before


def test_funding_goes_to_the_trade_that_was_open(desk: Desk) -> None:
    desk.enter()
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "-0.25")
    desk.exchange.pay_funding("ETHUSDT", "0.125")
    desk.next_hour()
    assert desk.trade.funding == Decimal("-0.25")
    assert desk.state.funding == Decimal("-0.125")


def test_funding_and_a_stop_in_one_candle_end_in_one_trade(desk: Desk) -> None:
    desk.enter()
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "-0.25")
    desk.exchange.fire(desk.stops[0], "48000")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.funding == Decimal("-0.25")
    assert trade.net == trade.gross - trade.fees + trade.funding
    assert _balanced(desk)


def test_funding_is_taken_in_once(desk: Desk) -> None:
    desk.enter()
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "-0.25")
    for _ in range(3):
        desk.next_hour()
    desk.restart()
    desk.next_hour()
    assert desk.state.funding == Decimal("-0.25")


def test_funding_of_an_earlier_trade_is_not_the_next_ones(desk: Desk) -> None:
    desk.enter()
    desk.clock.sleep_ms(1_000)
    desk.leave()
    desk.exchange.pay_funding("BTCUSDT", "-0.25")  # booked late, for the position that is gone
    desk.next_hour()
    desk.enter(decision="d-second")
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "-0.5")
    desk.next_hour()
    assert desk.trade.funding == Decimal("-0.5")
    assert desk.state.funding == Decimal("-0.75")


def test_a_position_of_somebody_else_is_not_adopted(desk: Desk) -> None:
    desk.exchange.act_by_hand("ETHUSDT", PositionSide.LONG, "0.1", opens=True)
    view = desk.next_hour()
    assert view.external == (("ETHUSDT", "long"),)
    assert view.blocked == {"ETHUSDT": "EXTERNAL_POSITION"}
    assert desk.sync.trades == {}
    assert desk.journal.positions.all() == []


def test_closing_by_hand_ends_the_trade(desk: Desk) -> None:
    desk.enter()
    order_id = desk.exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=False)
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.exit_order_id) == ("EXCHANGE_CLOSE", order_id)
    assert desk.stops == []
    assert _balanced(desk)


def test_a_liquidation_is_called_one_and_locks_the_symbol(desk: Desk) -> None:
    desk.enter()
    desk.exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=False, client="burst_liquidate")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "LIQUIDATED"
    assert desk.state.locked == {"BTCUSDT": "LIQUIDATED"}


@pytest.mark.parametrize("failing", ["fetch_positions", "fetch_fills", "fetch_funding_payments", "fetch_balance"])
def test_a_failed_read_is_never_taken_for_flat(desk: Desk, failing: str) -> None:
    desk.enter()
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "-0.25")
    if failing != "fetch_positions":
        desk.exchange.fire(desk.stops[0], "48000")
    desk.exchange.always_fail(failing, DOWN)
    for _ in range(3):
        assert isinstance(desk.look(), Unavailable)
    desk.exchange.always_fail(failing, None)
    desk.next_hour()
    if failing == "fetch_positions":
        assert desk.trade.quantity == Decimal("0.02")
    else:
        (trade,) = desk.journal.trades.of_run("run-1")
        assert (trade.exit_reason, trade.funding) == ("STOP_HIT", Decimal("-0.25"))
    assert _balanced(desk)


def test_what_a_closed_position_leaves_is_swept_although_a_read_failed_in_between(desk: Desk) -> None:
    desk.enter(target_price=Decimal(55_000))
    desk.exchange.fire(desk.stops[0], "48000")
    desk.exchange.fail("fetch_balance", DOWN)
    assert isinstance(desk.look(), Unavailable)
    assert len(desk.stops) == 1
    desk.next_hour()
    assert desk.stops == []


def test_fills_that_are_not_shown_yet_keep_the_trade_and_block_the_symbol(desk: Desk) -> None:
    desk.enter()
    desk.exchange.fill_lag_ms = 2 * 3_600_000
    desk.exchange.fire(desk.stops[0], "48000")
    view = desk.next_hour()
    assert view.blocked == {"BTCUSDT": "FILLS_MISSING"}
    assert desk.trade.quantity == Decimal("0.02")
    desk.next_hour()
    view = desk.next_hour()
    assert view.blocked == {}
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "STOP_HIT"


def test_two_stops_of_one_position_are_told_apart(desk: Desk) -> None:
    desk.enter()
    desk.enter("0.01", "d-add", stop_price=Decimal(49_000))
    first, second = desk.stops
    desk.exchange.fire(second, "48990")
    desk.next_hour()
    assert desk.trade.quantity == Decimal("0.02")
    assert desk.trade.stop_order_ids == (first,)
    fired = desk.journal.orders.get(second)
    assert fired is not None
    assert (fired.status, fired.filled_quantity, fired.average_price) == (
        OrderStatus.FILLED,
        Decimal("0.01"),
        Decimal(48_990),
    )
    desk.exchange.fire(first, "47990")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.exit_order_id, trade.quantity) == ("STOP_HIT", first, Decimal("0.03"))
    assert _balanced(desk)


def test_a_stop_after_a_reduction_is_listed_with_what_it_closed(desk: Desk) -> None:
    desk.enter()
    desk.exchange.price = Decimal(51_000)
    desk.leave("0.005", reason="RISK_REDUCED")
    (stop,) = desk.stops
    desk.exchange.fire(stop, "48000")
    desk.next_hour()
    record = desk.journal.orders.get(stop)
    assert record is not None
    assert (record.filled_quantity, record.average_price) == (Decimal("0.015"), Decimal(48_000))
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.gross) == ("STOP_HIT", Decimal(5 - 30))
    assert _balanced(desk)


def test_an_exit_whose_fills_came_late_keeps_its_own_reason(desk: Desk) -> None:
    desk.enter()
    desk.exchange.fill_lag_ms = 20_000
    execution = desk.leave()
    assert execution.fills == ()
    assert desk.state.refusals == {"NOT_FILLED": 1}
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.exit_decision_id) == ("DIRECTION_FLIP", "d-exit")


def test_an_exit_that_was_never_seen_keeps_its_own_reason(desk: Desk) -> None:
    desk.enter()
    desk.exchange.always_fail("fetch_order", DOWN)
    desk.leave()
    desk.next_hour()
    desk.exchange.always_fail("fetch_order", None)
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "DIRECTION_FLIP"
    desk.next_hour()
    assert desk.orders.executor.frozen_symbols() == {}
    assert len(desk.journal.trades.of_run("run-1")) == 1


def test_trades_are_kept_in_the_journals_order(desk: Desk) -> None:
    desk.enter(symbol="ETHUSDT", decision="d-eth")
    desk.enter()
    names = [symbol for symbol, _ in desk.sync.trades]
    desk.restart()
    assert names == [symbol for symbol, _ in desk.sync.trades] == ["BTCUSDT", "ETHUSDT"]


def test_the_leg_of_a_stop_is_its_kind_on_record(desk: Desk) -> None:
    desk.enter(target_price=Decimal(55_000))
    kinds = [order.kind for order in desk.journal.orders.open("BTCUSDT")]
    assert kinds == [Leg.STOP, Leg.TARGET]


def test_slippage_is_measured_against_the_price_decided_at_and_the_stops_trigger(desk: Desk) -> None:
    desk.enter(reference_price=Decimal(49_900))  # filled at 50 000
    desk.exchange.fire(desk.stops[0], "47990")  # its trigger is 48 000
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.entry_slippage, trade.exit_slippage) == (Decimal("-2.00"), Decimal("-0.20"))
    assert trade.price == (Decimal(48_000) - Decimal(49_900)) * Decimal("0.02")
    assert trade.net == trade.price + trade.slippage - trade.fees + trade.funding


def test_slippage_of_a_short_counts_the_other_way(desk: Desk) -> None:
    desk.enter(
        position_side=PositionSide.SHORT,
        side=PositionSide.SHORT.opening,
        stop_price=Decimal(52_000),
        reference_price=Decimal(49_900),
    )
    desk.exchange.fire(desk.stops[0], "51990")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.entry_slippage, trade.exit_slippage) == (Decimal("2.00"), Decimal("0.20"))


def test_slippage_survives_a_restart(desk: Desk) -> None:
    desk.enter(reference_price=Decimal(49_900))
    desk.restart()
    assert desk.trade.entry_slippage == Decimal("-2.00")


def test_a_close_without_a_price_of_ours_has_no_slippage(desk: Desk) -> None:
    desk.enter()
    desk.exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=False, client="burst_liquidate")
    desk.next_hour()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_slippage == 0


def test_every_funding_payment_is_on_record_once(desk: Desk) -> None:
    desk.enter()
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "-0.25")
    desk.next_hour()
    desk.clock.sleep_ms(1_000)
    desk.exchange.pay_funding("BTCUSDT", "0.125")
    for _ in range(3):
        desk.next_hour()
    assert [payment.amount for payment in desk.journal.payments.all()] == [Decimal("-0.25"), Decimal("0.125")]
    assert desk.state.funding == Decimal("-0.125")


def test_every_position_of_an_account_is_seen(desk: Desk) -> None:
    desk.enter()
    desk.enter(decision="d-eth", symbol="ETHUSDT")
    view = desk.next_hour()
    assert set(view.positions) == {("BTCUSDT", "long"), ("ETHUSDT", "long")} == set(desk.sync.trades)
    assert (view.unsettled, view.external, view.blocked) == ((), (), {})


def test_a_payment_that_is_read_again_because_another_came_late_counts_once(desk: Desk) -> None:
    desk.enter()
    for amount in ("-0.25", "-0.5", "0.125"):
        desk.clock.sleep_ms(60_000)
        desk.exchange.pay_funding("BTCUSDT", amount)
        assert isinstance(desk.sync.refresh(desk.clock.now_ms()), AccountView)
    assert desk.state.funding == desk.trade.funding == Decimal("-0.625")
