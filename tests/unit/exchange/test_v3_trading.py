from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from weexctl.errors import (
    InsufficientMarginError,
    OpenOrdersError,
    OrderNotFoundError,
    OutcomeUnknownError,
    RejectedError,
    UsageError,
)
from weexctl.exchange.v3 import WeexV3
from weexctl.model.order import OrderRequest, StopRequest
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

ORDER, STOP, MOVE = "/capi/v3/order", "/capi/v3/placeTpSlOrder", "/capi/v3/modifyTpSlOrder"
PLAN, LEVERAGE, LOG = "/capi/v3/algoOrder", "/capi/v3/account/leverage", "/capi/v3/order/uploadAiLog"
REQUEST = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
)
STOP_REQUEST = StopRequest(
    symbol="BTCUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal(48_000),
    quantity=None,
    client_order_id="my-stop-0001",
)
ACCEPTED = {"orderId": "702345678901234567", "clientOrderId": "my-order-0001", "success": True, "errorCode": ""}

Call = Callable[[WeexV3], object]
WRITES: list[tuple[str, str, Call]] = [
    ("place_order", ORDER, lambda exchange: exchange.place_order(REQUEST)),
    ("place_stop", STOP, lambda exchange: exchange.place_stop(STOP_REQUEST)),
    ("modify_stop", MOVE, lambda exchange: exchange.modify_stop("7", Decimal(1))),
    ("cancel_order", ORDER, lambda exchange: exchange.cancel_order("7")),
    ("cancel_conditional_order", PLAN, lambda exchange: exchange.cancel_conditional_order("7")),
    ("set_leverage", LEVERAGE, lambda exchange: exchange.set_leverage("BTCUSDT", 2)),
    (
        "upload_ai_log",
        LOG,
        lambda exchange: exchange.upload_ai_log(
            order_id=None, stage="s", model="m", input={}, output={}, explanation="e"
        ),
    ),
]


@pytest.mark.parametrize(("path", "call"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("hung up"),
        httpx.Response(502, text="<html>", headers={"content-type": "text/html"}),
        httpx.Response(521),
        httpx.Response(200, text="", headers={"content-type": "application/json"}),
        "{}",
        "[]",
        "[{}]",
        "null",
        '"ok"',
        '{"code":-1000,"msg":"An unknown error occurred."}',
    ],
    ids=lambda answer: answer if isinstance(answer, str) else str(getattr(answer, "status_code", answer)),
)
def test_a_write_without_proof_is_unknown_and_goes_out_once(
    exchange: WeexV3, venue: Venue, path: str, call: Call, answer: object
) -> None:
    venue.answers(path, answer)
    with pytest.raises(OutcomeUnknownError) as caught:
        call(exchange)
    assert caught.value.order_state == "unknown"
    assert len(venue.requests) == 1


@pytest.mark.parametrize(("path", "call"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
def test_a_write_that_is_refused_says_so(exchange: WeexV3, venue: Venue, path: str, call: Call) -> None:
    venue.answers(path, {"code": -1142, "msg": "Parameter is invalid"}, status=400)
    with pytest.raises(RejectedError) as caught:
        call(exchange)
    assert (caught.value.order_state, len(venue.requests)) == ("rejected", 1)


def test_an_accepted_order_has_its_exact_id(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(ORDER, ACCEPTED)
    ack = exchange.place_order(REQUEST)
    assert (ack.order_id, ack.client_order_id) == ("702345678901234567", "my-order-0001")
    assert (venue.last.method, venue.last_body["newClientOrderId"]) == ("POST", "my-order-0001")


@pytest.mark.parametrize("echo", [None, "", "another"])
def test_the_client_id_is_ours_whatever_the_echo(exchange: WeexV3, venue: Venue, echo: str | None) -> None:
    venue.answers(ORDER, ACCEPTED | {"clientOrderId": echo})
    assert exchange.place_order(REQUEST).client_order_id == "my-order-0001"


def test_an_order_id_may_be_a_number(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(ORDER, ACCEPTED | {"orderId": 702345678901234567})
    assert exchange.place_order(REQUEST).order_id == "702345678901234567"


@pytest.mark.parametrize("order_id", ["", None, "0", 0, 7.02e17, "none", [], True])
def test_success_without_an_order_id_is_no_acceptance(exchange: WeexV3, venue: Venue, order_id: Any) -> None:
    venue.answers(ORDER, ACCEPTED | {"orderId": order_id})
    with pytest.raises(OutcomeUnknownError):
        exchange.place_order(REQUEST)


@pytest.mark.parametrize("error", [{"errorCode": "-3007"}, {"errorMessage": "too large"}])
def test_an_order_id_beside_an_error_is_no_acceptance(exchange: WeexV3, venue: Venue, error: dict[str, str]) -> None:
    venue.answers(ORDER, ACCEPTED | error)
    with pytest.raises(OutcomeUnknownError, match="at once"):
        exchange.place_order(REQUEST)


def test_http_200_that_says_no_is_a_refusal(exchange: WeexV3, venue: Venue) -> None:
    message = "FAILED_PRECONDITION: The order margin available amount not enough"
    venue.answers(
        ORDER, {"orderId": "", "clientOrderId": "", "success": False, "errorCode": "-1054", "errorMessage": message}
    )
    with pytest.raises(InsufficientMarginError) as caught:
        exchange.place_order(REQUEST)
    assert caught.value.exchange_message == message


def test_a_stop_is_accepted_by_its_only_row(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(STOP, '[{"success":true,"orderId":812345678901234901,"errorCode":"","errorMessage":""}]')
    ack = exchange.place_stop(STOP_REQUEST)
    assert (ack.order_id, ack.client_order_id) == ("812345678901234901", "my-stop-0001")


def test_a_stop_whose_row_says_no_is_refused(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(STOP, '[{"success":false,"orderId":0,"errorCode":"-1142","errorMessage":"bad trigger"}]')
    with pytest.raises(RejectedError) as caught:
        exchange.place_stop(STOP_REQUEST)
    assert caught.value.exchange_code == "-1142"


def test_two_rows_for_one_stop_prove_nothing(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(STOP, '[{"success":true,"orderId":1},{"success":true,"orderId":2}]')
    with pytest.raises(OutcomeUnknownError, match="2 rows"):
        exchange.place_stop(STOP_REQUEST)


@pytest.mark.parametrize("success", [{}, {"success": None}])
def test_a_stop_whose_row_does_not_say_success_proves_nothing(
    exchange: WeexV3, venue: Venue, success: dict[str, None]
) -> None:
    venue.answers(STOP, [{"orderId": "812345678901234901", "errorCode": "", "errorMessage": ""} | success])
    with pytest.raises(OutcomeUnknownError, match="without saying that it succeeded"):
        exchange.place_stop(STOP_REQUEST)


def test_cancelling_asks_by_query_and_without_a_body(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(ORDER, ACCEPTED)
    venue.answers(PLAN, ACCEPTED)
    exchange.cancel_order("702345678901234567")
    exchange.cancel_conditional_order("702345678901234568")
    assert [(request.method, request.url.raw_path, request.content) for request in venue.requests] == [
        ("DELETE", b"/capi/v3/order?orderId=702345678901234567", b""),
        ("DELETE", b"/capi/v3/algoOrder?orderId=702345678901234568", b""),
    ]


def test_cancelling_an_order_that_is_gone_has_its_own_error(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(
        ORDER,
        {"orderId": "7", "success": False, "errorCode": "ORDER_NOT_FOUND", "errorMessage": "orderId not exist"},
    )
    with pytest.raises(OrderNotFoundError):
        exchange.cancel_order("7")


def test_moving_a_stop_needs_only_its_success(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(MOVE, '{"success":true}')
    exchange.modify_stop("737", Decimal("1.5"))
    assert venue.last_body == {"orderId": "737", "triggerPrice": "1.5", "triggerPriceType": "MARK_PRICE"}


def leverage_answer(cross: str, symbol: str = "ETHUSDT") -> dict[str, str]:
    return {
        "symbol": symbol,
        "marginType": "CROSSED",
        "crossLeverage": cross,
        "isolatedLongLeverage": "20",
        "isolatedShortLeverage": "20",
    }


def test_leverage_is_set_when_the_answer_repeats_it(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(LEVERAGE, leverage_answer("11.00"))
    assert exchange.set_leverage("ETHUSDT", 11).cross == 11


@pytest.mark.parametrize("answer", [leverage_answer("20"), leverage_answer("11", "BTCUSDT")])
def test_leverage_that_comes_back_different_is_unknown(exchange: WeexV3, venue: Venue, answer: dict[str, str]) -> None:
    venue.answers(LEVERAGE, answer)
    with pytest.raises(OutcomeUnknownError):
        exchange.set_leverage("ETHUSDT", 11)


def test_leverage_is_refused_while_orders_are_open(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(LEVERAGE, {"code": -1054, "msg": "cannot change with open orders"}, status=400)
    with pytest.raises(OpenOrdersError) as caught:
        exchange.set_leverage("ETHUSDT", 11)
    assert "cancel" in caught.value.hint


def test_an_ai_log_is_done_when_its_code_is_zero(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(LOG, '{"code":0,"msg":"success","data":"upload success"}')
    exchange.upload_ai_log(
        order_id="702345678901234567", stage="Decision Making", model="m", input={"a": 1}, output={}, explanation="why"
    )
    assert venue.last_body["orderId"] == 702345678901234567
    assert venue.last_body["input"] == {"a": 1}


def test_a_log_that_is_too_long_never_leaves(exchange: WeexV3, venue: Venue) -> None:
    with pytest.raises(UsageError):
        exchange.upload_ai_log(order_id=None, stage="s", model="m", input={}, output={}, explanation="x" * 1_001)
    assert venue.requests == []


def test_a_bad_client_id_never_leaves(exchange: WeexV3, venue: Venue) -> None:
    with pytest.raises(UsageError):
        exchange.place_stop(
            StopRequest(
                symbol="BTCUSDT",
                position_side=PositionSide.LONG,
                trigger_price=Decimal(1),
                quantity=None,
                client_order_id="not legal",
            )
        )
    assert venue.requests == []
