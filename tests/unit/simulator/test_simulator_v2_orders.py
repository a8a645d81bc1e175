"""Orders in V2: every endpoint of plain orders, its texts and its refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

BTC = "cmt_btcusdt"
FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)


def _detail(desk: Desk, order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.v2("GET", "order/detail", orderId=order_id)
    return found


def test_placing_answers_with_the_id_as_text_and_without_the_clients_own(calm_desk: Desk) -> None:
    answer = calm_desk.v2("POST", "order/placeOrder", **calm_desk.members_v2("open long", "0.1"))
    assert answer["client_oid"] is None
    assert int(answer["order_id"]) > 2**53


def test_a_filled_market_order_is_told_in_full(calm_desk: Desk) -> None:
    order_id = calm_desk.order_v2(
        "open long", "0.1", presetTakeProfitPrice=60000, presetStopLossPrice="45000", price="123.456"
    )
    assert _detail(calm_desk, order_id) == {
        "symbol": BTC,
        "size": "0.1000",
        "client_oid": "old-1",
        "createTime": str(calm_desk.simulator.now_ms - 20),
        "filled_qty": "0.1000",
        "fee": "4.00000000",
        "order_id": order_id,
        "price": "0.0",
        "price_avg": "50000.0",
        "status": "filled",
        "type": "open_long",
        "order_type": "ioc",
        "totalProfits": "0",
        "contracts": 1000,
        "filledQtyContracts": 1000,
        "presetTakeProfitPrice": "60000.0",
        "presetStopLossPrice": "45000.0",
    }


def test_a_resting_order_has_no_average_and_no_fee(calm_desk: Desk) -> None:
    order_id = calm_desk.limit_v2("open short", "0.1", "60000")
    row = _detail(calm_desk, order_id)
    assert (row["price"], row["price_avg"], row["fee"], row["filled_qty"]) == ("60000.0", "0", "0", "0")
    assert (row["status"], row["type"], row["order_type"]) == ("open", "open_short", "normal")
    assert (row["presetTakeProfitPrice"], row["presetStopLossPrice"]) == (None, None)


@pytest.mark.parametrize(
    ("order_type", "price", "status", "word"),
    [
        ("0", "60000", "filled", "normal"),
        ("1", "60000", "canceled", "postOnly"),
        ("1", "40000", "open", "postOnly"),
        ("2", "40000", "canceled", "fok"),
        ("3", "40000", "canceled", "ioc"),
        ("3", "60000", "filled", "ioc"),
    ],
)
def test_the_order_type_says_how_long_a_limit_order_stays(
    calm_desk: Desk, order_type: str, price: str, status: str, word: str
) -> None:
    row = _detail(calm_desk, calm_desk.limit_v2("open long", "0.1", price, order_type=order_type))
    assert (row["status"], row["order_type"]) == (status, word)


def test_the_four_types_open_and_close_both_sides(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, *[(51_000.0, 51_000.0, 51_000.0, 51_000.0)] * 3])
    for direction in ("open long", "open short"):
        desk.order_v2(direction, "0.1")
    desk.next_candle()
    rows = [_detail(desk, desk.order_v2(direction, "0.1")) for direction in ("close long", "close short")]
    assert [(row["type"], row["totalProfits"]) for row in rows] == [
        ("close_long", "100.00000"),
        ("close_short", "-100.00000"),
    ]
    assert desk.positions() == {}
    desk.assert_balanced()


def test_closing_is_cut_to_the_position(calm_desk: Desk) -> None:
    calm_desk.order_v2("open long", "0.1")
    row = _detail(calm_desk, calm_desk.order_v2("close long", "0.5"))
    assert (row["filled_qty"], row["status"]) == ("0.1000", "filled")
    assert calm_desk.positions() == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": None}, "40019"),
        ({"symbol": "BTCUSDT"}, "40020"),
        ({"client_oid": ""}, "40019"),
        ({"client_oid": "x" * 41}, "40020"),
        ({"size": None}, "40019"),
        ({"size": "many"}, "40020"),
        ({"type": "5"}, "40020"),
        ({"type": None}, "40019"),
        ({"order_type": "4"}, "40020"),
        ({"order_type": None}, "40019"),
        ({"match_price": "2"}, "40020"),
        ({"match_price": None}, "40019"),
        ({"match_price": "0"}, "40019"),
        ({"match_price": "0", "price": "0"}, "40020"),
        ({"match_price": "0", "price": "50000.05"}, "40020"),
        ({"marginMode": 2}, "40020"),
        ({"marginMode": 3}, "40015"),
        ({"type": "3"}, "40015"),
        ({"type": "3", "presetStopLossPrice": "1"}, "40017"),
        ({"size": "101"}, "40015"),
    ],
)
def test_a_wrong_member_has_its_code_and_places_nothing(calm_desk: Desk, changes: dict[str, Any], code: str) -> None:
    members = {**calm_desk.members_v2("open long", "0.1"), **changes}
    assert calm_desk.refused_v2("POST", "order/placeOrder", **members)[0] == code
    assert calm_desk.simulator.version == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"size": "0.000111"},
            (
                "INVALID_ARGUMENT: The order size must be greater than 0 and matches the stepSize "
                "'0.0001' requirement. Current size is '0.000111'"
            ),
        ),
        ({"size": "50"}, "FAILED_PRECONDITION: The order margin available amount not enough"),
        (
            {"presetTakeProfitPrice": "49000"},
            (
                "INVALID_ARGUMENT: The buy long order take profit param triggerPrice must be greater than price "
                "50000.0. Current order open tp param trigger price is 49000"
            ),
        ),
        (
            {"type": "2", "presetTakeProfitPrice": "51000", "match_price": "0", "price": "50500"},
            (
                "INVALID_ARGUMENT: The sell short order take profit param triggerPrice must be less than price 50500. "
                "Current order open tp param trigger price is 51000"
            ),
        ),
    ],
)
def test_a_business_rejection_is_a_40015_with_the_seen_words(
    calm_desk: Desk, changes: dict[str, Any], words: str
) -> None:
    members = {**calm_desk.members_v2("open long", "0.1"), **changes}
    code, told = calm_desk.refused_v2("POST", "order/placeOrder", **members)
    assert code == "40015"
    assert told.startswith(words)


def test_a_client_id_is_free_again_once_its_order_has_ended(calm_desk: Desk) -> None:
    first = calm_desk.limit_v2("open long", "0.1", "40000", client_oid="same")
    members = calm_desk.members_v2("open long", "0.1", client_oid="same")
    assert calm_desk.refused_v2("POST", "order/placeOrder", **members)[0] == "40015"
    calm_desk.v2("POST", "order/cancel_order", orderId=first)
    calm_desk.order_v2("open long", "0.1", client_oid="same")


def test_a_batch_judges_each_order_on_its_own(calm_desk: Desk) -> None:
    good, bad = calm_desk.members_v2("open long", "0.1"), calm_desk.members_v2("open long", "0.00001")
    for row in (good, bad):
        del row["symbol"]
    answer = calm_desk.v2("POST", "order/batchOrders", symbol=BTC, orderDataList=[good, bad])
    first, second = answer["order_info"]
    assert answer["result"] is True
    assert (first["client_oid"], first["result"], first["error_code"], first["error_message"]) == (
        "old-1",
        True,
        "",
        "",
    )
    assert _detail(calm_desk, first["order_id"])["status"] == "filled"
    assert (second["order_id"], second["result"], second["error_code"]) == (None, False, "40015")
    assert "stepSize" in second["error_message"]


def test_a_batch_has_twenty_orders_at_most(calm_desk: Desk) -> None:
    for rows, code in (([{}] * 21, "40017"), ("x", "40020"), ([1], "40020"), (None, "40019")):
        assert calm_desk.refused_v2("POST", "order/batchOrders", symbol=BTC, orderDataList=rows)[0] == code
    assert calm_desk.refused_v2("POST", "order/batchOrders", orderDataList=[{}])[0] == "40019"


@pytest.mark.parametrize("by", ["orderId", "clientOid"])
def test_cancelling_answers_in_snake_case(calm_desk: Desk, by: str) -> None:
    order_id = calm_desk.limit_v2("open long", "0.1", "40000")
    named = {"orderId": order_id} if by == "orderId" else {"clientOid": "old-1"}
    answer = calm_desk.v2("POST", "order/cancel_order", **named)
    assert answer == {"order_id": order_id, "client_oid": None, "result": True, "err_msg": None}
    assert _detail(calm_desk, order_id)["status"] == "canceled"
    assert calm_desk.v2("GET", "account/assets")[0]["frozen"] == "0"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"order_id": "700000000000000001"}, "40017"),
        ({}, "40017"),
        ({"orderId": "700000000000000001"}, "50005"),
        ({"orderId": "seven"}, "40020"),
        ({"clientOid": "nobody"}, "50005"),
    ],
)
def test_cancelling_wants_the_right_name_and_an_order(calm_desk: Desk, members: dict[str, str], code: str) -> None:
    assert calm_desk.refused_v2("POST", "order/cancel_order", **members)[0] == code


def test_what_has_ended_is_not_cancelled_again(calm_desk: Desk) -> None:
    order_id = calm_desk.order_v2("open long", "0.1")
    assert calm_desk.refused_v2("POST", "order/cancel_order", orderId=order_id)[0] == "50005"


def test_a_batch_of_cancels_names_what_failed(calm_desk: Desk) -> None:
    first, second = (calm_desk.limit_v2("open long", "0.1", price) for price in ("40000", "41000"))
    answer = calm_desk.v2("POST", "order/cancel_batch_orders", ids=[first, "12"])
    assert answer == {
        "result": False,
        "orderIds": [first],
        "clientOids": [],
        "cancelOrderResultList": [
            {"err_msg": "", "order_id": first, "client_oid": "", "result": True},
            {"err_msg": "orderId not exist", "order_id": "12", "client_oid": "", "result": False},
        ],
        "failInfos": [{"order_id": "12", "client_oid": "", "err_msg": "orderId not exist"}],
    }
    answer = calm_desk.v2("POST", "order/cancel_batch_orders", cids=["old-2"])
    assert (answer["result"], answer["clientOids"], answer["failInfos"]) == (True, ["old-2"], [])
    assert _detail(calm_desk, second)["status"] == "canceled"


@pytest.mark.parametrize(
    ("members", "code"), [({}, "40017"), ({"ids": "1"}, "40020"), ({"ids": [str(k) for k in range(51)]}, "40912")]
)
def test_a_batch_of_cancels_wants_a_short_list(calm_desk: Desk, members: dict[str, Any], code: str) -> None:
    assert calm_desk.refused_v2("POST", "order/cancel_batch_orders", **members)[0] == code


def test_all_plain_orders_or_all_plans_are_cancelled_at_once(calm_desk: Desk) -> None:
    calm_desk.order_v2("open long", "0.1", presetStopLossPrice="40000")
    resting = calm_desk.limit_v2("open long", "0.1", "40000")
    (plan,) = calm_desk.v2("GET", "order/currentPlan")
    answer = calm_desk.v2("POST", "order/cancelAllOrders", cancelOrderType="normal", symbol=BTC)
    assert answer == [{"orderId": int(resting), "success": True}]
    assert len(calm_desk.v2("GET", "order/currentPlan")) == 1
    answer = calm_desk.v2("POST", "order/cancelAllOrders", cancelOrderType="plan")
    assert answer == [{"orderId": int(plan["order_id"]), "success": True}]
    assert calm_desk.refused_v2("POST", "order/cancelAllOrders")[0] == "40019"
    assert calm_desk.refused_v2("POST", "order/cancelAllOrders", cancelOrderType="all")[0] == "40020"


def test_an_unknown_order_is_50005(calm_desk: Desk) -> None:
    assert calm_desk.refused_v2("GET", "order/detail", orderId="700000000000000001")[0] == "50005"
    assert calm_desk.refused_v2("GET", "order/detail")[0] == "40019"


def test_current_orders_are_filtered_and_paged_from_zero(calm_desk: Desk) -> None:
    ids = [calm_desk.limit_v2("open long", "0.01", str(40_000 + k)) for k in range(5)]
    ask = "order/current"
    assert [row["order_id"] for row in calm_desk.v2("GET", ask)] == ids[::-1]
    assert [row["order_id"] for row in calm_desk.v2("GET", ask, symbol=BTC, orderId=ids[2])] == [ids[2]]
    assert [row["order_id"] for row in calm_desk.v2("GET", ask, limit=2, page=1)] == [ids[2], ids[1]]
    second_ms = calm_desk.v2("GET", ask, orderId=ids[1])[0]["createTime"]
    assert [row["order_id"] for row in calm_desk.v2("GET", ask, endTime=second_ms)] == [ids[1], ids[0]]
    assert calm_desk.refused_v2("GET", ask, limit=101)[0] == "40020"


def test_history_holds_what_has_ended_newest_first(calm_desk: Desk) -> None:
    first = calm_desk.order_v2("open long", "0.1")
    second = calm_desk.order_v2("close long", "0.1")
    calm_desk.limit_v2("open long", "0.1", "40000")
    assert [row["order_id"] for row in calm_desk.v2("GET", "order/history")] == [second, first]
    assert [row["order_id"] for row in calm_desk.v2("GET", "order/history", symbol=BTC, pageSize=1)] == [second]
    # A bot of the first season sends limit; it is ignored.
    assert len(calm_desk.v2("GET", "order/history", limit=1)) == 2


@pytest.mark.parametrize(("asked", "fine"), [(90, True), (0, True), (-1, False), (1_600_000_000_000, False)])
def test_history_reaches_ninety_days_back(calm_desk: Desk, asked: int, fine: bool) -> None:
    status, answer = calm_desk.call("GET", "/capi/v2/order/history", createDate=asked)
    assert (status == 200) is fine
    assert fine or answer["code"] == "40020"


def test_a_fill_has_a_value_and_no_price(calm_desk: Desk) -> None:
    order_id = calm_desk.order_v2("open short", "0.1")
    answer = calm_desk.v2("GET", "order/fills", symbol=BTC, orderId=order_id)
    (row,) = answer["list"]
    assert (answer["nextFlag"], answer["totals"]) == (False, 1)
    assert row.pop("tradeId") > 2**53
    assert row == {
        "orderId": int(order_id),
        "symbol": BTC,
        "marginMode": "SHARED",
        "separatedMode": "COMBINED",
        "positionSide": "SHORT",
        "orderSide": "SELL",
        "fillSize": "0.1000",
        "fillValue": "5000.00000",
        "fillFee": "4.00000000",
        "liquidateFee": "0",
        "realizePnl": "0",
        "direction": "TAKER",
        "liquidateType": "",
        "legacyOrdeDirection": "OPEN_SHORT",
        "createdTime": calm_desk.simulator.now_ms - 20,
    }


def test_fills_tell_that_there_are_more(calm_desk: Desk) -> None:
    for _ in range(3):
        calm_desk.order_v2("open long", "0.01")
    answer = calm_desk.v2("GET", "order/fills", limit=2)
    assert (len(answer["list"]), answer["nextFlag"], answer["totals"]) == (2, True, 3)


def test_a_liquidation_bears_its_own_words(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, (50_000.0, 50_000.0, 10_000.0, 10_000.0), *[(10_000.0,) * 4] * 3], equity="1000")
    desk.order_v2("open long", "0.3")
    desk.next_candle()
    assert desk.v2("GET", "order/history")[0]["type"] == "burst_liquidate_long"
    row = desk.v2("GET", "order/fills")["list"][0]
    assert (row["liquidateType"], row["legacyOrdeDirection"]) == ("FORCE_LIQUIDATE", "BURST_LIQUIDATE_LONG")
    assert (row["fillFee"], float(row["liquidateFee"]) > 0) == ("0", True)


def test_closing_positions_closes_both_sides(calm_desk: Desk) -> None:
    calm_desk.order_v2("open long", "0.1")
    calm_desk.order_v2("open short", "0.2")
    ids = [row["id"] for row in calm_desk.v2("GET", "account/position/allPosition")]
    rows = calm_desk.v2("POST", "order/closePositions", symbol=BTC)
    assert [(row["positionId"], row["errorMessage"], row["success"]) for row in rows] == [(k, "", True) for k in ids]
    assert [_detail(calm_desk, str(row["successOrderId"]))["status"] for row in rows] == ["filled", "filled"]
    assert calm_desk.v2("POST", "order/closePositions") == []
    assert calm_desk.positions() == {}
