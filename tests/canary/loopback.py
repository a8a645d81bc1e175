"""An exchange on this machine that knows the first canary, and the ways it can misbehave."""

from __future__ import annotations

import functools
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.canary.planted import FIRST
from weexctl.exchange.connect import connect
from weexctl.exchange.server_clock import boot_ms
from weexctl.model.candle import Timeframe
from weexctl.simulator.generator import generate_market
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator

__all__ = ["MOODS", "Elastic", "Exchange", "served"]

HOUR_MS = Timeframe.H1.ms
Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}


class Elastic:
    """Time that pauses make pass at once, for both sides."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._skipped_ms = 0.0
        impatient = functools.partial(connect, sleep=self._sleep, local_ms=lambda: boot_ms() + self._skipped_ms)
        monkeypatch.setattr("weexctl.trader.connection.connect", impatient)
        monkeypatch.setattr("weexctl.trader.market_desk.connect", impatient)
        monkeypatch.setattr("weexctl.trader.wire_venue.connect", impatient)

    def _sleep(self, seconds: float) -> None:
        self._skipped_ms += seconds * 1000

    def utc_ms(self) -> int:
        """The exchange's clock."""
        return int(time.time() * 1000 + self._skipped_ms)


@dataclass
class Exchange:
    """A simulator behind HTTP in one of the moods."""

    now_ms: Callable[[], int]
    mood: str = "well"
    asked: list[str] = field(default_factory=list)
    watch: Callable[[], object] = lambda: None
    """Called while somebody waits for the answer to a signed request."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        now = self.now_ms()
        start = now // HOUR_MS * HOUR_MS - 60 * HOUR_MS
        self._market = generate_market(7, timeframe=Timeframe.H1, count=96, start_ms=start)
        self._start_ms = now
        self._simulators: dict[str, Simulator] = {}

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """What comes back; None hangs up."""
        if _signed(headers):
            self.watch()
        with self.lock:
            self.asked.append(f"{method} {path}")
            if method == "POST" and self.mood.endswith(" at orders") and path.endswith("/order"):
                return MOODS[self.mood](headers)
            mood = MOODS[self.mood]
            if self.mood in _SETTINGS or self.mood.endswith(" at orders"):
                return self._simulated(method, path, query, headers, body)
            if self.mood.endswith(" to keys") and not _signed(headers):
                return self._simulated(method, path, query, headers, body)
            return mood(headers)

    def _simulated(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        simulator = self._simulators.get(self.mood)
        if simulator is None:
            settings = SimulatorSettings(**{**vars(FIRST), **_SETTINGS.get(self.mood, {})})
            simulator = Simulator(self._market, seed=7, start_ms=self._start_ms, settings=settings)
            self._simulators[self.mood] = simulator
        simulator.advance(max(self.now_ms(), simulator.now_ms))
        status, answered, content = simulator.answer(method, path, query, headers, body)
        return status, dict(answered), content


_SETTINGS: dict[str, dict[str, Any]] = {
    "well": {},
    "another key": {"key": "another"},
    "another secret": {"secret": "another"},
    "another passphrase": {"passphrase": "another"},
    "cut answer": {},
    "address not listed": {"ip_allowed": False},
    "key may not trade": {"can_trade": False},
}


def _signed(headers: dict[str, str]) -> bool:
    return any(name.lower() == "access-key" for name in headers)


def _page(status: int, body: bytes, headers: dict[str, str]) -> Callable[[dict[str, str]], Answer]:
    return lambda _: (status, headers, body)


def _echo(code: int, before: int = 0, status: int = 400) -> Callable[[dict[str, str]], Answer]:
    """A refusal that repeats what it was sent, after so many letters."""

    def answer(headers: dict[str, str]) -> Answer:
        private = {name: value for name, value in headers.items() if name.lower().startswith("access-")}
        words = " ".join(private.values())
        return status, JSON, json.dumps({"code": code, "msg": f"{'x' * before} {words} {private}"}).encode()

    return answer


def _echo_as_data(headers: dict[str, str]) -> Answer:
    """Success, with what was sent in every member."""
    words = " ".join(value for name, value in headers.items() if name.lower().startswith("access-"))
    names = ("asset", "balance", "orderId", "symbol", "id", "data", "canTrade", "leverage", "code", "success")
    return 200, JSON, json.dumps([dict.fromkeys(names, words)]).encode()


def _echo_page(headers: dict[str, str]) -> Answer:
    return 502, HTML, f"<html><pre>{headers}</pre></html>".encode()


MOODS: dict[str, Callable[[dict[str, str]], Answer | None]] = {
    **{name: _page(500, b"", JSON) for name in _SETTINGS},  # never called: a simulator answers
    "500": _page(500, b'{"code": 500, "msg": "oops"}', JSON),
    "502 page": _page(502, b"<html>bad gateway</html>", HTML),
    "login page": _page(200, b"<html>please log in</html>", HTML),
    "truncated JSON": _page(200, b'{"serverTime": 17', JSON),
    "no JSON": _page(200, b"\xff\xfe\x00", JSON),
    "429": _page(429, b"", {**JSON, "Retry-After": "1"}),
    "418": _page(418, b"", JSON),
    "redirect": _page(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}),
    "hang up": lambda _: None,
    "echo": _echo(-1044),
    "echo to keys": _echo(-1044, status=401),
    "echo of an unknown code to keys": _echo(77777),
    "echo cut after 200 to keys": _echo(77777, before=190),
    "echo cut after 300 to keys": _echo(-1044, before=290),
    "echo as data to keys": _echo_as_data,
    "echo page to keys": _echo_page,
    "echo at orders": _echo(-1044),
    "echo of an unknown code at orders": _echo(77777, before=170),
    "echo as data at orders": _echo_as_data,
    "500 at orders": _page(500, b"", JSON),
    "hang up at orders": lambda _: None,
}
"""What the exchange answers to everything; `to keys` only to signed requests, `at orders` only to new orders."""


@contextmanager
def served(exchange: Exchange) -> Iterator[str]:
    """The address of this exchange until the block ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = exchange.answer(self.command, path, query, dict(self.headers.items()), sent)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if exchange.mood == "cut answer" else body)
            self.close_connection = exchange.mood == "cut answer"

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names that the library calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: a client that hung up is part of a test."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
