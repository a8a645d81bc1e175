"""Whatever is sent to either generation, the answer is JSON of a documented shape and code, and the ledger balances.

`WEEXCTL_FUZZ_REQUESTS` sets how many requests each generation gets; a failure prints the seed of its request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from weexctl.simulator import surface_v2, surface_v3

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

REQUESTS = int(os.environ.get("WEEXCTL_FUZZ_REQUESTS", "3000"))
FRESH_AFTER = 4_000
"""Requests after which an account is thrown away."""
LONGEST_SECONDS = 5.0
FLAT = [(50_000.0, 50_500.0, 49_500.0, 50_000.0)] * 200
VERBS = ("GET", "POST", "DELETE", "PUT", "HEAD", "PATCH", "get", "", "\x00", "POST ")

# The codes that the reference lists (weex-api 4.2, 4.3), and those of an unknown path and a wrong verb.
CODES: dict[str, frozenset[Any]] = {
    "v2": frozenset(
        {"404", "405", "429", "40753", "40912", "40913", "50003", "50004", "50005", "50007"}
        | {str(code) for code in range(40001, 40023)}
    ),
    "v3": frozenset(
        {429, -1000, -1115, -1116, -1117, -1121, -1128, -1135, -1140, -1141, -1142, -1150, -1160, -1170, -1171, -1180}
        | {-1190, -3006, -3007, -3200, -3235, -3236, -3313, -3613, *range(-1059, -1039)}
    ),
}
NAMES: dict[str, tuple[str, ...]] = {
    "v2": (
        "symbol", "client_oid", "size", "type", "order_type", "match_price", "price", "presetTakeProfitPrice",
        "presetStopLossPrice", "marginMode", "orderDataList", "orderId", "clientOid", "ids", "cids", "startTime",
        "endTime", "limit", "page", "pageSize", "createDate", "match_type", "execute_price", "trigger_price",
        "cancelOrderType", "clientOrderId", "planType", "triggerPrice", "positionSide", "executePrice",
        "triggerPriceType", "longLeverage", "shortLeverage", "separatedMode", "coinId", "isolatedPositionId",
        "collateralAmount", "positionId", "autoAppendMargin", "granularity", "priceType", "coin", "businessType",
        "delegateType", "stage", "model", "input", "output", "explanation",
    ),
    "v3": (
        "symbol", "side", "positionSide", "type", "timeInForce", "quantity", "price", "newClientOrderId",
        "tpTriggerPrice", "slTriggerPrice", "TpWorkingType", "SlWorkingType", "batchOrders", "orderId",
        "origClientOrderId", "orderIdList", "origClientOrderIdList", "startTime", "endTime", "limit", "page",
        "interval", "priceType", "triggerPrice", "clientAlgoId", "presetTakeProfitPrice", "presetStopLossPrice",
        "planType", "executePrice", "triggerPriceType", "workingType", "marginType", "separatedType", "crossLeverage",
        "isolatedLongLeverage", "isolatedShortLeverage", "isolatedPositionId", "amount", "positionId",
        "autoAppendMargin", "asset", "incomeType", "nextKeyId", "nextKeyTime", "stage", "model", "input", "output",
        "explanation",
    ),
}  # fmt: skip
ODD: tuple[Any, ...] = (
    None, "", "0", "-1", "1e15", "1e99", "NaN", "Infinity", "0.1", "0.00001", "٣", "1" * 60, "x" * 50, "\x00", "ß",
    0, -1, 1.5, 2**70, 10**400, True, False, [], {}, [[]], [None], [{}], [{"size": "1"}], [{"quantity": "1"}],
    {"a": 1}, [1, "x", None, {}], [2**70], ["²"], "²", "\ud800", "cmt_btcusdt", "BTCUSDT", "long", "LONG", "1", "2",
    "3", "4", "normal", "plan", "profit_plan", "loss_plan", "1h", "1D", "50000", "49000", "USDT", 1, 3, 2,
    700_000_000_000_000_511, "700000000000000511", 1_704_067_200_000, "1704070800000", -(2**63), "9" * 19,
)  # fmt: skip
LISTS = ("orderDataList", "ids", "cids", "batchOrders", "orderIdList", "origClientOrderIdList")
ODD_LISTS: tuple[Any, ...] = tuple(value for value in ODD if isinstance(value, list)) * 3 + ([True], ["-1"], [""] * 99)
LIKELY: dict[str, dict[str, tuple[Any, ...]]] = {
    "v2": {
        "symbol": ("cmt_btcusdt",),
        "size": ("0.1", "0.0001", "2"),
        "type": ("1", "2", "3", "4"),
        "order_type": ("0", "1", "2", "3"),
        "match_price": ("0", "1"),
        "match_type": ("0", "1"),
        "price": ("50000", "49000", "51000"),
        "execute_price": ("50000",),
        "trigger_price": ("49000", "51000"),
        "triggerPrice": ("49000", "51000"),
        "planType": ("profit_plan", "loss_plan"),
        "positionSide": ("long", "short"),
        "cancelOrderType": ("normal", "plan"),
        "granularity": ("1h", "4h", "1w"),
        "marginMode": (1, 1, 3),
        "longLeverage": ("5",),
        "shortLeverage": ("5",),
        "collateralAmount": ("1", "-1"),
        "autoAppendMargin": (True, False),
    },
    "v3": {
        "symbol": ("BTCUSDT",),
        "side": ("BUY", "SELL"),
        "positionSide": ("LONG", "SHORT"),
        "type": ("MARKET", "LIMIT", "STOP_MARKET", "TAKE_PROFIT", "STOP"),
        "timeInForce": ("GTC", "IOC", "FOK", "POST_ONLY"),
        "quantity": ("0.1", "0.0001", "2"),
        "price": ("50000", "49000", "51000"),
        "triggerPrice": ("49000", "51000"),
        "planType": ("TAKE_PROFIT", "STOP_LOSS"),
        "interval": ("1h", "4h", "1w"),
        "marginType": ("CROSSED", "CROSSED", "ISOLATED"),
        "separatedType": ("COMBINED", "SEPARATED"),
        "crossLeverage": ("5",),
        "amount": ("1",),
        "autoAppendMargin": (True, False),
        "stage": ("s",),
        "model": ("m",),
        "input": ({},),
        "output": ({},),
        "explanation": ("because",),
    },
}
SURFACES: dict[str, dict[str, Any]] = {"v2": dict(surface_v2.ROUTES), "v3": dict(surface_v3.ROUTES)}


class Mischief:
    """Requests of one generation: right ones, ones with odd members, and ones that are damaged in any place."""

    def __init__(self, api: str, desk: Desk) -> None:
        self.api, self.desk = api, desk
        self.routes = [(method, path) for path, verbs in SURFACES[api].items() for method in verbs]
        self.chance = random.Random(0)

    def send(self, seed: int) -> tuple[int, bytes]:
        """Status and bytes of the answer to the request of this seed."""
        chance = self.chance = random.Random(seed)
        method, path = chance.choice(self.routes)
        members = self._members(seed)
        in_body = method == "POST" or (self.api == "v3" and path.endswith("batchOrders"))
        body = json.dumps(members).encode() if in_body else b""
        query = "" if in_body else urlencode(members, errors="replace")
        damage = chance.random()
        if damage < 0.15:
            body = self._damaged(body)
        elif damage < 0.25:
            query = self._damaged(query.encode()).decode("latin-1")
        elif damage < 0.30:
            path = self._damaged(path.encode()).decode("latin-1")
        elif damage < 0.35:
            method = chance.choice(VERBS)
        headers = self._headers(method, path, query, body)
        if chance.random() < 0.15:
            headers[chance.choice(list(headers))] = str(chance.choice(ODD))
        if chance.random() < 0.03:
            headers.pop(chance.choice(list(headers)))
        status, _, answer = self.desk.simulator.answer(method, path, query, headers, body)
        return status, answer

    def _members(self, seed: int) -> dict[str, Any]:
        chance, names = self.chance, NAMES[self.api]
        members: dict[str, Any] = {name: chance.choice(values) for name, values in LIKELY[self.api].items()}
        own = ("client_oid", "clientOrderId") if self.api == "v2" else ("newClientOrderId", "clientAlgoId")
        members |= {name: f"{name[:7]}{seed}" for name in own}
        live = [order.id for order in self.desk.simulator.venue.orders()]
        held = [row.id for row in self.desk.simulator.ledger.positions.values()]
        for name in chance.sample(LISTS, chance.choice((0, 1, 2))):
            members[name] = chance.choice(ODD_LISTS)
        if live:
            members["orderId"] = str(chance.choice(live))
        if held:
            members |= dict.fromkeys(("isolatedPositionId", "positionId"), chance.choice(held))
        for _ in range(chance.choice((0, 0, 1, 2, 6))):
            name = chance.choice(names)
            members[name] = chance.choice(ODD_LISTS if name in LISTS and chance.random() < 0.8 else ODD)
        for _ in range(chance.choice((0, 0, 0, 1, 5))):
            members.pop(chance.choice(names), None)
        return members

    def _damaged(self, text: bytes) -> bytes:
        chance = self.chance
        if chance.random() < 0.3:
            return chance.choice((b"", b"{", b"[", b"null", b"[]", b'"x"', b"[" * 5_000, chance.randbytes(60)))
        raw = bytearray(text or b"{}")
        for _ in range(chance.randrange(1, 5)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        return bytes(raw[: chance.randrange(1, len(raw) + 1)] if chance.random() < 0.3 else raw)

    def _headers(self, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
        stamp = str(self.desk.simulator.now_ms)
        message = f"{stamp}{method}{path}{'?' if query else ''}{query}".encode(errors="replace") + body
        return {
            "ACCESS-KEY": "sim",
            "ACCESS-PASSPHRASE": "sim",
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-SIGN": base64.b64encode(hmac.new(b"sim", message, hashlib.sha256).digest()).decode(),
            "Content-Type": "application/json",
        }


def _assert_documented(api: str, status: int, answer: bytes) -> None:
    told = json.loads(answer)
    if status == 200:
        return
    assert status in (400, 403, 404, 405, 429)
    # A damaged path may belong to the other generation.
    spoken = "v2" if "requestTime" in told else "v3"
    assert set(told) == ({"code", "msg", "requestTime", "data"} if spoken == "v2" else {"code", "msg"})
    assert told["code"] in CODES[spoken]
    assert isinstance(told["msg"], str)


@pytest.mark.parametrize("api", ["v2", "v3"])
def test_no_request_is_too_odd_for_an_answer(open_desk: OpenDesk, api: str) -> None:
    outcomes: Counter[int] = Counter()
    codes: set[Any] = set()
    slowest = 0.0
    for number in range(REQUESTS):
        if not number % FRESH_AFTER:
            mischief = Mischief(api, open_desk(FLAT))
        began = time.perf_counter()
        try:
            status, answer = mischief.send(number)
            _assert_documented(api, status, answer)
        except Exception as error:
            raise AssertionError(f"seed {number} of {api}") from error
        slowest = max(slowest, time.perf_counter() - began)
        outcomes[status] += 1
        if status != 200:
            codes.add(json.loads(answer)["code"])
        if not number % 100:
            desk = mischief.desk
            desk.simulator.advance(desk.simulator.now_ms + 300_000)
            desk.assert_balanced()
    print(f"{api}: {REQUESTS} requests, {dict(outcomes)}, {len(codes)} codes, slowest {slowest * 1e3:.0f} ms")  # noqa: T201  # the count
    # Odd requests that are all refused, or all taken, would test little.
    assert min(outcomes[200], outcomes[400]) > REQUESTS / 10
    assert len(codes) >= 12
    assert slowest < LONGEST_SECONDS
