"""Trigger orders in V2: plans, presets, stops and targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.simulator import SimulatorSettings

BTC = "cmt_btcusdt"
FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
DOWN = (50_000.0, 50_000.0, 46_000.0, 46_000.0)
LOW = (46_000.0, 46_000.0, 46_000.0, 46_000.0)


def _plan(**changes: Any) -> dict[str, Any]:
    base = {
        "symbol": BTC,
        "client_oid": "plan-1",
        "size": "0.1",
        "type": "3",
        "match_type": "1",
        "execute_price": "0",
        "trigger_price": "47000",
    }
    return {**base, **changes}


def _stop(**changes: Any) -> dict[str, Any]:
    base = {
        "symbol": BTC,
        "clientOrderId": "stop-1",
        "planType": "loss_plan",
        "triggerPrice": "47000",
        "size": "0.1",
        "positionSide": "long",
    }
    return {**base, **changes}


def test_a_plan_waits_in_upper_case(calm_desk: Desk) -> None:
    answer = calm_desk.v2("POST", "order/plan_order", **_plan())
    assert answer["client_oid"] is None
    (row,) = calm_desk.v2("GET", "order/currentPlan")
    assert row == {
        "symbol": BTC,
        "size": "0.1000",
        "client_oid": "plan-1",
        "createTime": str(calm_desk.simulator.now_ms - 20),
        "filled_qty": "0",
        "fee": "0",
        "order_id": answer["order_id"],
        "price": "0.0",
        "price_avg": "0",
        "status": "UNTRIGGERED",
        "type": "CLOSE_LONG",
        "order_type": "ioc",
        "totalProfits": "0",
        "contracts": 1000,
        "filledQtyContracts": 0,
        "presetTakeProfitPrice": None,
        "presetStopLossPrice": None,
        "triggerPrice": "47000.0",
        "triggerPriceType": "1",
        "triggerTime": "0",
    }


@pytest.mark.parametrize(
    ("kind", "trigger", "rising"), [("1", "51000", True), ("1", "49000", False), ("2", "51000", True)]
)
def test_a_plan_fires_when_the_price_comes_from_where_it_is(
    open_desk: OpenDesk, kind: str, trigger: str, rising: bool
) -> None:
    for far, fires in ((52_000.0, rising), (48_000.0, not rising)):
        there = (far, far, far, far)
        desk = open_desk([FLAT, FLAT, there, there])
        desk.v2("POST", "order/plan_order", **_plan(type=kind, trigger_price=trigger))
        desk.next_candle()
        assert bool(desk.positions()) is fires


def test_a_plan_with_a_limit_rests_once_it_has_fired(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DOWN, LOW, LOW])
    members = _plan(type="1", match_type="0", execute_price="40000")
    order_id = desk.v2("POST", "order/plan_order", **members)["order_id"]
    desk.next_candle()
    (row,) = desk.v2("GET", "order/current")
    assert (row["order_id"], row["price"], row["status"]) == (order_id, "40000.0", "open")
    assert desk.v2("GET", "order/currentPlan") == []


def test_a_plan_without_a_client_id_is_given_one(calm_desk: Desk) -> None:
    for _ in range(2):
        calm_desk.v2("POST", "order/plan_order", **_plan(client_oid=""))
    first, second = (row["client_oid"] for row in calm_desk.v2("GET", "order/currentPlan"))
    assert first
    assert first != second


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_oid": "with space"}, "40020"),
        ({"client_oid": "x" * 41}, "40020"),
        ({"type": "7"}, "40020"),
        ({"match_type": None}, "40019"),
        ({"trigger_price": None}, "40019"),
        ({"match_type": "0"}, "40020"),
        ({"trigger_price": "50000"}, "40015"),
        ({"size": "0.00001"}, "40015"),
        ({"marginMode": 3}, "40015"),
    ],
)
def test_a_wrong_plan_is_refused(calm_desk: Desk, changes: dict[str, Any], code: str) -> None:
    assert calm_desk.refused_v2("POST", "order/plan_order", **_plan(**changes))[0] == code
    assert calm_desk.simulator.version == 0


def test_a_plan_is_cancelled_by_its_id_and_by_no_other_member(calm_desk: Desk) -> None:
    order_id = calm_desk.v2("POST", "order/plan_order", **_plan())["order_id"]
    assert calm_desk.refused_v2("POST", "order/cancel_plan", order_id=order_id)[0] == "40017"
    assert calm_desk.refused_v2("POST", "order/cancel_order", orderId=order_id)[0] == "50005"
    answer = calm_desk.v2("POST", "order/cancel_plan", orderId=order_id)
    assert answer == {"order_id": order_id, "client_oid": None, "result": True, "err_msg": None}
    assert calm_desk.refused_v2("POST", "order/cancel_plan", orderId=order_id)[0] == "50005"
    (row,) = calm_desk.v2("GET", "order/historyPlan", symbol=BTC)["list"]
    assert (row["order_id"], row["status"]) == (order_id, "CANCELED")
    assert calm_desk.v2("GET", "order/history") == []


def test_presets_are_two_plans_1024_apart_that_are_seen_late(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk([FLAT] * 3, settings=replace(exact, visibility_delay_ms=2_000))
    desk.order_v2("open long", "0.1", presetTakeProfitPrice="60000", presetStopLossPrice="45000")
    assert desk.v2("GET", "order/currentPlan") == []
    desk.simulator.advance(desk.simulator.now_ms + 2_000)
    stop, target = desk.v2("GET", "order/currentPlan")
    assert [row["triggerPrice"] for row in (target, stop)] == ["60000.0", "45000.0"]
    assert {row["type"] for row in (target, stop)} == {"CLOSE_LONG"}
    assert int(stop["order_id"]) - int(target["order_id"]) == 1024


def test_plans_survive_their_position_and_open_nothing(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DOWN, LOW, LOW])
    desk.order_v2("open long", "0.1", presetStopLossPrice="47000")
    desk.order_v2("close long", "0.1")
    assert len(desk.v2("GET", "order/currentPlan")) == 1
    desk.next_candle()
    assert desk.positions() == {}
    assert desk.v2("GET", "order/historyPlan", symbol=BTC)["list"][0]["status"] == "CANCELED"


def test_a_malformed_order_id_is_no_filter(calm_desk: Desk) -> None:
    ids = [calm_desk.v2("POST", "order/plan_order", **_plan(client_oid=f"p{k}"))["order_id"] for k in range(3)]
    ask = "order/currentPlan"
    assert [row["order_id"] for row in calm_desk.v2("GET", ask, orderId="x", symbol=BTC)] == ids[::-1]
    assert [row["order_id"] for row in calm_desk.v2("GET", ask, orderId=ids[1])] == [ids[1]]
    assert [row["order_id"] for row in calm_desk.v2("GET", ask, limit=2, page=1)] == [ids[0]]


def test_the_history_of_plans_is_filtered_by_direction(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DOWN, LOW, LOW])
    desk.v2("POST", "order/plan_order", **_plan(type="1", client_oid="a"))
    desk.v2("POST", "order/plan_order", **_plan(type="2", client_oid="b"))
    desk.next_candle()
    answer = desk.v2("GET", "order/historyPlan", symbol=BTC)
    assert [row["status"] for row in answer["list"]] == ["FILLED", "FILLED"]
    assert all(int(row["triggerTime"]) > 0 for row in answer["list"])
    (row,) = desk.v2("GET", "order/historyPlan", symbol=BTC, delegateType=2)["list"]
    assert row["client_oid"] == "b"
    assert desk.v2("GET", "order/historyPlan", symbol=BTC, pageSize=1)["nextPage"] is True
    assert desk.refused_v2("GET", "order/historyPlan")[0] == "40019"


def test_a_stop_for_a_position_is_placed_and_fires(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, DOWN, LOW, LOW])
    desk.order_v2("open long", "0.1")
    answer = desk.v2("POST", "order/placeTpSlOrder", **_stop(executePrice="0"))
    (plan,) = desk.v2("GET", "order/currentPlan")
    assert answer == [{"orderId": int(plan["order_id"]), "success": True}]
    desk.next_candle()
    assert desk.positions() == {}
    row = desk.v2("GET", "order/detail", orderId=plan["order_id"])
    assert (row["status"], row["price_avg"], row["totalProfits"]) == ("filled", "47000.0", "-300.00000")


def test_a_target_may_have_a_limit(calm_desk: Desk) -> None:
    calm_desk.order_v2("open short", "0.1")
    members = _stop(planType="profit_plan", positionSide="short", executePrice="46990")
    calm_desk.v2("POST", "order/placeTpSlOrder", **members)
    (row,) = calm_desk.v2("GET", "order/currentPlan")
    assert (row["type"], row["price"], row["order_type"]) == ("CLOSE_SHORT", "46990.0", "normal")


@pytest.mark.parametrize("changes", [{"positionSide": "short"}, {"triggerPrice": "51000"}, {"size": "0.00001"}])
def test_a_stop_the_account_cannot_have_is_no_success(calm_desk: Desk, changes: dict[str, Any]) -> None:
    calm_desk.order_v2("open long", "0.1")
    answer = calm_desk.v2("POST", "order/placeTpSlOrder", **_stop(**changes))
    assert answer == [{"orderId": 0, "success": False}]
    assert calm_desk.v2("GET", "order/currentPlan") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": None}, "40019"),
        ({"planType": "TAKE_PROFIT"}, "40020"),
        ({"positionSide": "LONG"}, "40020"),
        ({"clientOrderId": None}, "40019"),
        ({"triggerPrice": "47000.05"}, "40020"),
    ],
)
def test_a_stop_with_a_wrong_member_is_refused(calm_desk: Desk, changes: dict[str, Any], code: str) -> None:
    calm_desk.order_v2("open long", "0.1")
    assert calm_desk.refused_v2("POST", "order/placeTpSlOrder", **_stop(**changes))[0] == code


def test_a_stop_is_moved_and_answered_with_five_zeros(calm_desk: Desk) -> None:
    calm_desk.order_v2("open long", "0.1")
    order_id = calm_desk.v2("POST", "order/placeTpSlOrder", **_stop())[0]["orderId"]
    answer = calm_desk.v2(
        "POST", "order/modifyTpSlOrder", orderId=order_id, triggerPrice="48000", triggerPriceType=3, executePrice="0"
    )
    assert answer == {"code": "00000", "msg": "success", "requestTime": calm_desk.simulator.now_ms, "data": ""}
    (row,) = calm_desk.v2("GET", "order/currentPlan")
    assert (row["order_id"], row["triggerPrice"], row["triggerPriceType"]) == (str(order_id), "48000.0", "3")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"orderId": None}, "40017"),
        ({"orderId": 12}, "50005"),
        ({"triggerPrice": None}, "40019"),
        ({"triggerPriceType": 2}, "40020"),
        ({"triggerPrice": "51000"}, "40015"),
    ],
)
def test_a_stop_is_not_moved_anywhere(calm_desk: Desk, changes: dict[str, Any], code: str) -> None:
    calm_desk.order_v2("open long", "0.1")
    order_id = calm_desk.v2("POST", "order/placeTpSlOrder", **_stop())[0]["orderId"]
    members = {"orderId": order_id, "triggerPrice": "48000", **changes}
    assert calm_desk.refused_v2("POST", "order/modifyTpSlOrder", **members)[0] == code
    assert calm_desk.v2("GET", "order/currentPlan")[0]["triggerPrice"] == "47000.0"
