"""Every command that can write takes --dry-run and --read-only and sends nothing under either: counted at the exchange.

The list of commands is the registry's own: one that can write and has no recipe here fails.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions import trade
from weexctl.actions.context import Context
from weexctl.actions.registry import ACTIONS, Action
from weexctl.simulator.simulator import Simulator
from weexctl.simulator.surface_v3 import ROUTES

MENDS = "journal.reconcile"
"""Sends something only where exchange and record differ, and is tried there (test_journal_reconcile.py)."""
WRITERS = [action for action in ACTIONS if action.risk == "write" and action.name != MENDS]
BY_NAME = pytest.mark.parametrize("action", WRITERS, ids=lambda action: action.name)
BUY = ("--side", "buy", "--position", "long", "--size", "200", "--unit", "quote")
RECIPES = {
    "trade": ("trade", "--symbols", "BTCUSDT,ETHUSDT", "--steps", "120"),
    "order.place": ("order", "place", "ETHUSDT", *BUY, "--stop", "{stop}"),
    "order.cancel": ("order", "cancel", "{resting}"),
    "close": ("close", "BTCUSDT"),
    "flatten": ("flatten", "--all"),
    "test-connection": ("test-connection", "--trade"),
}


@pytest.fixture(scope="module")
def ran_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a short run at whose end BTCUSDT is held."""
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
def words(account: Any) -> dict[str, str]:
    """What the recipes leave open: a stop below the market, and the id of an order that rests."""
    last = float(account("market", "ticker", "ETHUSDT").document["data"]["tickers"][0]["last"])
    stop, low = f"{last * 0.95:.2f}", f"{last * 0.96:.2f}"
    placed = account("order", "place", "ETHUSDT", *BUY, "--stop", stop, "--price", low)
    return {"stop": stop, "resting": placed.document["data"]["order"]["order_id"]}


@pytest.fixture
def sent(words: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request that reached the exchange and asks for a change, from here on."""
    writes = {(route.method, route.path) for ways in ROUTES.values() for route in ways.values() if route.writes}
    assert ("POST", "/capi/v3/order") in writes
    found: list[str] = []
    answer = Simulator.answer

    def counting(self: Simulator, method: str, path: str, *rest: Any) -> Any:
        if (method, path) in writes:
            found.append(f"{method} {path}")
        return answer(self, method, path, *rest)

    monkeypatch.setattr(Simulator, "answer", counting)
    return found


def recipe(action: Action, words: dict[str, str]) -> list[str]:
    return [word.format(**words) for word in RECIPES[action.name]]


def test_every_command_that_can_write_has_a_recipe() -> None:
    assert {action.name for action in WRITERS} == set(RECIPES)


@BY_NAME
def test_a_command_that_can_write_has_both_flags_and_says_whose_account(action: Action) -> None:
    assert {"dry-run", "read-only", "account"} <= {parameter.name for parameter in action.parameters}


@BY_NAME
def test_without_a_flag_it_sends_something(
    account: Any, words: dict[str, str], sent: list[str], action: Action
) -> None:
    account(*recipe(action, words))
    assert sent


@BY_NAME
def test_a_dry_run_sends_nothing_and_shows_what_would_leave(
    account: Any, words: dict[str, str], sent: list[str], action: Action
) -> None:
    [journal] = account.journals
    before = journal.read_bytes()
    ran = account(*recipe(action, words), "--dry-run")
    assert (ran.code, sent) == (0, [])
    assert journal.read_bytes() == before
    data = ran.document["data"]
    shown = data.get("requests") or [(data.get("preview") or {}).get("request")]
    if action.name != "trade":  # it decides on many candles, and names what it would have done
        assert {request["method"] for request in shown} <= {"POST", "DELETE"}
        assert all("/capi/" in request["url"] for request in shown)
        assert "ACCESS-SIGN" not in ran.out.upper()


@BY_NAME
@pytest.mark.parametrize("by_environment", [False, True], ids=["flag", "environment"])
def test_read_only_sends_nothing(
    account: Any, words: dict[str, str], sent: list[str], action: Action, by_environment: bool
) -> None:
    flag = () if by_environment else ("--read-only",)
    environment = {"WEEXCTL_READ_ONLY": "1"} if by_environment else {}
    ran = account(*recipe(action, words), *flag, **environment)
    assert sent == []
    if action.name == "trade":  # a rehearsal, in a journal of its own
        assert ran.code == 0
    else:
        assert (ran.code, ran.document["error"]["code"]) == (6, "READ_ONLY")


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.risk == "read"], ids=lambda action: action.name)
def test_what_cannot_write_has_no_flag_that_says_so(action: Action) -> None:
    assert not {"dry-run", "read-only"} & {parameter.name for parameter in action.parameters}


@BY_NAME
def test_an_account_is_named_where_there_are_several(account: Any, words: dict[str, str], action: Action) -> None:
    ran = account(*recipe(action, words), "--account", "second")
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    assert "--account" in ran.document["error"]["message"]
    live = account(*recipe(action, words), "--account", "second", "--venue", "live")
    assert (live.code, live.document["error"]["type"]) == (3, "auth")
    assert "second" in live.document["error"]["message"]


@pytest.mark.parametrize("argv", [("account", "balance"), ("account", "positions"), ("order", "list")])
def test_a_reading_command_looks_for_the_key_that_was_named(home: Any, argv: tuple[str, ...]) -> None:
    keys = {"WEEX_API_KEY": "a", "WEEX_API_SECRET": "b", "WEEX_API_PASSPHRASE": "c"}
    ran = home(*argv, "--venue", "live", "--account", "second", **keys)
    assert (ran.code, "second" in ran.document["error"]["message"]) == (3, True)
