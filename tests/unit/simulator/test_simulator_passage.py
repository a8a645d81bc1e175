"""What a candle sets off, in the pessimistic order: gaps, stops, liquidation, targets, limits, funding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import DataError, UsageError
from weexctl.model.candle import Candles
from weexctl.model.funding import FundingHistory
from weexctl.simulator import Simulator, SimulatorSettings

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
DIP = (50_000.0, 50_000.0, 44_000.0, 50_000.0)
SPIKE = (50_000.0, 56_000.0, 50_000.0, 50_000.0)
BOTH = (50_000.0, 56_000.0, 44_000.0, 50_000.0)
GAP_DOWN = (43_000.0, 43_000.0, 43_000.0, 43_000.0)
GAP_UP = (57_000.0, 57_000.0, 57_000.0, 57_000.0)


def _exit_price(desk: Desk) -> str:
    return str(desk.get("userTrades")[0]["price"])


def test_an_attached_stop_and_target_are_two_plan_orders_1024_apart(calm_desk: Desk) -> None:
    order_id = calm_desk.order(
        "open long", "0.1", tpTriggerPrice="55000", slTriggerPrice="45000", SlWorkingType="MARK_PRICE"
    )
    stop, target = calm_desk.get("openAlgoOrders", symbol="BTCUSDT")
    assert stop["algoId"] - target["algoId"] == 1024
    assert (stop["clientAlgoId"], target["clientAlgoId"]) == ("order-1sl", "order-1tp")
    assert (stop["orderType"], target["orderType"]) == ("STOP_MARKET", "TAKE_PROFIT_MARKET")
    assert (stop["workingType"], target["workingType"]) == ("MARK_PRICE", "CONTRACT_PRICE")
    assert (stop["side"], stop["positionSide"], stop["reduceOnly"]) == ("SELL", "LONG", True)
    assert (stop["triggerPrice"], stop["quantity"], stop["algoStatus"]) == ("45000.0", "0.1000", "UNTRIGGERED")
    assert stop["actualOrderId"] == int(order_id)


@pytest.mark.parametrize(
    ("direction", "members", "words"),
    [
        ("open long", {"tpTriggerPrice": "50000"}, "The buy long order take profit param triggerPrice must be greater"),
        ("open short", {"tpTriggerPrice": "50001"}, "The sell short order take profit param triggerPrice must be less"),
        ("open long", {"slTriggerPrice": "50000"}, "The buy long order stop loss param triggerPrice must be less"),
        (
            "open short",
            {"slTriggerPrice": "49999"},
            "The sell short order stop loss param triggerPrice must be greater",
        ),
    ],
)
def test_a_preset_on_the_wrong_side_refuses_the_whole_order(
    calm_desk: Desk, direction: str, members: dict[str, str], words: str
) -> None:
    code, message = calm_desk.refused("POST", "order", **calm_desk.order_members(direction, "0.1", **members))
    assert (code, words in message) == (-1054, True)
    assert calm_desk.positions() == {}


def test_a_preset_is_checked_against_the_price_of_a_limit_order(calm_desk: Desk) -> None:
    members = calm_desk.order_members(
        "open long", "0.1", type="LIMIT", timeInForce="GTC", price="45000", slTriggerPrice="46000"
    )
    assert calm_desk.refused("POST", "order", **members)[0] == -1054


def test_a_stop_fills_at_its_trigger_less_slippage(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk([FLAT, DIP, FLAT], settings=replace(exact, slippage_bps=10.0))
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.next_candle()
    assert _exit_price(desk) == "44955.0"
    assert desk.positions() == {}


def test_a_stop_through_a_gap_fills_at_the_open(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, GAP_DOWN, FLAT])
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.next_candle()
    fill = desk.get("userTrades")[0]
    assert (fill["price"], fill["time"]) == ("43000.0", desk.simulator.now_ms - 20)


def test_a_short_is_stopped_by_a_rise_and_through_a_gap_at_the_open(open_desk: OpenDesk) -> None:
    for rows, price in (([FLAT, SPIKE, FLAT], "55000.0"), ([FLAT, FLAT, GAP_UP], "57000.0")):
        desk = open_desk(rows)
        desk.order("open short", "0.1", slTriggerPrice="55000")
        desk.next_candle()
        assert _exit_price(desk) == price


def test_a_stop_comes_before_a_target_in_the_same_candle(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, BOTH, FLAT])
    desk.order("open long", "0.1", tpTriggerPrice="55000", slTriggerPrice="45000")
    desk.next_candle()
    assert _exit_price(desk) == "45000.0"
    assert len(desk.get("userTrades")) == 2


def test_a_target_fills_when_only_it_is_reached_and_leaves_an_orphan_stop(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, SPIKE, FLAT])
    desk.order("open long", "0.1", tpTriggerPrice="55000", slTriggerPrice="45000")
    desk.next_candle()
    assert _exit_price(desk) == "55000.0"
    (left,) = desk.get("openAlgoOrders")
    assert left["clientAlgoId"] == "order-1sl"


def test_an_orphan_plan_order_never_opens_anything(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, DIP, FLAT])
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.order("close long", "0.1")
    (orphan,) = desk.get("openAlgoOrders")
    desk.next_candle(2)
    assert desk.positions() == {}
    assert desk.get("openAlgoOrders") == []
    assert desk.status(str(orphan["algoId"])) == "CANCELED"
    assert len(desk.get("userTrades")) == 2


def test_an_orphan_works_on_the_next_position_of_its_side(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, DIP, FLAT])
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.order("close long", "0.1")
    desk.order("open long", "0.3")
    desk.next_candle(2)
    assert desk.positions()["BTCUSDT", "LONG"]["size"] == "0.2000"


def test_a_fired_stop_keeps_its_id_and_shows_its_fill(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DIP, FLAT])
    desk.order("open long", "0.1", slTriggerPrice="45000")
    (stop,) = desk.get("openAlgoOrders")
    desk.next_candle()
    row = desk.get("order", orderId=stop["algoId"])
    assert (row["status"], row["executedQty"], row["avgPrice"]) == ("FILLED", "0.1000", "45000.0")
    assert desk.get("userTrades", orderId=stop["algoId"])[0]["realizedPnl"] == "-500.00000"
    assert desk.get("allAlgoOrders")["orders"][0]["algoStatus"] == "FILLED"


def test_a_mark_stop_does_not_follow_a_wick_that_the_mark_ignores(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    for source, left in (("MARK_PRICE", 1), ("CONTRACT_PRICE", 0)):
        desk = open_desk([FLAT, DIP, FLAT], settings=replace(exact, mark_wick=0.0))
        desk.order("open long", "0.1", slTriggerPrice="45000", SlWorkingType=source)
        desk.next_candle()
        assert len(desk.positions()) == left


def test_attached_orders_become_visible_after_the_delay_and_are_active_at_once(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    desk = open_desk([FLAT, DIP, FLAT], settings=replace(exact, visibility_delay_ms=2_000))
    desk.order("open long", "0.1", slTriggerPrice="45000")
    assert desk.get("openAlgoOrders") == []
    desk.simulator.advance(desk.simulator.now_ms + 2_000)
    assert len(desk.get("openAlgoOrders")) == 1


def test_a_limit_entry_may_meet_its_own_stop_in_the_same_candle(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DIP, FLAT])
    desk.limit("open long", "0.1", "48000", slTriggerPrice="45000", tpTriggerPrice="49000")
    desk.next_candle()
    assert [row["price"] for row in desk.get("userTrades")] == ["45000.0", "48000.0"]


def test_presets_of_a_limit_order_appear_with_its_fill(open_desk: OpenDesk) -> None:
    dip = (50_000.0, 50_000.0, 47_000.0, 50_000.0)
    desk = open_desk([FLAT, dip, FLAT])
    desk.limit("open long", "0.1", "48000", slTriggerPrice="45000")
    assert desk.get("openAlgoOrders") == []
    desk.next_candle()
    assert [row["clientAlgoId"] for row in desk.get("openAlgoOrders")] == ["order-1sl"]


def test_a_stop_for_the_whole_position_takes_what_is_there_when_it_fires(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, DIP, FLAT])
    desk.order("open long", "0.1")
    (answer,) = desk.post(
        "placeTpSlOrder",
        symbol="BTCUSDT",
        clientAlgoId="whole",
        planType="STOP_LOSS",
        triggerPrice="45000",
        positionSide="LONG",
    )
    assert answer["success"] is True
    assert desk.get("openAlgoOrders")[0]["closePosition"] is True
    desk.order("open long", "0.2")
    desk.next_candle(2)
    assert desk.positions() == {}


def test_a_plan_order_can_be_moved_and_cancelled(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, DIP, FLAT])
    desk.order("open long", "0.1", slTriggerPrice="45000")
    (stop,) = desk.get("openAlgoOrders")
    assert desk.post("modifyTpSlOrder", orderId=stop["algoId"], triggerPrice="43000") == {"success": True}
    desk.next_candle(2)
    assert len(desk.positions()) == 1
    answer = desk.delete("algoOrder", orderId=stop["algoId"])
    assert answer["orderId"] == str(stop["algoId"])
    assert desk.get("openAlgoOrders") == []
    assert desk.refused("DELETE", "algoOrder", orderId=stop["algoId"])[0] == -3200


def test_a_trigger_that_would_fire_at_once_is_refused(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1", slTriggerPrice="45000")
    (stop,) = calm_desk.get("openAlgoOrders")
    assert calm_desk.refused("POST", "modifyTpSlOrder", orderId=stop["algoId"], triggerPrice="50001")[0] == -1054
    assert calm_desk.get("openAlgoOrders")[0]["triggerPrice"] == "45000.0"


def test_a_plan_order_needs_a_position_to_protect(calm_desk: Desk) -> None:
    members = {"symbol": "BTCUSDT", "clientAlgoId": "p", "planType": "STOP_LOSS", "triggerPrice": "45000"}
    assert calm_desk.refused("POST", "placeTpSlOrder", **members, positionSide="LONG")[0] == -1054


def test_an_entry_trigger_opens_and_attaches_its_own_stop(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, SPIKE, FLAT])
    desk.post(
        "algoOrder",
        symbol="BTCUSDT",
        side="BUY",
        positionSide="LONG",
        type="STOP_MARKET",
        quantity="0.1",
        triggerPrice="55000",
        clientAlgoId="breakout",
        presetStopLossPrice="49000",
    )
    desk.next_candle()
    assert desk.positions()["BTCUSDT", "LONG"]["openValue"] == "5500.00000"
    assert [row["clientAlgoId"] for row in desk.get("openAlgoOrders")] == ["breakoutsl"]


def test_an_entry_trigger_the_account_cannot_carry_ends_cancelled(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, SPIKE, FLAT])
    members = {"symbol": "BTCUSDT", "side": "BUY", "positionSide": "LONG", "type": "STOP_MARKET"}
    answer = desk.post("algoOrder", **members, quantity="50", triggerPrice="55000", clientAlgoId="big")
    desk.next_candle()
    assert desk.status(answer["orderId"]) == "CANCELED"
    assert desk.positions() == {}


def test_a_stop_limit_rests_at_its_price_after_it_fired(open_desk: OpenDesk) -> None:
    low = (44_500.0, 44_500.0, 44_500.0, 44_500.0)
    back = (44_500.0, 46_500.0, 44_500.0, 44_500.0)
    desk = open_desk([FLAT, (50_000.0, 50_000.0, 44_000.0, 44_500.0), back, low])
    desk.order("open long", "0.1")
    members = {"symbol": "BTCUSDT", "side": "SELL", "positionSide": "LONG", "type": "STOP", "quantity": "0.1"}
    answer = desk.post("algoOrder", **members, triggerPrice="45000", price="46000", clientAlgoId="sl")
    desk.next_candle()
    assert desk.status(answer["orderId"]) == "NEW"
    assert desk.get("openAlgoOrders") == []
    desk.next_candle()
    assert desk.get("userTrades")[0]["price"] == "46000.0"


def test_funding_is_paid_by_longs_and_received_by_shorts_on_mark(
    open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]
) -> None:
    funding = {"BTCUSDT": make_settlements("BTCUSDT", {2: 0.0001, 4: -0.0002})}
    desk = open_desk([FLAT, FLAT, (60_000.0,) * 4, FLAT, FLAT, FLAT], funding=funding)
    desk.order("open long", "0.3")
    desk.order("open short", "0.1")
    desk.next_candle()
    # 0.0001 on 0.3 and on 0.1 at 60 000.
    rows = desk.positions()
    assert rows["BTCUSDT", "LONG"]["fundingFee"] == "-1.80000000"
    assert rows["BTCUSDT", "SHORT"]["fundingFee"] == "0.60000000"
    desk.next_candle(2)
    # Then -0.0002 at 50 000: longs receive 3, shorts pay 1.
    assert desk.simulator.ledger.funding == Decimal("0.8")
    desk.assert_balanced()


def test_a_part_that_is_closed_takes_its_share_of_fees_and_funding(
    open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]
) -> None:
    desk = open_desk([FLAT] * 5, funding={"BTCUSDT": make_settlements("BTCUSDT", {2: 0.001})})
    desk.order("open long", "0.4")
    desk.next_candle()
    desk.order("close long", "0.1")
    row = desk.positions()["BTCUSDT", "LONG"]
    # Of a fee of 16 and of 20 paid, three quarters are left; the sums stay whole.
    assert (row["openFee"], row["fundingFee"]) == ("12.00000000", "-15.00000000")
    assert (row["cumOpenFee"], row["cumFundingFee"]) == ("16.00000000", "-20.00000000")


def test_a_position_closed_before_the_settlement_pays_nothing(
    open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]
) -> None:
    desk = open_desk([FLAT, DIP, FLAT, FLAT], funding={"BTCUSDT": make_settlements("BTCUSDT", {2: 0.01})})
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.next_candle()
    assert desk.simulator.ledger.funding == 0


def test_a_cross_account_is_liquidated_where_its_equity_meets_the_maintenance_margin(open_desk: OpenDesk) -> None:
    # 2 BTC long at 50 000 on 10 000 USDT: fee 80, wallet 9920; maintenance 1 % of 100 000.
    # 9920 + 2 (p - 50 000) = 0.01 * 2 p  at  p = 90 080 / 1.98 = 45 494.949..
    desk = open_desk([FLAT, (50_000.0, 50_000.0, 45_000.0, 46_000.0), FLAT])
    desk.order("open long", "2")
    assert desk.positions()["BTCUSDT", "LONG"]["liquidatePrice"] == "45494.9"
    desk.next_candle()
    assert desk.positions() == {}
    fill, order = desk.get("userTrades")[0], desk.get("order/history")[0]
    assert fill["price"] == "45494.9"
    assert order["clientOrderId"] == "burst_liquidate"
    # Left over: 909.8; the liquidation fee of 1 % of 90 989.8 is 909.898, and nobody is left in debt.
    assert desk.simulator.ledger.wallet == 0
    desk.assert_balanced()


def test_an_account_is_not_liquidated_a_step_before(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, (50_000.0, 50_000.0, 45_495.0, 46_000.0), FLAT])
    desk.order("open long", "2")
    desk.next_candle()
    assert len(desk.positions()) == 1


def test_a_short_account_is_liquidated_by_a_rise(open_desk: OpenDesk) -> None:
    # 9920 + 2 (50 000 - p) = 0.01 * 2 p  at  p = 109 920 / 2.02 = 54 415.84..
    desk = open_desk([FLAT, (50_000.0, 55_000.0, 50_000.0, 50_000.0), FLAT])
    desk.order("open short", "2")
    assert desk.positions()["BTCUSDT", "SHORT"]["liquidatePrice"] == "54415.8"
    desk.next_candle()
    assert desk.get("userTrades")[0]["price"] == "54415.9"


def test_a_stop_before_the_liquidation_price_saves_the_account(open_desk: OpenDesk) -> None:
    for trigger, price in (("46000", "46000.0"), ("45200", "45494.9")):
        desk = open_desk([FLAT, (50_000.0, 50_000.0, 45_000.0, 46_000.0), FLAT])
        desk.order("open long", "2", slTriggerPrice=trigger)
        desk.next_candle()
        assert _exit_price(desk) == price


def test_a_hedged_account_is_not_liquidated_by_a_move(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, (50_000.0, 80_000.0, 20_000.0, 50_000.0), FLAT])
    desk.order("open long", "1")
    desk.order("open short", "1")
    desk.next_candle()
    assert len(desk.positions()) == 2


def test_a_gap_below_everything_leaves_zero_and_not_debt(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, (30_000.0,) * 4, FLAT])
    desk.order("open long", "2")
    desk.limit("open long", "0.01", "20000")
    desk.next_candle()
    assert desk.positions() == {}
    assert desk.simulator.ledger.wallet == 0
    assert desk.get("openOrders") == []
    desk.assert_balanced()


def test_an_order_within_a_candle_sees_the_rest_of_it(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DIP, FLAT])
    desk.simulator.advance(desk.simulator.now_ms + 1_800_000)
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.next_candle()
    assert _exit_price(desk) == "45000.0"


def test_a_request_whose_latency_crosses_the_close_is_looked_at_afterwards(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, GAP_UP])
    desk.simulator.advance(desk.simulator.now_ms + 3_600_000 - 10)
    desk.order("open long", "0.1")
    assert _exit_price(desk) == "57000.0"


def test_time_does_not_go_back(calm_desk: Desk) -> None:
    with pytest.raises(UsageError, match="cannot go back"):
        calm_desk.simulator.advance(calm_desk.simulator.now_ms - 1)


def test_many_candles_at_once_are_the_same_as_one_by_one(open_desk: OpenDesk) -> None:
    rows = [FLAT, SPIKE, DIP, GAP_UP, BOTH, FLAT, GAP_DOWN, FLAT]
    ends = []
    for steps in ([7], [1] * 7):
        desk = open_desk(rows)
        desk.order("open long", "0.1", slTriggerPrice="44000.1", tpTriggerPrice="56500")
        desk.limit("open short", "0.05", "55000")
        for count in steps:
            desk.next_candle(count)
        ends.append(desk.simulator.snapshot())
    assert ends[0] == ends[1]


def test_a_market_that_grows_makes_up_for_candles_that_closed_unknown(
    open_desk: OpenDesk, make_candles: Callable[..., Candles]
) -> None:
    rows = [FLAT, FLAT, DIP, FLAT]
    desk = open_desk(rows[:2])
    desk.order("open long", "0.1", slTriggerPrice="45000")
    desk.next_candle(3)
    assert len(desk.positions()) == 1
    desk.simulator.extend({"BTCUSDT": make_candles("BTCUSDT", rows)})
    assert desk.positions() == {}
    assert _exit_price(desk) == "45000.0"


def test_an_order_placed_after_an_unknown_candle_closed_does_not_meet_it(
    open_desk: OpenDesk, make_candles: Callable[..., Candles]
) -> None:
    rows = [FLAT, FLAT, BOTH, FLAT, FLAT]
    desk = open_desk(rows[:2])
    desk.next_candle(2)
    desk.order("open long", "0.1", slTriggerPrice="45000", tpTriggerPrice="55000")
    desk.limit("open long", "0.1", "46000")
    desk.simulator.extend({"BTCUSDT": make_candles("BTCUSDT", rows)})
    assert desk.positions()["BTCUSDT", "LONG"]["size"] == "0.1000"
    assert (len(desk.get("openAlgoOrders")), len(desk.get("openOrders"))) == (2, 1)


def test_a_stop_placed_after_an_unknown_candle_closed_cannot_save_the_account(
    open_desk: OpenDesk, make_candles: Callable[..., Candles]
) -> None:
    rows = [FLAT, FLAT, (50_000.0, 50_000.0, 45_000.0, 50_000.0), FLAT, FLAT]
    desk = open_desk(rows[:2])
    desk.order("open long", "2")
    desk.next_candle(2)
    members = {"symbol": "BTCUSDT", "clientAlgoId": "late", "planType": "STOP_LOSS", "positionSide": "LONG"}
    desk.post("placeTpSlOrder", **members, triggerPrice="46000")
    desk.simulator.extend({"BTCUSDT": make_candles("BTCUSDT", rows)})
    assert _exit_price(desk) == "45494.9"


def test_another_past_does_not_extend_a_market(make_candles: Callable[..., Candles]) -> None:
    start = make_candles("BTCUSDT", [FLAT]).first_ms
    simulator = Simulator({"BTCUSDT": make_candles("BTCUSDT", [FLAT] * 3)}, seed=1, start_ms=start + 7_200_000)
    with pytest.raises(DataError, match="another past"):
        simulator.extend({"BTCUSDT": make_candles("BTCUSDT", [GAP_UP] * 4)})
