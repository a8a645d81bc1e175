"""The simulator over TCP: the same answers, one after the other, and a side door for its owner."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from weexctl.errors import UsageError
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.auth import signature
from weexctl.simulator.pace import Pace
from weexctl.simulator.server import SimulatorServer

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import OpenDesk

HOUR_MS = 3_600_000
FLAT = [(50_000.0, 50_000.0, 50_000.0, 50_000.0)] * 3
DIP = [(50_000.0, 50_000.0, 44_000.0, 46_000.0), *[(46_000.0, 46_000.0, 46_000.0, 46_000.0)] * 5]
JSON = {"Content-Type": "application/json"}
WALL_MS = 1_893_456_000_000
"""Where this machine's clock is said to be, far from the market's time."""


class Line:
    """One client with one connection."""

    def __init__(self, server: SimulatorServer, simulator: Simulator) -> None:
        host, port = server.url.removeprefix("http://").split(":")
        self.connection = http.client.HTTPConnection(host, int(port), timeout=20)
        self._simulator = simulator

    def raw(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and parsed answer."""
        self.connection.request(method, target, body or None, headers or {})
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def signed(self, method: str, path: str, stamp: int | None = None, **members: Any) -> tuple[int, Any]:
        """Status and answer of a signed request; without a stamp, of the market's time."""
        at = str(self._simulator.now_ms if stamp is None else stamp)
        query = urlencode(members) if method == "GET" else ""
        body = json.dumps(members).encode() if method == "POST" else b""
        headers = {
            "ACCESS-KEY": "sim",
            "ACCESS-PASSPHRASE": "sim",
            "ACCESS-TIMESTAMP": at,
            "ACCESS-SIGN": signature("sim", at, method, path, query, body),
        }
        return self.raw(method, path + (f"?{query}" if query else ""), body, {**headers, **JSON})

    def control(self, method: str, name: str, **members: Any) -> tuple[int, Any]:
        """Status and answer of the side door."""
        body = json.dumps(members).encode() if method == "POST" else b""
        return self.raw(method, f"/control/{name}", body, JSON)


Serve = Callable[..., Line]


def order(client_id: str, quantity: str = "0.1000", **members: Any) -> dict[str, Any]:
    """A market order that opens a long."""
    base = {"symbol": "BTCUSDT", "side": "BUY", "positionSide": "LONG", "type": "MARKET"}
    return {**base, "quantity": quantity, "newClientOrderId": client_id, **members}


@pytest.fixture
def serve(open_desk: OpenDesk) -> Iterator[Serve]:
    """Serves a simulator until the test ends, and answers with a client of it."""
    with ExitStack() as stack:

        def build(
            rows: Any = FLAT,
            *,
            settings: SimulatorSettings | None = None,
            more: int = 0,
            **habits: Any,
        ) -> Line:
            exact = SimulatorSettings(spread_bps=0, slippage_bps=0, slippage_minor_bps=0, impact=0, latency_ms=0)
            simulator = open_desk(rows, settings=settings or exact).simulator
            server = stack.enter_context(SimulatorServer(simulator, **{"control": True, **habits}))
            lines = [Line(server, simulator) for _ in range(1 + more)]
            for line in lines:
                stack.callback(line.connection.close)
            lines[0].others = lines[1:]  # type: ignore[attr-defined]  # only the test of many clients asks for them
            return lines[0]

        yield build


def test_the_answers_are_those_of_the_simulator_in_process(serve: Serve, open_desk: OpenDesk) -> None:
    line = serve()
    settings = SimulatorSettings(spread_bps=0, slippage_bps=0, slippage_minor_bps=0, impact=0, latency_ms=0)
    desk = open_desk(FLAT, settings=settings)
    for method, path, members in (
        ("POST", "/capi/v3/order", order("a")),
        ("GET", "/capi/v3/account/position/allPosition", {}),
        ("GET", "/capi/v3/userTrades", {"symbol": "BTCUSDT"}),
        ("POST", "/capi/v3/order", order("b", "99")),
    ):
        assert line.signed(method, path, **members) == desk.call(method, path, **members)


def test_one_connection_carries_many_requests(serve: Serve) -> None:
    line = serve()
    first = line.raw("GET", "/capi/v3/market/time")
    socket_of_first = line.connection.sock
    assert line.raw("GET", "/capi/v3/market/time") == first
    assert line.connection.sock is socket_of_first


def test_clients_at_the_same_time_are_answered_one_after_the_other(serve: Serve) -> None:
    line = serve(more=3)
    lines = [line, *line.others]  # type: ignore[attr-defined]  # see the fixture

    def trade(number: int) -> list[str]:
        answers = [
            lines[number].signed("POST", "/capi/v3/order", **order(f"c{number}-{k}", "0.0010")) for k in range(15)
        ]
        return [answer["orderId"] for status, answer in answers if status == 200]

    with ThreadPoolExecutor(4) as pool:
        ids = [one for some in pool.map(trade, range(4)) for one in some]
    _, ledger = line.control("GET", "ledger")
    assert len(set(ids)) == 60
    assert [(row["side"], row["size"]) for row in ledger["positions"]] == [("long", "0.0600")]


def test_a_second_request_waits_for_the_first(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SimulatorServer(open_desk(FLAT).simulator)
    answered: list[str] = []
    waited: list[bool] = []

    def answer(_: Simulator, method: str, path: str, *__: object) -> tuple[int, dict[str, str], bytes]:
        if path == "/first":
            second.start()
            second.join(0.1)
            waited.append(second.is_alive())
        answered.append(path)
        return 200, {}, b"{}"

    monkeypatch.setattr(Simulator, "answer", answer)
    second = Thread(target=server.reply, args=("GET", "/second", {}, b""))
    server.reply("GET", "/first", {}, b"")
    second.join()
    server.close()
    assert (waited, answered) == ([True], ["/first", "/second"])


def test_a_verb_nobody_knows_is_refused_by_the_exchange(serve: Serve) -> None:
    assert serve().raw("PURGE", "/capi/v3/market/time")[1]["code"] == -1150


def test_head_has_no_body_and_the_connection_goes_on(serve: Serve) -> None:
    line = serve()
    assert line.raw("HEAD", "/capi/v3/market/time") == (400, None)
    assert line.raw("GET", "/capi/v3/market/time")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "1000001"},
        {"Content-Length": "-1"},
        {"Content-Length": "x"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_a_body_without_a_sensible_length_is_not_read(serve: Serve, headers: dict[str, str]) -> None:
    line = serve()
    line.connection.putrequest("POST", "/capi/v3/order")
    for name, value in headers.items():
        line.connection.putheader(name, value)
    line.connection.endheaders()
    answer = line.connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, -1140)
    assert answer.will_close


def test_a_bug_inside_is_an_answer_and_the_next_request_is_served(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    line = serve(report=told.append)
    with monkeypatch.context() as patch:
        patch.setattr(Simulator, "answer", lambda *_: 1 // 0)
        assert line.raw("GET", "/capi/v3/market/time") == (500, {"code": -1000, "msg": "An unknown error occurred."})
    assert told == ["GET /capi/v3/market/time: ZeroDivisionError: integer division or modulo by zero"]
    assert line.raw("GET", "/capi/v3/market/time")[0] == 200


def test_closing_ends_open_connections_and_frees_the_port(open_desk: OpenDesk) -> None:
    simulator = open_desk(FLAT).simulator
    server = SimulatorServer(simulator)
    server.start()
    line = Line(server, simulator)
    line.raw("GET", "/capi/v3/market/time")
    server.close()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        line.raw("GET", "/capi/v3/market/time")
    line.connection.close()
    port = int(server.url.rpartition(":")[2])
    with SimulatorServer(simulator, port=port) as again:
        assert again.url == server.url


def test_a_server_that_never_started_can_be_closed(open_desk: OpenDesk) -> None:
    server = SimulatorServer(open_desk(FLAT).simulator)
    server.close()
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=5)


def test_a_port_that_is_taken_is_said(open_desk: OpenDesk) -> None:
    simulator = open_desk(FLAT).simulator
    with SimulatorServer(simulator) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(UsageError, match=f"port {port} .* cannot be used"):
            SimulatorServer(simulator, port=port)


# Time.


def test_a_pace_is_simulated_time_in_real_time() -> None:
    real = [5_000]
    pace = Pace(60.0, 1_000_000, lambda: real[0])
    assert pace.now_ms() == 1_000_000
    real[0] += 2_000
    assert pace.now_ms() == 1_120_000
    pace.move(9_000_000)
    real[0] += 1
    assert pace.now_ms() == 9_000_060


def test_time_goes_on_between_requests_at_the_pace(serve: Serve, open_desk: OpenDesk) -> None:
    real = [0]
    start_ms = open_desk(DIP).simulator.now_ms
    line = serve(DIP, pace=Pace(3_600.0, start_ms, lambda: real[0]))
    assert line.raw("GET", "/capi/v3/market/time")[1] == {"serverTime": start_ms}
    real[0] = 1_000
    assert line.raw("GET", "/capi/v3/market/time")[1] == {"serverTime": start_ms + HOUR_MS}


def test_what_the_control_advanced_is_not_undone_by_the_pace(serve: Serve, open_desk: OpenDesk) -> None:
    real = [0]
    start_ms = open_desk(DIP).simulator.now_ms
    line = serve(DIP, pace=Pace(1.0, start_ms, lambda: real[0]))
    line.control("POST", "advance", by_ms=HOUR_MS)
    real[0] = 500
    assert line.raw("GET", "/capi/v3/market/time")[1] == {"serverTime": start_ms + HOUR_MS + 500}


def test_the_control_lets_the_market_reach_a_stop(serve: Serve) -> None:
    rows = [(50_000.0, 50_000.0, 50_000.0, 50_000.0), *DIP]
    line = serve(rows)
    line.signed("POST", "/capi/v3/order", **order("a", slTriggerPrice="45000"))
    before = line.control("GET", "ledger")[1]
    status, moved = line.control("POST", "advance", by_ms=HOUR_MS)
    after = line.control("GET", "ledger")[1]
    assert (status, moved["now_ms"]) == (200, before["now_ms"] + HOUR_MS)
    assert (len(before["positions"]), before["open_orders"]) == (1, 1)
    assert (after["positions"], after["open_orders"]) == ([], 0)
    # 0.1 from 50 000 to 45 000, and 0.08 % of both values.
    assert (after["realised"], after["fees"]) == ("-500.00000", "7.60000000")
    assert after["wallet"] == "9492.40000000"


def test_an_absolute_moment_is_a_moment_too(serve: Serve) -> None:
    line = serve()
    now_ms = line.control("GET", "time")[1]["now_ms"]
    assert line.control("POST", "advance", to_ms=now_ms + 7)[1]["now_ms"] == now_ms + 7


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "either to_ms or by_ms"),
        ({"to_ms": 1, "by_ms": 1}, "either to_ms or by_ms"),
        ({"by_hours": 1}, "either to_ms or by_ms"),
        ({"by_ms": "1"}, "whole number"),
        ({"by_ms": True}, "whole number"),
        ({"by_ms": -1}, "cannot go back"),
        ({"to_ms": 9_999_999_999_999}, "beyond the year 2100"),
    ],
)
def test_time_that_cannot_be_moved_so_stays(serve: Serve, members: dict[str, Any], words: str) -> None:
    line = serve()
    before = line.control("GET", "time")
    status, answer = line.control("POST", "advance", **members)
    assert status == 400
    assert words in answer["error"]
    assert line.control("GET", "time") == before


# Settings, and who may use the control.


def test_a_changed_setting_holds_from_now_on(serve: Serve) -> None:
    line = serve()
    status, settings = line.control("POST", "settings", ip_allowed=False, liquidation_fee="0.02", spread_bps=3)
    assert (status, settings["ip_allowed"], settings["liquidation_fee"]) == (200, False, "0.02")
    assert not {"key", "secret", "passphrase"} & set(settings)
    assert line.signed("GET", "/capi/v3/account/balance")[0] == 521
    line.control("POST", "settings", ip_allowed=True)
    assert line.signed("GET", "/capi/v3/account/balance")[0] == 200


def test_a_changed_setting_leaves_the_key_alone(serve: Serve) -> None:
    line = serve(settings=SimulatorSettings(key="another"))
    line.control("POST", "settings", latency_ms=1)
    assert line.signed("GET", "/capi/v3/account/balance")[1]["code"] == -1044


def test_settings_that_are_built_into_the_market_stay(serve: Serve) -> None:
    _, settings = serve().control("POST", "settings", mark_wick=0.0, history_kept=1)
    assert (settings["mark_wick"], settings["history_kept"]) == (1.0, 60)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"secret": "x"}, "no setting secret"),
        ({"latency": 1}, "no setting latency"),
        ({"latency_ms": "1"}, "must be like 0"),
        ({"spread_bps": True}, "must be like 0"),
        ({"liquidation_fee": "much"}, "cannot be read"),
        ({"maintenance_tiers": [["1"]]}, "cannot be read"),
    ],
)
def test_a_setting_that_makes_no_sense_changes_nothing(serve: Serve, members: dict[str, Any], words: str) -> None:
    line = serve()
    before = line.control("GET", "settings")
    status, answer = line.control("POST", "settings", **members)
    assert status == 400
    assert words in answer["error"]
    assert line.control("GET", "settings") == before


def test_without_the_flag_there_is_no_control(serve: Serve) -> None:
    assert serve(control=False).control("GET", "ledger") == (404, {"code": -1000, "msg": "Not found."})


@pytest.mark.parametrize(("method", "name", "status"), [("GET", "wallet", 404), ("GET", "advance", 405)])
def test_the_control_says_what_it_has(serve: Serve, method: str, name: str, status: int) -> None:
    answered, answer = serve().control(method, name)
    assert answered == status
    assert "/control/advance" in answer["error"]
    assert ("/control/feed" in answer["error"]) is (status == 404)


@pytest.mark.parametrize("body", [b"[1]", b"{", b"1"])
def test_the_control_takes_objects_only(serve: Serve, body: bytes) -> None:
    assert serve().raw("POST", "/control/advance", body, JSON)[0] == 400


def test_a_page_in_a_browser_cannot_reach_the_control(serve: Serve) -> None:
    line = serve()
    assert line.raw("GET", "/control/ledger", headers={"Host": "evil.example:80"})[0] == 403
    assert line.raw("GET", "/control/ledger", headers={"Host": "localhost:80"})[0] == 200
    assert line.raw("POST", "/control/advance", b'{"by_ms": 1}', {"Content-Type": "text/plain"})[0] == 415


# This machine's clock.


def test_with_the_real_clock_either_clock_may_stamp(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: WALL_MS * 1_000_000)
    line = serve(settings=SimulatorSettings(real_clock=True, latency_ms=0))
    path = "/capi/v3/account/balance"
    assert line.signed("GET", path)[0] == 200
    assert line.signed("GET", path, stamp=WALL_MS - 30_000)[0] == 200
    assert line.signed("GET", path, stamp=WALL_MS - 30_001)[1]["code"] == -1046


def test_without_it_only_the_markets_clock_counts(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: WALL_MS * 1_000_000)
    assert serve().signed("GET", "/capi/v3/account/balance", stamp=WALL_MS)[1]["code"] == -1046


def test_with_the_real_clock_limits_count_its_seconds(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    from weexctl.simulator import rate

    now_ms = [0]
    monkeypatch.setattr(rate, "clock_ms", lambda: now_ms[0])
    settings = SimulatorSettings(real_clock=True, rate_limits=True, latency_ms=0, weight_per_10s=20)
    line = serve(settings=settings)
    path = "/capi/v3/account/position/allPosition"
    assert [line.signed("GET", path)[0] for _ in range(3)] == [200, 200, 429]
    line.control("POST", "advance", by_ms=HOUR_MS)
    assert line.signed("GET", path)[0] == 429
    now_ms[0] = 10_000
    assert line.signed("GET", path)[0] == 200
