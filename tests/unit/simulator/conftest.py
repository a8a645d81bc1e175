"""A desk: a simulator over hand-made candles, and the signed requests a client would send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.simulator import Simulator, SimulatorSettings

START_MS = 1_704_067_200_000
HOUR_MS = 3_600_000
EXACT = SimulatorSettings(spread_bps=0, slippage_bps=0, slippage_minor_bps=0, impact=0)
"""A market order fills at the price of the moment, to the cent."""

Row = tuple[float, float, float, float]


def candles(symbol: str, rows: Sequence[Row], timeframe: Timeframe = Timeframe.H1) -> Candles:
    """Candles of given open, high, low, close, with a volume that no order moves."""
    table = np.asarray(rows, dtype=np.float64)
    times = START_MS + timeframe.ms * np.arange(len(rows), dtype=np.int64)
    opened, high, low, close = (table[:, k].copy() for k in range(4))
    return Candles(symbol, timeframe, times, opened, high, low, close, np.full(len(rows), 1e9), synthetic=True)


def settlements(symbol: str, rates: Mapping[int, float]) -> FundingHistory:
    """Funding by hour after the start."""
    times = np.asarray([START_MS + hour * HOUR_MS for hour in rates], dtype=np.int64)
    return FundingHistory(symbol, times, np.asarray(list(rates.values()), dtype=np.float64))


class Desk:
    """A client with the right key."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.sent = 0

    def raw(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> tuple[int, Any]:
        """Status and parsed answer; `headers` replace ours, None takes one away."""
        stamp = str(self.simulator.now_ms)
        mark = "?" if query else ""
        message = f"{stamp}{method}{path}{mark}{query}".encode() + body
        ours: dict[str, str | None] = {
            "ACCESS-KEY": "sim",
            "ACCESS-PASSPHRASE": "sim",
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-SIGN": base64.b64encode(hmac.new(b"sim", message, hashlib.sha256).digest()).decode(),
            "Content-Type": "application/json",
        }
        sent = {name: value for name, value in {**ours, **(headers or {})}.items() if value is not None}
        status, _, answer = self.simulator.answer(method, path, query, sent, body)
        return status, json.loads(answer)

    def call(self, method: str, path: str, **members: Any) -> tuple[int, Any]:
        """Status and answer; members go into the body of a POST and into the query of the rest."""
        if method == "POST":
            return self.raw(method, path, body=json.dumps(members).encode())
        return self.raw(method, path, query=urlencode(members))

    def get(self, path: str, **members: Any) -> Any:
        """The answer to a GET that must succeed."""
        return _good(self.call("GET", f"/capi/v3/{path}", **members))

    def post(self, path: str, **members: Any) -> Any:
        """The answer to a POST that must succeed."""
        return _good(self.call("POST", f"/capi/v3/{path}", **members))

    def delete(self, path: str, **members: Any) -> Any:
        """The answer to a DELETE that must succeed."""
        return _good(self.call("DELETE", f"/capi/v3/{path}", **members))

    def refused(self, method: str, path: str, **members: Any) -> tuple[int, str]:
        """Code and words of a request that must be refused with HTTP 400."""
        status, answer = self.call(method, f"/capi/v3/{path}", **members)
        assert status == 400, answer
        return answer["code"], answer["msg"]

    def v2(self, method: str, path: str, **members: Any) -> Any:
        """The answer to a request of the V2 generation that must succeed."""
        return _good(self.call(method, f"/capi/v2/{path}", **members))

    def refused_v2(self, method: str, path: str, **members: Any) -> tuple[str, str]:
        """Code and words of a V2 request that must be refused with HTTP 400."""
        status, answer = self.call(method, f"/capi/v2/{path}", **members)
        assert status == 400, answer
        assert set(answer) == {"code", "msg", "requestTime", "data"}
        assert answer["data"] is None
        return answer["code"], answer["msg"]

    def order_v2(self, direction: str, size: str, **members: Any) -> str:
        """The id of a V2 market order that must be taken; direction as in `order_members`."""
        answer = self.v2("POST", "order/placeOrder", **self.members_v2(direction, size, **members))
        assert set(answer) == {"client_oid", "order_id"}
        return str(answer["order_id"])

    def members_v2(self, direction: str, size: str, **members: Any) -> dict[str, Any]:
        """The members of a V2 market order."""
        self.sent += 1
        number = ("open long", "open short", "close long", "close short").index(direction) + 1
        base = {
            "symbol": "cmt_btcusdt",
            "client_oid": f"old-{self.sent}",
            "size": size,
            "type": str(number),
            "order_type": "0",
            "match_price": "1",
        }
        return {**base, **members}

    def limit_v2(self, direction: str, size: str, price: str, **members: Any) -> str:
        """The id of a V2 limit order that must be taken."""
        return self.order_v2(direction, size, **{"match_price": "0", "price": price, **members})

    def order_members(self, direction: str, amount: str, **members: Any) -> dict[str, Any]:
        """The members of a market order; direction is `open long`, `close short` and so on."""
        verb, side = direction.split()
        self.sent += 1
        buys = (verb == "open") == (side == "long")
        base = {
            "symbol": "BTCUSDT",
            "side": "BUY" if buys else "SELL",
            "positionSide": side.upper(),
            "type": "MARKET",
            "quantity": amount,
            "newClientOrderId": f"order-{self.sent}",
        }
        return {**base, **members}

    def order(self, direction: str, quantity: str, **members: Any) -> str:
        """The id of an order that must be taken."""
        answer = self.post("order", **self.order_members(direction, quantity, **members))
        assert answer["success"] is True
        return str(answer["orderId"])

    def limit(self, direction: str, quantity: str, price: str, **members: Any) -> str:
        """The id of a limit order that must be taken."""
        return self.order(direction, quantity, **{"type": "LIMIT", "timeInForce": "GTC", "price": price, **members})

    def status(self, order_id: str) -> str:
        """The status of an order."""
        return str(self.get("order", orderId=order_id)["status"])

    def positions(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Position rows by symbol and side."""
        return {(row["symbol"], row["side"]): row for row in self.get("account/position/allPosition")}

    def next_candle(self, count: int = 1) -> None:
        """Let the forming candle close, and more."""
        start = (self.simulator.now_ms - START_MS) // HOUR_MS
        self.simulator.advance(START_MS + (start + count) * HOUR_MS)

    def assert_balanced(self) -> None:
        """The ledger's identity, exactly."""
        ledger = self.simulator.ledger
        assert ledger.start + ledger.realised - ledger.fees + ledger.funding == ledger.wallet


def _good(result: tuple[int, Any]) -> Any:
    status, answer = result
    assert status == 200, answer
    return answer


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk() -> OpenDesk:
    """Makes a desk over rows of BTCUSDT (or a mapping of rows), in the second candle of the market."""

    def build(
        rows: Sequence[Row] | Mapping[str, Sequence[Row]],
        *,
        funding: Mapping[str, FundingHistory] | None = None,
        settings: SimulatorSettings = EXACT,
        equity: str = "10000",
        timeframe: Timeframe = Timeframe.H1,
    ) -> Desk:
        table = rows if isinstance(rows, Mapping) else {"BTCUSDT": rows}
        market = {symbol: candles(symbol, some, timeframe) for symbol, some in table.items()}
        start_ms = START_MS + timeframe.ms
        return Desk(
            Simulator(
                market, seed=1, start_ms=start_ms, start_equity=Decimal(equity), funding=funding, settings=settings
            )
        )

    return build


@pytest.fixture
def exact() -> SimulatorSettings:
    """Settings without spread and slippage."""
    return EXACT


@pytest.fixture
def calm_desk(open_desk: OpenDesk) -> Desk:
    """A desk over forty flat hours at 50 000."""
    return open_desk([(50_000.0, 50_000.0, 50_000.0, 50_000.0)] * 40)


@pytest.fixture
def make_candles() -> Callable[..., Candles]:
    """Candles from rows of open, high, low, close."""
    return candles


@pytest.fixture
def make_settlements() -> Callable[..., FundingHistory]:
    """Funding by hour after the start."""
    return settlements


@pytest.fixture
def busy_desk(calm_desk: Desk) -> Desk:
    """A desk with a position, its stop, a resting order and some history."""
    calm_desk.order("open long", "0.1", slTriggerPrice="45000", tpTriggerPrice="56000")
    calm_desk.limit("open long", "0.1", "40000")
    calm_desk.next_candle()
    return calm_desk
