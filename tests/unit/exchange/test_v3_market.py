from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from weexctl.errors import UsageError, WireError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v3 import WeexV3
from weexctl.ports import Exchange

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

INFO, PRICE = "/capi/v3/market/exchangeInfo", "/capi/v3/market/symbolPrice"
FUNDING = "/capi/v3/market/fundingRate"
HOUR = 3_600_000


def contract(symbol: str, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "symbol": symbol,
        "baseAsset": symbol.removesuffix("USDT"),
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": 2,
        "quantityPrecision": 3,
        "contractVal": 0.001,
        "delivery": ["00:00:00", "08:00:00", "16:00:00"],
        "minLeverage": 1,
        "maxLeverage": 400,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0008,
        "minOrderSize": 0.001,
        "maxOrderSize": 1000000,
        "maxPositionSize": 5000000,
        "marketOpenLimitSize": 2300,
    }
    return row | changes


def test_the_client_is_an_exchange(exchange: WeexV3) -> None:
    port: Exchange = exchange
    assert port is exchange


def test_the_servers_time_is_read(exchange: WeexV3, venue: Venue) -> None:
    venue.answers("/capi/v3/market/time", '{"serverTime":1764505776347}')
    assert exchange.fetch_server_time() == 1_764_505_776_347


def test_only_the_traded_symbols_are_listed_in_our_order(exchange: WeexV3, venue: Venue) -> None:
    rows = [contract(symbol) for symbol in ("PEPEUSDT", "LTCUSDT", "ETHUSDT", "BTCUSDT")]
    venue.answers(INFO, {"assets": [], "symbols": rows, "rateLimits": [{"interval": "MINUTE"}]})
    assert list(exchange.fetch_instruments()) == ["BTCUSDT", "ETHUSDT", "LTCUSDT"]


def test_numbers_and_texts_give_the_same_instrument(exchange: WeexV3, venue: Venue) -> None:
    plain = contract("ETHUSDT")
    text = {key: str(value) if isinstance(value, int | float) else value for key, value in plain.items()}
    venue.answers(INFO, {"symbols": [plain]}, {"symbols": [text]})
    first, second = exchange.fetch_instruments()["ETHUSDT"], exchange.fetch_instruments()["ETHUSDT"]
    assert first == second
    assert (first.price_step, first.quantity_step, first.taker_fee) == (
        Decimal("0.01"),
        Decimal("0.001"),
        Decimal("0.0008"),
    )
    assert (first.max_leverage, first.max_market_quantity, first.funding_interval_ms) == (400, Decimal(2300), 8 * HOUR)


def test_a_negative_precision_is_a_step_of_tens(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(INFO, {"symbols": [contract("DOGEUSDT", quantityPrecision=-2, minOrderSize=100)]})
    instrument = exchange.fetch_instruments()["DOGEUSDT"]
    assert instrument.quantity_step == 100
    assert instrument.round_quantity(Decimal("1299.9")) == 1200


def test_a_smallest_order_off_the_step_is_refused(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(INFO, {"symbols": [contract("BTCUSDT", minOrderSize=0.0005)]})
    with pytest.raises(WireError, match="not a multiple"):
        exchange.fetch_instruments()


def test_the_mark_price_is_asked_for_by_name(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(PRICE, '{"symbol":"ETHUSDT","price":"1929.18","time":1786347445044}')
    assert exchange.fetch_mark_price("ETHUSDT") == Decimal("1929.18")
    assert venue.last_query == {"symbol": "ETHUSDT", "priceType": "MARK"}


@pytest.mark.parametrize(
    "body",
    [
        '{"symbol":"BTCUSDT","price":"1929.18","time":1}',
        '{"symbol":"ETHUSDT","price":"0","time":1}',
        '{"symbol":"ETHUSDT","price":null,"time":1}',
        '{"symbol":"ETHUSDT","price":"NaN","time":1}',
        '{"symbol":"ETHUSDT","price":NaN,"time":1}',
        '{"symbol":"ETHUSDT","price":"1_000","time":1}',
        '{"symbol":"ETHUSDT","price":true,"time":1}',
        '{"symbol":"ETHUSDT","time":1}',
        "[]",
    ],
)
def test_a_price_that_is_none_is_never_a_number(exchange: WeexV3, venue: Venue, body: str) -> None:
    venue.answers(PRICE, body)
    with pytest.raises(WireError):
        exchange.fetch_mark_price("ETHUSDT")


TICKER = (
    '[{"symbol":"ETHUSDT","priceChange":"-75.49","priceChangePercent":"-0.034992","lastPrice":"2081.80",'
    '"openPrice":"2157.29","highPrice":"2167.51","lowPrice":"2059.17","volume":"623160.426",'
    '"quoteVolume":"1310647345.19346","openTime":1775493000000,"closeTime":1775579400000,"markPrice":"2081.8",'
    '"indexPrice":"2082.75"}]'
)


def test_the_ticker_keeps_the_ratio_and_both_volumes(exchange: WeexV3, venue: Venue) -> None:
    venue.answers("/capi/v3/market/ticker/24hr", TICKER)
    ticker = exchange.fetch_ticker("ETHUSDT")
    assert (ticker.last, ticker.change_ratio) == (Decimal("2081.80"), Decimal("-0.034992"))
    assert (ticker.volume, ticker.turnover) == (Decimal("623160.426"), Decimal("1310647345.19346"))


@pytest.mark.parametrize(
    ("path", "call"),
    [("ticker/24hr", "fetch_ticker"), ("ticker/bookTicker", "fetch_book_ticker"), ("premiumIndex", "fetch_premium")],
)
def test_an_answer_without_the_symbol_is_not_an_empty_value(
    exchange: WeexV3, venue: Venue, path: str, call: str
) -> None:
    venue.answers(f"/capi/v3/market/{path}", [])
    with pytest.raises(WireError, match="without BTCUSDT"):
        getattr(exchange, call)("BTCUSDT")


def test_the_order_book_is_best_first(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(
        "/capi/v3/market/depth",
        '{"asks":[["2096.77","45.592"]],"bids":[["2096.76","49.162"]],"lastUpdateId":14138610208}',
    )
    depth = exchange.fetch_depth("ETHUSDT", levels=200)
    assert depth.asks == ((Decimal("2096.77"), Decimal("45.592")),)
    assert (depth.update_id, venue.last_query["limit"]) == ("14138610208", "200")
    with pytest.raises(UsageError):
        exchange.fetch_depth("ETHUSDT", levels=20)


def test_funding_of_a_long_span_is_asked_for_week_by_week_and_comes_once(exchange: WeexV3, venue: Venue) -> None:
    start_ms = 1_775_520_000_000

    def answer(request: httpx.Request) -> httpx.Response:
        low_ms, high_ms = (int(request.url.params[name]) for name in ("startTime", "endTime"))
        assert high_ms - low_ms <= 7 * 24 * HOUR
        times = range(-(-low_ms // (8 * HOUR)) * 8 * HOUR, high_ms + 1, 8 * HOUR)
        rows = [{"symbol": "ETHUSDT", "fundingRate": "0.00001031", "fundingTime": at} for at in times]
        return httpx.Response(200, json=rows[::-1])

    venue.answers(FUNDING, answer)
    history = exchange.fetch_funding_rates("ETHUSDT", start_ms=start_ms, end_ms=start_ms + 30 * 24 * HOUR)
    assert history.time_ms.tolist() == [start_ms + number * 8 * HOUR for number in range(91)]
    assert history.rate[0] == 0.00001031
    assert len(venue.requests) == 5


def test_no_settlement_is_an_empty_history(exchange: WeexV3, venue: Venue) -> None:
    venue.answers(FUNDING, [])
    assert exchange.fetch_funding_rates("ETHUSDT", start_ms=0, end_ms=HOUR).time_ms.tolist() == []


def test_a_wrong_local_clock_still_signs_with_the_exchanges_time(venue: Venue, credentials: Credentials) -> None:
    venue.answers("/capi/v3/market/time", {"serverTime": 1_775_760_000_000})
    venue.answers("/capi/v3/account/position/allPosition", [])
    exchange = connect(
        credentials=credentials,
        transport=httpx.MockTransport(venue.handle),
        limiter=Unlimited(),
        local_ms=lambda: 12_345.0,
    )
    assert exchange.fetch_positions() == []
    assert venue.last.headers["access-timestamp"] == "1775760000000"
    assert exchange.clock.now_ms() == 1_775_760_000_000
    assert [request.url.path for request in venue.requests].count("/capi/v3/market/time") == 5


def test_connecting_sends_nothing(venue: Venue, credentials: Credentials) -> None:
    connect(credentials=credentials, transport=httpx.MockTransport(venue.handle)).close()
    assert venue.requests == []
