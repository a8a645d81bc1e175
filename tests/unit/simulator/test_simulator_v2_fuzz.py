"""Whatever is sent to the V2 surface, the answer is JSON of a documented shape, and the ledger balances."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

from weexctl.simulator.surface_v2 import ROUTES

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk

REQUESTS = int(os.environ.get("WEEXCTL_FUZZ_REQUESTS", "3000"))
NAMES = (
    "symbol", "client_oid", "size", "type", "order_type", "match_price", "price", "presetTakeProfitPrice",
    "presetStopLossPrice", "marginMode", "orderDataList", "orderId", "clientOid", "ids", "cids", "startTime",
    "endTime", "limit", "page", "pageSize", "createDate", "match_type", "execute_price", "trigger_price",
    "cancelOrderType", "clientOrderId", "planType", "triggerPrice", "positionSide", "executePrice",
    "triggerPriceType", "longLeverage", "shortLeverage", "separatedMode", "coinId", "isolatedPositionId",
    "collateralAmount", "positionId", "autoAppendMargin", "granularity", "priceType", "coin", "businessType",
    "delegateType", "stage", "model", "input", "output", "explanation",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, "", "0", "-1", "1e15", "1e99", "NaN", "Infinity", "0.1", "0.00001", "٣", "1" * 60, "x" * 50, "\x00", "ß",
    0, -1, 1.5, 2**70, True, False, [], {}, [[]], [None], [{}], [{"size": "1"}], {"a": 1}, "cmt_btcusdt", "BTCUSDT",
    "long", "LONG", "1", "2", "3", "4", "normal", "plan", "profit_plan", "loss_plan", "1h", "1D", "50000", "49000",
    "USDT", 1, 3, 700_000_000_000_000_511, "700000000000000511", 1_704_067_200_000, "1704070800000",
)  # fmt: skip
LIKELY: dict[str, tuple[Any, ...]] = {
    "symbol": ("cmt_btcusdt",),
    "size": ("0.1", "0.0001", "2"),
    "type": ("1", "2", "3", "4"),
    "order_type": ("0", "1", "2", "3"),
    "match_price": ("0", "1"),
    "match_type": ("0", "1"),
    "price": ("50000", "49000", "51000"),
    "trigger_price": ("49000", "51000"),
    "triggerPrice": ("49000", "51000"),
    "planType": ("profit_plan", "loss_plan"),
    "positionSide": ("long", "short"),
    "cancelOrderType": ("normal", "plan"),
    "granularity": ("1h", "4h", "1w"),
    "marginMode": (1, 1, 3),
    "longLeverage": ("5",),
    "shortLeverage": ("5",),
}


def _members(chance: random.Random, number: int) -> dict[str, Any]:
    members: dict[str, Any] = {name: chance.choice(values) for name, values in LIKELY.items()}
    members |= {"client_oid": f"f{number}", "clientOrderId": f"g{number}"}
    for _ in range(chance.choice((0, 0, 1, 2, 6))):
        members[chance.choice(NAMES)] = chance.choice(ODD)
    return members


def test_no_request_is_too_odd_for_an_answer(calm_desk: Desk) -> None:
    chance = random.Random(20)
    routes = [(method, path) for path, verbs in ROUTES.items() for method in verbs]
    seen: dict[int, int] = {}
    for number in range(REQUESTS):
        method, path = chance.choice(routes)
        status, answer = calm_desk.call(method, path, **_members(chance, number))
        seen[status] = seen.get(status, 0) + 1
        assert status in (200, 400), (path, answer)
        if status == 400:
            assert set(answer) == {"code", "msg", "requestTime", "data"}, path
            assert answer["code"].isdigit(), path
        if not number % 100:
            calm_desk.simulator.advance(calm_desk.simulator.now_ms + 300_000)
            calm_desk.assert_balanced()
    # Odd requests that are all refused, or all taken, would test little.
    assert min(seen[200], seen[400]) > REQUESTS / 10
