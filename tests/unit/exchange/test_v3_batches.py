from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from weexctl.errors import NotSentError, OutcomeUnknownError, RejectedError, UsageError, WireError
from weexctl.exchange.connect import connect
from weexctl.exchange.lane import Lane
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v3 import WeexV3
from weexctl.model.order import ConditionalRequest, OrderRequest, TriggerKind, TriggerSource
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

BATCH, ORDER, ALGO = "/capi/v3/batchOrders", "/capi/v3/order", "/capi/v3/algoOrder"
REQUEST = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="a",
)
REQUESTS = [replace(REQUEST, client_order_id=name) for name in ("a", "b", "c")]
NO_BATCHES = {"code": -1150, "msg": "Request method 'POST' not supported"}


def accepted(order_id: str, name: str = "") -> dict[str, object]:
    return {"orderId": order_id, "clientOrderId": name, "success": True, "errorCode": "", "errorMessage": ""}


def test_rows_are_told_apart_by_our_id_and_else_by_their_place(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(BATCH, [accepted("3", "c"), accepted("1", "a"), accepted("2", "b")])
    assert [row.ack and row.ack.order_id for row in exchange.place_orders(REQUESTS)] == ["1", "2", "3"]
    venue.answers(BATCH, [accepted("1"), accepted("2"), accepted("3")])
    exchange.place_orders(REQUESTS)
    assert [row.ack and row.ack.order_id for row in exchange.place_orders(REQUESTS)] == ["1", "2", "3"]


@pytest.mark.parametrize("rows", [[], [accepted("1", "a")], [{}, {}, {}], [accepted("", n) for n in "abc"]])
def test_an_order_without_a_row_that_proves_it_is_unknown(exchange: WeexV3, venue: Venue, rows: object) -> None:
    venue.answers(BATCH, rows)
    assert isinstance(exchange.place_orders(REQUESTS)[2].error, OutcomeUnknownError)
    assert len(venue.requests) == 1


def test_an_exchange_without_batches_gets_the_orders_one_by_one(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(BATCH, NO_BATCHES, status=400)
    venue.answers(ORDER, accepted("1"), {"code": -1142, "msg": "bad"}, accepted("3"))
    results = exchange.place_orders(REQUESTS)
    assert [row.ack and row.ack.order_id for row in results] == ["1", None, "3"]
    assert isinstance(results[1].error, RejectedError)
    assert [request.url.path for request in venue.requests] == [BATCH, ORDER, ORDER, ORDER]


def test_after_an_order_that_may_have_arrived_the_others_stay_here(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(BATCH, NO_BATCHES, status=400)
    venue.answers(ORDER, httpx.ReadTimeout("slow"))
    results = exchange.place_orders(REQUESTS)
    assert [type(row.error) for row in results] == [OutcomeUnknownError, NotSentError, NotSentError]
    assert len(venue.requests) == 2


def test_a_lost_batch_is_unknown_for_all_and_not_tried_one_by_one(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(BATCH, httpx.ReadTimeout("slow"))
    assert {type(row.error) for row in exchange.place_orders(REQUESTS)} == {OutcomeUnknownError}
    assert len(venue.requests) == 1


@pytest.mark.parametrize("count", [0, 6])
def test_a_batch_has_one_to_five_orders(exchange: WeexV3, venue: Venue, count: int) -> None:
    with pytest.raises(UsageError, match="nothing was sent"):
        exchange.place_orders([REQUEST] * count)
    assert venue.requests == []


def test_cancels_name_one_kind_of_id(exchange: WeexV3, venue: Venue) -> None:
    for ids, names in (([], []), (["1"], ["a"])):
        with pytest.raises(UsageError, match="nothing was sent"):
            exchange.cancel_orders(ids, client_order_ids=names)
    assert venue.requests == []


def test_cancels_by_our_ids_come_back_under_them(exchange: WeexV3, venue: Venue) -> None:
    row = {"orderId": "7", "origClientOrderId": "a", "success": True, "errorCode": "", "errorMessage": ""}
    venue.answers(BATCH, [row])
    results = exchange.cancel_orders(client_order_ids=["a", "b"])
    assert [(row.order_id, row.client_order_id) for row in results] == [("7", "a"), ("", "b")]
    assert results[0].error is None
    assert isinstance(results[1].error, OutcomeUnknownError)
    assert venue.last_body == {"origClientOrderIdList": ["a", "b"]}


def test_a_position_that_did_not_close_says_why(exchange: WeexV3, venue: Venue) -> None:
    row = {"positionId": 7, "successOrderId": 0, "errorMessage": "FAILED_PRECONDITION: x", "success": False}
    venue.answers("/capi/v3/closePositions", [row])
    (result,) = exchange.close_positions()
    assert (result.position_id, result.order_id) == ("7", None)
    assert isinstance(result.error, RejectedError)
    assert venue.last.content == b"{}"


@pytest.mark.parametrize(
    ("kind", "price", "word"),
    [
        (TriggerKind.STOP, None, "STOP_MARKET"),
        (TriggerKind.STOP, Decimal(2), "STOP"),
        (TriggerKind.TARGET, None, "TAKE_PROFIT_MARKET"),
        (TriggerKind.TARGET, Decimal(2), "TAKE_PROFIT"),
    ],
)
def test_each_waiting_order_has_its_type(
    exchange: WeexV3, venue: Venue, kind: TriggerKind, price: Decimal | None, word: str
) -> None:
    venue.answers(ALGO, accepted("9"))
    request = ConditionalRequest(
        symbol="BTCUSDT",
        side=Side.BUY,
        position_side=PositionSide.LONG,
        quantity=Decimal(1),
        trigger_price=Decimal(3),
        client_order_id="t",
        kind=kind,
        price=price,
        stop_price=Decimal(1),
        attached_source=TriggerSource.LAST,
    )
    assert exchange.place_conditional(request).order_id == "9"
    assert (venue.last_body["type"], venue.last_body["presetStopLossPrice"]) == (word, "1")
    assert venue.last_body["SlWorkingType"] == "CONTRACT_PRICE"
    assert "timeInForce" not in venue.last_body


def test_more_trades_than_the_exchange_gives_are_not_asked_for(exchange: WeexV3, venue: Venue) -> None:
    for limit in (0, 1_001):
        with pytest.raises(UsageError):
            exchange.fetch_trades("BTCUSDT", limit=limit)
    assert venue.requests == []


def test_an_answer_about_another_symbol_is_no_answer(exchange: WeexV3, venue: Venue) -> None:
    venue.answers("/capi/v3/market/openInterest", {"symbol": "ETHUSDT", "openInterest": "1", "time": 1})
    rates = {"symbol": "ETHUSDT", "makerCommissionRate": "0", "takerCommissionRate": "0"}
    venue.answers("/capi/v3/account/commissionRate", rates)
    with pytest.raises(WireError):
        exchange.fetch_open_interest("BTCUSDT")
    with pytest.raises(WireError):
        exchange.fetch_commission("BTCUSDT")


class LaneNotes:
    """A limiter that notes who asked."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []

    def acquire(self, weight: int, *, order: bool, lane: Lane) -> None:
        self.lanes.append(lane)

    def freeze(self, retry_after_ms: int | None, *, banned: bool = False) -> int:
        raise AssertionError("nothing here is refused")


def test_an_exit_goes_out_in_the_lane_that_never_waits(venue: Venue, credentials: Credentials) -> None:
    notes = LaneNotes()
    exchange = connect(
        credentials=credentials, transport=httpx.MockTransport(venue.handle), clock=venue.clock, limiter=notes
    )
    venue.answers(ORDER, accepted("1"))
    venue.answers("/capi/v3/closePositions", [])
    venue.answers("/capi/v3/market/depth", {"asks": [], "bids": [], "lastUpdateId": 1})
    venue.answers("/capi/v3/account/position/allPosition", [])
    exchange.place_order(REQUEST)
    exchange.place_order(replace(REQUEST, side=Side.SELL))
    exchange.close_positions()
    exchange.fetch_positions()
    exchange.fetch_depth("BTCUSDT")
    assert notes.lanes == [Lane.ENTRY, Lane.PROTECT, Lane.PROTECT, Lane.RECONCILE, Lane.RESEARCH]
