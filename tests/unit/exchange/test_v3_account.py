from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weexctl.errors import ExchangeError, OrderNotFoundError, UnavailableError, UsageError, WireError
from weexctl.exchange.v3 import WeexV3
from weexctl.model.account import MarginMode
from weexctl.model.order import Leg, OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

ORDER, HISTORY, OPEN = "/capi/v3/order", "/capi/v3/order/history", "/capi/v3/openOrders"
FILLS, PLANS = "/capi/v3/userTrades", "/capi/v3/openAlgoOrders"
POSITIONS, BALANCE = "/capi/v3/account/position/allPosition", "/capi/v3/account/balance"

# Seen answers of the API reference, sections 14.5, 15.6, 15.8 and 15.10.
POSITION = (
    '{"id":737191855967437160,"asset":"USDT","symbol":"DOGEUSDT","side":"LONG","marginType":"CROSSED",'
    '"separatedMode":"COMBINED","separatedOpenOrderId":0,"leverage":"20.00","size":"300","openValue":"27.96900",'
    '"openFee":"0.02237520","fundingFee":"0","marginSize":"100","isolatedMargin":"0",'
    '"isAutoAppendIsolatedMargin":false,"cumOpenSize":"300","cumOpenValue":"27.96900","cumOpenFee":"0.02237520",'
    '"cumCloseSize":"0","cumCloseValue":"0","cumCloseFee":"0","cumFundingFee":"0","cumLiquidateFee":"0",'
    '"createdMatchSequenceId":5762536243,"updatedMatchSequenceId":5762741613,"createdTime":1775760234825,'
    '"updatedTime":1775763170789,"unrealizePnl":"0.00600","liquidatePrice":"0"}'
)
RESTING = (
    '{"avgPrice":"0.00000","clientOrderId":"857e1482-3225-44ce-bc0a-947714c5cabc","cumQuote":"0","executedQty":"0",'
    '"orderId":737185556881998184,"origQty":"1400","price":"0.05000","reduceOnly":false,"side":"BUY",'
    '"positionSide":"LONG","status":"NEW","stopPrice":"0","symbol":"DOGEUSDT","time":1775758733006,'
    '"timeInForce":"GTC","type":"LIMIT","updateTime":1775758733006,"workingType":"UNKNOWN_PRICE_TYPE"}'
)
PLAN = (
    '{"algoId":737074389748547944,"clientAlgoId":"d574f517-cea5-433e-b029-415590d3bb80","algoType":"CONDITIONAL",'
    '"orderType":"STOP_MARKET","symbol":"DOGEUSDT","side":"SELL","positionSide":"LONG","timeInForce":"IOC",'
    '"quantity":"100","algoStatus":"UNTRIGGERED","actualOrderId":737074043320009064,"actualPrice":"0.00000",'
    '"triggerPrice":"0.02000","price":"0.00000","tpTriggerPrice":null,"tpPrice":null,"slTriggerPrice":null,'
    '"slPrice":null,"tpOrderType":null,"workingType":"CONTRACT_PRICE","closePosition":false,"reduceOnly":true,'
    '"createTime":1775732228695,"updateTime":1775732228695,"triggerTime":0}'
)


def changed(text: str, **members: Any) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(text)
    return row | members


def test_an_empty_list_is_a_flat_account(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(POSITIONS, [])
    assert exchange.fetch_positions() == []


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.Response(503), httpx.Response(404)])
def test_a_failed_read_is_never_a_flat_account(exchange: WeexV3, venue: Venue, failure: object) -> None:
    venue.answers(POSITIONS, failure)
    with pytest.raises(ExchangeError):
        exchange.fetch_positions()


@pytest.mark.parametrize("body", ["{}", "null", '{"code":"200"}', '[{"id":1}]', "[null]"])
def test_an_answer_without_positions_is_never_a_flat_account(exchange: WeexV3, venue: Venue, body: str) -> None:
    venue.answers(POSITIONS, body)
    with pytest.raises(WireError):
        exchange.fetch_positions()


def test_the_entry_price_is_open_value_over_size(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(POSITIONS, f"[{POSITION}]")
    (position,) = exchange.fetch_positions()
    assert position.entry_price == Decimal("0.09323")
    assert (position.position_id, position.side, position.quantity) == (
        "737191855967437160",
        PositionSide.LONG,
        Decimal(300),
    )
    assert (position.leverage, position.margin_mode, position.liquidation_price) == (
        Decimal(20),
        MarginMode.CROSS,
        None,
    )


def test_a_row_without_size_is_no_position(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(POSITIONS, [changed(POSITION, size="0.000", openValue="0")])
    assert exchange.fetch_positions() == []


def test_one_symbol_has_an_endpoint_of_its_own(exchange: WeexV3, venue: Venue) -> None:
    venue.answers("/capi/v3/account/position/singlePosition", f"[{POSITION}]")
    assert len(exchange.fetch_positions("DOGEUSDT")) == 1
    assert venue.last_query == {"symbol": "DOGEUSDT"}


def test_the_balance_is_the_usdt_row(exchange: WeexV3, venue: Venue) -> None:
    row = {
        "balance": "5696.49288823",
        "availableBalance": "5413.06877369",
        "frozen": "81.2824",
        "unrealizePnl": "-34.553",
    }
    venue.answers(BALANCE, [row | {"asset": "BTC"}, row | {"asset": "USDT", "balance": "100.5"}])
    balance = exchange.fetch_balance()
    assert (balance.asset, balance.equity, balance.wallet) == ("USDT", Decimal("100.5"), Decimal("135.053"))


def test_no_usdt_row_is_unknown_and_not_zero(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(BALANCE, [])
    with pytest.raises(WireError, match="balance is unknown"):
        exchange.fetch_balance()


def test_a_resting_order_is_read_as_documented(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(OPEN, f"[{RESTING}]")
    (order,) = exchange.fetch_open_orders()
    assert (order.order_id, order.client_order_id) == ("737185556881998184", "857e1482-3225-44ce-bc0a-947714c5cabc")
    assert (order.side, order.position_side, order.type) == (Side.BUY, PositionSide.LONG, OrderType.LIMIT)
    assert (order.status, order.time_in_force, order.price) == (OrderStatus.OPEN, TimeInForce.GTC, Decimal("0.05"))
    assert (order.average_price, order.filled_quantity, order.quantity) == (None, Decimal(0), Decimal(1400))


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PENDING", OrderStatus.PENDING),
        ("NEW", OrderStatus.OPEN),
        ("FILLED", OrderStatus.FILLED),
        ("CANCELING", OrderStatus.CANCELLING),
        ("CANCELED", OrderStatus.CANCELLED),
        ("EXPIRED", OrderStatus.EXPIRED),
        ("UNTRIGGERED", OrderStatus.UNTRIGGERED),
    ],
)
def test_each_status_has_its_meaning(exchange: WeexV3, venue: Venue, word: str, status: OrderStatus) -> None:
    venue.answers(ORDER, changed(RESTING, status=word))
    assert exchange.fetch_order("737185556881998184").status is status


def test_an_unknown_status_is_refused_and_not_guessed(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(ORDER, changed(RESTING, status="HALF_DONE"))
    with pytest.raises(WireError, match="HALF_DONE"):
        exchange.fetch_order("737185556881998184")


def test_an_unknown_type_in_a_history_does_not_hide_the_rest(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(HISTORY, [changed(RESTING, type="LIQUIDATION", price="0.000", status="FILLED"), changed(RESTING)])
    orders = exchange.fetch_order_history(None, start_ms=0, end_ms=1)
    assert [order.type for order in orders] == [OrderType.LIMIT]  # both rows have one id: the later wins
    venue.answers(ORDER, changed(RESTING, type="LIQUIDATION", price="0.000", status="FILLED"))
    assert exchange.fetch_order("737185556881998184").type is OrderType.MARKET


def test_an_answer_about_another_order_is_refused(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(ORDER, RESTING)
    with pytest.raises(WireError, match="another order"):
        exchange.fetch_order("1")


def test_an_order_the_exchange_does_not_know_has_its_own_error(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(ORDER, {"code": -3200, "msg": "order not exist"}, status=400)
    with pytest.raises(OrderNotFoundError):
        exchange.fetch_order("1")


def test_a_client_id_is_not_asked_for_as_an_order_id(exchange: WeexV3, venue: Venue) -> None:
    with pytest.raises(UsageError):
        exchange.fetch_order("wx00abc")
    assert venue.requests == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(number=st.integers(10**17, 10**20 - 1), as_text=st.booleans())
def test_ids_of_18_to_20_digits_survive(exchange: WeexV3, venue: Venue, number: int, as_text: bool) -> None:
    order_id = str(number) if as_text else number
    venue.answers(ORDER, changed(RESTING, orderId=order_id))
    venue._script[ORDER] = venue._script[ORDER][-1:]
    assert exchange.fetch_order(str(number)).order_id == str(number)
    assert venue.last_query == {"orderId": str(number)}


@pytest.mark.parametrize("damaged", ["7.37185556881998184e17", "737185556881998184.0", '"7371855568819981x4"', "true"])
def test_an_id_with_damaged_digits_is_refused(exchange: WeexV3, venue: Venue, damaged: str) -> None:
    venue.answers(OPEN, f"[{RESTING.replace('737185556881998184', damaged)}]")
    with pytest.raises(WireError, match="orderId"):
        exchange.fetch_open_orders()


def test_open_orders_come_from_all_pages_each_once(exchange: WeexV3, venue: Venue) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["page"]) * 99  # a row moved on while we read
        rows = [changed(RESTING, orderId=1000 + number, time=number) for number in range(start, min(start + 100, 230))]
        return httpx.Response(200, json=rows)

    venue.answers(OPEN, page)
    orders = exchange.fetch_open_orders("DOGEUSDT")
    assert [order.order_id for order in orders] == [str(1000 + number) for number in range(230)]
    assert [request.url.params["page"] for request in venue.requests] == ["0", "1", "2"]


def test_conditional_orders_count_their_pages_from_one(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(PLANS, [changed(PLAN, algoId=number) for number in range(100)], [])
    assert len(exchange.fetch_conditional_orders()) == 100
    assert [request.url.params["page"] for request in venue.requests] == ["1", "2"]


def test_pages_without_an_end_are_given_up(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(OPEN, [changed(RESTING, orderId=number) for number in range(100)])
    with pytest.raises(UnavailableError, match="not complete"):
        exchange.fetch_open_orders()
    assert len(venue.requests) == 50


def test_a_stop_is_read_as_documented(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(PLANS, f"[{PLAN}]")
    (stop,) = exchange.fetch_conditional_orders("DOGEUSDT")
    assert (stop.order_id, stop.leg, stop.protective) == ("737074389748547944", Leg.STOP, True)
    assert (stop.trigger_price, stop.trigger_source) == (Decimal("0.02"), TriggerSource.LAST)
    assert (stop.status, stop.price, stop.triggered_ms) == (OrderStatus.UNTRIGGERED, None, None)
    assert stop.parent_order_id == "737074043320009064"


@pytest.mark.parametrize(
    ("order_type", "side", "leg", "price"),
    [
        ("STOP", "SELL", Leg.STOP, Decimal("0.05")),
        ("TAKE_PROFIT", "SELL", Leg.TARGET, Decimal("0.05")),
        ("TAKE_PROFIT_MARKET", "SELL", Leg.TARGET, None),
        ("STOP", "BUY", Leg.ENTRY, Decimal("0.05")),
    ],
)
def test_what_a_conditional_order_is_for_follows_from_its_type_and_side(
    exchange: WeexV3, venue: Venue, order_type: str, side: str, leg: Leg, price: Decimal | None
) -> None:
    venue.answers(PLANS, [changed(PLAN, orderType=order_type, side=side, price="0.05")])
    (order,) = exchange.fetch_conditional_orders()
    assert (order.leg, order.price) == (leg, price)


def fill_row(number: int, time_ms: int) -> dict[str, Any]:
    return {
        "id": 737074389731770000 + number,
        "orderId": 737074043320009064,
        "symbol": "DOGEUSDT",
        "buyer": True,
        "commission": "0.00183500",
        "commissionAsset": "USDT",
        "maker": True,
        "price": "0.09175",
        "qty": "100",
        "quoteQty": "9.17500",
        "realizedPnl": "0",
        "side": "BUY",
        "positionSide": "LONG",
        "time": time_ms,
    }


def test_fills_of_months_come_whole_from_pages_of_a_hundred(exchange: WeexV3, venue: Venue) -> None:
    day = 86_400_000
    rows = [fill_row(number, 10 * day + number * 7_001) for number in range(431)]
    rows += [fill_row(1_000 + number, 40 * day + number * day) for number in range(20)]

    def answer(request: httpx.Request) -> httpx.Response:
        low_ms, high_ms = (int(request.url.params[name]) for name in ("startTime", "endTime"))
        assert high_ms - low_ms <= 7 * day
        inside = [row for row in rows if low_ms <= row["time"] <= high_ms]
        return httpx.Response(200, json=inside[::-1][:100])

    venue.answers(FILLS, answer)
    fills = exchange.fetch_fills("DOGEUSDT", start_ms=0, end_ms=70 * day)
    assert [fill.fill_id for fill in fills] == [str(row["id"]) for row in rows]
    assert (fills[0].fee, fills[0].value, fills[0].maker) == (Decimal("0.001835"), Decimal("9.175"), True)


def test_fills_of_one_order_are_those_of_that_order_even_if_the_exchange_shows_more(
    exchange: WeexV3, venue: Venue
) -> None:
    other = fill_row(2, 5) | {"orderId": 99}
    venue.answers(FILLS, [fill_row(1, 4), other])
    fills = exchange.fetch_fills(None, start_ms=0, end_ms=10, order_id="737074043320009064")
    assert [fill.order_id for fill in fills] == ["737074043320009064"]
    assert venue.last_query["orderId"] == "737074043320009064"


def test_order_history_is_asked_for_in_spans_of_ninety_days(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(HISTORY, [])
    exchange.fetch_order_history("DOGEUSDT", start_ms=0, end_ms=100 * 86_400_000)
    spans = [int(request.url.params["endTime"]) - int(request.url.params["startTime"]) for request in venue.requests]
    assert sorted(spans) == [10 * 86_400_000, 90 * 86_400_000]


def test_leverage_is_the_row_of_the_symbol(exchange: WeexV3, venue: Venue) -> None:
    row = {
        "symbol": "BTCUSDT",
        "marginType": "ISOLATED",
        "separatedType": "SEPARATED",
        "crossLeverage": "20.00",
        "isolatedLongLeverage": "5",
        "isolatedShortLeverage": "7",
    }
    venue.answers("/capi/v3/account/symbolConfig", [row | {"symbol": "ETHUSDT", "crossLeverage": "3"}, row])
    setting = exchange.fetch_leverage("BTCUSDT")
    assert (setting.margin_mode, setting.separated, setting.cross) == (MarginMode.ISOLATED, True, Decimal(20))
    assert (setting.isolated_long, setting.isolated_short) == (Decimal(5), Decimal(7))


def test_leverage_of_a_symbol_that_is_not_in_the_answer_is_unknown(exchange: WeexV3, venue: Venue) -> None:
    venue.answers("/capi/v3/account/symbolConfig", [])
    with pytest.raises(WireError, match="leverage is unknown"):
        exchange.fetch_leverage("BTCUSDT")
