"""How many requests the simulator answers on one core, as ratios: `python benchmarks/simulator.py`.

In process, through `httpx.MockTransport`, and over TCP. What cannot be avoided is measured beside each: the same
client, the same request, and a handler that answers at once. Targets: at least 2 000 requests a second in process; at
most 3 times the bare handler's time in process and 2 times over TCP. Pairs run interleaved; the fastest round counts.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count

import httpx

from weexctl.simulator import Simulator, SimulatorSettings, generate_funding, generate_market
from weexctl.simulator.server import SimulatorServer

POSITIONS = "/capi/v3/account/position/allPosition"
ORDER = "/capi/v3/order"
HOUR_MS = 3_600_000
HISTORY = 400
SYMBOLS = ("BTCUSDT", "ETHUSDT")
TARGET_PER_SECOND = 2_000

Request = Callable[[], object]


class Caller:
    """A client that signs; orders open and close in turns, so that the account stays small."""

    def __init__(self, client: httpx.Client, simulator: Simulator) -> None:
        self._client = client
        self._simulator = simulator
        self._numbers = count()

    def positions(self) -> None:
        """Ask for all positions."""
        self._send("GET", POSITIONS, b"")

    def order(self) -> None:
        """Open a little, or close it."""
        number = next(self._numbers)
        body = {
            "symbol": "BTCUSDT",
            "side": "SELL" if number % 2 else "BUY",
            "positionSide": "LONG",
            "type": "MARKET",
            "quantity": "0.0010",
            "newClientOrderId": f"b{number}",
        }
        self._send("POST", ORDER, json.dumps(body).encode())

    def _send(self, method: str, path: str, body: bytes) -> None:
        stamp = str(self._simulator.now_ms)
        sign = hmac.new(b"sim", f"{stamp}{method}{path}".encode() + body, hashlib.sha256).digest()
        headers = {
            "ACCESS-KEY": "sim",
            "ACCESS-PASSPHRASE": "sim",
            "ACCESS-TIMESTAMP": stamp,
            "ACCESS-SIGN": base64.b64encode(sign).decode(),
            "Content-Type": "application/json",
        }
        answer = self._client.request(method, path, content=body, headers=headers)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")


class Bare(Simulator):
    """Answers everything at once."""

    def answer(self, *_: object, **__: object) -> tuple[int, dict[str, str], bytes]:
        """The shortest answer."""
        return 200, {"content-type": "application/json"}, b"{}"


def simulator(kind: type[Simulator]) -> Simulator:
    """A small market at an hour's beginning. No latency: thousands of requests would be a minute of the market's."""
    market = generate_market(7, symbols=SYMBOLS, count=HISTORY + 100)
    start_ms = market[SYMBOLS[0]].first_ms + HISTORY * HOUR_MS
    funding = generate_funding(7, market)
    return kind(market, seed=7, start_ms=start_ms, funding=funding, settings=SimulatorSettings(latency_ms=0))


def in_process(kind: type[Simulator], stack: ExitStack) -> Caller:
    """A caller whose requests never leave the process."""
    venue = simulator(kind)
    transport = httpx.MockTransport(venue.handle)
    return Caller(stack.enter_context(httpx.Client(transport=transport, base_url="https://simulator.invalid")), venue)


def over_tcp(kind: type[Simulator], stack: ExitStack) -> Caller:
    """A caller with one connection to a server in this process."""
    venue = simulator(kind)
    server = stack.enter_context(SimulatorServer(venue))
    return Caller(stack.enter_context(httpx.Client(base_url=server.url, trust_env=False)), venue)


def seconds(request: Request, times: int) -> float:
    """Of one request, the mean of a round."""
    start = time.perf_counter()
    for _ in range(times):
        request()
    return (time.perf_counter() - start) / times


def fastest(first: Request, second: Request, times: int, rounds: int) -> tuple[float, float]:
    """Seconds of a request: the minimum over the rounds of each of two, run in turns."""
    pairs = [(seconds(first, times), seconds(second, times)) for _ in range(rounds)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def main() -> None:
    """Print one line per way and request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="requests in a round")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    for way, make, target in (("in process", in_process, 3.0), ("over TCP", over_tcp, 2.0)):
        with ExitStack() as stack:
            ours, bare = make(Simulator, stack), make(Bare, stack)
            ours.order()  # so that there is a position to read
            bare.order()
            for name, pair in {
                "GET positions": (ours.positions, bare.positions),
                "POST order": (ours.order, bare.order),
            }.items():
                mine, least = fastest(*pair, asked.times, asked.rounds)
                goal = f"target {target}" + (f", {TARGET_PER_SECOND} /s" if way == "in process" else "")
                print(
                    f"{way:10} {name:13} {1 / mine:7.0f} /s   {mine * 1e6:6.0f} us / {least * 1e6:6.0f} us = "
                    f"{mine / least:4.2f}   {goal}"
                )


if __name__ == "__main__":
    main()
