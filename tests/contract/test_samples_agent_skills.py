"""The endpoint catalogue of WEEX's own skills: every endpoint is called, and every call fits its description."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.errors import WeexctlError
from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_demo import WeexV3Demo
from weexctl.exchange.v3_endpoints import ENDPOINTS
from weexctl.model.account import MarginMode
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import OrderRequest, OrderType
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.contract.conftest import SampleVenue

pytestmark = pytest.mark.shared_data

ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.01"),
    client_order_id="my-order-0001",
    type=OrderType.LIMIT,
    price=Decimal(50_000),
    stop_price=Decimal(48_000),
    target_price=Decimal(56_000),
)
ID = "702345678901234567"
Ask = Callable[[WeexV3, WeexV3Demo], object]

CALLS: dict[tuple[str, str], Ask] = {
    ("POST", "account/positionMargin"): lambda it, _: it.adjust_margin(ID, Decimal(5)),
    ("POST", "account/marginType"): lambda it, _: it.set_margin_mode("BTCUSDT", MarginMode.ISOLATED),
    ("GET", "account/balance"): lambda it, _: it.fetch_balance(),
    ("GET", "account/accountConfig"): lambda it, _: it.fetch_account_config(),
    ("GET", "account/position/allPosition"): lambda it, _: it.fetch_positions(),
    ("GET", "account/commissionRate"): lambda it, _: it.fetch_commission("BTCUSDT"),
    ("POST", "account/modifyAutoAppendMargin"): lambda it, _: it.set_auto_margin(ID, enabled=True),
    ("POST", "account/leverage"): lambda it, _: it.set_leverage("BTCUSDT", 2, margin_mode=MarginMode.ISOLATED),
    ("GET", "market/apiTradingSymbols"): lambda it, _: it.fetch_tradable_symbols(),
    ("GET", "market/ticker/bookTicker"): lambda it, _: it.fetch_book_ticker("BTCUSDT"),
    ("GET", "market/depth"): lambda it, _: it.fetch_depth("BTCUSDT", levels=200),
    ("GET", "market/historyKlines"): lambda it, _: it.fetch_candles(
        "BTCUSDT", Timeframe.H1, limit=5, end_ms=1_700_000_000_000, price=PriceSource.MARK
    ),
    ("GET", "market/klines"): lambda it, _: it.fetch_candles("BTCUSDT", Timeframe.H1, limit=5),
    ("GET", "market/openInterest"): lambda it, _: it.fetch_open_interest("BTCUSDT"),
    ("GET", "sim/position/allPosition"): lambda _, demo: demo.fetch_positions("BTCUSDT"),
    ("GET", "sim/order/history"): lambda _, demo: demo.fetch_order_history("BTCUSDT", start_ms=1, end_ms=2),
    ("DELETE", "allOpenOrders"): lambda it, _: it.cancel_all_orders("BTCUSDT"),
    ("DELETE", "batchOrders"): lambda it, _: it.cancel_orders([ID]),
    ("DELETE", "algoOrder"): lambda it, _: it.cancel_conditional_order(ID),
    ("GET", "order/history"): lambda it, _: it.fetch_order_history("BTCUSDT", start_ms=1, end_ms=2),
    ("GET", "order"): lambda it, _: it.fetch_order(ID),
    ("GET", "userTrades"): lambda it, _: it.fetch_fills("BTCUSDT", start_ms=1, end_ms=2, order_id=ID),
    ("POST", "order"): lambda it, _: it.place_order(replace(ORDER, client_order_id="another-1")),
}
NUMBERS = {"Integer": int, "Boolean": bool, "String": str}


def _catalogue(shared_folder: pathlib.Path) -> list[dict[str, Any]]:
    file = shared_folder / "weex-fixtures" / "weex-agent-skills" / "contract-endpoints.json"
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["endpoints"]
    return rows


def test_all_twenty_three_endpoints_are_called(shared_folder: pathlib.Path) -> None:
    rows = _catalogue(shared_folder)
    assert len(rows) == 23
    assert {(row["method"], row["path"].removeprefix("/capi/v3/")) for row in rows} == CALLS.keys()


@pytest.mark.parametrize(("method", "path"), CALLS, ids=[" ".join(key) for key in CALLS])
def test_a_call_fits_the_catalogue(
    sample_client: WeexV3,
    demo_client: WeexV3Demo,
    sample_venue: SampleVenue,
    shared_folder: pathlib.Path,
    method: str,
    path: str,
) -> None:
    full = f"/capi/v3/{path}"
    row = next(row for row in _catalogue(shared_folder) if (row["method"], row["path"]) == (method, full))
    try:
        CALLS[method, path](sample_client, demo_client)
    except WeexctlError as error:  # the empty answer is not the point here
        if not sample_venue.requests:
            raise AssertionError("nothing was sent") from error
    sent = next(request for request in sample_venue.requests if (request.method, request.url.path) == (method, full))
    said = json.loads(sent.content) if sent.content else dict(sent.url.params)
    known = {parameter["name"]: parameter for parameter in row["request_params"]}
    assert said.keys() <= known.keys()
    assert {name for name, parameter in known.items() if parameter["required"] == "Yes"} <= said.keys()
    assert ("access-sign" in sent.headers) == row["requires_auth"]
    if row["requires_auth"]:
        assert sample_venue.proves(sent)
    if sent.content:
        for name, value in said.items():
            kind = NUMBERS.get(known[name]["type"])
            assert kind is None or type(value) is kind, name


def test_our_weights_are_those_of_the_catalogue(shared_folder: pathlib.Path) -> None:
    rows = _catalogue(shared_folder)
    theirs = {(row["method"], row["path"]): (row["weight_ip"], row["weight_uid"] or 0) for row in rows}
    ours = {(row.method, row.path): (row.ip_weight, row.uid_weight) for row in ENDPOINTS}
    assert theirs.items() <= ours.items()


def test_what_is_signed_is_what_the_catalogue_says(shared_folder: pathlib.Path) -> None:
    theirs = {(row["method"], row["path"]): row["requires_auth"] for row in _catalogue(shared_folder)}
    ours = {(row.method, row.path): row.private for row in ENDPOINTS}
    assert theirs.items() <= ours.items()
