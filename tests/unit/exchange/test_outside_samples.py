"""Samples of other people's clients: their answers must parse, their requests must be ours, their weights agree."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_endpoints import ENDPOINTS
from weexctl.model.candle import Timeframe
from weexctl.model.order import Leg, OrderRequest, OrderStatus, OrderType, TriggerSource
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

pytestmark = pytest.mark.shared_data

ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.01"),
    client_order_id="my-order-0001",
)
Ask = Callable[[WeexV3], Any]

# File of the sample, the call it answers, and what must come out of it.
SAMPLES: list[tuple[str, Ask, Callable[[Any], object], object]] = [
    (
        "Account/GetAccountConfig",
        lambda exchange: exchange.fetch_account_config(),
        lambda it: (it.can_trade, it.can_withdraw, it.hedge_mode),
        (True, True, True),
    ),
    (
        "Account/GetBalances",
        lambda exchange: exchange.fetch_balance(),
        lambda it: (it.equity, it.available, it.frozen, it.unrealised),
        (Decimal("5696.49288823"), Decimal("5413.06877369"), Decimal("81.2824"), Decimal("-34.553")),
    ),
    (
        "Account/GetSymbolConfig",
        lambda exchange: exchange.fetch_leverage("BTCUSDT"),
        lambda it: (it.cross, it.isolated_long, it.separated),
        (20, 20, False),
    ),
    (
        "ExchangeData/GetBookTicker",
        lambda exchange: exchange.fetch_book_ticker("BTCUSDT"),
        lambda it: (it.bid, it.ask, it.time_ms),
        (Decimal("69350.1"), Decimal("69351.0"), 1764505776000),
    ),
    (
        "ExchangeData/GetExchangeInfo",
        lambda exchange: exchange.fetch_instruments()["BTCUSDT"],
        lambda it: (it.price_step, it.quantity_step, it.min_quantity, it.max_leverage, it.funding_interval_ms),
        (Decimal("0.1"), Decimal("0.000001"), Decimal("0.0001"), 408, 6 * 3_600_000),
    ),
    (
        "ExchangeData/GetFundingRate",
        lambda exchange: exchange.fetch_premium("BTCUSDT"),
        lambda it: (it.last_rate, it.interval_ms, it.next_funding_ms),
        (Decimal("0.00025"), 8 * 3_600_000, 1764510000000),
    ),
    (
        "ExchangeData/GetKlines",
        lambda exchange: exchange.fetch_candles("BTCUSDT", Timeframe.M1, limit=1),
        lambda it: (it.open_time_ms.tolist(), it.close.tolist(), it.volume.tolist()),
        ([1764505740000], [69355.2], [25.678]),
    ),
    (
        "Trading/GetOpenConditionalOrders",
        lambda exchange: exchange.fetch_conditional_orders()[0],
        lambda it: (it.order_id, it.leg, it.trigger_source, it.price, it.parent_order_id),
        ("812345678901234500", Leg.ENTRY, TriggerSource.MARK, Decimal(68800), None),
    ),
    (
        "Trading/GetOpenOrders",
        lambda exchange: exchange.fetch_open_orders("BTCUSDT")[0],
        lambda it: (it.order_id, it.status, it.average_price),
        ("702345678901234567", OrderStatus.FILLED, Decimal("68990.5")),
    ),
    (
        "Trading/GetOrderHistory",
        lambda exchange: exchange.fetch_order_history("BTCUSDT", start_ms=0, end_ms=1)[0],
        lambda it: (it.order_id, it.type, it.reduce_only, it.client_order_id),
        ("702345678901234567", OrderType.LIMIT, False, "hist-1"),
    ),
    (
        "Trading/GetPositions",
        lambda exchange: exchange.fetch_positions()[0],
        lambda it: (it.position_id, it.entry_price, it.liquidation_price, it.funding),
        ("689987235755328154", Decimal("90053.35"), None, Decimal("1.22618160")),
    ),
    (
        "Trading/GetUserTrades",
        lambda exchange: exchange.fetch_fills("BTCUSDT", start_ms=0, end_ms=1)[0],
        lambda it: (it.fill_id, it.order_id, it.fee, it.value),
        ("801234567890123456", "702345678901234567", Decimal("0.138"), Decimal(690)),
    ),
    (
        "Trading/PlaceOrder",
        lambda exchange: exchange.place_order(ORDER),
        lambda it: (it.order_id, it.client_order_id),
        ("702345678901234567", "my-order-0001"),
    ),
]
NOT_OURS = {
    "Account/AdjustIsolatedMargin",
    "Account/SetAutoAppendMargin",
    "ExchangeData/GetIndexPriceKlines",
    "ExchangeData/GetMarkPriceKlines",
    "ExchangeData/GetTradingSymbols",
    "Trading/CancelAllConditionalOrders",
    "Trading/PlaceConditionalOrder",
}
"""Endpoints weexctl does not call."""


@pytest.mark.parametrize(("name", "ask", "pick", "expected"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_an_answer_of_the_documentation_is_read_right(
    exchange: WeexV3,
    venue: Venue,
    shared_folder: pathlib.Path,
    name: str,
    ask: Ask,
    pick: Callable[[Any], object],
    expected: object,
) -> None:
    folder = shared_folder / "weex-fixtures" / "weex-net" / "Endpoints" / "Futures"
    verb, path, signed, answer = (folder / f"{name}.txt").read_text(encoding="utf-8").split("\n", 3)
    venue.answers(path, answer)
    venue.answers("/capi/v3/market/historyKlines", [])
    assert pick(ask(exchange)) == expected
    assert venue.requests[0].method == verb
    assert ("access-sign" in venue.requests[0].headers) == (signed == "true")


def test_no_sample_is_forgotten(shared_folder: pathlib.Path) -> None:
    folder = shared_folder / "weex-fixtures" / "weex-net" / "Endpoints" / "Futures"
    found = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.txt")}
    assert found == {row[0] for row in SAMPLES} | NOT_OURS


# The outside client's case, our call, and which parameters the two share.
VECTORS: list[tuple[str, Ask, set[str]]] = [
    (
        "fetchClosedOrders (swap)",
        lambda exchange: exchange.fetch_order_history("DOGEUSDT", start_ms=0, end_ms=1),
        {"symbol"},
    ),
    ("fetchLeverage", lambda exchange: exchange.fetch_leverage("ETHUSDT"), {"symbol"}),
    (
        "fetchOpenOrders (swap, trigger)",
        lambda exchange: exchange.fetch_conditional_orders("DOGEUSDT"),
        {"symbol"},
    ),
    ("fetchPositions", lambda exchange: exchange.fetch_positions(), set()),
    ("fetchPositionsForSymbol", lambda exchange: exchange.fetch_positions("DOGEUSDT"), {"symbol"}),
    ("setLeverage (isolated)", lambda exchange: exchange.set_leverage("ETHUSDT", 8), {"symbol"}),
]


@pytest.mark.parametrize(("case", "ask", "common"), VECTORS, ids=[row[0] for row in VECTORS])
def test_our_request_is_the_outside_clients(
    exchange: WeexV3, venue: Venue, shared_folder: pathlib.Path, case: str, ask: Ask, common: set[str]
) -> None:
    file = shared_folder / "weex-fixtures" / "ccxt" / "request-vectors.json"
    vector = next(row for row in json.loads(file.read_text(encoding="utf-8"))["cases"] if row["case"] == case)
    url = urlsplit(vector["url"])
    setting = {"marginType": "CROSSED", "crossLeverage": "8", "isolatedLongLeverage": "8", "isolatedShortLeverage": "8"}
    row = setting | {"symbol": "ETHUSDT"}
    venue.answers(url.path, {"fetchLeverage": [row], "setLeverage (isolated)": row}.get(case, []))
    ask(exchange)
    sent = venue.last
    theirs = json.loads(vector["body"]) if vector["body"] else dict(parse_qsl(url.query))
    ours = json.loads(sent.content) if sent.content else dict(sent.url.params)
    assert (sent.method, sent.url.scheme, sent.url.host, sent.url.path) == (
        vector["method"],
        url.scheme,
        url.hostname,
        url.path,
    )
    assert {name: str(ours[name]) for name in common} == {name: str(theirs[name]) for name in common}


def test_a_recorded_fill_is_read_right(exchange: WeexV3, venue: Venue, shared_folder: pathlib.Path) -> None:
    file = shared_folder / "weex-fixtures" / "ccxt" / "response-samples.json"
    cases = {row["case"]: row for row in json.loads(file.read_text(encoding="utf-8"))["cases"]}
    venue.answers("/capi/v3/userTrades", cases["fetchMyTrades (swap)"]["httpResponse"])
    (fill,) = exchange.fetch_fills("DOGEUSDT", start_ms=0, end_ms=1)
    assert (fill.fill_id, fill.order_id) == ("737191855967437160", "737191855946465640")
    assert (fill.fee, fill.maker, fill.time_ms) == (Decimal("0.00745680"), False, 1775760234825)
    assert fill.fee == fill.value * Decimal("0.0008")


def test_recorded_candles_are_read_right(exchange: WeexV3, venue: Venue, shared_folder: pathlib.Path) -> None:
    file = shared_folder / "weex-fixtures" / "ccxt" / "response-samples.json"
    cases = {row["case"]: row for row in json.loads(file.read_text(encoding="utf-8"))["cases"]}
    venue.answers("/capi/v3/market/klines", cases["fetchMarkOHLCV"]["httpResponse"])
    venue.clock.time_ms = 1786304700000
    candles = exchange.fetch_candles("ETHUSDT", Timeframe.M1, limit=2)
    assert candles.close.tolist() == [1921.65, 1921.65]


def test_our_weights_are_the_catalogues(shared_folder: pathlib.Path) -> None:
    file = shared_folder / "weex-fixtures" / "weex-agent-skills" / "contract-endpoints.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["endpoints"]
    theirs = {(row["method"], row["path"]): (row["weight_ip"], row["weight_uid"] or 0) for row in rows}
    ours = {(row.method, row.path): (row.ip_weight, row.uid_weight) for row in ENDPOINTS}
    shared = theirs.keys() & ours.keys()
    assert len(shared) >= 10
    assert {key: ours[key] for key in shared} == {key: theirs[key] for key in shared}


def test_signing_is_asked_for_where_the_catalogue_says(shared_folder: pathlib.Path) -> None:
    file = shared_folder / "weex-fixtures" / "weex-agent-skills" / "contract-endpoints.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["endpoints"]
    theirs = {(row["method"], row["path"]): row["requires_auth"] for row in rows}
    for endpoint in ENDPOINTS:
        assert theirs.get((endpoint.method, endpoint.path), endpoint.private) is endpoint.private
