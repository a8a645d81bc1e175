"""Limit orders by hand: placed, watched, cancelled; what cannot be meant; and what a run makes of one that rests."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions import order_look, trade
from weexctl.actions.context import Context
from weexctl.exchange.connect import connect
from weexctl.exchange.signing import Credentials
from weexctl.model.order import OrderRequest, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.generator import generate_market
from weexctl.simulator.server import SimulatorServer

D = Decimal
TRADE = ("trade", "--symbols", "BTCUSDT,ETHUSDT")


@pytest.fixture(scope="module")
def ran_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a short run; at its end a rule holds BTCUSDT and nothing holds ETHUSDT."""
    folder = tmp_path_factory.mktemp("ran")
    environment = {"WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}
    trade.run(trade.Input(symbols=("BTCUSDT", "ETHUSDT"), steps=100), Context(environment=environment, cwd=folder))
    return folder / "data"


@pytest.fixture
def account(home: Any, ran_before: Path) -> Any:
    """A command line whose account has that run."""
    shutil.copytree(ran_before, home.data)
    return home


@pytest.fixture
def market(account: Any) -> Decimal:
    """The price of ETHUSDT, on the step."""
    return D(account("market", "ticker", "ETHUSDT").document["data"]["tickers"][0]["last"])


@pytest.fixture
def place(account: Any, market: Decimal) -> Callable[..., Any]:
    """Buys 200 USDT of ETHUSDT at a share of the market price, with a stop 5 % below the market."""

    def call(share: str | None, *more: str, command: str = "place") -> Any:
        limit = () if share is None else ("--price", str(round(market * D(share), 2)))
        stop = str(round(market * D("0.95"), 2))
        words = ("--side", "buy", "--position", "long", "--size", "200", "--unit", "quote", "--stop", stop)
        return account("order", command, "ETHUSDT", *words, *limit, *more)

    return call


def resting(account: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = account("order", "list").document["data"]["orders"]
    return [row for row in rows if row["kind"] == "limit"]


def records(journal: Path) -> dict[str, list[Any]]:
    """Everything on record, but not who wrote last: whoever opens a journal for writing is noted."""
    with closing(sqlite3.connect(journal)) as tables:
        names = [name for (name,) in tables.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: tables.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "writer"}  # noqa: S608


def test_a_limit_below_the_market_rests_and_takes_margin(account: Any, place: Callable[..., Any]) -> None:
    ran = place("0.99")
    data = ran.document["data"]
    order = data["order"]
    assert (ran.code, data["sent"], order["status"], order["type"], order["time_in_force"]) == (
        0, True, "open", "limit", "gtc",
    )  # fmt: skip
    assert D(order["filled_quantity"]) == 0
    assert D(data["balance_after"]["available"]) < D(data["balance_before"]["available"])
    assert data["positions_after"] == []
    [row] = resting(account)
    assert (row["order_id"], D(row["price"])) == (order["order_id"], D(order["limit_price"]))
    assert [step["command"].split()[:3] for step in ran.document["next"]][:2] == [
        ["weexctl", "order", "wait"], ["weexctl", "order", "cancel"],
    ]  # fmt: skip


def test_a_limit_that_crosses_is_filled_at_its_price_or_better(place: Callable[..., Any]) -> None:
    order = place("1.005").document["data"]["order"]
    assert order["status"] == "filled"
    assert D(order["price"]) <= D(order["limit_price"])


@pytest.mark.parametrize(
    ("share", "flags", "word"),
    [
        ("1.005", ("--post-only",), "post-only"),
        ("0.99", ("--time-in-force", "ioc"), "ioc"),
        ("0.99", ("--time-in-force", "fok"), "fok"),
    ],
)
def test_one_that_may_not_take_or_may_not_wait_ends_without_a_fill(
    account: Any, place: Callable[..., Any], share: str, flags: tuple[str, ...], word: str
) -> None:
    ran = place(share, *flags)
    error = ran.document["error"]
    assert (ran.code, error["code"], error["order_state"]) == (5, "NOT_FILLED", "rejected")
    assert word in error["message"]
    assert error["suggestion"]
    assert resting(account) == []


@pytest.mark.parametrize(
    ("share", "flags", "code"),
    [
        (None, ("--post-only",), "USAGE"),
        (None, ("--time-in-force", "ioc"), "USAGE"),
        ("0.99", ("--post-only", "--time-in-force", "fok"), "USAGE"),
        (None, ("--price", "7000.001"), "PRICE_STEP"),
        (None, ("--price", "0"), "USAGE"),
        (None, ("--price", "-5"), "USAGE"),
        (None, ("--price", "nan"), "USAGE"),
        ("0.99", ("--timeout", "-1"), "USAGE"),
    ],
)
@pytest.mark.parametrize("command", ["place"])
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    account: Any, place: Callable[..., Any], share: str | None, flags: tuple[str, ...], code: str, command: str
) -> None:
    [journal] = account.journals
    before = records(journal)
    ran = place(share, *flags, command=command)
    assert (ran.code, ran.document["error"]["code"]) == (2, code)
    assert ran.document["error"]["suggestion"]
    assert records(journal) == before


def test_a_slip_of_the_hand_is_caught_by_the_collar(place: Callable[..., Any]) -> None:
    ran = place("1.02")
    assert (ran.code, ran.document["error"]["code"]) == (6, "PRICE_COLLAR")
    assert place("1.02", command="preview").document["data"]["refused_by"] == "PRICE_COLLAR"


def test_a_stop_above_the_limit_is_refused(place: Callable[..., Any]) -> None:
    assert place("0.94").document["error"]["code"] == "STOP_REQUIRED"


def test_a_preview_names_the_command_that_sends_it(account: Any, place: Callable[..., Any]) -> None:
    ran = place("0.99", "--post-only", command="preview")
    [step] = ran.document["next"]
    program, *argv = step["command"].split()
    assert program == "weexctl"
    assert account(*argv).document["data"]["order"]["time_in_force"] == "post_only"


def test_resting_entries_count_against_the_limits(account: Any, place: Callable[..., Any]) -> None:
    codes = []
    for _ in range(12):
        ran = place("0.99")
        if ran.code:
            codes.append(ran.document["error"]["code"])
            break
    assert codes in (["MAX_SYMBOL_EXPOSURE"], ["MAX_MARGIN"])
    account("order", "cancel", "--all")
    assert place("0.99").code == 0


def test_the_other_side_of_a_resting_entry_is_refused(account: Any, market: Decimal, place: Callable[..., Any]) -> None:
    place("0.99")
    price, stop = str(round(market * D("1.01"), 2)), str(round(market * D("1.05"), 2))
    words = ("--side", "sell", "--position", "short", "--size", "200", "--unit", "quote", "--stop", stop)
    assert account("order", "place", "ETHUSDT", *words, "--price", price).document["error"]["code"] == "OTHER_SIDE"


def test_waiting_says_that_the_order_rests_and_never_cancels(account: Any, place: Callable[..., Any]) -> None:
    order_id = place("0.95001").document["data"]["order"]["order_id"]
    ran = account("order", "wait", order_id, "--timeout", "5")
    document = ran.document
    assert (ran.code, document["error"]["code"], document["error"]["order_state"]) == (4, "STILL_RESTING", "accepted")
    assert order_id in document["error"]["suggestion"]
    assert (document["data"]["done"], document["data"]["ended"]) == (False, "timeout")
    assert [row["order_id"] for row in resting(account)] == [order_id]


def test_place_and_wait_shows_what_was_seen(place: Callable[..., Any]) -> None:
    ran = place("0.96", "--wait", "--timeout", "3")
    assert (ran.code, ran.document["error"]["code"]) == (4, "STILL_RESTING")
    assert [row["status"] for row in ran.document["data"]["seen"]] == ["open"]
    assert place("1.005", "--wait").code == 0


def test_who_ends_the_waiting_is_told_that_the_order_rests(account: Any, place: Callable[..., Any]) -> None:
    order_id = place("0.96").document["data"]["order"]["order_id"]
    environment = {"WEEXCTL_DATA_DIR": str(account.data), "WEEXCTL_CONFIG_DIR": str(account.config)}
    told: list[str] = []
    context = Context(environment=environment, cwd=account.data, should_stop=lambda: True, note=told.append)
    result = order_look.wait(order_look.WaitInput(id=order_id, timeout=60), context)
    assert [warning.code for warning in result.warnings] == ["STILL_RESTING"]
    assert f"weexctl order cancel {order_id}" in result.warnings[0].message
    assert told == [f"{order_id} open, 0 of {resting(account)[0]['quantity']} filled"]


def test_waiting_for_an_order_that_is_over_ends_at_once(account: Any, place: Callable[..., Any]) -> None:
    order = place("1.005").document["data"]["order"]
    ran = account("order", "wait", order["client_order_id"])
    assert (ran.code, ran.document["data"]["done"], ran.document["data"]["order"]["status"]) == (0, True, "filled")


def test_a_cancel_is_done_when_a_read_shows_it(account: Any, place: Callable[..., Any]) -> None:
    order = place("0.99").document["data"]["order"]
    ran = account("order", "cancel", order["order_id"])
    [row] = ran.document["data"]["cancelled"]
    assert (ran.code, row["status"]) == (0, "cancelled")
    assert resting(account) == []
    again = account("order", "cancel", order["client_order_id"])
    assert (again.code, again.document["data"]["sent"]) == (0, False)
    assert (ran.document["data"]["already"], again.document["data"]["already"]) == ([], [order["order_id"]])
    assert "had been cancelled before" in account("order", "cancel", order["order_id"], "-o", "table").out
    told = account("explain", order["order_id"]).document["data"]["text"]
    assert "limit order" in told[0]
    assert told[-1] == "Result: nothing of it is filled."


def test_a_filled_order_cannot_be_cancelled(account: Any, place: Callable[..., Any]) -> None:
    order = place("1.005").document["data"]["order"]
    ran = account("order", "cancel", order["order_id"])
    assert (ran.code, ran.document["error"]["code"]) == (5, "ALREADY_FILLED")
    assert ran.document["data"]["sent"] is False


@pytest.mark.parametrize("command", [("cancel",), ("status",), ("wait",)])
@pytest.mark.parametrize("order_id", ["123456789012345678", "wx00nothing", "٣"])
def test_an_id_that_nobody_knows(account: Any, command: tuple[str, ...], order_id: str) -> None:
    ran = account("order", *command, order_id)
    assert (ran.code, ran.document["error"]["code"]) == (2, "UNKNOWN_ID")


@pytest.mark.parametrize("argv", [(), ("7", "--all"), ("7", "--symbol", "ETHUSDT")])
def test_cancel_takes_an_id_or_all(account: Any, argv: tuple[str, ...]) -> None:
    ran = account("order", "cancel", *argv)
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")


def test_the_stop_of_an_open_position_is_never_taken_away(account: Any) -> None:
    [stop] = [row for row in account("order", "list").document["data"]["orders"] if row["kind"] == "stop"]
    for flags in ((), ("--dry-run",)):
        ran = account("order", "cancel", stop["order_id"], *flags)
        assert (ran.code, ran.document["error"]["code"]) == (6, "STOP_NEEDED")
        assert "weexctl close BTCUSDT" in ran.document["error"]["suggestion"]
    assert [row["order_id"] for row in account("order", "list").document["data"]["orders"]] == [stop["order_id"]]


def test_waiting_for_a_stop_tells_it_as_the_list_does_and_offers_what_works(account: Any) -> None:
    [stop] = [row for row in account("order", "list").document["data"]["orders"] if row["kind"] == "stop"]
    document = account("order", "wait", stop["order_id"], "--timeout", "1").document
    row = document["data"]["order"]
    told = ("kind", "status", "trigger_price")
    assert [row[name] for name in told] == [stop[name] for name in told]
    assert "order cancel" not in document["error"]["suggestion"]
    assert [step["command"] for step in document["next"]] == [
        f"weexctl order wait {stop['order_id']}",
        "weexctl close BTCUSDT",
    ]


def test_a_target_may_be_taken_away_and_the_stop_stays(
    account: Any, market: Decimal, place: Callable[..., Any]
) -> None:
    place("1.005", "--target", str(round(market * D("1.2"), 2)))
    kinds = {row["kind"]: row["order_id"] for row in account("order", "list").document["data"]["orders"]}
    ran = account("order", "cancel", kinds["target"])
    assert (ran.code, ran.document["data"]["cancelled"][0]["status"]) == (0, "cancelled")
    assert "target" not in {row["kind"] for row in account("order", "list").document["data"]["orders"]}


def test_all_takes_what_rests_and_leaves_what_protects(account: Any, place: Callable[..., Any]) -> None:
    place("0.99")
    place("0.98")
    data = account("order", "cancel", "--all", "--dry-run").document["data"]
    assert (data["sent"], len(data["cancelled"]), len(data["requests"])) == (False, 2, 2)
    assert {request["method"] for request in data["requests"]} == {"DELETE"}
    data = account("order", "cancel", "--all").document["data"]
    assert (len(data["cancelled"]), [row["why"] for row in data["kept"]]) == (2, ["STOP_NEEDED"])
    assert resting(account) == []
    assert account("order", "cancel", "--all", "--symbol", "ETHUSDT").document["data"]["cancelled"] == []


def test_closing_takes_the_orders_of_the_symbol_with_it(account: Any, place: Callable[..., Any]) -> None:
    place("0.99")
    data = account("close", "ETHUSDT").document["data"]
    assert (len(data["cancelled"]), data["orders"]) == (1, [])
    place("0.99")
    data = account("flatten", "--all", "--dry-run").document["data"]
    assert [request["method"] for request in data["requests"]] == ["DELETE", "POST"]
    data = account("flatten", "--all").document["data"]
    assert (len(data["cancelled"]), len(data["orders"]), data["positions_left"]) == (1, 1, [])
    assert account("order", "list").document["data"]["orders"] == []


def test_an_exit_that_rests_goes_when_its_position_is_closed(
    account: Any, market: Decimal, place: Callable[..., Any]
) -> None:
    quantity = place("1.005").document["data"]["order"]["filled_quantity"]
    words = ("--side", "sell", "--position", "long", "--size", quantity, "--unit", "base")
    ran = account("order", "place", "ETHUSDT", *words, "--price", str(round(market * D("1.1"), 2)))
    assert (ran.code, ran.document["data"]["order"]["leg"]) == (0, "exit")
    account("close", "ETHUSDT")
    assert resting(account) == []


def test_a_run_fills_what_rests_and_its_sums_are_right(account: Any, place: Callable[..., Any]) -> None:
    order_id = place("0.995").document["data"]["order"]["order_id"]
    ran = account(*TRADE, "--steps", "60")
    data = ran.document["data"]
    pnl = {name: D(value) for name, value in data["pnl"].items()}
    start, end = D(data["equity"]["start"]), D(data["equity"]["end"])
    assert (ran.code, data["steps"]) == (0, 160)
    assert start + pnl["realised"] + pnl["unrealised"] - pnl["fees"] + pnl["funding"] == end
    assert not set(data["refusals"]) & {"EXTERNAL_POSITION", "FILLS_MISSING", "STOP_UNPROVEN", "UNAVAILABLE"}
    row = account("order", "wait", order_id).document["data"]["order"]
    assert (row["status"], row["order_id"]) == ("filled", order_id)
    entries = {trade["entry_order_id"] for trade in data["trades"]} | {
        row.get("entry_order_id") for row in data["open_positions"]
    }
    by_hand = [r for r in data["open_positions"] if r["rule"] == "manual"]
    assert order_id in entries or by_hand


def test_a_kill_takes_resting_entries_back_before_the_market_goes_on(account: Any, place: Callable[..., Any]) -> None:
    place("0.999")
    account("kill")
    data = account(*TRADE, "--steps", "30").document["data"]
    assert resting(account) == []
    assert "manual" not in {row["rule"] for row in data["open_positions"]} | {row["rule"] for row in data["trades"]}


@pytest.mark.parametrize("argv", [("order", "cancel", "--all"), ("order", "cancel", "7")])
def test_cancel_sends_nothing_read_only_or_at_live(account: Any, argv: tuple[str, ...]) -> None:
    assert account(*argv, "--read-only").document["error"]["code"] == "READ_ONLY"
    assert account(*argv, WEEXCTL_READ_ONLY="1").document["error"]["code"] == "READ_ONLY"
    assert account(*argv, "--venue", "live").document["error"]["code"] == "NO_KEYS"


def test_a_person_is_shown_where_a_limit_order_stands(account: Any, place: Callable[..., Any]) -> None:
    table = ("-o", "table")
    assert "or better (gtc)" in place("0.99", *table, command="preview").out
    assert "or better" in place("0.99", *table).out
    [row] = resting(account)
    waited = account("order", "wait", row["order_id"], "--timeout", "1", *table)
    assert "of 0.02" in waited.out
    assert "not at its end" in waited.err
    assert "would be cancelled" in account("order", "cancel", "--all", "--dry-run", *table).out
    assert "left alone: STOP_NEEDED" in account("order", "cancel", "--all", *table).out
    assert "No order rests" in account("order", "cancel", "--all", "--symbol", "ETHUSDT", *table).out


LIMITLESS = """
[limits]
max_leverage = 1
max_order_notional = "1000000"
max_gross_exposure = 1
max_symbol_exposure = 1
max_margin_per_position = 0.99999
per_trade_risk = 0.99
"""


def test_margin_that_is_missing_is_the_exchange_s_refusal(home: Any, tmp_path: Path) -> None:
    written = home("profile", "new", "bare").document["data"]["path"]
    text = Path(written).read_text()
    head, _, rest = text.partition("[limits]")
    after = rest[rest.index("\n[") :] if "\n[" in rest else ""
    kept = [line for line in rest.splitlines() if line.startswith(("max_pos", "daily", "kill"))]
    Path(written).write_text(head + LIMITLESS.lstrip() + "\n".join(kept) + "\n" + after)
    ran = home("trade", "--profile", "bare", "--symbols", "ETHUSDT", "--steps", "1")
    assert ran.code == 0, ran.out
    price = D(home("market", "ticker", "ETHUSDT").document["data"]["tickers"][0]["last"])
    stop, low = str(round(price * D("0.97"), 2)), str(round(price * D("0.99"), 2))
    words = ("--side", "buy", "--position", "long", "--size", "9999", "--unit", "quote", "--stop", stop)
    for limit in ((), ("--price", low)):
        ran = home("order", "place", "ETHUSDT", *words, *limit)
        error = ran.document["error"]
        assert (ran.code, error["code"], error["order_state"]) == (5, "INSUFFICIENT_MARGIN", "rejected")
    assert home("account", "positions").document["data"]["positions"] == []
    assert resting(home) == []


@pytest.fixture
def live(home: Any) -> Iterator[tuple[Any, str]]:
    """A command line whose venue live is a simulator on this machine, and the id of an order that rests there."""
    candles = generate_market(7, symbols=["ETHUSDT"], count=60)
    start_ms = candles["ETHUSDT"].last_close_ms - 20 * 3_600_000
    simulator = Simulator(candles, seed=7, start_ms=start_ms, settings=SimulatorSettings(real_clock=True))
    with SimulatorServer(simulator, port=0) as server:
        environment = {"WEEX_API_BASE": server.url} | {
            f"WEEX_API_{word}": "sim" for word in ("KEY", "SECRET", "PASSPHRASE")
        }
        client = connect(server.url, Credentials("sim", "sim", "sim"))
        price = round(client.fetch_mark_price("ETHUSDT") * D("0.95"), 2)
        request = OrderRequest(
            symbol="ETHUSDT",
            side=Side.BUY,
            position_side=PositionSide.LONG,
            quantity=D("0.02"),
            client_order_id="wx00live",
            type=OrderType.LIMIT,
            price=price,
            time_in_force=TimeInForce.GTC,
        )
        order_id = client.place_order(request).order_id
        client.close()
        yield (lambda *argv, **more: home(*argv, "--venue", "live", **environment, **more)), order_id


def test_at_live_an_order_is_watched_by_reading(live: tuple[Any, str]) -> None:
    account, order_id = live
    ran = account("order", "wait", order_id, "--timeout", "0")
    data = ran.document["data"]
    assert (ran.code, ran.document["error"]["code"], data["ended"]) == (4, "STILL_RESTING", "timeout")
    assert data["balance_before"] == data["balance_after"]
    assert account("order", "wait", "wx00live", "--timeout", "0").document["data"]["order"] == data["order"]
    assert account("order", "cancel", order_id, "--read-only").document["error"]["code"] == "READ_ONLY"
    assert account("order", "status", order_id).document["data"]["order"]["status"] == "open"
