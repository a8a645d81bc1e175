"""Requests and answers that ccxt's own tests hold: ours are the same, theirs are read right."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from weexctl.exchange.v3 import WeexV3
from weexctl.model.account import MarginMode
from weexctl.model.candle import Candles, PriceSource, Timeframe
from weexctl.model.order import ConditionalRequest, TriggerKind
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.contract.conftest import SampleVenue

pytestmark = pytest.mark.shared_data

Ask = Callable[[WeexV3], Any]
CONFIG = {
    "symbol": "ETHUSDT",
    "marginType": "ISOLATED",
    "crossLeverage": "8",
    "isolatedLongLeverage": "8",
    "isolatedShortLeverage": "8",
}
DONE = {"code": "200", "msg": "success", "requestTime": 1764505776347}
WRITTEN = {"orderId": "702345678901234567", "success": True, "errorCode": "", "errorMessage": ""}
TARGET = ConditionalRequest(
    symbol="DOGEUSDT",
    side=Side.SELL,
    position_side=PositionSide.LONG,
    quantity=Decimal(100),
    price=Decimal("0.2"),
    trigger_price=Decimal("0.18"),
    kind=TriggerKind.TARGET,
    client_order_id="target-1",
)

# Their case, our call, what the exchange answers, and the members in which the two may differ.
# Times and ids of ours are told apart by the samples themselves; `limit` and `page` say how we page.
VECTORS: list[tuple[str, Ask, object, set[str]]] = [
    ("addMargin", lambda it: it.adjust_margin("737255283637617000", Decimal(5)), DONE, set()),
    ("closeAllPositions", lambda it: it.close_positions(), [], set()),
    ("closePosition", lambda it: it.close_positions("DOGEUSDT"), [], set()),
    ("createTakeProfitOrder", lambda it: it.place_conditional(TARGET), WRITTEN, set()),
    (
        "fetchClosedOrders (swap)",
        lambda it: it.fetch_order_history("DOGEUSDT", start_ms=0, end_ms=1),
        [],
        {"limit", "page"},
    ),
    ("fetchLeverage", lambda it: it.fetch_leverage("ETHUSDT"), [CONFIG], set()),
    (
        "fetchOpenOrders (swap, trigger)",
        lambda it: it.fetch_conditional_orders("DOGEUSDT"),
        [],
        {"limit", "page"},
    ),
    ("fetchPositionMode", lambda it: it.fetch_leverage("ETHUSDT"), [CONFIG], set()),
    ("fetchPositions", lambda it: it.fetch_positions(), [], set()),
    ("fetchPositionsForSymbol", lambda it: it.fetch_positions("DOGEUSDT"), [], set()),
    (
        "fetchTradingFee",
        lambda it: it.fetch_commission("DOGEUSDT"),
        {"symbol": "DOGEUSDT", "makerCommissionRate": "0.0002", "takerCommissionRate": "0.0008"},
        set(),
    ),
    (
        "setLeverage (isolated)",
        lambda it: it.set_leverage("ETHUSDT", 8, margin_mode=MarginMode.ISOLATED),
        CONFIG,
        set(),
    ),
]


def _requests(shared_folder: pathlib.Path) -> dict[str, Any]:
    text = (shared_folder / "weex-fixtures" / "ccxt" / "request-vectors.json").read_text(encoding="utf-8")
    vectors: dict[str, Any] = json.loads(text)
    return vectors


def _answers(shared_folder: pathlib.Path) -> dict[str, Any]:
    text = (shared_folder / "weex-fixtures" / "ccxt" / "response-samples.json").read_text(encoding="utf-8")
    return {row["case"]: row for row in json.loads(text)["cases"]}


def _members(query: str, body: str | None, without: set[str]) -> dict[str, str]:
    """What is said, as text: ccxt writes numbers where the documentation has text, and the reverse."""
    said = json.loads(body) if body else dict(parse_qsl(query))
    return {name: str(value) for name, value in said.items() if name not in without}


@pytest.mark.parametrize(("case", "ask", "answer", "apart"), VECTORS, ids=[row[0] for row in VECTORS])
def test_our_request_is_that_of_ccxt(
    sample_client: WeexV3,
    sample_venue: SampleVenue,
    shared_folder: pathlib.Path,
    case: str,
    ask: Ask,
    answer: object,
    apart: set[str],
) -> None:
    vectors = _requests(shared_folder)
    theirs = next(row for row in vectors["cases"] if row["case"] == case)
    url = urlsplit(theirs["url"])
    sample_venue.bodies[url.path] = json.dumps(answer)
    ask(sample_client)
    sent = sample_venue.requests[-1]
    without = apart | set(vectors["ignore_when_comparing"])
    assert (sent.method, sent.url.scheme, sent.url.host, sent.url.path) == (
        theirs["method"],
        url.scheme,
        url.hostname,
        url.path,
    )
    ours = _members(sent.url.query.decode(), sent.content.decode(), without)
    assert ours == _members(url.query, theirs["body"], without)
    assert sample_venue.proves(sent)


def test_all_twelve_requests_are_reproduced(shared_folder: pathlib.Path) -> None:
    cases = {row["case"] for row in _requests(shared_folder)["cases"]}
    assert len(cases) == 12
    assert cases == {row[0] for row in VECTORS}


def test_a_recorded_fill_of_ccxt_is_read_right(
    sample_client: WeexV3, sample_venue: SampleVenue, shared_folder: pathlib.Path
) -> None:
    sample_venue.bodies["/capi/v3/userTrades"] = json.dumps(
        _answers(shared_folder)["fetchMyTrades (swap)"]["httpResponse"]
    )
    (fill,) = sample_client.fetch_fills("DOGEUSDT", start_ms=0, end_ms=1)
    assert (fill.fill_id, fill.order_id) == ("737191855967437160", "737191855946465640")
    assert (fill.fee, fill.maker, fill.time_ms) == (Decimal("0.00745680"), False, 1775760234825)
    assert fill.fee == fill.value * Decimal("0.0008")


@pytest.mark.parametrize(
    ("case", "price", "closes"),
    [
        ("fetchMarkOHLCV", PriceSource.MARK, [1921.65, 1921.65]),
        ("fetchIndexOHLCV", PriceSource.INDEX, [1922.22, 1922.22]),
    ],
)
def test_recorded_candles_of_ccxt_are_read_right(
    sample_client: WeexV3,
    sample_venue: SampleVenue,
    shared_folder: pathlib.Path,
    case: str,
    price: PriceSource,
    closes: list[float],
) -> None:
    sample = _answers(shared_folder)[case]
    verb, path = sample["endpoint"].split(" ")
    sample_venue.bodies[path] = json.dumps(sample["httpResponse"])
    sample_venue.time_ms = 1_786_304_700_000
    candles: Candles = sample_client.fetch_candles("ETHUSDT", Timeframe.M1, limit=2, price=price)
    assert candles.close.tolist() == closes
    assert (sample_venue.requests[0].method, sample_venue.requests[0].url.path) == (verb, path)


def test_all_three_recorded_answers_are_read(shared_folder: pathlib.Path) -> None:
    assert set(_answers(shared_folder)) == {"fetchMyTrades (swap)", "fetchMarkOHLCV", "fetchIndexOHLCV"}
