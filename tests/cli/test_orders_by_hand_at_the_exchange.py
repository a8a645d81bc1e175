"""Orders by hand at `live` and `demo`, against a simulator whose time stands still until somebody waits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.resources import files
from typing import Any

import httpx
import pytest

from tests.armed import make_ready
from tests.cli.conftest import Home, Ran
from weexctl.config.paths import Paths
from weexctl.exchange.connect import connect
from weexctl.exchange.signing import Credentials
from weexctl.execution.breaker_events import AuthFailed
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import BREAKERS, Breakers
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import TradeRecord
from weexctl.model.order import OrderRequest
from weexctl.model.side import PositionSide, Side
from weexctl.run.schedule import HISTORY_CANDLES
from weexctl.simulator.generator import generate_market
from weexctl.simulator.server import Reply, SimulatorServer
from weexctl.simulator.simulator import Simulator

D = Decimal
KEYS = {f"WEEX_API_{part}": "sim" for part in ("KEY", "SECRET", "PASSPHRASE")}
HOUR_MS = 3_600_000
BUY = ("ETHUSDT", "--side", "buy", "--position", "long", "--size", "200", "--unit", "quote")


@dataclass
class Account:
    """A command line whose venue is a simulator on this machine, and the way to that simulator."""

    home: Home
    simulator: Simulator
    url: str
    venue: str
    calls: list[str] = field(default_factory=list)
    """Every write that the simulator was asked for."""

    def __call__(self, *argv: str, **environment: str) -> Ran:
        """Run a command there."""
        return self.home(*argv, "--venue", self.venue, **({"WEEX_API_BASE": self.url} | KEYS | environment))

    def data(self, *argv: str, **environment: str) -> dict[str, Any]:
        """The data of a command that has to work."""
        ran = self(*argv, **environment)
        assert ran.code == 0, ran.out
        found: dict[str, Any] = ran.document["data"]
        return found

    def error(self, *argv: str, **environment: str) -> tuple[int, str]:
        """Exit code and error code of a command that has to be refused."""
        ran = self(*argv, **environment)
        assert ran.document["error"]["suggestion"]
        return ran.code, ran.document["error"]["code"]

    def mark(self, symbol: str = "ETHUSDT") -> Decimal:
        """The price of a symbol."""
        answer = httpx.get(f"{self.url}/capi/v3/market/symbolPrice", params={"symbol": symbol}, trust_env=False)
        body = answer.json()
        return D((body[0] if isinstance(body, list) else body)["price"])

    def words(self, *more: str, stop: str | None = "0.97", size: str = "200", symbol: str = "ETHUSDT") -> list[str]:
        """A long with a stop at a share of its price."""
        stopped = (
            [] if stop is None else ["--stop", str(round(self.mark(symbol) * D(stop), 1 if symbol == "BTCUSDT" else 2))]
        )
        return [symbol, "--side", "buy", "--position", "long", "--size", size, "--unit", "quote", *stopped, *more]

    def limit(self, share: str) -> list[str]:
        """A limit at a share of the price."""
        return ["--price", str(round(self.mark() * D(share), 2))]

    @property
    def journal(self) -> Any:
        """What is on record, for reading."""
        [path] = self.home.journals
        return Journal.read(path)


@pytest.fixture
def at(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Account]]:
    """Makes the account at a venue; the profile `safe` is armed unless told otherwise."""
    candles = generate_market(7, symbols=["BTCUSDT", "ETHUSDT"], count=60)
    start_ms = candles["ETHUSDT"].last_close_ms - 20 * HOUR_MS
    simulator = Simulator(candles, seed=7, start_ms=start_ms)
    with SimulatorServer(simulator, port=0, control=True) as server:

        def make(venue: str = "live", *, armed: bool = True) -> Account:
            account = Account(home, simulator, server.url, venue)
            answer = Simulator.answer

            def counting(self: Simulator, method: str, path: str, *rest: Any) -> Any:
                if method != "GET":
                    account.calls.append(f"{method} {path}")
                return answer(self, method, path, *rest)

            monkeypatch.setattr(Simulator, "answer", counting)
            if armed:
                arm_profile(home, "safe")
            return account

        yield make


def trades_of(journal: Journal) -> list[TradeRecord]:
    """The closed trades of the account's one run."""
    [run] = journal.runs.all()
    return journal.trades.of_run(run.run_id)


def arm_profile(home: Home, name: str, symbols: tuple[str, ...] = ()) -> None:
    """As a person at a terminal does."""
    make_ready(name, Paths(home.config, home.data), symbols)


def test_an_order_with_a_stop_becomes_a_position_with_that_stop(at: Callable[..., Account]) -> None:
    account = at()
    data = account.data("order", "place", *account.words())
    order, [held] = data["order"], data["positions_after"]
    assert (order["status"], order["code"], held["rule"]) == ("filled", "", "manual")
    [row] = account.data("account", "positions")["positions"]
    assert (row["rule"], row["stop_price"]) == ("manual", held["stop_price"])
    [stop] = account.data("order", "list")["orders"]
    assert (stop["kind"], D(stop["trigger_price"])) == ("stop", D(data["preview"]["stop_price"]))
    story = account.home("explain", order["order_id"]).document["data"]
    assert story["decision_id"] == order["decision_id"]
    assert {leg["leg"] for leg in story["orders"]} == {"entry", "stop"}


def test_a_resting_order_is_listed_watched_and_cancelled(at: Callable[..., Account]) -> None:
    account = at()
    ran = account("order", "place", *account.words(*account.limit("0.9"), stop="0.85"))
    order = ran.document["data"]["order"]
    assert (ran.code, order["status"]) == (0, "open")
    assert f"weexctl order cancel {order['order_id']} --venue live" in ran.out
    waited = account("order", "wait", order["order_id"], "--timeout", "5")
    assert (waited.code, waited.document["error"]["code"]) == (4, "STILL_RESTING")
    data = account.data("order", "cancel", order["order_id"])
    assert [row["status"] for row in data["cancelled"]] == ["cancelled"]
    assert account.data("order", "list")["orders"] == []
    with account.journal as journal:
        assert [row.status.value for row in journal.orders.of_intent(1)] == ["cancelled"]
        assert journal.intents.get(1).state is IntentState.CANCELLED


def test_what_is_filled_while_it_is_waited_for_has_its_stop(at: Callable[..., Account]) -> None:
    account = at()
    words = account.words(*account.limit("0.9995"), "--wait", "--timeout", "3600", stop="0.97")
    ran = account("order", "place", *words)
    data = ran.document["data"]
    assert (ran.code, data["order"]["status"]) == (0, "filled")
    assert data["seen"][0]["status"] == "open"
    assert [row["kind"] for row in account.data("order", "list")["orders"]] == ["stop"]
    assert [row["rule"] for row in data["positions_after"]] == ["manual"]


def test_what_fills_between_two_commands_is_taken_in_by_the_next(at: Callable[..., Account]) -> None:
    account = at()
    order_id = account.data("order", "place", *account.words(*account.limit("0.995"), stop="0.9"))["order"]["order_id"]
    account.simulator.advance(account.simulator.now_ms + 12 * HOUR_MS)
    assert account.data("order", "status", order_id)["order"]["status"] == "filled"
    assert account.data("close", "ETHUSDT")["positions_left"] == []
    with account.journal as journal:
        [trade] = trades_of(journal)
    assert (trade.rule, trade.entry_order_id, trade.exit_reason) == ("manual", order_id, "MANUAL_CLOSE")


def test_close_ends_position_and_stop_and_the_trade_is_on_record(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    data = account.data("close", "ETHUSDT")
    assert ([row["status"] for row in data["orders"]], data["positions_left"]) == (["filled"], [])
    assert account.data("order", "list")["orders"] == []
    with account.journal as journal:
        [trade] = trades_of(journal)
        assert (trade.rule, trade.exit_reason, journal.positions.all()) == ("manual", "MANUAL_CLOSE", [])
    assert account.error("close", "ETHUSDT") == (2, "NO_POSITION")


def test_flatten_closes_whoever_opened_it_and_cancels_what_rests(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account.data("order", "place", *account.words(*account.limit("0.9"), stop="0.85"))
    with_website(account)
    assert {row["symbol"] for row in account.data("account", "positions")["positions"]} == {"BTCUSDT", "ETHUSDT"}
    data = account.data("flatten", "--all")
    assert ([row["status"] for row in data["cancelled"]], data["positions_left"]) == (["cancelled"], [])
    assert {order["symbol"]: order["code"] for order in data["orders"]} == {"BTCUSDT": "", "ETHUSDT": ""}
    assert account.data("order", "list")["orders"] == []


def with_website(account: Account) -> None:
    """Somebody opens a position elsewhere, with a stop that no journal knows."""
    client = connect(account.url, Credentials("sim", "sim", "sim"))
    price = client.fetch_mark_price("BTCUSDT")
    request = OrderRequest(
        symbol="BTCUSDT",
        side=Side.BUY,
        position_side=PositionSide.LONG,
        quantity=D("0.002"),
        client_order_id="website1",
        stop_price=round(price * D("0.9"), 1),
    )
    client.place_order(request)
    client.close()


def test_nothing_opens_without_an_armed_profile_and_closing_needs_none(at: Callable[..., Account]) -> None:
    account = at(armed=False)
    assert account.error("order", "place", *account.words()) == (3, "NOT_ARMED")
    assert (account.calls, account.home.journals) == ([], [])
    with_website(account)
    account.calls.clear()
    assert account.data("close", "BTCUSDT")["positions_left"] == []
    assert account.data("order", "list")["orders"] == []


def test_a_profile_that_was_disarmed_opens_no_more(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account.home("profile", "disarm", "safe")
    assert account.error("order", "place", *account.words()) == (3, "NOT_ARMED")
    assert account.data("flatten", "--all")["positions_left"] == []


def test_another_profile_than_that_of_the_run_on_record_is_refused(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account.calls.clear()
    assert account.error("order", "place", *account.words("--profile", "balanced")) == (3, "ANOTHER_RUN")
    assert account.calls == []


@pytest.mark.parametrize(
    ("environment", "code", "word"),
    [
        ({"WEEXCTL_SCOPE": "observe"}, 6, "SCOPE"),
        ({"WEEXCTL_SCOPE": "reduce"}, 6, "SCOPE"),
        ({"WEEXCTL_READ_ONLY": "1"}, 6, "READ_ONLY"),
        ({"WEEXCTL_KILL": "1"}, 9, "HALTED"),
    ],
    ids=lambda value: str(value),
)
def test_what_keeps_an_order_back_sends_nothing(
    at: Callable[..., Account], environment: dict[str, str], code: int, word: str
) -> None:
    account = at()
    ran = account("order", "place", *account.words(), **environment)
    assert (ran.code, ran.document["error"]["code"]) == (code, word)
    assert account.calls == []


def test_a_key_that_may_only_reduce_closes_while_trading_is_halted(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account("kill")
    assert account.error("order", "place", *account.words()) == (9, "HALTED")
    assert account.data("close", "ETHUSDT", WEEXCTL_SCOPE="reduce")["positions_left"] == []


def test_while_a_run_holds_the_account_orders_are_refused_and_it_can_be_looked_at_and_killed(
    at: Callable[..., Account],
) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account.calls.clear()
    [path] = account.home.journals
    with Journal.open(path, venue="live", account="main"):
        for argv in (["order", "place", *account.words()], ["close", "ETHUSDT"], ["order", "cancel", "--all"]):
            ran = account(*argv)
            assert (ran.code, ran.document["error"]["code"]) == (3, "LOCK_HELD")
            assert "process" in ran.document["error"]["message"]
        assert "weexctl kill --venue live" in account("close", "ETHUSDT").document["error"]["suggestion"]
        assert account.calls == []
        assert account.data("account", "risk")["unprotected"] == []
        assert account.data("order", "preview", *account.words())["approved"]
        assert account.data("kill")["halted"]
    assert account.data("flatten", "--all")["positions_left"] == []


@pytest.mark.parametrize(
    "argv",
    [
        ("order", "preview", *BUY),
        ("order", "place", *BUY),
        ("close", "ETHUSDT"),
        ("flatten", "--all", "--dry-run"),
        ("account", "risk"),
        ("journal", "reconcile"),
        ("journal", "reconcile", "--apply"),
        ("trade", "--steps", "1", "--symbols", "ETHUSDT"),
        ("trade", "--steps", "1", "--symbols", "ETHUSDT", "--new"),
    ],
    ids=" ".join,
)
def test_what_was_rehearsed_on_this_machine_is_no_account_at_the_exchange(
    at: Callable[..., Account], argv: tuple[str, ...]
) -> None:
    account = at()
    account.data("order", "place", *account.words())
    with account.journal as journal:
        before = journal.head
    held = account.data("account", "positions")["positions"]
    if argv[0] == "trade":
        arm_profile(account.home, "safe", ("ETHUSDT",))
    # Nothing is asked there either: a socket beyond this machine fails a test.
    assert account.error(*argv, WEEX_API_BASE="https://api-contract.weex.com") == (3, "OTHER_PLACE")
    with account.journal as journal:
        assert journal.head == before
    assert account.data("account", "positions")["positions"] == held


def test_what_the_other_place_has_on_record_is_not_said_of_a_position(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    [ours] = account.data("account", "positions")["positions"]
    with Journal.open(account.home.journals[0], venue="live", account="main") as journal:
        journal.state.put("place", "exchange")
    [theirs] = account.data("account", "positions")["positions"]
    assert (ours["rule"], theirs["rule"], theirs["quantity"]) == ("manual", None, ours["quantity"])


@pytest.mark.parametrize("argv", ["place", "close", "cancel", "flatten"])
def test_a_dry_run_shows_what_would_leave_and_sends_nothing(at: Callable[..., Account], argv: str) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account.data("order", "place", *account.words(*account.limit("0.9"), stop="0.85"))
    account.calls.clear()
    words = {
        "place": ["order", "place", *account.words()],
        "close": ["close", "ETHUSDT"],
        "cancel": ["order", "cancel", "--all"],
        "flatten": ["flatten", "--all"],
    }[argv]
    ran = account(*words, "--dry-run")
    data = ran.document["data"]
    requests = data.get("requests") or [data["preview"]["request"]]
    assert (ran.code, account.calls) == (0, [])
    assert all(request["url"].startswith(account.url) for request in requests)
    assert "ACCESS-SIGN" not in ran.out.upper()


def test_the_first_look_needs_no_journal_and_makes_none(at: Callable[..., Account]) -> None:
    account = at(armed=False)
    data = account.data("order", "preview", *account.words())
    assert (data["approved"], data["refused_by"]) == (True, "")
    risk = account.data("account", "risk")
    assert (risk["halted"], risk["locked"], risk["drawdown"]) == ("", {}, 0.0)
    assert account.home.journals == []


def test_an_exchange_that_falls_silent_after_an_order_leaves_it_unknown_until_it_answers(
    at: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = at()
    words = account.words()
    with monkeypatch.context() as patched:
        fall_silent(patched, after="/capi/v3/order")
        ran = account("order", "place", *words)
    error, data = ran.document["error"], ran.document["data"]
    assert (ran.code, error["order_state"], data["balance_after"]) == (8, "unknown", None)
    assert data["order"]["status"] == "unknown"
    assert account.calls.count("POST /capi/v3/order") == 1
    assert account.data("close", "ETHUSDT")["positions_left"] == []
    with account.journal as journal:
        assert journal.intents.get(1).state is IntentState.FILLED
        assert [trade.rule for trade in trades_of(journal)] == ["manual"]
    assert account.calls.count("POST /capi/v3/order") == 2


def fall_silent(monkeypatch: pytest.MonkeyPatch, *, after: str = "") -> None:
    """From now on, or once something was posted there, no request gets an answer that means anything."""
    reply, down = SimulatorServer.reply, not after

    def falling(self: SimulatorServer, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        nonlocal down
        answer = reply(self, method, target, headers, body)
        down = down or (method, target) == ("POST", after)
        return (503, {}, b"") if down and not target.startswith("/control/") else answer

    monkeypatch.setattr(SimulatorServer, "reply", falling)


def test_nothing_is_sent_where_the_account_cannot_be_read(
    at: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = at()
    words = account.words()
    fall_silent(monkeypatch)
    for argv in (["order", "place", *words], ["flatten", "--all"], ["order", "cancel", "--all"]):
        ran = account(*argv)
        assert (ran.code, ran.document["error"]["order_state"]) == (4, "not_sent")
    assert account.calls == []


def test_a_leverage_that_somebody_raised_is_set_back_where_nothing_is_held(at: Callable[..., Account]) -> None:
    account = at()
    client = connect(account.url, Credentials("sim", "sim", "sim"))
    client.set_leverage("ETHUSDT", 20)
    assert account.data("order", "place", *account.words())["order"]["status"] == "filled"
    assert client.fetch_leverage("ETHUSDT").cross <= 2
    client.close()


def test_a_breaker_on_record_keeps_entries_back_and_never_a_close(at: Callable[..., Account]) -> None:
    account = at()
    account.data("order", "place", *account.words())
    account.calls.clear()
    [path] = account.home.journals
    with Journal.open(path, venue="live", account="main") as journal:
        limits = BreakerSettings(daily_loss=1.0, drawdown=1.0)
        latched = Breakers(limits).take(AuthFailed("as a test says"), account.simulator.now_ms)
        journal.state.put(BREAKERS, latched.to_json())
    assert account.data("order", "preview", *account.words())["refused_by"] == "AUTH_FAILED"
    assert account.error("order", "place", *account.words()) == (9, "AUTH_FAILED")
    assert account.calls == []
    with Journal.open(path, venue="live", account="main") as journal:
        journal.state.put(BREAKERS, {"nobody": "can read this"})
    assert account.error("order", "place", *account.words()) == (3, "BREAKERS_UNREADABLE")
    assert account.data("close", "ETHUSDT")["positions_left"] == []


def test_demo_opens_and_closes_and_says_what_it_cannot(at: Callable[..., Account]) -> None:
    account = at("demo", armed=False)
    ran = account("order", "place", *account.words())
    assert (ran.code, ran.document["data"]["order"]["status"]) == (0, "filled")
    assert [row["code"] for row in ran.document["warnings"]] == ["STOP_NOT_SENT"]
    assert [row["rule"] for row in ran.document["data"]["positions_after"]] == ["manual"]
    assert account.error("order", "place", *account.words(*account.limit("0.9"), stop="0.85")) == (2, "NOT_IN_DEMO")
    assert account.data("order", "list")["orders"] == []
    shown = account.data("order", "place", *account.words(), "--dry-run")["preview"]["request"]
    assert "/sim/" in shown["url"]
    assert account.data("account", "risk")["loss_at_stops"]
    assert account.data("close", "ETHUSDT")["positions_left"] == []
    assert account.calls == ["POST /capi/v3/sim/order"] * 2


def test_a_run_goes_on_with_what_began_by_hand_and_leaves_its_position_alone(home: Home) -> None:
    candles = generate_market(7, symbols=["ETHUSDT"], count=HISTORY_CANDLES + 40)
    start_ms = candles["ETHUSDT"].last_close_ms - 30 * HOUR_MS + 1_000
    safe = (files("weexctl.config") / "profiles" / "safe.toml").read_text(encoding="utf-8")
    mine = home.config / "profiles" / "mine.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text(re.sub(r"(?m)^symbols = .*$", 'symbols = ["ETHUSDT"]', safe))
    arm_profile(home, "mine")
    simulator = Simulator(candles, seed=7, start_ms=start_ms)
    with SimulatorServer(simulator, port=0, control=True) as server:
        account = Account(home, simulator, server.url, "live")
        order = account.data("order", "place", *account.words("--profile", "mine"))["order"]
        data = account.data("trade", "--profile", "mine", "--steps", "2")
        [held] = data["open_positions"]
        assert (data["steps"], held["rule"], held["entry_order_id"]) == (2, "manual", order["order_id"])
        assert not set(data["refusals"]) & {"EXTERNAL_POSITION", "FILLS_MISSING", "STOP_UNPROVEN"}
        assert account.data("close", "ETHUSDT")["positions_left"] == []
    with account.journal as journal:
        assert [trade.exit_reason for trade in trades_of(journal)] == ["MANUAL_CLOSE"]
