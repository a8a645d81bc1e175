"""The simulator's V2 answers have exactly the members and types of the reference's examples: all twenty-eight.

No recording of V2 is to be had; the examples are those of the documentation and of logs, gathered in the API reference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.simulator.shapes import alike

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.model.funding import FundingHistory

pytestmark = pytest.mark.shared_data

BTC = {"symbol": "cmt_btcusdt"}
LOG = {"stage": "s", "model": "m", "input": {}, "output": {}, "explanation": "because"}
STOP = {**BTC, "clientOrderId": "s9", "planType": "loss_plan", "triggerPrice": "45000", "size": "0.1"}
LIMIT = {"client_oid": "b", "size": "0.1", "type": "1", "order_type": "0", "match_price": "0", "price": "40000"}
PLAN = {**BTC, "client_oid": "p9", "size": "0.1", "type": "1", "match_type": "1", "execute_price": "0"}
ASKED: dict[str, dict[str, Any]] = {
    "market/time": {},
    "market/contracts": {},
    "market/depth": BTC,
    "market/ticker": BTC,
    "market/trades": BTC,
    "market/candles": {**BTC, "granularity": "1h"},
    "market/index": BTC,
    "market/open_interest": BTC,
    "market/funding_time": BTC,
    "market/getHistoryFundRate": BTC,
    "market/currentFundRate": BTC,
    "account/assets": {},
    "account/position/allPosition": {},
    "account/settings": {},
    "account/bills": {},
    "account/leverage": {"symbol": "cmt_ethusdt", "marginMode": 1, "longLeverage": "5"},
    "order/placeOrder": {**BTC, **LIMIT},
    "order/batchOrders": {**BTC, "orderDataList": [LIMIT]},
    "order/cancel_order": {"orderId": "resting"},
    "order/cancel_batch_orders": {"ids": ["resting"]},
    "order/detail": {"orderId": "filled"},
    "order/fills": {},
    "order/plan_order": {**PLAN, "trigger_price": "51000"},
    "order/closePositions": {},
    "order/cancelAllOrders": {"cancelOrderType": "normal"},
    "order/placeTpSlOrder": {**STOP, "positionSide": "long"},
    "order/modifyTpSlOrder": {"orderId": "stop", "triggerPrice": "46000"},
    "order/uploadAiLog": LOG,
}
"""What each endpoint is asked with; a word in place of an id stands for that of the desk."""
KEYED_BY_SYMBOL = "account/settings"


def _examples(shared: Path) -> dict[str, tuple[str, list[Any]]]:
    """Verb and answers of each V2 endpoint that the reference gives one for."""
    text = (shared / "reference" / "weex-api.md").read_text(encoding="utf-8")
    text = text[text.index("## 6. V2 market") : text.index("## 10. V2 WebSocket")]
    found = {}
    for section in re.split(r"^### |^## ", text, flags=re.MULTILINE):
        endpoint = re.search(r"`(GET|POST) /capi/v2/([\w/]+)", section[:200])
        blocks = re.findall(r"```json\n(.*?)```", section, re.DOTALL) + re.findall(r"`([\[{][^`]*[\]}])`", section)
        answers = [value for value in map(_parsed, blocks) if value]
        if endpoint and answers:
            found[endpoint[2]] = (endpoint[1], answers)
    return found


def _parsed(block: str) -> Any:
    try:
        return json.loads(block)
    except ValueError:
        return None  # an abbreviation


@pytest.fixture
def busy(open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]) -> tuple[Desk, dict[str, str]]:
    """A desk with a position, a stop and a resting order, after a settlement; and the ids of its orders."""
    flat = [(50_000.0,) * 4] * 20
    rates = {"BTCUSDT": make_settlements("BTCUSDT", {2: 0.0001})}
    desk = open_desk({"BTCUSDT": flat, "ETHUSDT": flat}, funding=rates)
    filled = desk.order_v2("open long", "0.1")
    desk.next_candle(2)
    resting = desk.limit_v2("open long", "0.1", "40000")
    (stop,) = desk.v2("POST", "order/placeTpSlOrder", **STOP | {"clientOrderId": "s1", "positionSide": "long"})
    return desk, {"filled": filled, "resting": resting, "stop": str(stop["orderId"])}


@pytest.mark.parametrize("path", ASKED)
def test_an_answer_is_shaped_like_the_example(
    busy: tuple[Desk, dict[str, str]], shared_folder: Path, path: str
) -> None:
    desk, ids = busy
    verb, examples = _examples(shared_folder)[path]
    members = {name: _said(value, ids) for name, value in ASKED[path].items()}
    found = desk.v2(verb, path, **members)
    for example in examples:
        if path == KEYED_BY_SYMBOL:
            example, found = list(example.values()), list(found.values())  # the symbols are no members
        alike(example, found, path)
        one, other = (value[0] if isinstance(value, list) else value for value in (example, found))
        if isinstance(one, dict):
            assert set(one) == set(other)
        else:
            assert len(one) == len(other)


def _said(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_said(row, ids) for row in value]
    return ids.get(value, value) if isinstance(value, str) else value


def test_all_twenty_eight_examples_are_compared(shared_folder: Path) -> None:
    assert len(ASKED) == 28
    assert _examples(shared_folder).keys() == ASKED.keys()
