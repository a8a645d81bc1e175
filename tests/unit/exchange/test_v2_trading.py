from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from weexctl.errors import (
    InsufficientMarginError,
    OpenOrdersError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
    UsageError,
    WireError,
)
from weexctl.exchange.v2 import WeexV2
from weexctl.model.account import MarginMode
from weexctl.model.order import ConditionalRequest, Leg, OrderRequest, OrderStatus, StopRequest
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

V2 = "/capi/v2/"
ORDER, PLANS, MARK = f"{V2}order/placeOrder", f"{V2}order/currentPlan", f"{V2}market/index"
REQUEST = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
)
STOP = StopRequest(
    symbol="BTCUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal(48_000),
    quantity=Decimal(1),
    client_order_id="my-stop-0001",
)
TRIGGER = ConditionalRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal(1),
    trigger_price=Decimal(1),
    client_order_id="my-plan-0001",
)
SETTINGS = {"cmt_btcusdt": {"isolated_long_leverage": "20", "isolated_short_leverage": "20", "cross_leverage": "20"}}

CROSS = MarginMode.CROSS
Call = Callable[[WeexV2], object]
WRITES: list[tuple[str, str, Call]] = [
    ("place_order", ORDER, lambda it: it.place_order(REQUEST)),
    ("place_conditional", f"{V2}order/plan_order", lambda it: it.place_conditional(TRIGGER)),
    ("place_stop", f"{V2}order/placeTpSlOrder", lambda it: it.place_stop(STOP)),
    ("modify_stop", f"{V2}order/modifyTpSlOrder", lambda it: it.modify_stop("7", Decimal(1))),
    ("cancel_order", f"{V2}order/cancel_order", lambda it: it.cancel_order("7")),
    ("cancel_by_client_id", f"{V2}order/cancel_order", lambda it: it.cancel_order_by_client_id("a")),
    ("cancel_conditional", f"{V2}order/cancel_plan", lambda it: it.cancel_conditional_order("7")),
    ("set_margin_mode", f"{V2}account/position/changeHoldModel", lambda it: it.set_margin_mode("BTCUSDT", CROSS)),
    ("adjust_margin", f"{V2}account/adjustMargin", lambda it: it.adjust_margin("7", Decimal(1))),
    ("set_auto_margin", f"{V2}account/modifyAutoAppendMargin", lambda it: it.set_auto_margin("7", enabled=True)),
    ("set_leverage", f"{V2}account/leverage", lambda it: it.set_leverage("BTCUSDT", 2)),
    (
        "upload_ai_log",
        f"{V2}order/uploadAiLog",
        lambda it: it.upload_ai_log(order_id=None, stage="s", model="m", input={}, output={}, explanation="e"),
    ),
]


def prepare(venue: Venue) -> None:
    """What `set_leverage` reads before it writes."""
    venue.answers(f"{V2}account/settings", SETTINGS)
    venue.answers(f"{V2}account/getAccount", {"account": {}})


@pytest.mark.parametrize(("path", "call"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("slow"),
        httpx.Response(502, text="<html>", headers={"content-type": "text/html"}),
        httpx.Response(521),
        "{}",
        "[]",
        "[{}]",
        "null",
        '{"code":"40015","msg":"system error","requestTime":1,"data":null}',
    ],
    ids=lambda answer: answer if isinstance(answer, str) else str(getattr(answer, "status_code", answer)),
)
def test_a_v2_write_without_proof_is_unknown_and_goes_out_once(
    exchange_v2: WeexV2, venue: Venue, path: str, call: Call, answer: object
) -> None:
    prepare(venue)
    venue.answers(path, answer)
    with pytest.raises(OutcomeUnknownError) as caught:
        call(exchange_v2)
    assert caught.value.order_state == "unknown"
    assert len([request for request in venue.requests if request.method == "POST"]) == 1


@pytest.mark.parametrize(("path", "call"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
def test_a_v2_write_that_is_refused_says_so(exchange_v2: WeexV2, venue: Venue, path: str, call: Call) -> None:
    prepare(venue)
    venue.answers(path, {"code": "40020", "msg": "Parameter x is invalid", "data": None}, status=400)
    with pytest.raises(RejectedError) as caught:
        call(exchange_v2)
    assert caught.value.order_state == "rejected"


def test_an_accepted_order_keeps_our_id_though_the_echo_is_null(exchange_v2: WeexV2, venue: Venue) -> None:
    venue.answers(ORDER, {"client_oid": None, "order_id": "596471064624628269"})
    ack = exchange_v2.place_order(REQUEST)
    assert (ack.order_id, ack.client_order_id) == ("596471064624628269", "my-order-0001")
    assert (venue.last_body["symbol"], venue.last_body["client_oid"]) == ("cmt_btcusdt", "my-order-0001")


@pytest.mark.parametrize("order_id", ["", None, "0", 0, 7.02e17, "none"])
def test_a_v2_answer_without_an_order_id_is_no_acceptance(exchange_v2: WeexV2, venue: Venue, order_id: object) -> None:
    venue.answers(ORDER, {"client_oid": None, "order_id": order_id})
    with pytest.raises(OutcomeUnknownError):
        exchange_v2.place_order(REQUEST)


def test_a_cancel_that_says_no_is_a_refusal_with_its_words(exchange_v2: WeexV2, venue: Venue) -> None:
    answer = {"order_id": "7", "client_oid": None, "result": False, "err_msg": "order is finished"}
    venue.answers(f"{V2}order/cancel_order", answer)
    with pytest.raises(RejectedError, match="order is finished"):
        exchange_v2.cancel_order("7")


def test_leverage_is_refused_while_orders_wait(exchange_v2: WeexV2, venue: Venue) -> None:
    prepare(venue)
    text = "FAILED_PRECONDITION: there are open orders"
    venue.answers(f"{V2}account/leverage", {"code": "40015", "msg": text}, status=400)
    with pytest.raises(OpenOrdersError):
        exchange_v2.set_leverage("BTCUSDT", 2)


def test_a_batch_goes_out_symbol_by_symbol_and_comes_back_in_the_order_given(exchange_v2: WeexV2, venue: Venue) -> None:
    def rows(*ids: str) -> dict[str, object]:
        return {"order_info": [{"order_id": i, "client_oid": None, "result": True} for i in ids], "result": True}

    venue.answers(f"{V2}order/batchOrders", rows("11", "12"), rows("21"))
    requests = [
        replace(REQUEST, client_order_id="a"),
        replace(REQUEST, client_order_id="b", symbol="ETHUSDT"),
        replace(REQUEST, client_order_id="c"),
    ]
    results = exchange_v2.place_orders(requests)
    assert [(row.client_order_id, row.ack and row.ack.order_id) for row in results] == [
        ("a", "11"),
        ("b", "21"),
        ("c", "12"),
    ]
    assert [request.url.path for request in venue.requests] == [f"{V2}order/batchOrders"] * 2
    assert venue.last_body["symbol"] == "cmt_ethusdt"


def test_a_batch_whose_answer_is_lost_is_unknown_for_each_of_its_orders(exchange_v2: WeexV2, venue: Venue) -> None:
    venue.answers(f"{V2}order/batchOrders", httpx.ReadTimeout("slow"))
    results = exchange_v2.place_orders([REQUEST, replace(REQUEST, client_order_id="b")])
    assert [type(row.error) for row in results] == [OutcomeUnknownError, OutcomeUnknownError]
    assert len(venue.requests) == 1


def test_a_row_of_a_batch_has_its_own_refusal(exchange_v2: WeexV2, venue: Venue) -> None:
    text = "FAILED_PRECONDITION: The order margin available amount not enough. x"
    row = {"order_id": "", "client_oid": "my-order-0001", "result": False, "error_code": "", "error_message": text}
    venue.answers(f"{V2}order/batchOrders", {"order_info": [row], "result": False})
    (result,) = exchange_v2.place_orders([REQUEST])
    assert isinstance(result.error, InsufficientMarginError)


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_of_none_or_too_many_never_leaves(exchange_v2: WeexV2, venue: Venue, count: int) -> None:
    with pytest.raises(UsageError, match="nothing was sent"):
        exchange_v2.place_orders([REQUEST] * count)
    assert venue.requests == []


def plan(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "symbol": "cmt_btcusdt",
        "size": "0.0200",
        "client_oid": "p",
        "createTime": "1763708512000",
        "filled_qty": "0",
        "order_id": "596480271352595100",
        "price": "0",
        "status": "UNTRIGGERED",
        "type": "CLOSE_LONG",
        "order_type": "0",
        "triggerPrice": "80000",
        "triggerPriceType": "1",
        "triggerTime": "0",
    }
    return row | changes


@pytest.mark.parametrize("word", ["CLOSE_LONG", "close_long", "3", 3])
@pytest.mark.parametrize("status", ["UNTRIGGERED", "untriggered", "0", 0])
def test_all_spellings_of_a_waiting_order_are_one(
    exchange_v2: WeexV2, venue: Venue, word: str | int, status: str | int
) -> None:
    venue.answers(PLANS, [plan(type=word, status=status)])
    venue.answers(MARK, {"symbol": "cmt_btcusdt", "index": "90000", "timestamp": "1"})
    (order,) = exchange_v2.fetch_conditional_orders()
    assert (order.side, order.position_side) == (Side.SELL, PositionSide.LONG)
    assert (order.status, order.protective) == (OrderStatus.UNTRIGGERED, True)


@pytest.mark.parametrize(
    ("word", "trigger", "leg"),
    [
        ("CLOSE_LONG", "80000", Leg.STOP),
        ("CLOSE_LONG", "95000", Leg.TARGET),
        ("CLOSE_SHORT", "95000", Leg.STOP),
        ("CLOSE_SHORT", "80000", Leg.TARGET),
        ("OPEN_LONG", "95000", Leg.ENTRY),
    ],
)
def test_the_side_of_the_market_tells_a_stop_from_a_target(
    exchange_v2: WeexV2, venue: Venue, word: str, trigger: str, leg: Leg
) -> None:
    venue.answers(PLANS, [plan(type=word, triggerPrice=trigger)])
    venue.answers(MARK, {"symbol": "cmt_btcusdt", "index": "90000", "timestamp": "1"})
    assert [row.leg for row in exchange_v2.fetch_conditional_orders()] == [leg]


def test_without_waiting_orders_no_mark_price_is_asked_for(exchange_v2: WeexV2, venue: Venue) -> None:
    venue.answers(PLANS, [])
    assert exchange_v2.fetch_conditional_orders() == []
    assert len(venue.requests) == 1


def test_a_word_that_nobody_knows_is_no_guess(exchange_v2: WeexV2, venue: Venue) -> None:
    venue.answers(PLANS, [plan(type="sideways")])
    with pytest.raises(WireError, match="sideways"):
        exchange_v2.fetch_conditional_orders()


POSITION = {
    "id": 689987235755328154,
    "side": "LONG",
    "margin_mode": "SHARED",
    "leverage": "20.00",
    "size": "0.02",
    "open_value": "1801.067",
    "funding_fee": "0",
    "marginSize": "89",
    "created_time": 1,
    "updated_time": 2,
    "unrealizePnl": "0",
    "liquidatePrice": "0",
}


def test_a_position_without_symbol_is_of_the_symbol_asked_for_and_otherwise_unknown(
    exchange_v2: WeexV2, venue: Venue
) -> None:
    venue.answers(f"{V2}account/position/singlePosition", [POSITION])
    venue.answers(f"{V2}account/position/allPosition", [POSITION])
    assert [row.symbol for row in exchange_v2.fetch_positions("BTCUSDT")] == ["BTCUSDT"]
    with pytest.raises(WireError, match="without a symbol"):
        exchange_v2.fetch_positions()


@pytest.mark.parametrize(
    ("increment", "smallest", "tick", "end_step", "steps"),
    [
        ("4", "0.0001", "1", 1, ("0.1", "0.0001")),
        ("0", "1", "5", 1, ("0.00001", "1")),
        ("-1", "10", "4", 5, ("0.0005", "10")),
    ],
)
def test_counts_of_decimals_become_steps(
    exchange_v2: WeexV2,
    venue: Venue,
    increment: str,
    smallest: str,
    tick: str,
    end_step: int,
    steps: tuple[str, str],
) -> None:
    row = {
        "symbol": "cmt_xrpusdt",
        "underlying_index": "XRP",
        "quote_currency": "USDT",
        "contract_val": "1",
        "size_increment": increment,
        "tick_size": tick,
        "priceEndStep": end_step,
        "maxLeverage": 20,
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0008",
        "minOrderSize": smallest,
        "maxOrderSize": "1000",
    }
    venue.answers(f"{V2}market/contracts", [row])
    instrument = exchange_v2.fetch_instruments()["XRPUSDT"]
    assert (instrument.price_step, instrument.quantity_step) == (Decimal(steps[0]), Decimal(steps[1]))


def test_a_history_that_begins_before_the_newest_hundred_is_not_given_in_part(
    exchange_v2: WeexV2, venue: Venue
) -> None:
    row = plan(status="filled", type="open_long", price_avg="1")
    venue.answers(f"{V2}order/history", [row | {"order_id": str(n), "createTime": str(5_000 + n)} for n in range(100)])
    assert len(exchange_v2.fetch_order_history(None, start_ms=5_000, end_ms=5_049)) == 50
    with pytest.raises(UnavailableError, match="unknown"):
        exchange_v2.fetch_order_history(None, start_ms=4_999, end_ms=5_049)


def test_candles_of_another_length_are_not_taken_for_those_asked_for(exchange_v2: WeexV2, venue: Venue) -> None:
    from weexctl.errors import DataError
    from weexctl.model.candle import Timeframe

    hour = 3_600_000
    last = venue.clock.time_ms // hour * hour
    rows = [[str(last - n * 2 * hour), "1", "1", "1", "1", "1", "1"] for n in range(3)]
    venue.answers(f"{V2}market/candles", rows)
    venue.answers(f"{V2}market/historyCandles", rows)
    with pytest.raises(DataError, match="missing"):
        exchange_v2.fetch_candles("BTCUSDT", Timeframe.H1, limit=2)
