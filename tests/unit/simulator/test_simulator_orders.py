"""Orders and the ledger, by numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.simulator import SimulatorSettings

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
RISE = [FLAT, FLAT, (52_000.0, 52_000.0, 52_000.0, 52_000.0), (54_000.0, 54_000.0, 54_000.0, 54_000.0)]


def test_a_round_trip_ends_with_the_hand_computed_wallet(open_desk: OpenDesk) -> None:
    desk = open_desk(RISE)
    desk.order("open long", "0.1")
    desk.next_candle()
    desk.order("close long", "0.1")
    ledger = desk.simulator.ledger
    # Bought 0.1 at 50 000 (fee 4), sold at 52 000 (fee 4.16).
    assert (ledger.realised, ledger.fees) == (Decimal(200), Decimal("8.16"))
    assert ledger.wallet == Decimal("10191.84")
    assert desk.positions() == {}


def test_a_short_earns_when_the_price_falls(open_desk: OpenDesk) -> None:
    desk = open_desk([*RISE[::-1], FLAT])
    desk.order("open short", "0.1")
    desk.next_candle(2)
    assert desk.positions()["BTCUSDT", "SHORT"]["unrealizePnl"] == "200.00000"
    desk.order("close short", "0.1")
    assert desk.simulator.ledger.realised == Decimal(200)


def test_entry_is_open_value_over_size_and_a_part_takes_its_share(open_desk: OpenDesk) -> None:
    desk = open_desk(RISE)
    desk.order("open long", "0.1")
    desk.next_candle()
    desk.order("open long", "0.2")
    row = desk.positions()["BTCUSDT", "LONG"]
    # 0.1 at 50 000 and 0.2 at 52 000.
    assert (row["size"], row["openValue"], row["openFee"]) == ("0.3000", "15400.00000", "12.32000000")
    desk.next_candle()
    desk.order("close long", "0.1")
    row = desk.positions()["BTCUSDT", "LONG"]
    # A third of the open value, 5133.33333, goes; it was sold for 5400.
    assert (row["size"], row["openValue"]) == ("0.2000", "10266.66667")
    assert desk.simulator.ledger.realised == Decimal("266.66667")
    assert (row["cumCloseSize"], row["cumCloseValue"]) == ("0.1000", "5400.00000")
    desk.assert_balanced()


def test_the_balance_is_wallet_plus_unrealised_and_margins_are_not_available(open_desk: OpenDesk) -> None:
    desk = open_desk(RISE)
    desk.order("open long", "0.1")
    desk.next_candle()
    (row,) = desk.get("account/balance")
    assert row == {
        "asset": "USDT",
        "balance": "10196.00000000",
        "availableBalance": "9936.00000000",
        "frozen": "0",
        "unrealizePnl": "200.00000000",
    }


def test_both_sides_of_a_symbol_are_two_positions(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    calm_desk.order("open short", "0.04")
    calm_desk.order("close long", "0.03")
    sizes = {key: row["size"] for key, row in calm_desk.positions().items()}
    assert sizes == {("BTCUSDT", "LONG"): "0.0700", ("BTCUSDT", "SHORT"): "0.0400"}


def test_closing_more_than_there_is_closes_what_there_is(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    order_id = calm_desk.order("close long", "0.5")
    assert calm_desk.positions() == {}
    assert calm_desk.get("order", orderId=order_id)["executedQty"] == "0.1000"


def test_closing_without_a_position_is_refused_and_opens_nothing(calm_desk: Desk) -> None:
    members = calm_desk.order_members("close long", "0.1")
    code, _ = calm_desk.refused("POST", "order", **members)
    assert code == -1054
    assert calm_desk.positions() == {}


def test_a_market_order_pays_slippage_and_impact_rounded_against_it(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    settings = replace(exact, slippage_bps=2.5)
    desk = open_desk([FLAT] * 4, settings=settings)
    desk.order("open long", "0.1")
    desk.order("close long", "0.1")
    prices = [row["price"] for row in desk.get("userTrades")]
    # 2.5 basis points of 50 000 are 12.5 on either side; newest first.
    assert prices == ["49987.5", "50012.5"]


def test_a_market_order_pays_at_least_one_step_of_slippage_and_never_more_impact_than_the_cap(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    for settings, price in ((replace(exact, slippage_bps=0.0001), "50000.1"), (replace(exact, impact=1e9), "52500.0")):
        desk = open_desk([FLAT] * 4, settings=settings)
        desk.order("open long", "0.1")
        assert desk.get("userTrades")[0]["price"] == price


def test_a_fee_is_rounded_up_at_eight_decimals(open_desk: OpenDesk) -> None:
    desk = open_desk([(50_000.1,) * 4] * 3)
    desk.order("open long", "0.0001")
    # 5.00001 times 0.0008 is 0.004000008.
    assert desk.simulator.ledger.fees == Decimal("0.00400001")


def test_presets_belong_to_opening_orders(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    members = calm_desk.order_members("close long", "0.1", slTriggerPrice="45000")
    assert calm_desk.refused("POST", "order", **members)[0] == -1128


def test_a_position_may_not_grow_beyond_the_contracts_limit(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT] * 3, equity="1000000000")
    for _ in range(5):
        desk.limit("open long", "1200", "50000")
    assert desk.refused("POST", "order", **desk.order_members("open long", "0.0001"))[0] == -3007


def test_plain_and_conditional_orders_are_cancelled_at_their_own_endpoints(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1", slTriggerPrice="45000")
    (plan,) = calm_desk.get("openAlgoOrders")
    resting = calm_desk.limit("open long", "0.1", "40000")
    assert calm_desk.refused("DELETE", "order", orderId=plan["algoId"])[0] == -3200
    assert calm_desk.refused("DELETE", "algoOrder", orderId=resting)[0] == -3200


def test_impact_grows_with_the_share_of_a_minutes_turnover(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk([FLAT] * 4, settings=replace(exact, impact=0.1), equity="1000000000000")
    # 1e9 base units per hour at 50 000: a minute turns over 1e9 / 60 units; this order takes 60 / 1e9 * 100 of it.
    desk.order("open long", "100")
    (row,) = desk.get("userTrades")
    assert row["price"] == "50000.1"


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"quantity": "0.000111"}, -1054, "matches the stepSize '0.0001' requirement. Current size is '0.000111'"),
        ({"quantity": "0"}, -1054, "must be greater than 0"),
        ({"quantity": "-1"}, -1054, "must be greater than 0"),
        ({"quantity": "101"}, -3007, "100"),
        ({"quantity": "much"}, -1142, "quantity"),
        ({"quantity": "NaN"}, -1142, "quantity"),
        ({"quantity": "1e99"}, -1142, "quantity"),
        ({"quantity": ""}, -1141, "quantity"),
        ({"symbol": ""}, -1141, "symbol"),
        ({"symbol": "PEPEUSDT"}, -1121, "symbol"),
        ({"symbol": "cmt_btcusdt"}, -1121, "symbol"),
        ({"side": "LONG"}, -1117, "side"),
        ({"positionSide": "BOTH"}, -1142, "positionSide"),
        ({"type": "STOP_MARKET"}, -1116, "type"),
        ({"newClientOrderId": "a" * 37}, -1180, "newClientOrderId"),
        ({"newClientOrderId": "no spaces"}, -1180, "newClientOrderId"),
        ({"newClientOrderId": None}, -1141, "newClientOrderId"),
        ({"type": "LIMIT", "price": "50000"}, -1141, "timeInForce"),
        ({"type": "LIMIT", "timeInForce": "GTX", "price": "50000"}, -1115, "timeInForce"),
        ({"type": "LIMIT", "timeInForce": "GTC"}, -1141, "price"),
        ({"type": "LIMIT", "timeInForce": "GTC", "price": "50000.05"}, -1160, "price"),
        ({"quantity": "9"}, -1054, "FAILED_PRECONDITION: The order margin available amount not enough"),
    ],
)
def test_a_bad_order_is_refused_with_its_code_and_changes_nothing(
    calm_desk: Desk, members: dict[str, Any], code: int, words: str
) -> None:
    found, message = calm_desk.refused("POST", "order", **calm_desk.order_members("open long", "0.1", **members))
    assert found == code
    assert words in message
    assert calm_desk.simulator.version == 0


def test_a_body_that_is_no_json_object_is_refused(calm_desk: Desk) -> None:
    for body in (b"{", b"[]", b"[" * 100_000):
        status, answer = calm_desk.raw("POST", "/capi/v3/order", body=body)
        assert (status, answer["code"]) == (400, -1135)


def test_sizes_of_whole_hundreds_are_on_a_step_of_a_hundred(open_desk: OpenDesk) -> None:
    desk = open_desk({"DOGEUSDT": [(0.1, 0.1, 0.1, 0.1)] * 4})
    members = desk.order_members("open long", "150", symbol="DOGEUSDT")
    code, message = desk.refused("POST", "order", **members)
    assert (code, "stepSize '100'" in message) == (-1054, True)
    desk.order("open long", "300", symbol="DOGEUSDT")
    row = desk.positions()["DOGEUSDT", "LONG"]
    assert (row["size"], row["openValue"], row["openFee"]) == ("300", "30.00000", "0.02400000")


def test_leverage_decides_what_fits(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT] * 4)
    desk.post("account/leverage", symbol="BTCUSDT", crossLeverage="2")
    # 0.4 costs 10 000 at leverage 2, and a fee on top.
    code, _ = desk.refused("POST", "order", **desk.order_members("open long", "0.4"))
    assert code == -1054
    desk.order("open long", "0.39")
    assert desk.positions()["BTCUSDT", "LONG"]["marginSize"] == "9750.00000"


def test_leverage_is_refused_while_an_order_or_a_plan_is_open(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1", slTriggerPrice="45000")
    code, message = calm_desk.refused("POST", "account/leverage", symbol="BTCUSDT", crossLeverage="5")
    assert (code, "open orders" in message) == (-1054, True)
    calm_desk.delete("algoOpenOrders", symbol="BTCUSDT")
    answer = calm_desk.post("account/leverage", symbol="BTCUSDT", crossLeverage=5)
    assert answer["crossLeverage"] == "5.00"
    assert calm_desk.get("account/symbolConfig", symbol="BTCUSDT")[0]["crossLeverage"] == "5.00"


def test_leverage_beyond_the_contracts_has_its_own_code(calm_desk: Desk) -> None:
    assert calm_desk.refused("POST", "account/leverage", symbol="BTCUSDT", crossLeverage="401")[0] == -3313


def test_a_digit_that_is_no_ascii_is_no_order_id(calm_desk: Desk) -> None:
    status, rows = calm_desk.raw("DELETE", "/capi/v3/batchOrders", body='{"orderIdList":["²"]}'.encode())
    assert (status, rows[0]["errorCode"]) == (200, "ORDER_NOT_FOUND")


def test_a_client_id_may_not_be_open_twice(calm_desk: Desk) -> None:
    calm_desk.limit("open long", "0.1", "40000", newClientOrderId="mine")
    members = calm_desk.order_members("open long", "0.1", newClientOrderId="mine")
    code, message = calm_desk.refused("POST", "order", **members)
    assert (code, "uplicate" in message) == (-1054, True)


def test_a_resent_market_order_is_executed_again_unless_ids_are_unique_for_ever(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    for ever, size in (("open", "0.2000"), ("ever", "0.1000")):
        desk = open_desk([FLAT] * 3, settings=replace(exact, client_ids=ever))
        members = desk.order_members("open long", "0.1")
        for _ in range(2):
            desk.call("POST", "/capi/v3/order", **members)
        assert desk.positions()["BTCUSDT", "LONG"]["size"] == size


def test_a_resting_limit_sets_margin_aside_until_it_is_cancelled(calm_desk: Desk) -> None:
    order_id = calm_desk.limit("open long", "0.1", "40000")
    (row,) = calm_desk.get("account/balance")
    # 4000 / 20 and the taker fee of 3.2.
    assert (row["frozen"], row["availableBalance"]) == ("203.20000000", "9796.80000000")
    answer = calm_desk.delete("order", orderId=order_id)
    assert (answer["orderId"], answer["success"]) == (order_id, True)
    assert calm_desk.get("account/balance")[0]["frozen"] == "0"
    assert calm_desk.status(order_id) == "CANCELED"


def test_a_limit_needs_to_be_traded_through_by_a_step(open_desk: OpenDesk) -> None:
    touched = (50_000.0, 50_000.0, 49_000.0, 50_000.0)
    through = (50_000.0, 50_000.0, 48_999.9, 50_000.0)
    desk = open_desk([FLAT, touched, through, FLAT])
    order_id = desk.limit("open long", "0.1", "49000")
    desk.next_candle()
    assert desk.status(order_id) == "NEW"
    desk.next_candle()
    assert desk.status(order_id) == "FILLED"
    (fill,) = desk.get("userTrades")
    assert (fill["price"], fill["maker"], fill["commission"]) == ("49000.0", True, "0.98000000")


def test_a_selling_limit_needs_to_be_traded_through_too(open_desk: OpenDesk) -> None:
    touched = (50_000.0, 51_000.0, 50_000.0, 50_000.0)
    through = (50_000.0, 51_000.1, 50_000.0, 50_000.0)
    desk = open_desk([FLAT, touched, through, FLAT])
    order_id = desk.limit("open short", "0.1", "51000")
    desk.next_candle()
    assert desk.status(order_id) == "NEW"
    desk.next_candle()
    assert desk.status(order_id) == "FILLED"


def test_a_crossing_limit_takes_at_the_market_and_never_beyond_its_price(calm_desk: Desk) -> None:
    calm_desk.limit("open long", "0.1", "50500")
    (fill,) = calm_desk.get("userTrades")
    assert (fill["price"], fill["maker"]) == ("50000.0", False)


def test_post_only_that_would_cross_is_cancelled_and_one_that_rests_stays(calm_desk: Desk) -> None:
    crossing = calm_desk.limit("open long", "0.1", "50500", timeInForce="POST_ONLY")
    resting = calm_desk.limit("open long", "0.1", "49500", timeInForce="POST_ONLY")
    assert [calm_desk.status(row) for row in (crossing, resting)] == ["CANCELED", "NEW"]
    assert calm_desk.positions() == {}


def test_fok_is_all_or_nothing_and_ioc_takes_what_there_is(open_desk: OpenDesk) -> None:
    settings = SimulatorSettings(spread_bps=0, slippage_bps=0, touch_minutes=1e-6)
    # A millionth of a minute's turnover: 1e9 / 60 / 1e6 = 16.6666 units at the best price.
    desk = open_desk([FLAT] * 4, settings=settings, equity="10000000")
    fok = desk.limit("open long", "20", "50000", timeInForce="FOK")
    ioc = desk.limit("open long", "20", "50000", timeInForce="IOC")
    assert [desk.get("order", orderId=row)["executedQty"] for row in (fok, ioc)] == ["0", "16.6666"]
    assert [desk.status(row) for row in (fok, ioc)] == ["CANCELED", "CANCELED"]


def test_a_gtc_limit_rests_with_what_it_could_not_take(open_desk: OpenDesk) -> None:
    settings = SimulatorSettings(spread_bps=0, slippage_bps=0, touch_minutes=1e-6)
    desk = open_desk([FLAT] * 4, settings=settings, equity="10000000")
    order_id = desk.limit("open long", "20", "50000")
    row = desk.get("order", orderId=order_id)
    assert (row["status"], row["executedQty"], row["origQty"]) == ("NEW", "16.6666", "20.0000")


def test_the_stop_of_an_order_grows_with_its_later_fills(open_desk: OpenDesk) -> None:
    settings = SimulatorSettings(spread_bps=0, slippage_bps=0, touch_minutes=1e-6)
    below = (50_000.0, 50_000.0, 49_999.0, 50_000.0)
    desk = open_desk([FLAT, below, FLAT], settings=settings, equity="10000000")
    desk.limit("open long", "20", "50000", slTriggerPrice="45000")
    assert [row["quantity"] for row in desk.get("openAlgoOrders")] == ["16.6666"]
    desk.next_candle()
    assert [row["quantity"] for row in desk.get("openAlgoOrders")] == ["20.0000"]


def test_a_cancel_needs_an_id_and_an_order(calm_desk: Desk) -> None:
    assert calm_desk.refused("DELETE", "order") == (-1140, "Either orderId or origClientOrderId must be sent.")
    assert calm_desk.refused("DELETE", "order", orderId="700000000000000001")[0] == -3200
    filled = calm_desk.order("open long", "0.1")
    assert calm_desk.refused("DELETE", "order", orderId=filled)[0] == -3200


def test_a_cancel_by_client_id_and_a_batch_cancel_judge_each_order(calm_desk: Desk) -> None:
    calm_desk.limit("open long", "0.1", "40000", newClientOrderId="first")
    second = calm_desk.limit("open long", "0.1", "41000")
    answer = calm_desk.delete("order", origClientOrderId="first")
    assert answer["origClientOrderId"] == "first"
    body = b'{"orderIdList":[' + second.encode() + b",700000000000000001]}"
    status, rows = calm_desk.raw("DELETE", "/capi/v3/batchOrders", body=body)
    assert status == 200
    assert [(row["success"], row["errorCode"]) for row in rows] == [(True, ""), (False, "ORDER_NOT_FOUND")]


def test_cancel_all_spares_plan_orders(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1", slTriggerPrice="45000")
    order_id = calm_desk.limit("open long", "0.1", "40000")
    rows = calm_desk.delete("allOpenOrders")
    assert [row["orderId"] for row in rows] == [int(order_id)]
    assert len(calm_desk.get("openAlgoOrders")) == 1


def test_close_positions_closes_both_sides_of_a_symbol(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    calm_desk.order("open short", "0.2")
    rows = calm_desk.post("closePositions", symbol="BTCUSDT")
    assert [row["success"] for row in rows] == [True, True]
    assert calm_desk.positions() == {}


def test_close_positions_with_an_id_closes_that_one(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    calm_desk.order("open short", "0.2")
    wanted = calm_desk.positions()["BTCUSDT", "LONG"]["id"]
    (row,) = calm_desk.post("closePositions", positionId=wanted)
    assert row["positionId"] == wanted
    assert set(calm_desk.positions()) == {("BTCUSDT", "SHORT")}


def test_history_is_newest_first_and_holds_finished_orders_only(calm_desk: Desk) -> None:
    first = calm_desk.order("open long", "0.1")
    resting = calm_desk.limit("open long", "0.1", "40000")
    second = calm_desk.order("close long", "0.1")
    assert [row["orderId"] for row in calm_desk.get("order/history")] == [int(second), int(first)]
    assert [row["orderId"] for row in calm_desk.get("openOrders")] == [int(resting)]
    assert len(calm_desk.get("order/history", limit=1, page=1)) == 1


def test_open_orders_can_be_asked_from_an_id_on(calm_desk: Desk) -> None:
    first, second = (calm_desk.limit("open long", "0.1", "40000") for _ in range(2))
    assert [row["orderId"] for row in calm_desk.get("openOrders", orderId=first)] == [int(second)]


def test_user_trades_can_be_asked_by_order_and_by_time(calm_desk: Desk) -> None:
    first = calm_desk.order("open long", "0.1")
    calm_desk.next_candle()
    later = calm_desk.simulator.now_ms
    calm_desk.order("open long", "0.2")
    assert [row["qty"] for row in calm_desk.get("userTrades", orderId=first)] == ["0.1000"]
    end = calm_desk.simulator.now_ms
    assert [row["qty"] for row in calm_desk.get("userTrades", startTime=later, endTime=end)] == ["0.2000"]
    assert calm_desk.refused("GET", "userTrades", startTime=later, endTime=0)[0] == -1171
    assert calm_desk.refused("GET", "userTrades", startTime=0, endTime=later)[0] == -1170
    assert calm_desk.refused("GET", "userTrades", limit=101)[0] == -1140


def test_ids_are_text_when_placing_and_exact_numbers_in_lists(calm_desk: Desk) -> None:
    order_id = calm_desk.order("open long", "0.1")
    row = calm_desk.get("order/history")[0]
    assert row["orderId"] == int(order_id)
    assert len(order_id) == 18
    assert int(float(order_id)) != int(order_id)


def test_each_request_moves_the_clock_by_the_latency(calm_desk: Desk) -> None:
    before = calm_desk.simulator.now_ms
    calm_desk.get("account/balance")
    assert calm_desk.simulator.now_ms == before + 20


def test_the_version_grows_with_changes_and_not_with_reads(calm_desk: Desk) -> None:
    calm_desk.get("account/balance")
    calm_desk.next_candle()
    assert calm_desk.simulator.version == 0
    calm_desk.order("open long", "0.1")
    assert calm_desk.simulator.version > 0


def test_an_ai_log_may_explain_in_a_thousand_characters(calm_desk: Desk) -> None:
    body = {"orderId": None, "stage": "Decision Making", "model": "m", "input": {"a": 1}, "output": {"b": 2}}
    answer = calm_desk.post("order/uploadAiLog", **body, explanation="x" * 1000)
    assert answer == {"code": 0, "msg": "success", "data": "upload success"}
    assert calm_desk.refused("POST", "order/uploadAiLog", **body, explanation="x" * 1001)[0] == -1140
    assert calm_desk.refused("POST", "order/uploadAiLog", **body)[0] == -1141
    assert len(calm_desk.simulator.venue.ai_logs) == 1


def test_an_isolated_symbol_uses_its_own_leverage(calm_desk: Desk) -> None:
    calm_desk.post("account/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    calm_desk.post("account/leverage", symbol="BTCUSDT", marginType="ISOLATED", isolatedLongLeverage=8)
    calm_desk.order("open long", "0.1")
    row = calm_desk.positions()["BTCUSDT", "LONG"]
    assert (row["marginType"], row["leverage"], row["isolatedMargin"]) == ("ISOLATED", "8.00", "625.00000")
    assert calm_desk.refused("POST", "account/marginType", symbol="BTCUSDT", marginType="CROSSED")[0] == -1054


def test_income_lists_what_moved_the_wallet(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    calm_desk.order("close long", "0.1")
    items = calm_desk.post("account/income", limit=1)
    assert items["hasNextPage"] is True
    assert (items["items"][0]["incomeType"], items["items"][0]["income"]) == ("position_close_long", "-4.00000000")
