"""A stand-in for the network that is asked in plain values gets the same bytes as any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from tests.faults.wire import Wire, an_order
from weexctl.exchange.bare_wire import BareWire, Request
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.simulator.simulator import Simulator
from weexctl.testing.scenario.run import run_plan
from weexctl.testing.scenario.seeded import seeded_plan
from weexctl.trader.sim_venue import SimulatedClock


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    limit_s: float


@dataclass
class Recorder(httpx.BaseTransport):
    """Keeps every request before the simulator answers it."""

    simulator: Simulator = field(default_factory=lambda: Wire().simulator)
    seen: list[Seen] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        limit_s = request.extensions["timeout"]["read"]
        target = request.url.raw_path.decode()
        self.seen.append(Seen(request.method, target, headers, request.content, limit_s))
        return self.simulator.handle(request)


class BareRecorder(Recorder):
    """The same, in plain values."""

    def carry(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, limit_s: float
    ) -> tuple[int, Mapping[str, str], Iterable[bytes]]:
        self.seen.append(Seen(method, target, {n.lower(): v for n, v in headers.items()}, body, limit_s))
        path, _, query = target.partition("?")
        status, found, answer = self.simulator.answer(method, path, query, headers, body)
        return status, found, (answer,)


def sent_through(recorder: Recorder) -> list[Seen]:
    exchange = connect(
        credentials=Credentials("sim", "sim", "sim"),
        transport=recorder,
        clock=SimulatedClock(recorder.simulator),
        limiter=Unlimited(),
    )
    exchange.place_order(an_order())
    assert len(exchange.fetch_positions()) == 1
    now_ms = recorder.simulator.now_ms
    assert exchange.fetch_fills("BTCUSDT", start_ms=now_ms - 60_000, end_ms=now_ms)
    exchange.close()
    return recorder.seen


def test_method_address_headers_and_body_are_the_same() -> None:
    bare, through_httpx = sent_through(BareRecorder()), sent_through(Recorder())

    assert [seen.method for seen in bare] == ["POST", "GET", "GET"]
    added = {"host", "content-length", "connection"}  # of HTTP/1.1 itself
    for plain, full in zip(bare, through_httpx, strict=True):
        assert (plain.method, plain.target, plain.body, plain.limit_s) == (
            full.method,
            full.target,
            full.body,
            full.limit_s,
        )
        assert plain.headers == {name: value for name, value in full.headers.items() if name not in added}


def test_a_request_shows_no_header() -> None:
    request = Request("GET", httpx.URL("https://host/path"), "/path", {"ACCESS-KEY": "k3y"}, b"", 8.0)

    assert "k3y" not in repr(request)


class ThroughHttpx(httpx.BaseTransport):
    """The faulty way, without what makes a client ask it in plain values."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._inner.handle_request(request)


def test_schedules_leave_the_same_traces_through_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = [seeded_plan(seed, steps=6) for seed in range(30)]
    bare = [run_plan(plan) for plan in plans]
    asked: list[BareWire] = []

    def connected(*args: object, **wiring: object) -> object:
        inner = wiring["transport"]
        assert isinstance(inner, httpx.BaseTransport)
        assert isinstance(inner, BareWire)
        asked.append(inner)
        return connect(*args, **{**wiring, "transport": ThroughHttpx(inner)})  # type: ignore[call-overload]  # as it came

    monkeypatch.setattr("weexctl.testing.scenario.order_path.connect", connected)
    slow = [run_plan(plan) for plan in plans]

    assert len(asked) > len(plans)
    assert [outcome.trace for outcome in slow] == [outcome.trace for outcome in bare]
    words = {fault.word.value for outcome in slow for fault in outcome.fired}
    assert {"RESET", "BIG", "TRUNC", "EMPTY200", "RESP_LOST"} & words
