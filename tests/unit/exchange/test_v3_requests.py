from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.errors import UsageError
from weexctl.exchange.v3_requests import leverage_body, modify_stop_body, order_members, stop_body
from weexctl.exchange.wire_values import (
    checked_client_id,
    checked_log,
    checked_order_id,
    encoded,
    query_of,
    wire_number,
)
from weexctl.model.account import MarginMode
from weexctl.model.order import Leg, OrderRequest, OrderType, StopRequest, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side


def request_of(**changes: object) -> OrderRequest:
    parts: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "position_side": PositionSide.LONG,
        "quantity": Decimal("0.001"),
        "client_order_id": "oid-1",
    }
    return OrderRequest(**(parts | changes))  # type: ignore[arg-type]  # the parts are typed where they are named


def order_body(request: OrderRequest) -> bytes:
    return encoded(order_members(request))


def test_a_limit_order_is_byte_for_byte_the_documented_one() -> None:
    request = request_of(type=OrderType.LIMIT, price=Decimal(50_000), time_in_force=TimeInForce.GTC)
    assert order_body(request) == (
        b'{"symbol":"BTCUSDT","side":"BUY","positionSide":"LONG","type":"LIMIT","timeInForce":"GTC",'
        b'"quantity":"0.001","price":"50000","newClientOrderId":"oid-1"}'
    )


def test_a_market_order_has_neither_price_nor_time_in_force() -> None:
    assert order_body(request_of()) == (
        b'{"symbol":"BTCUSDT","side":"BUY","positionSide":"LONG","type":"MARKET","quantity":"0.001",'
        b'"newClientOrderId":"oid-1"}'
    )


@pytest.mark.parametrize(
    ("side", "position_side", "words"),
    [
        (Side.BUY, PositionSide.LONG, ("BUY", "LONG")),
        (Side.SELL, PositionSide.SHORT, ("SELL", "SHORT")),
        (Side.SELL, PositionSide.LONG, ("SELL", "LONG")),
        (Side.BUY, PositionSide.SHORT, ("BUY", "SHORT")),
    ],
)
def test_each_way_in_and_out_has_its_two_words(side: Side, position_side: PositionSide, words: tuple[str, str]) -> None:
    body = json.loads(order_body(request_of(side=side, position_side=position_side)))
    assert (body["side"], body["positionSide"]) == words


@pytest.mark.parametrize(
    ("time_in_force", "word"),
    [
        (None, "GTC"),
        (TimeInForce.GTC, "GTC"),
        (TimeInForce.IOC, "IOC"),
        (TimeInForce.FOK, "FOK"),
        (TimeInForce.POST_ONLY, "POST_ONLY"),
    ],
)
def test_each_time_in_force_has_its_word(time_in_force: TimeInForce | None, word: str) -> None:
    request = request_of(type=OrderType.LIMIT, price=Decimal(1), time_in_force=time_in_force)
    assert json.loads(order_body(request))["timeInForce"] == word


def test_attached_stop_and_target_name_their_price_source_with_a_capital() -> None:
    body = json.loads(order_body(request_of(stop_price=Decimal("48000.5"), target_price=Decimal(56_000))))
    assert body["slTriggerPrice"] == "48000.5"
    assert body["tpTriggerPrice"] == "56000"
    assert (body["SlWorkingType"], body["TpWorkingType"]) == ("MARK_PRICE", "MARK_PRICE")


def test_the_last_price_can_be_the_source() -> None:
    body = json.loads(order_body(request_of(stop_price=Decimal(1), trigger_source=TriggerSource.LAST)))
    assert body["SlWorkingType"] == "CONTRACT_PRICE"
    assert "TpWorkingType" not in body


def test_a_limit_order_without_price_and_a_market_order_with_one_are_refused() -> None:
    with pytest.raises(UsageError, match="needs a price"):
        order_body(request_of(type=OrderType.LIMIT))
    with pytest.raises(UsageError, match="has no price"):
        order_body(request_of(price=Decimal(1)))


@pytest.mark.parametrize("bad", ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity", "-0"])
@pytest.mark.parametrize("member", ["quantity", "stop_price", "target_price"])
def test_a_number_that_is_not_positive_and_finite_never_leaves(member: str, bad: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent"):
        order_body(request_of(**{member: Decimal(bad)}))


@given(st.decimals(min_value="1e-18", max_value="1e18", allow_nan=False, allow_infinity=False))
def test_every_number_on_the_wire_is_plain_digits_and_the_same_number(value: Decimal) -> None:
    text = wire_number(value, "it")
    assert re.fullmatch(r"\d+(\.\d+)?", text)
    assert Decimal(text) == value


@pytest.mark.parametrize(("value", "text"), [("1E+2", "100"), ("1e-7", "0.0000001"), ("5.630", "5.630")])
def test_exponents_are_written_out(value: str, text: str) -> None:
    assert wire_number(Decimal(value), "it") == text


@pytest.mark.parametrize("good", ["a", "wx00abcdefgh01234567e01", "A-b_c.d:e/f", "x" * 36])
def test_a_legal_client_id_passes(good: str) -> None:
    assert checked_client_id(good, longest=36) == good


@pytest.mark.parametrize("bad", ["", "x" * 37, "with space", "ümlaut", "a\n", "a#b", "٣"])
def test_an_illegal_client_id_is_refused_before_anything_leaves(bad: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent"):
        order_body(request_of(client_order_id=bad))


@pytest.mark.parametrize("bad", ["", "12a", "1&symbol=X", " 1", "-5", "٣", "1" * 21])
def test_an_order_id_that_is_no_number_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent"):
        checked_order_id(bad)


def stop_of(**changes: object) -> StopRequest:
    parts: dict[str, object] = {
        "symbol": "ETHUSDT",
        "position_side": PositionSide.LONG,
        "trigger_price": Decimal("1800.5"),
        "quantity": Decimal("0.25"),
        "client_order_id": "stop-1",
    }
    return StopRequest(**(parts | changes))  # type: ignore[arg-type]  # as above


def test_a_stop_is_byte_for_byte_as_documented() -> None:
    assert stop_body(stop_of()) == (
        b'{"symbol":"ETHUSDT","clientAlgoId":"stop-1","planType":"STOP_LOSS","triggerPrice":"1800.5",'
        b'"quantity":"0.25","positionSide":"LONG","triggerPriceType":"MARK_PRICE"}'
    )


def test_a_target_has_the_other_plan_and_no_quantity_means_the_whole_position() -> None:
    body = json.loads(stop_body(stop_of(leg=Leg.TARGET, quantity=None)))
    assert (body["planType"], body["quantity"]) == ("TAKE_PROFIT", "0")


@pytest.mark.parametrize("leg", [Leg.ENTRY, Leg.EXIT])
def test_only_stops_and_targets_go_this_way(leg: Leg) -> None:
    with pytest.raises(UsageError, match="neither stop nor target"):
        stop_body(stop_of(leg=leg))


def test_moving_a_stop_keeps_its_price_source() -> None:
    assert modify_stop_body("737", Decimal("1.50"), TriggerSource.MARK) == (
        b'{"orderId":"737","triggerPrice":"1.50","triggerPriceType":"MARK_PRICE"}'
    )


def test_leverage_is_set_for_cross_margin() -> None:
    assert (
        leverage_body("ETHUSDT", 11, MarginMode.CROSS)
        == b'{"symbol":"ETHUSDT","marginType":"CROSSED","crossLeverage":"11"}'
    )
    with pytest.raises(UsageError):
        leverage_body("ETHUSDT", 0, MarginMode.CROSS)


def test_leverage_is_set_for_both_sides_of_isolated_margin() -> None:
    assert json.loads(leverage_body("ETHUSDT", 8, MarginMode.ISOLATED)) == {
        "symbol": "ETHUSDT",
        "marginType": "ISOLATED",
        "isolatedLongLeverage": "8",
        "isolatedShortLeverage": "8",
    }


def log_of(**changes: object) -> bytes:
    parts: dict[str, object] = {
        "order_id": "737191855967437160",
        "stage": "Decision Making",
        "model": "two-factor-hmm 0.1.0",
        "given": {"close": 1.5},
        "answered": {"direction": 1},
        "explanation": "Trend holds.",
    }
    return checked_log(**(parts | changes))  # type: ignore[arg-type]  # as above


def test_an_ai_log_has_its_order_id_as_an_exact_number() -> None:
    assert b'"orderId":737191855967437160,' in log_of()
    assert b'"orderId":null,' in log_of(order_id=None)


@pytest.mark.parametrize(("length", "legal"), [(0, False), (1, True), (1_000, True), (1_001, False)])
def test_the_explanation_has_one_to_a_thousand_characters(length: int, legal: bool) -> None:
    if legal:
        assert len(json.loads(log_of(explanation="é" * length))["explanation"]) == length
    else:
        with pytest.raises(UsageError, match=f"has {length} characters"):
            log_of(explanation="é" * length)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), object()])
def test_a_log_that_is_not_json_is_refused(bad: object) -> None:
    with pytest.raises(UsageError, match="not JSON"):
        log_of(given={"x": bad})


def test_a_query_keeps_its_order_and_drops_what_is_absent() -> None:
    assert query_of(symbol="BTCUSDT", orderId=None, page=0) == "symbol=BTCUSDT&page=0"
    assert query_of(symbol=None) == ""
