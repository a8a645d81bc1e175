"""`test-connection`: the way to a venue, against exchanges on this machine that behave well and badly."""

from __future__ import annotations

import functools
import http.server
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

import pytest

from tests.armed import make_ready
from weexctl.config.paths import Paths
from weexctl.exchange.connect import connect
from weexctl.exchange.server_clock import boot_ms
from weexctl.model.candle import Timeframe
from weexctl.simulator.generator import generate_market
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator

Answer = tuple[int, dict[str, str], bytes]
Respond = Callable[[str, str, str, dict[str, str], bytes], Answer]
Serve = Callable[[Respond], AbstractContextManager[str]]

NAMES = ["time", "contracts", "signing", "permissions", "balance", "leverage", "ai-log"]
KEYS = {"WEEX_API_KEY": "sim", "WEEX_API_SECRET": "sim", "WEEX_API_PASSPHRASE": "sim"}
JSON = {"Content-Type": "application/json"}
HOUR_MS = Timeframe.H1.ms


@contextmanager
def _served(respond: Respond) -> Iterator[str]:
    """The address of an HTTP server that answers so until the block ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = respond(self.command, path, query, dict(self.headers.items()), sent)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names that the library calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: a client that gave up waiting is part of a test."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Elastic:
    """Time that pauses make pass at once."""

    skipped_ms = 0.0

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.skipped_ms += seconds * 1000

    def boot_ms(self) -> float:
        """A clock that never jumps back."""
        return boot_ms() + self.skipped_ms

    def utc_ms(self) -> int:
        """The exchange's clock."""
        return int(time.time() * 1000 + self.skipped_ms)


TIME = Elastic()


class Exchange:
    """A simulator behind HTTP, at the time of this machine; remembers what it was asked."""

    def __init__(self, settings: SimulatorSettings | None = None, **habits: Any) -> None:
        now = TIME.utc_ms()
        market = generate_market(7, timeframe=Timeframe.H1, count=96, start_ms=now // HOUR_MS * HOUR_MS - 48 * HOUR_MS)
        settings = settings or SimulatorSettings(**habits)
        self.simulator = Simulator(market, seed=7, start_ms=now, settings=settings)
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        with self._lock:
            self.asked.append(f"{method} {path}")
            self.simulator.advance(max(TIME.utc_ms(), self.simulator.now_ms))
            status, answered, content = self.simulator.answer(method, path, query, headers, body)
            return status, dict(answered), content


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses take no time: they move the clocks of both sides."""
    monkeypatch.setattr(TIME, "skipped_ms", 0.0)
    impatient = functools.partial(connect, sleep=TIME.sleep, local_ms=TIME.boot_ms)
    monkeypatch.setattr("weexctl.trader.connection.connect", impatient)


def statuses(ran: Any) -> dict[str, str]:
    return {check["name"]: check["status"] for check in ran.document["data"]["checks"]}


def failed(ran: Any) -> dict[str, Any]:
    """The one check that failed; all before it are well, all after it were not made."""
    checks: list[dict[str, Any]] = ran.document["data"]["checks"]
    [index] = [number for number, check in enumerate(checks) if check["status"] == "failed"]
    assert {check["status"] for check in checks[:index]} <= {"ok", "warning"}
    assert {check["status"] for check in checks[index + 1 :]} <= {"skipped"}
    assert [check["name"] for check in checks] == NAMES
    return checks[index]


def page(status: int, body: bytes, kind: str = "text/html") -> Respond:
    return lambda method, path, query, headers, sent: (status, {"Content-Type": kind}, body)


def test_the_simulator_in_process_passes_every_check_without_a_socket(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a socket was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    ran = home("test-connection")
    assert (ran.code, ran.document["ok"], ran.document["venue"]) == (0, True, "sim")
    assert statuses(ran) == dict.fromkeys(NAMES, "ok")
    assert home.journals == []


def test_the_simulator_in_process_has_the_equity_of_the_profile(home: Any) -> None:
    checks = home("test-connection", "--profile", "competition").document["data"]["checks"]
    [balance] = [check["detail"] for check in checks if check["name"] == "balance"]
    assert balance == "equity 1000.00 USDT, available 1000.00 USDT"


def test_the_round_trip_on_the_simulator_buys_and_sells_the_same_for_about_ten_usdt(home: Any) -> None:
    ran = home("test-connection", "--trade")
    bought, sold = ran.document["data"]["orders"]
    assert ran.code == 0
    assert (bought["side"], sold["side"], bought["status"], sold["status"]) == ("buy", "sell", "filled", "filled")
    assert bought["quantity"] == sold["quantity"]
    assert Decimal(5) < Decimal(bought["value"]) < Decimal(15)
    assert Decimal(bought["fee"]) > 0
    assert bought["order_id"].isdecimal()
    assert bought["order_id"] != sold["order_id"]
    assert statuses(ran)["trade"] == "ok"


def test_a_simulator_behind_http_passes_and_its_address_is_named(home: Any) -> None:
    with _served(Exchange()) as url:
        ran = home("test-connection", "--base-url", url, "--trade")
    assert (ran.code, ran.document["data"]["base_url"]) == (0, url)
    assert set(statuses(ran).values()) == {"ok"}
    assert len(ran.document["data"]["orders"]) == 2


def test_nobody_listening_is_a_network_failure_of_the_first_check(home: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        ran = home("test-connection", "--base-url", url)
    check = failed(ran)
    assert (ran.code, check["name"], ran.document["error"]["type"]) == (4, "time", "network")
    assert "nothing answers at this address" in check["meaning"]
    assert check["remedy"]


def test_silence_ends_after_the_timeout(home: Any) -> None:
    over = threading.Event()

    def silent(*asked: Any) -> Answer:
        over.wait(30)
        return 200, JSON, b"{}"

    began = time.monotonic()
    with _served(silent) as url:
        ran = home("test-connection", "--base-url", url, "--timeout", "0.1")
        took = time.monotonic() - began
        over.set()
    assert (ran.code, failed(ran)["name"]) == (4, "time")
    assert "in time" in failed(ran)["meaning"]
    assert took < 5  # three attempts of 0.1 s; the endpoint's own limit would be ten seconds each


def test_the_variable_for_the_timeout_is_heeded_and_the_flag_comes_first(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float | None] = []

    def watching(*args: Any, timeout_s: float | None = None, **options: Any) -> Any:
        seen.append(timeout_s)
        return connect(*args, **options)

    monkeypatch.setattr("weexctl.trader.connection.connect", watching)
    with _served(Exchange()) as url:
        home("test-connection", "--base-url", url, WEEX_API_TIMEOUT="7")
        home("test-connection", "--base-url", url, "--timeout", "3", WEEX_API_TIMEOUT="7")
    assert seen == [7.0, 3.0]


@pytest.mark.parametrize(
    "respond",
    [
        page(200, b"<html><body>Please log in</body></html>"),
        page(404, b"<html>no such page</html>"),
        page(302, b""),
        page(200, b"{not json", "application/json"),
        page(200, b'{"hello": "world"}', "application/json"),
    ],
    ids=["login page", "404", "redirect", "broken json", "another json"],
)
def test_whoever_is_not_the_exchange_is_found_out(home: Any, respond: Respond) -> None:
    with _served(respond) as url:
        ran = home("test-connection", "--base-url", url)
    assert (ran.code, failed(ran)["name"]) == (5, "time")
    assert "something else than the exchange" in failed(ran)["meaning"]
    assert "--base-url" in failed(ran)["remedy"]


def test_a_clock_a_minute_off_is_a_finding(home: Any) -> None:
    with _served(Exchange(clock_skew_ms=60_000)) as url:
        ran = home("test-connection", "--base-url", url)
    check = failed(ran)
    assert (ran.code, check["name"], ran.document["error"]["code"]) == (6, "time", "CLOCK_SKEW")
    assert "+60." in check["detail"] or "+59." in check["detail"]
    assert "clock" in check["remedy"]


def test_a_clock_five_seconds_off_is_a_warning_and_orders_still_work(home: Any) -> None:
    with _served(Exchange(clock_skew_ms=-5_000)) as url:
        ran = home("test-connection", "--base-url", url, "--trade")
    assert (ran.code, ran.document["ok"]) == (0, True)
    assert (statuses(ran)["time"], statuses(ran)["trade"]) == ("warning", "ok")


@pytest.mark.parametrize(
    ("habits", "code", "words"),
    [
        ({"key": "another"}, "UNKNOWN_KEY", "does not know this key"),
        ({"secret": "another"}, "BAD_SIGNATURE", "secret does not belong"),
        ({"passphrase": "another"}, "BAD_PASSPHRASE", "passphrase is not the one"),
        ({"ip_allowed": False}, "IP_NOT_LISTED", "not on the key's IP list"),
    ],
    ids=["key", "secret", "passphrase", "address"],
)
def test_a_key_that_is_not_accepted_is_told_apart_by_its_cause(
    home: Any, habits: dict[str, Any], code: str, words: str
) -> None:
    with _served(Exchange(**habits)) as url:
        ran = home("test-connection", "--base-url", url)
    check = failed(ran)
    error = ran.document["error"]
    assert (ran.code, check["name"], error["type"], error["code"]) == (3, "signing", "auth", code)
    assert words in check["meaning"]
    assert error["suggestion"] == check["remedy"] != ""


@pytest.mark.parametrize(
    ("number", "code"), [(-1044, "UNKNOWN_KEY"), (-1047, "BAD_SIGNATURE"), (-1049, "BAD_PASSPHRASE")]
)
def test_a_refusal_as_the_documentation_prints_it_is_understood(home: Any, number: int, code: str) -> None:
    exchange = Exchange()

    def respond(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if any(name.lower() == "access-key" for name in headers):
            return 400, JSON, json.dumps({"code": number, "msg": "no"}).encode()
        return exchange(method, path, query, headers, body)

    with _served(respond) as url:
        ran = home("test-connection", "--base-url", url)
    assert (ran.code, failed(ran)["name"], ran.document["error"]["code"]) == (3, "signing", code)


def test_521_for_everybody_is_an_exchange_that_is_down(home: Any) -> None:
    with _served(page(521, b"")) as url:
        ran = home("test-connection", "--base-url", url)
    assert (ran.code, failed(ran)["name"]) == (4, "time")


def test_a_key_that_may_not_trade_is_said_to_be_read_only(home: Any) -> None:
    with _served(Exchange(can_trade=False)) as url:
        ran = home("test-connection", "--base-url", url, "--trade")
    checks = statuses(ran)
    assert (ran.code, checks["permissions"], checks["trade"]) == (3, "failed", "skipped")


def test_live_without_keys_names_the_variables_and_asks_nobody(home: Any) -> None:
    ran = home("test-connection", "--venue", "live", "--base-url", "http://127.0.0.1:9")
    assert (ran.code, ran.document["error"]["code"]) == (3, "NO_KEYS")
    for name in KEYS:
        assert name in ran.document["error"]["message"]


def test_live_with_keys_reads_everything_and_changes_nothing(home: Any) -> None:
    exchange = Exchange()
    with _served(exchange) as url:
        ran = home("test-connection", "--venue", "live", "--base-url", url, **KEYS)
    assert (ran.code, ran.document["venue"]) == (0, "live")
    assert exchange.simulator.ledger.start == exchange.simulator.ledger.wallet
    changing = {asked for asked in exchange.asked if not asked.startswith("GET")}
    assert changing == {"POST /capi/v3/order/uploadAiLog"}  # an empty log, which has to be refused


def test_a_live_trade_needs_a_person_to_have_armed_the_profile(home: Any) -> None:
    exchange = Exchange()
    with _served(exchange) as url:
        ran = home("test-connection", "--venue", "live", "--trade", "--base-url", url, **KEYS)
    assert (ran.code, ran.document["error"]["code"]) == (3, "NOT_ARMED")
    assert exchange.asked == []


def armed(home: Any) -> None:
    """As a person at a terminal does."""
    make_ready("safe", Paths(home.config, home.data))


def test_an_armed_live_trade_is_written_down_in_the_account_s_own_journal(home: Any) -> None:
    armed(home)
    with _served(Exchange()) as url:
        ran = home("test-connection", "--venue", "live", "--trade", "--base-url", url, **KEYS)
    assert (ran.code, len(ran.document["data"]["orders"])) == (0, 2)
    assert home.journals == [home.data / "accounts" / "live" / "main" / "journal.sqlite"]
    order_id = ran.document["data"]["orders"][0]["order_id"]
    asked = home("explain", order_id)
    assert (asked.code, asked.document["error"]["code"]) == (2, "NO_DECISION")


@pytest.mark.parametrize(
    ("variables", "code"), [({"WEEXCTL_KILL": "1"}, 9), ({"WEEXCTL_READ_ONLY": "1"}, 6)], ids=["kill", "read-only"]
)
def test_a_switch_of_the_person_stops_the_round_trip(home: Any, variables: dict[str, str], code: int) -> None:
    exchange = Exchange()
    with _served(exchange) as url:
        ran = home("test-connection", "--trade", "--base-url", url, **variables)
    assert (ran.code, statuses(ran)["trade"]) == (code, "failed")
    assert ran.document["data"]["orders"] == []
    assert exchange.simulator.ledger.start == exchange.simulator.ledger.wallet


@pytest.mark.parametrize("url", ["http://example.org", "https://example.org", "http://127.0.0.1:1/path", "nonsense"])
def test_an_address_that_keys_must_not_go_to_is_refused(home: Any, url: str) -> None:
    ran = home("test-connection", "--base-url", url)
    assert (ran.code, ran.document["error"]["code"]) == (3, "BASE_URL")
    assert ran.document["error"]["suggestion"]


def test_the_venue_sim_does_not_go_to_the_exchange(home: Any) -> None:
    ran = home("test-connection", "--base-url", "https://api-contract.weex.com")
    assert (ran.code, ran.document["error"]["code"]) == (3, "BASE_URL")
    assert "sim never leaves this machine" in ran.document["error"]["message"]


def test_the_demo_account_is_not_mistaken_for_the_real_one(home: Any) -> None:
    exchange = Exchange()
    with _served(exchange) as url:
        ran = home("test-connection", "--venue", "demo", "--trade", "--base-url", url, **KEYS)
    assert (ran.code, ran.document["error"]["code"]) == (3, "VENUE_NOT_AVAILABLE")
    assert exchange.asked == []


def test_paper_checks_what_is_public_and_signs_nothing(home: Any) -> None:
    exchange = Exchange()
    with _served(exchange) as url:
        ran = home("test-connection", "--venue", "paper", "--base-url", url)
        traded = home("test-connection", "--venue", "paper", "--trade", "--base-url", url)
    assert (ran.code, traded.code) == (0, 2)
    assert statuses(ran) == {name: "ok" if name in ("time", "contracts") else "skipped" for name in NAMES}
    assert all("/market/" in asked for asked in exchange.asked)


@pytest.mark.parametrize(
    "argv",
    [
        ("test-connection", "--venue", "live"),
        ("account", "balance", "--venue", "live"),
        ("close", "BTCUSDT", "--venue", "live"),
        ("trade", "--venue", "live", "--steps", "1"),
        ("trade", "--venue", "demo", "--steps", "1"),
    ],
    ids=" ".join,
)
def test_a_key_that_is_not_the_simulators_is_not_shown_to_this_machine_without_a_word(
    home: Any, argv: tuple[str, ...]
) -> None:
    armed(home)
    with _served(Exchange()) as url:
        ran = home(*argv, WEEX_API_BASE=url, **dict.fromkeys(KEYS, "another-key"))
        assert f"warning: API key and passphrase go to {url}" in ran.err


@pytest.mark.parametrize("argv", [("test-connection",), ("account", "balance")], ids=" ".join)
def test_the_simulators_own_key_is_no_secret(home: Any, argv: tuple[str, ...]) -> None:
    with _served(Exchange()) as url:
        ran = home(*argv, "--venue", "live", WEEX_API_BASE=url, **KEYS)
    assert (ran.code, "warning" in ran.err) == (0, False)


def test_no_key_shows_in_what_is_printed(home: Any) -> None:
    secret = {name: f"a-very-secret-{name[-6:].lower()}" for name in KEYS}
    with _served(Exchange()) as url:
        for mode in ("json", "table"):
            ran = home("test-connection", "--venue", "live", "--base-url", url, "-v", "-o", mode, **secret)
            assert ran.code == 3
            assert not any(word in ran.out + ran.err for word in secret.values())


@pytest.mark.parametrize("width", [80, 140])
def test_a_person_sees_marks_and_under_a_failure_what_to_do(
    home: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    with _served(Exchange(passphrase="another")) as url:
        ran = home("test-connection", "--base-url", url, "-o", "table", COLUMNS=str(width))
    assert ran.code == 3
    words = " ".join(ran.out.split())
    assert "✓ time" in words
    assert "✗ signing" in words
    assert "means the passphrase is not the one" in words
    assert "do store it anew with `weexctl keys add main --scope trade`" in words
    assert "or check WEEX_API_PASSPHRASE" in words
    assert "– leverage an earlier check failed" in words
    assert max(map(len, ran.out.splitlines())) <= width


def test_the_round_trip_s_orders_fit_on_a_narrow_terminal(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = home("test-connection", "--trade", "-o", "table", COLUMNS="80")
    lines = [line for line in ran.out.splitlines() if " order " in line]
    assert len(lines) == 2
    assert all(line.split()[-1].isdecimal() for line in lines)
    assert max(map(len, ran.out.splitlines())) <= 80
