"""Orders by hand on the simulated account of a run, closing, the kill switch; and the run that goes on afterwards."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions import trade
from weexctl.actions.context import Context

D = Decimal
TRADE = ("trade", "--symbols", "BTCUSDT,ETHUSDT")


@pytest.fixture(scope="module")
def ran_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a short run; at its end a rule holds BTCUSDT and nothing holds ETHUSDT."""
    folder = tmp_path_factory.mktemp("ran")
    environment = {"WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}
    given = trade.Input(symbols=("BTCUSDT", "ETHUSDT"), steps=100)
    trade.run(given, Context(environment=environment, cwd=folder))
    return folder / "data"


@pytest.fixture
def account(home: Any, ran_before: Path) -> Any:
    """A command line whose account has that run."""
    shutil.copytree(ran_before, home.data)
    return home


def price_of(account: Any, symbol: str) -> Decimal:
    answer = account("order", "preview", symbol, *words("100", "1")).document
    return D((answer.get("data") or {})["price"])


def words(size: str, stop: str | None, *, side: str = "buy", unit: str = "quote") -> tuple[str, ...]:
    stopped = () if stop is None else ("--stop", stop)
    return ("--side", side, "--position", "long", "--size", size, "--unit", unit, *stopped)


def open_eth(account: Any, *more: str, **environment: str) -> Any:
    """200 USDT of ETH with a stop 3 % below."""
    stop = str(round(price_of(account, "ETHUSDT") * D("0.97"), 2))
    return account("order", "place", "ETHUSDT", *words("200", stop), *more, **environment)


def rules_of(account: Any) -> dict[str, str]:
    rows = account("account", "positions").document["data"]["positions"]
    return {row["symbol"]: row["rule"] for row in rows}


def test_before_the_first_run_there_is_no_account(home: Any) -> None:
    for argv in (("account", "balance"), ("flatten", "--all"), ("order", "list")):
        ran = home(*argv)
        assert (ran.code, ran.document["venue"], ran.document["error"]["code"]) == (3, "sim", "NO_RUN")
        assert ran.document["error"]["suggestion"] == "weexctl trade"
    assert home.journals == []


def test_an_order_is_followed_to_its_end_and_explained(account: Any) -> None:
    ran = open_eth(account)
    data = ran.document["data"]
    order = data["order"]
    assert (ran.code, data["sent"], order["status"], order["code"]) == (0, True, "filled", "")
    assert [step["state"] for step in order["steps"]] == ["asked", "placed", "fill", "filled"]
    before, after = data["balance_before"], data["balance_after"]
    assert D(after["wallet"]) == D(before["wallet"]) - D(order["fee"])
    assert data["positions_before"] == []
    [held] = data["positions_after"]
    assert (held["rule"], held["quantity"]) == ("manual", order["filled_quantity"])
    told = account("explain", order["order_id"]).document["data"]
    assert (told["decision_id"], told["run_id"]) == (order["decision_id"], None)
    assert "by hand" in told["text"][0]
    assert {leg["leg"] for leg in told["orders"]} == {"entry", "stop"}


def test_the_stop_of_an_order_by_hand_waits_at_the_exchange(account: Any) -> None:
    stop = open_eth(account).document["data"]["preview"]["stop_price"]
    [row] = account("order", "list", "--symbol", "ETHUSDT").document["data"]["orders"]
    assert (row["kind"], D(row["trigger_price"]), row["status"]) == ("stop", D(stop), "untriggered")
    assert account("order", "status", row["order_id"]).document["data"]["order"] == row


def test_a_run_goes_on_after_orders_by_hand_and_its_sums_are_right(account: Any) -> None:
    open_eth(account)
    account("order", "place", "ETHUSDT", *words("0.01", None, side="sell", unit="base"))
    account("close", "BTCUSDT")
    ran = account(*TRADE, "--steps", "30")
    data = ran.document["data"]
    pnl = {name: D(value) for name, value in data["pnl"].items()}
    start, end = D(data["equity"]["start"]), D(data["equity"]["end"])
    assert (ran.code, data["steps"]) == (0, 130)
    assert start + pnl["realised"] + pnl["unrealised"] - pnl["fees"] + pnl["funding"] == end
    assert not set(data["refusals"]) & {"EXTERNAL_POSITION", "FILLS_MISSING", "STOP_UNPROVEN", "UNAVAILABLE"}
    reasons = {(row["symbol"], row["exit_reason"]) for row in data["trades"]}
    assert ("BTCUSDT", "MANUAL_CLOSE") in reasons
    still = {row["symbol"] for row in data["open_positions"] if row["rule"] == "manual"}
    by_stop = {row["symbol"] for row in data["trades"] if row["rule"] == "manual" and row["exit_reason"] == "STOP_HIT"}
    assert still | by_stop == {"ETHUSDT"}


def test_a_look_changes_nothing(account: Any) -> None:
    [journal] = account.journals
    before = journal.read_bytes()
    for argv in (("balance",), ("positions",), ("risk",)):
        assert account("account", *argv).code == 0
    open_eth(account, "--dry-run")
    account("close", "BTCUSDT", "--dry-run")
    account("flatten", "--all", "--dry-run")
    assert journal.read_bytes() == before


def test_the_account_is_as_the_run_left_it(account: Any) -> None:
    ended = account(*TRADE, "--to", "2025-03-31T01:00").document["data"]["equity"]["end"]
    balance = account("account", "balance").document["data"]
    assert balance["equity"] == ended
    assert D(balance["wallet"]) + D(balance["unrealised"]) == D(balance["equity"])


def test_a_dry_run_shows_the_request_without_key_or_signature(account: Any) -> None:
    ran = open_eth(account, "--dry-run")
    request = ran.document["data"]["preview"]["request"]
    body = json.loads(request["body"])
    assert (ran.document["data"]["sent"], request["method"]) == (False, "POST")
    assert (body["symbol"], body["side"], body["positionSide"]) == ("ETHUSDT", "BUY", "LONG")
    assert request["url"] == "simulator:/capi/v3/order"
    assert "weex.com" not in json.dumps(request)
    assert not [
        name for name in request["headers"] if name.lower() in ("access-key", "access-sign", "access-passphrase")
    ]
    assert "ETHUSDT" not in rules_of(account)


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (("ETHUSDT", *words("200", None)), "add --stop below {price}"),
        (("ETHUSDT", *words("200", "99999")), "add --stop below {price}"),
        (("ETHUSDT", *words("2500", "1")), "smaller --size"),
        (("BTCUSDT", *words("200", "1")), "weexctl close BTCUSDT"),
    ],
)
def test_a_refused_order_says_how_it_would_go_out(account: Any, argv: tuple[str, ...], hint: str) -> None:
    document = account("order", "place", *argv).document
    wanted = hint.format(price=D(document["data"]["preview"]["price"]))
    assert wanted in document["error"]["suggestion"]
    assert wanted in account("order", "preview", *argv).document["data"]["hint"]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("ETHUSDT", *words("200", None)), "STOP_REQUIRED"),
        (("ETHUSDT", *words("2500", "1")), "MAX_ORDER_NOTIONAL"),
        (("BTCUSDT", *words("200", "1")), "RULE_POSITION"),
    ],
)
def test_a_refused_order_is_not_sent_and_can_be_explained(account: Any, argv: tuple[str, ...], code: str) -> None:
    ran = account("order", "place", *argv)
    document = ran.document
    verdicts = {row["code"] for row in document["data"]["preview"]["verdicts"]}
    assert (ran.code, document["error"]["type"], document["error"]["order_state"]) == (6, "risk", "not_sent")
    assert code in verdicts
    assert document["data"]["order"]["order_id"] is None
    told = account("explain", document["data"]["order"]["decision_id"]).document["data"]
    assert (told["decision"]["outcome"], told["orders"]) == ("refused", [])


def test_flatten_asks_for_the_word_and_then_closes_everything(account: Any) -> None:
    open_eth(account)
    refused = account("flatten")
    assert (refused.code, refused.document["error"]["type"]) == (2, "usage")
    data = account("flatten", "--all").document["data"]
    assert {row["symbol"] for row in data["orders"]} == {"BTCUSDT", "ETHUSDT"}
    assert data["positions_left"] == []
    assert account("order", "list").document["data"]["orders"] == []
    assert account("close", "BTCUSDT").document["error"]["code"] == "NO_POSITION"


def test_the_kill_switch_refuses_entries_and_lets_closing_through(account: Any) -> None:
    killed = account("kill", "--reason", "weekend").document["data"]
    assert (killed["changed"], killed["reason"]) == (True, "weekend")
    ran = open_eth(account)
    assert (ran.code, ran.document["error"]["type"]) == (9, "halted")
    assert account("account", "risk").document["data"]["halted"]
    assert account("close", "BTCUSDT").code == 0
    assert rules_of(account) == {}


def test_resume_needs_a_person_who_types_the_account(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from weexctl.actions import kill

    account("kill")
    assert account("resume").document["error"]["code"] == "NO_TERMINAL"
    environment = {"WEEXCTL_DATA_DIR": str(account.data), "WEEXCTL_CONFIG_DIR": str(account.config)}

    def answering(text: str) -> Context:
        return Context(environment=environment, cwd=account.data, ask=lambda _: text)

    with pytest.raises(Exception, match="stays halted"):
        kill.resume(kill.ResumeInput(), answering("sim"))
    assert account("account", "risk").document["data"]["halted"]
    kill.resume(kill.ResumeInput(), answering("sim/sim"))
    assert account("account", "risk").document["data"]["halted"] == ""


@pytest.mark.parametrize(
    "argv", [("order", "place", "ETHUSDT", *words("200", "1")), ("close", "BTCUSDT"), ("flatten", "--all")]
)
def test_read_only_and_live_send_nothing(account: Any, argv: tuple[str, ...]) -> None:
    keys = {"WEEX_API_KEY": "a", "WEEX_API_SECRET": "b", "WEEX_API_PASSPHRASE": "c"}
    assert account(*argv, "--read-only").document["error"]["code"] == "READ_ONLY"
    assert account(*argv, WEEXCTL_READ_ONLY="1").document["error"]["code"] == "READ_ONLY"
    assert account(*argv, "--venue", "live").document["error"]["code"] == "NO_KEYS"
    ran = account(*argv, "--venue", "live", WEEX_API_BASE="http://127.0.0.1:9", **keys)
    assert ran.document["error"]["code"] == ("NOT_ARMED" if argv[0] == "order" else "NOT_SENT")
    assert account(*argv, "--venue", "paper").code == 2
    assert rules_of(account) == {"BTCUSDT": "trend"}


def test_risk_names_every_limit_and_what_is_taken_of_it(account: Any) -> None:
    data = account("account", "risk").document["data"]
    taken = {row["limit"]: row for row in data["limits"]}
    assert taken["max_positions_long"]["used"] == 1
    assert 0 < taken["max_gross_exposure"]["share"] < 1
    assert D(data["loss_at_stops"]) > 0
    assert data["unprotected"] == []


def test_a_person_is_shown_what_the_order_is_and_what_became_of_it(account: Any) -> None:
    stop = str(round(price_of(account, "ETHUSDT") * D("0.97"), 2))
    asked = ("ETHUSDT", *words("200", stop), "-o", "table")
    shown = account("order", "preview", *asked).out
    assert "loss at the stop" in shown
    assert "none objects" in shown
    assert "kept back" in account("order", "place", *asked, "--dry-run").out
    placed = account("order", "place", *asked).out
    assert all(word in placed for word in ("margin", "liquidation", "asked 20", "placed +", "filled"))
    assert "Refused: RULE_POSITION." in account("order", "preview", "BTCUSDT", *words("200", stop), "-o", "table").out
    assert "Would close" in account("close", "ETHUSDT", "--dry-run", "-o", "table").out
    assert "left: nothing" in account("flatten", "--all", "-o", "table").out
    assert "Nothing was held" in account("flatten", "--all", "-o", "table").out
