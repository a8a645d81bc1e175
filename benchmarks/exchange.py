"""What the client costs, as ratios measured in one run: `python benchmarks/exchange.py`.

    own cost          processor time of a whole order less that of a bare httpx call with the same body and headers
    against ccxt      processor time of a whole order over that of ccxt's synchronous client
    candles           1 000 rows to arrays over one pydantic model for each row

Both sides of a pair run in turns, so that a machine that slows down slows both. The own cost is the median over
thousands of such pairs, with its quartiles: processor time of this thread, and a transport in this process that answers
every request alike, because what sockets take is far more, and differs from call to call by more than that. The other
orders go to a server on this machine, in a process of its own, and the best of many rounds counts. Targets: at most
25 µs over the bare call, at most 0.75 times ccxt, at most 0.5 times one model for each row.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import socketserver
import time
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter

from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange.candle_series import build_candles
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v3_candles import parse_candle_rows
from weexctl.exchange.v3_requests import order_members
from weexctl.exchange.wire_values import encoded
from weexctl.model.candle import Timeframe
from weexctl.model.order import OrderRequest, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side

NOW_MS = 1_775_760_000_000
ANSWER = (
    b'{"orderId":"702345678901234567","clientOrderId":"my-order-0001","success":true,"errorCode":"","errorMessage":""}'
)
ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
    type=OrderType.LIMIT,
    price=Decimal(50_000),
    time_in_force=TimeInForce.GTC,
)


class Canned(socketserver.StreamRequestHandler):
    """Reads requests from a kept-alive connection and answers each with the same order."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Serve one connection."""
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)
        while line := self.rfile.readline():
            length = 0
            while line := line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = self.rfile.readline()
            self.rfile.read(length)
            self.wfile.write(head + ANSWER)


class Server(socketserver.ThreadingTCPServer):
    """A server on any free port of this machine."""

    daemon_threads = True


def serve(told: Connection) -> None:
    """Answer until the process is ended."""
    with Server(("127.0.0.1", 0), Canned) as server:
        told.send(server.server_address[1])
        server.serve_forever()


class Standing:
    """A venue's clock that stands still."""

    def now_ms(self) -> int:
        """Always the same moment."""
        return NOW_MS

    def sleep_ms(self, duration_ms: int) -> None:
        """Not wanted here."""
        raise AssertionError(duration_ms)


class Kline(BaseModel):
    """One candle, as a model: what is not done here."""

    open_time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    close_time: int
    quote_volume: Decimal
    trades: int
    taker_base: Decimal
    taker_quote: Decimal


class FloatKline(BaseModel):
    """One candle, as a model of floats."""

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_time: int
    quote_volume: float
    trades: int
    taker_base: float
    taker_quote: float


class Answering(httpx.BaseTransport):
    """Answers every request alike, in this process."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002  # the signature of a transport
        """The same answer."""
        return httpx.Response(200, headers={"Content-Type": "application/json"}, stream=httpx.ByteStream(ANSWER))


def paired_us(ours: Callable[[], object], bare: Callable[[], object], pairs: int) -> tuple[list[float], list[float]]:
    """Microseconds of this thread, sorted: of the bare call, and how much longer ours takes than the one beside it."""
    clock = time.thread_time_ns
    bare_us, own_us = [], []
    for number in range(pairs):
        first, second = (ours, bare) if number % 2 else (bare, ours)
        began = clock()
        first()
        between = clock()
        second()
        ended = clock()
        one, other = (between - began) / 1000, (ended - between) / 1000
        taken, plain = (one, other) if number % 2 else (other, one)
        bare_us.append(plain)
        own_us.append(taken - plain)
    return sorted(bare_us), sorted(own_us)


def own_cost(pairs: int) -> None:
    """Print what the client itself takes for an order."""
    calls = order_calls("https://api-contract.weex.com", Answering())
    bare, own = paired_us(calls["weexctl"], calls["bare httpx"], pairs // 10)  # warm
    bare, own = paired_us(calls["weexctl"], calls["bare httpx"], pairs)
    low, middle, high = (own[pairs * share // 4] for share in (1, 2, 3))
    print(f"own cost          {middle:+7.1f} µs, quartiles {low:+.1f} and {high:+.1f}, of {pairs} pairs  (target 25)")
    print(f"  bare httpx call {bare[pairs // 2]:7.1f} µs, without sockets")


def best_us(calls: dict[str, Callable[[], object]], rounds: int, count: int) -> dict[str, float]:
    """Processor microseconds of one call of each, the best of all rounds, taken in turns."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.process_time_ns()
            for _ in range(count):
                call()
            best[name] = min(best[name], (time.process_time_ns() - started) / count / 1000)
    return best


def order_calls(base: str, transport: httpx.BaseTransport | None = None) -> dict[str, Callable[[], object]]:
    """Ours and the bare way to send one order, to the server on this machine or to what stands in for the network."""
    keys = Credentials("key", "secret", "pass")
    exchange = connect(base, keys, clock=Standing(), limiter=Unlimited(), transport=transport)
    client = httpx.Client(trust_env=False, transport=transport)
    url, body = httpx.URL(f"{base}/capi/v3/order"), encoded(order_members(ORDER))
    headers = {
        "User-Agent": "bare",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
        "locale": "en-US",
        "ACCESS-KEY": "key",
        "ACCESS-SIGN": "sxvFIv+DKwPc+qFhgs+7BrizKZYGsoRgV1Pj/eaiY6o=",
        "ACCESS-PASSPHRASE": "pass",
        "ACCESS-TIMESTAMP": str(NOW_MS),
    }
    return {
        "weexctl": lambda: exchange.place_order(ORDER),
        "bare httpx": lambda: client.post(url, headers=headers, content=body).content,
    }


def ccxt_call(base: str) -> Callable[[], object]:
    """ccxt's way to send the same order."""
    import ccxt

    theirs: Any = ccxt.weex({"apiKey": "key", "secret": "secret", "password": "pass", "enableRateLimit": False})
    theirs.urls["api"] = json.loads(json.dumps(theirs.urls["api"]).replace("https://api-contract.weex.com", base))
    theirs.session.trust_env = False
    market = {
        **theirs.safe_market_structure(),
        "id": "BTCUSDT",
        "symbol": "BTC/USDT:USDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "type": "swap",
        "swap": True,
        "spot": False,
        "contract": True,
        "linear": True,
        "contractSize": 1.0,
        "precision": {"amount": 0.0001, "price": 0.1},
    }
    theirs.set_markets([market])
    options = {"positionSide": "LONG", "newClientOrderId": "my-order-0001"}
    return lambda: theirs.create_order("BTC/USDT:USDT", "limit", "buy", 0.001, 50_000, options)


def candle_calls() -> dict[str, Callable[[], object]]:
    """The ways from 1 000 rows of an answer to numbers."""
    hour = Timeframe.H1.ms
    rows = [
        [
            n * hour,
            "69340.1",
            "69380.0",
            "69320.5",
            "69355.2",
            "25.678",
            (n + 1) * hour,
            "1782223.45",
            125,
            "12.3",
            "8.1",
        ]
        for n in range(1_000)
    ]
    body = json.dumps(rows).encode()
    names, one, floats = list(Kline.model_fields), TypeAdapter(list[Kline]), TypeAdapter(list[FloatKline])

    def models(adapter: TypeAdapter[Any]) -> object:
        return adapter.validate_python([dict(zip(names, row, strict=True)) for row in json.loads(body)])

    def columns() -> object:
        parsed = parse_candle_rows(body, endpoints.KLINES, Timeframe.H1)
        return build_candles("BTCUSDT", Timeframe.H1, parsed, limit=1_000, until_ms=2_000 * hour)

    return {"weexctl": columns, "models": lambda: models(one), "float models": lambda: models(floats)}


def main() -> None:
    """Print one line for each ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=4_000)
    chosen = parser.parse_args()
    own_cost(chosen.pairs)
    ours, told = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(told,), daemon=True)
    server.start()
    base = f"http://127.0.0.1:{ours.recv()}"
    calls = order_calls(base)
    try:
        calls["ccxt"] = ccxt_call(base)
    except ImportError:
        print("ccxt is not installed: that ratio is left out")
    for call in calls.values():
        call()
    orders = best_us(calls, chosen.rounds, chosen.count)
    server.terminate()
    print(
        f"signed order      {orders['weexctl']:7.0f} µs with sockets; a bare httpx call {orders['bare httpx']:.0f} µs"
    )
    if "ccxt" in orders:
        print(f"against ccxt      {orders['weexctl'] / orders['ccxt']:7.2f} of {orders['ccxt']:.0f} µs  (target 0.75)")
    candles = best_us(candle_calls(), chosen.rounds, 5)
    print(f"1 000 candles     {candles['weexctl']:7.0f} µs")
    for name, target in (("models", "0.5"), ("float models", "0.5")):
        print(
            f"  against {name:<13}{candles['weexctl'] / candles[name]:.2f} of {candles[name]:.0f} µs  (target {target})"
        )


if __name__ == "__main__":
    main()
