"""The simulator's answers have the members and types of the samples that Weex.Net's tests hold: all twenty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.simulator.shapes import alike

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
MOVED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Account/AdjustIsolatedMargin": ("account/positionMargin", "isolatedPositionId", {"amount": "1", "type": 1}),
    "Account/SetAutoAppendMargin": ("account/modifyAutoAppendMargin", "positionId", {"autoAppendMargin": True}),
}
PLACED = ("Trading/PlaceOrder", "Trading/PlaceConditionalOrder")


def _sample(shared: Path, name: str) -> Any:
    text = (shared / f"weex-fixtures/weex-net/Endpoints/Futures/{name}.txt").read_text(encoding="utf-8")
    return json.loads(text.split("\n", 3)[3])


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_shaped_like_the_sample(busy_desk: Desk, shared_folder: Path, name: str) -> None:
    method, path, members = ASKED[name]
    status, found = busy_desk.call(method, f"/capi/v3/{path}", **members)
    assert status == 200
    expected = _sample(shared_folder, name)
    alike(expected, found, name)
    if path.startswith("market/") and "lines" in path:
        assert len(found[0]) == len(expected[0])


@pytest.mark.parametrize("name", PLACED)
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


@pytest.mark.parametrize("name", MOVED)
def test_moving_margin_answers_with_exactly_the_members_of_the_sample(
    calm_desk: Desk, shared_folder: Path, name: str
) -> None:
    calm_desk.post("account/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    calm_desk.order("open long", "0.1")
    path, member, more = MOVED[name]
    (position,) = calm_desk.positions().values()
    found, expected = calm_desk.post(path, **{member: position["id"]}, **more), _sample(shared_folder, name)
    assert set(found) == set(expected)
    alike(expected, found, name)


def test_all_twenty_samples_are_compared(shared_folder: Path) -> None:
    folder = shared_folder / "weex-fixtures/weex-net/Endpoints/Futures"
    there = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.txt")}
    assert len(there) == 20
    assert there == {*ASKED, *MOVED, *PLACED}
