"""The answers have the members and types of samples that other people's clients were tested with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk

pytestmark = pytest.mark.shared_data

ASKED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Trading/GetPositions": ("GET", "account/position/allPosition", {}),
    "Trading/GetOpenOrders": ("GET", "openOrders", {}),
    "Trading/GetOrderHistory": ("GET", "order/history", {}),
    "Trading/GetOpenConditionalOrders": ("GET", "openAlgoOrders", {}),
    "Trading/GetUserTrades": ("GET", "userTrades", {}),
    "Account/GetBalances": ("GET", "account/balance", {}),
    "Account/GetAccountConfig": ("GET", "account/accountConfig", {}),
    "Account/GetSymbolConfig": ("GET", "account/symbolConfig", {}),
    "ExchangeData/GetExchangeInfo": ("GET", "market/exchangeInfo", {}),
    "ExchangeData/GetBookTicker": ("GET", "market/ticker/bookTicker", {}),
    "ExchangeData/GetFundingRate": ("GET", "market/premiumIndex", {}),
    "ExchangeData/GetKlines": ("GET", "market/klines", {"symbol": "BTCUSDT", "interval": "1h"}),
    "ExchangeData/GetMarkPriceKlines": ("GET", "market/markPriceKlines", {"symbol": "BTCUSDT", "interval": "1h"}),
    "ExchangeData/GetIndexPriceKlines": ("GET", "market/indexPriceKlines", {"symbol": "BTCUSDT", "interval": "1h"}),
    "ExchangeData/GetTradingSymbols": ("GET", "market/apiTradingSymbols", {}),
    "Trading/CancelAllConditionalOrders": ("DELETE", "algoOpenOrders", {}),
}
NUMBER = (int, float)


def _sample(shared: Path, name: str) -> Any:
    text = (shared / f"weex-fixtures/weex-net/Endpoints/Futures/{name}.txt").read_text(encoding="utf-8")
    return json.loads(text.split("\n", 3)[3])


def _alike(expected: Any, found: Any, where: str) -> None:
    """Every member of the sample is there, of the same JSON type; null in the sample or in ours says nothing."""
    if expected is None or found is None:
        return
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        assert set(expected) <= set(found), f"{where}: {set(expected) - set(found)}"
        for name, value in expected.items():
            _alike(value, found[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert found, f"{where} is empty"
        if expected and isinstance(expected[0], dict):
            _alike(expected[0], found[0], f"{where}[0]")
        else:
            for number, (one, other) in enumerate(zip(expected, found, strict=False)):
                _alike(one, other, f"{where}[{number}]")
    elif isinstance(expected, bool) or not isinstance(expected, NUMBER):
        assert type(found) is type(expected), where
    else:
        assert isinstance(found, NUMBER), where
        assert not isinstance(found, bool), where


@pytest.fixture
def busy_desk(calm_desk: Desk) -> Desk:
    """A desk with a position, its stop, a resting order and some history."""
    calm_desk.order("open long", "0.1", slTriggerPrice="45000", tpTriggerPrice="56000")
    calm_desk.limit("open long", "0.1", "40000")
    calm_desk.next_candle()
    return calm_desk


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_shaped_like_the_sample(busy_desk: Desk, shared_folder: Path, name: str) -> None:
    method, path, members = ASKED[name]
    status, found = busy_desk.call(method, f"/capi/v3/{path}", **members)
    assert status == 200
    expected = _sample(shared_folder, name)
    _alike(expected, found, name)
    if path.startswith("market/") and "lines" in path:
        assert len(found[0]) == len(expected[0])


@pytest.mark.parametrize("name", ["Trading/PlaceOrder", "Trading/PlaceConditionalOrder"])
def test_placing_answers_with_exactly_the_members_of_the_sample(
    busy_desk: Desk, shared_folder: Path, name: str
) -> None:
    members = busy_desk.order_members("open long", "0.1")
    path = "/capi/v3/order"
    if name.endswith("ConditionalOrder"):
        path = "/capi/v3/algoOrder"
        members |= {"type": "STOP_MARKET", "triggerPrice": "51000", "clientAlgoId": "algo-1"}
    status, found = busy_desk.call("POST", path, **members)
    expected = _sample(shared_folder, name)
    assert status == 200
    assert {key: type(value) for key, value in found.items()} == {key: type(value) for key, value in expected.items()}


def test_every_documented_row_member_is_answered(busy_desk: Desk, shared_folder: Path) -> None:
    source = shared_folder / "weex-fixtures/weex-agent-skills/contract-endpoints.json"
    catalogue = json.loads(source.read_text(encoding="utf-8"))["endpoints"]
    ask = {"symbol": "BTCUSDT"}
    checked = 0
    for entry in catalogue:
        if entry["method"] != "GET" or "/sim/" in entry["path"] or "lines" in entry["path"].lower():
            continue
        members = dict(ask)
        if entry["path"].endswith("/order"):
            members = {"orderId": str(busy_desk.get("order/history")[0]["orderId"])}
        status, found = busy_desk.call("GET", entry["path"], **members)
        assert status == 200, entry["path"]
        row = found[0] if isinstance(found, list) else found
        names = {field["name"] for field in entry["response_fields"] if field["name"] and "[" not in field["name"]}
        assert isinstance(row, str) or names <= set(row), (entry["path"], names - set(row))
        checked += 1
    assert checked >= 10


def test_requests_of_another_client_are_understood(busy_desk: Desk, shared_folder: Path) -> None:
    source = shared_folder / "weex-fixtures/ccxt/request-vectors.json"
    cases = json.loads(source.read_text(encoding="utf-8"))["cases"]
    for case in cases:
        target = case["url"].removeprefix("https://api-contract.weex.com")
        path, _, query = target.partition("?")
        status, answer = busy_desk.raw(case["method"], path, query, (case["body"] or "").encode())
        # The desk trades BTCUSDT alone and has no margin to move; the requests name other symbols.
        unknown_symbol = status == 400 and answer["code"] == -1121
        assert status == 200 or unknown_symbol or path.endswith("positionMargin"), (case["case"], answer)
