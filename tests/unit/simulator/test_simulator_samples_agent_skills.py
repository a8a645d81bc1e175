"""The simulator answers all twenty-three endpoints of WEEX's own catalogue, with the members and types it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk

pytestmark = pytest.mark.shared_data

TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Long": (int,),
    "Integer": (int,),
    "Boolean": (bool,),
    "Array": (list,),
}


def _catalogue(shared: Path) -> list[dict[str, Any]]:
    source = shared / "weex-fixtures/weex-agent-skills/contract-endpoints.json"
    rows: list[dict[str, Any]] = json.loads(source.read_text(encoding="utf-8"))["endpoints"]
    return rows


CANDLES = {"symbol": "BTCUSDT", "interval": "1h"}
SYMBOL = {"symbol": "BTCUSDT"}
ASKED: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "account/positionMargin"): {"isolatedPositionId": "position", "amount": "1", "type": 1},
    ("POST", "account/marginType"): {**SYMBOL, "marginType": "ISOLATED"},
    ("GET", "account/balance"): {},
    ("GET", "account/accountConfig"): {},
    ("GET", "account/position/allPosition"): {},
    ("GET", "account/commissionRate"): SYMBOL,
    ("POST", "account/modifyAutoAppendMargin"): {"positionId": "position", "autoAppendMargin": True},
    ("POST", "account/leverage"): {**SYMBOL, "isolatedLongLeverage": "10"},
    ("GET", "market/apiTradingSymbols"): {},
    ("GET", "market/ticker/bookTicker"): SYMBOL,
    ("GET", "market/depth"): SYMBOL,
    ("GET", "market/historyKlines"): CANDLES,
    ("GET", "market/klines"): CANDLES,
    ("GET", "market/openInterest"): SYMBOL,
    ("GET", "sim/position/allPosition"): {},
    ("GET", "sim/order/history"): {},
    ("DELETE", "allOpenOrders"): SYMBOL,
    ("DELETE", "batchOrders"): {"orderIdList": ["resting"]},
    ("DELETE", "algoOrder"): {"orderId": "stop"},
    ("GET", "order/history"): SYMBOL,
    ("GET", "order"): {"orderId": "filled"},
    ("GET", "userTrades"): SYMBOL,
    ("POST", "order"): {},
}
"""What each endpoint is asked with; a word in place of an id stands for that of the desk."""
BARE = ("account/leverage", "account/marginType")
"""What open orders forbid."""


@pytest.fixture
def ids(calm_desk: Desk) -> dict[str, str]:
    """The desk has a position, a finished order, a resting one and a stop; these are their ids."""
    desk = calm_desk
    desk.post("account/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    filled = desk.order("open long", "0.1")
    (position,) = desk.positions().values()
    desk.post("sim/order", **desk.order_members("open long", "0.1", symbol="BTCSUSDT"))
    resting = desk.limit("open long", "0.1", "40000")
    stop = desk.order_members("close long", "0.1", type="STOP_MARKET", triggerPrice="45000", clientAlgoId="s")
    return {
        "position": str(position["id"]),
        "filled": filled,
        "resting": resting,
        "stop": desk.post("algoOrder", **stop)["orderId"],
    }


def _said(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_said(row, ids) for row in value]
    return ids.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize(("method", "path"), ASKED, ids=[" ".join(key) for key in ASKED])
def test_an_endpoint_answers_as_it_is_described(
    calm_desk: Desk, ids: dict[str, str], shared_folder: Path, method: str, path: str
) -> None:
    row = next(row for row in _catalogue(shared_folder) if (row["method"], row["path"]) == (method, f"/capi/v3/{path}"))
    members = {name: _said(value, ids) for name, value in ASKED[method, path].items()}
    if (method, path) == ("POST", "order"):
        members = calm_desk.order_members("open long", "0.1")
    if path in BARE:
        calm_desk.delete("allOpenOrders")
        calm_desk.delete("algoOpenOrders")
    in_body = method == "POST" or path == "batchOrders"
    body, query = (json.dumps(members).encode(), "") if in_body else (b"", urlencode(members))
    status, found = calm_desk.raw(method, row["path"], query, body)
    assert status == 200, found
    fields, first = row["response_fields"], found[0] if isinstance(found, list) else found
    if isinstance(first, list) and fields:
        assert [isinstance(one, TYPES[field["type"]]) for one, field in zip(first, fields, strict=True)] == [True] * 11
    for field in fields:
        if isinstance(first, dict):
            assert type(first[field["name"]]) in TYPES[field["type"]], field["name"]


def test_all_twenty_three_endpoints_are_asked(shared_folder: Path) -> None:
    catalogue = _catalogue(shared_folder)
    assert len(catalogue) == 23
    assert {(row["method"], row["path"].removeprefix("/capi/v3/")) for row in catalogue} == ASKED.keys()
    # Of three, which answer to cancelling or with candles, the catalogue names no member.
    assert sum(1 for row in catalogue if not row["response_fields"]) == 3
