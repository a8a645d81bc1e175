"""Moving margin of isolated positions, and new orders in batches."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.simulator import SimulatorSettings

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

FLAT = [(50_000.0, 50_000.0, 50_000.0, 50_000.0)] * 5


@pytest.fixture
def isolated(calm_desk: Desk) -> Desk:
    """A desk with an isolated long of 0.1 BTC at leverage 10: a margin of 500."""
    calm_desk.post("account/leverage", symbol="BTCUSDT", marginType="ISOLATED", isolatedLongLeverage=10)
    calm_desk.order("open long", "0.1")
    return calm_desk


def move(desk: Desk, amount: str, kind: int) -> Any:
    """The answer to adding (1) or removing (2) margin."""
    (position,) = desk.positions().values()
    return desk.post("account/positionMargin", isolatedPositionId=position["id"], amount=amount, type=kind)


def margin(desk: Desk) -> str:
    """The margin of the only position."""
    (position,) = desk.positions().values()
    return str(position["isolatedMargin"])


def free(desk: Desk) -> Decimal:
    """What the account can still use."""
    return Decimal(desk.get("account/balance")[0]["availableBalance"])


def test_added_margin_is_tied_up_in_the_position(isolated: Desk) -> None:
    before = free(isolated)
    answer = move(isolated, "200", 1)
    assert (answer["code"], answer["msg"]) == ("200", "success")
    assert margin(isolated) == "700.00000"
    assert free(isolated) == before - 200
    assert isolated.get("account/balance")[0]["balance"] == "9996.00000000"


def test_added_margin_can_be_taken_back_and_no_more(isolated: Desk) -> None:
    move(isolated, "200", 1)
    move(isolated, "150.5", 2)
    assert margin(isolated) == "549.50000"
    (position,) = isolated.positions().values()
    refused = isolated.refused("POST", "account/positionMargin", isolatedPositionId=position["id"], amount="50", type=2)
    assert refused[0] == -1054
    assert refused[1] == (
        "FAILED_PRECONDITION: Move margin available amount not enough. "
        "Move out available amount is 49.50000000, move out amount is 50.00000000"
    )


def test_closing_a_part_frees_its_part_of_the_added_margin(isolated: Desk) -> None:
    move(isolated, "200", 1)
    isolated.order("close long", "0.05")
    assert margin(isolated) == "350.00000"


def test_no_more_can_be_added_than_there_is(isolated: Desk) -> None:
    (position,) = isolated.positions().values()
    code, words = isolated.refused(
        "POST", "account/positionMargin", isolatedPositionId=position["id"], amount="9496.01", type=1
    )
    assert (code, "amount not enough" in words) == (-1054, True)
    assert margin(isolated) == "500.00000"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"isolatedPositionId": None}, -1141),
        ({"isolatedPositionId": "x"}, -1142),
        ({"isolatedPositionId": 1}, -1054),
        ({"amount": None}, -1141),
        ({"amount": "0"}, -1142),
        ({"amount": "-1"}, -1142),
        ({"type": 3}, -1142),
        ({"type": None}, -1141),
    ],
)
def test_a_request_that_makes_no_sense_moves_nothing(isolated: Desk, members: dict[str, Any], code: int) -> None:
    (position,) = isolated.positions().values()
    wanted = {"isolatedPositionId": position["id"], "amount": "1", "type": 1, **members}
    assert isolated.refused("POST", "account/positionMargin", **wanted)[0] == code
    assert margin(isolated) == "500.00000"


def test_a_cross_position_has_no_margin_of_its_own_to_move(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    (position,) = calm_desk.positions().values()
    members = {"isolatedPositionId": position["id"], "amount": "1", "type": 1}
    code, words = calm_desk.refused("POST", "account/positionMargin", **members)
    assert (code, "not an isolated one" in words) == (-1054, True)


def test_auto_append_is_shown_on_the_position(isolated: Desk) -> None:
    (position,) = isolated.positions().values()
    assert position["isAutoAppendIsolatedMargin"] is False
    isolated.post("account/modifyAutoAppendMargin", positionId=position["id"], autoAppendMargin=True)
    (position,) = isolated.positions().values()
    assert position["isAutoAppendIsolatedMargin"] is True
    members = {"positionId": position["id"], "autoAppendMargin": "yes"}
    assert isolated.refused("POST", "account/modifyAutoAppendMargin", **members)[0] == -1142


# Batches.


def batch(desk: Desk, *members: Any) -> tuple[int, Any]:
    """Status and answer of a batch."""
    return desk.raw("POST", "/capi/v3/batchOrders", body=json.dumps({"batchOrders": members}).encode())


def test_each_order_of_a_batch_is_judged_by_itself(calm_desk: Desk) -> None:
    good, bad = calm_desk.order_members("open long", "0.1"), calm_desk.order_members("open long", "0.00001")
    nameless = {**good, "newClientOrderId": None}
    last = calm_desk.order_members("open short", "0.2")
    status, rows = batch(calm_desk, good, bad, nameless, last)
    assert status == 200
    assert [(row["success"], row["errorCode"]) for row in rows] == [
        (True, ""),
        (False, "-1054"),
        (False, "-1141"),
        (True, ""),
    ]
    assert [row["clientOrderId"] for row in rows] == ["order-1", "order-2", "", "order-3"]
    assert (rows[1]["orderId"], "stepSize" in rows[1]["errorMessage"]) == ("", True)
    assert {key: row["size"] for key, row in calm_desk.positions().items()} == {
        ("BTCUSDT", "LONG"): "0.1000",
        ("BTCUSDT", "SHORT"): "0.2000",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, -1141),
        ({"batchOrders": []}, -1141),
        ({"batchOrders": {}}, -1141),
        ({"batchOrders": "x"}, -1142),
        ({"batchOrders": [1]}, -1142),
        ({"batchOrders": [{}] * 6}, -1140),
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(calm_desk: Desk, body: dict[str, Any], code: int) -> None:
    status, answer = calm_desk.raw("POST", "/capi/v3/batchOrders", body=json.dumps(body).encode())
    assert (status, answer["code"]) == (400, code)


def test_batches_can_be_refused_as_one_client_saw(open_desk: OpenDesk) -> None:
    desk = open_desk(FLAT, settings=SimulatorSettings(most_in_batch=0))
    assert batch(desk, desk.order_members("open long", "0.1"))[1] == {
        "code": -1150,
        "msg": "Request method 'POST' not supported",
    }
