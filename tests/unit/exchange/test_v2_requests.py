from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from weexctl.errors import UsageError
from weexctl.exchange.v2_requests import (
    adjust_margin_body,
    cancel_orders_body,
    conditional_body,
    leverage_body,
    margin_mode_body,
    modify_stop_body,
    order_members,
    stop_body,
)
from weexctl.model.account import MarginMode
from weexctl.model.order import (
    ConditionalRequest,
    Leg,
    OrderRequest,
    OrderType,
    StopRequest,
    TimeInForce,
    TriggerSource,
)
from weexctl.model.side import PositionSide, Side


def order_of(**changes: object) -> dict[str, Any]:
    parts: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "position_side": PositionSide.LONG,
        "quantity": Decimal("0.0001"),
        "client_order_id": "oid-1",
    }
    return order_members(OrderRequest(**(parts | changes)))  # type: ignore[arg-type]  # typed where they are named


def test_a_limit_order_has_the_documented_members() -> None:
    assert order_of(type=OrderType.LIMIT, price=Decimal("100000.0")) == {
        "client_oid": "oid-1",
        "size": "0.0001",
        "type": "1",
        "order_type": "0",
        "match_price": "0",
        "price": "100000.0",
    }


def test_a_market_order_has_no_price_and_says_so_in_its_match() -> None:
    assert order_of() == {"client_oid": "oid-1", "size": "0.0001", "type": "1", "order_type": "0", "match_price": "1"}


@pytest.mark.parametrize(
    ("side", "position_side", "code"),
    [
        (Side.BUY, PositionSide.LONG, "1"),
        (Side.SELL, PositionSide.SHORT, "2"),
        (Side.SELL, PositionSide.LONG, "3"),
        (Side.BUY, PositionSide.SHORT, "4"),
    ],
)
def test_each_way_in_and_out_is_one_digit(side: Side, position_side: PositionSide, code: str) -> None:
    assert order_of(side=side, position_side=position_side)["type"] == code


@pytest.mark.parametrize(
    ("time_in_force", "code"),
    [
        (None, "0"),
        (TimeInForce.GTC, "0"),
        (TimeInForce.POST_ONLY, "1"),
        (TimeInForce.FOK, "2"),
        (TimeInForce.IOC, "3"),
    ],
)
def test_each_time_in_force_is_one_digit(time_in_force: TimeInForce | None, code: str) -> None:
    assert order_of(type=OrderType.LIMIT, price=Decimal(1), time_in_force=time_in_force)["order_type"] == code


def test_stop_and_target_that_go_along_are_text() -> None:
    members = order_of(stop_price=Decimal("48000.5"), target_price=Decimal(56_000))
    assert (members["presetStopLossPrice"], members["presetTakeProfitPrice"]) == ("48000.5", "56000")


def test_a_client_id_may_have_forty_characters_and_no_more() -> None:
    assert order_of(client_order_id="x" * 40)["client_oid"] == "x" * 40
    with pytest.raises(UsageError, match="nothing was sent"):
        order_of(client_order_id="x" * 41)


def test_a_limit_order_without_price_and_a_market_order_with_one_never_leave() -> None:
    with pytest.raises(UsageError, match="needs a price"):
        order_of(type=OrderType.LIMIT)
    with pytest.raises(UsageError, match="has no price"):
        order_of(price=Decimal(1))


STOP = StopRequest(
    symbol="ETHUSDT",
    position_side=PositionSide.SHORT,
    trigger_price=Decimal("2100.5"),
    quantity=Decimal("0.25"),
    client_order_id="stop-1",
)


def test_a_stop_names_plan_side_and_size_in_lower_case_words() -> None:
    assert stop_body(STOP) == (
        b'{"symbol":"cmt_ethusdt","clientOrderId":"stop-1","planType":"loss_plan","triggerPrice":"2100.5",'
        b'"size":"0.25","positionSide":"short"}'
    )


def test_a_stop_for_the_whole_position_needs_its_size_in_v2() -> None:
    whole = StopRequest(
        symbol="ETHUSDT",
        position_side=PositionSide.SHORT,
        trigger_price=Decimal(1),
        quantity=None,
        client_order_id="stop-1",
    )
    with pytest.raises(UsageError, match="needs a quantity") as caught:
        stop_body(whole)
    assert caught.value.code == "NOT_IN_V2"


@pytest.mark.parametrize("leg", [Leg.ENTRY, Leg.EXIT])
def test_only_a_stop_or_a_target_is_one(leg: Leg) -> None:
    request = StopRequest(
        symbol="ETHUSDT",
        position_side=PositionSide.LONG,
        trigger_price=Decimal(1),
        quantity=Decimal(1),
        client_order_id="stop-1",
        leg=leg,
    )
    with pytest.raises(UsageError, match="neither stop nor target"):
        stop_body(request)


def conditional_of(**changes: object) -> dict[str, Any]:
    parts: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "position_side": PositionSide.LONG,
        "quantity": Decimal("0.01"),
        "trigger_price": Decimal(95_000),
        "client_order_id": "plan-1",
    }
    body: dict[str, Any] = json.loads(conditional_body(ConditionalRequest(**(parts | changes))))  # type: ignore[arg-type]  # as above
    return body


def test_a_waiting_market_order_sends_its_trigger_as_the_price_it_must_send() -> None:
    body = conditional_of()
    assert (body["match_type"], body["execute_price"], body["trigger_price"]) == ("1", "95000", "95000")


def test_a_waiting_limit_order_sends_its_own_price() -> None:
    body = conditional_of(price=Decimal(95_100))
    assert (body["match_type"], body["execute_price"], body["type"]) == ("0", "95100", "1")


@pytest.mark.parametrize("member", ["stop_price", "target_price"])
def test_a_waiting_order_takes_no_stop_and_no_target_in_v2(member: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent"):
        conditional_of(**{member: Decimal(1)})


def test_moving_a_stop_has_an_exact_number_and_keeps_its_source() -> None:
    assert modify_stop_body("696073048050107226", Decimal("1.50"), TriggerSource.MARK) == (
        b'{"orderId":696073048050107226,"triggerPrice":"1.50","triggerPriceType":3}'
    )
    assert json.loads(modify_stop_body("7", Decimal(1), TriggerSource.LAST))["triggerPriceType"] == 1


def test_settings_have_their_numbers() -> None:
    assert leverage_body("ETHUSDT", 11, MarginMode.CROSS) == (
        b'{"symbol":"cmt_ethusdt","marginMode":1,"longLeverage":"11","shortLeverage":"11"}'
    )
    assert margin_mode_body("ETHUSDT", MarginMode.ISOLATED, separated=True) == (
        b'{"symbol":"cmt_ethusdt","marginMode":3,"separatedMode":2}'
    )


@pytest.mark.parametrize(("amount", "text"), [("5", "5"), ("-2.5", "-2.5")])
def test_margin_goes_in_with_plus_and_out_with_minus(amount: str, text: str) -> None:
    assert json.loads(adjust_margin_body("689987235755328154", Decimal(amount))) == {
        "isolatedPositionId": 689987235755328154,
        "collateralAmount": text,
    }


def test_a_batch_of_cancels_names_one_kind_of_id() -> None:
    assert cancel_orders_body(["1", "2"], []) == b'{"ids":["1","2"]}'
    assert cancel_orders_body([], ["a"]) == b'{"cids":["a"]}'
