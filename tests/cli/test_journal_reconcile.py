"""`journal reconcile`: 0 when exchange and journal agree, 6 when they differ, 3 when nobody could look."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home, Ran
from tests.unit.trader.live_workshop import LiveWorkshop
from tests.unit.trader.small_pipeline import LIMITS, small_pipeline
from weexctl.config.paths import Paths
from weexctl.config.venue import Venue
from weexctl.journal.journal import Journal
from weexctl.simulator.faults import Fault, Word
from weexctl.simulator.faults.others import interfere
from weexctl.simulator.server import SimulatorServer
from weexctl.trader.trader import RISK_STATE, VENUE_STATE

KEYS = dict.fromkeys(("WEEX_API_KEY", "WEEX_API_SECRET", "WEEX_API_PASSPHRASE"), "sim")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run at sim that holds something."""
    from weexctl.cli.main import run as weexctl

    folder = tmp_path_factory.mktemp("made")
    with contextlib.redirect_stdout(io.StringIO()):
        code = weexctl(
            ["trade", "--symbols", "BTCUSDT,ETHUSDT", "--steps", "100", "-o", "json"],
            {"WEEXCTL_DATA_DIR": str(folder), "WEEXCTL_CONFIG_DIR": str(folder)},
        )
    assert code == 0
    return folder


@pytest.fixture
def sim(made: Path, home: Home) -> Home:
    """A copy of the run for this test alone."""
    shutil.copytree(made, home.data)
    return home


def journal_of(home: Home, venue: Venue = Venue.SIM) -> Path:
    return Paths(home.config, home.data).journal(venue, "main" if venue is Venue.LIVE else venue.value)


def edit(home: Home, key: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a value of the journal's state table."""
    with Journal.open(journal_of(home), venue="sim", account="sim") as journal:
        value = journal.state.get(key)
        change(value)
        journal.state.put(key, value)


def head(home: Home) -> int:
    with Journal.read(journal_of(home)) as journal:
        return journal.head.seq


def data(ran: Ran) -> dict[str, Any]:
    answer: dict[str, Any] = ran.document["data"]
    return answer


def without_stops(venue: dict[str, Any]) -> None:
    """The simulated account after somebody cancelled what waits there."""
    assert venue["live"]
    venue["live"] = []


def test_an_account_that_agrees_is_0_and_nothing_is_written(sim: Home) -> None:
    before = head(sim)
    for flags in ((), ("--apply",), ("--apply", "--dry-run")):
        ran = sim("journal", "reconcile", *flags)
        assert ran.code == 0
        assert [phase["state"] for phase in data(ran)["phases"]] == ["ok"] * 7
        assert data(ran)["differences"] == []
    assert head(sim) == before


def test_a_position_that_is_not_on_record_is_6_and_is_left_alone(sim: Home) -> None:
    with Journal.open(journal_of(sim), venue="sim", account="sim") as journal:
        [position] = journal.positions.all()
        journal.positions.remove(position.symbol, position.position_side)
    for flags, state in (((), "planned"), (("--apply", "--dry-run"), "planned"), (("--apply",), "left")):
        ran = sim("journal", "reconcile", *flags)
        assert (ran.code, ran.document["error"]["code"]) == (6, "ACCOUNT_DIFFERS")
        [row] = [row for row in data(ran)["differences"] if row["kind"] == "EXTERNAL_POSITION"]
        assert (row["symbol"], row["record"], row["remedy"], row["state"]) == (
            position.symbol,
            "no position",
            "block-entries",
            state,
        )
    table = sim("journal", "reconcile", "-o", "table")
    assert table.code == 6
    assert "EXTERNAL_POSITION" in table.out


def test_a_stop_that_is_gone_at_sim_is_placed_once_and_kept_with_the_run(sim: Home) -> None:
    edit(sim, VENUE_STATE, without_stops)
    assert sim("journal", "reconcile").code == 6
    applied = sim("journal", "reconcile", "--apply")
    assert applied.code == 0
    assert [(row["kind"], row["state"]) for row in data(applied)["differences"]] == [("STOP_MISSING", "done")]
    before = head(sim)
    assert data(sim("journal", "reconcile", "--apply"))["differences"] == []
    assert head(sim) == before
    assert sim("trade", "--symbols", "BTCUSDT,ETHUSDT", "--steps", "2").code == 0
    assert sim("journal", "reconcile").code == 0


def test_what_is_to_be_done_needs_the_lock_and_looking_does_not(sim: Home) -> None:
    with Journal.open(journal_of(sim), venue="sim", account="sim"):
        refused = sim("journal", "reconcile", "--apply")
        assert (refused.code, refused.document["error"]["code"]) == (3, "LOCK_HELD")
        looked = sim("journal", "reconcile")
        assert looked.code == 0
        assert [notice["code"] for notice in looked.document["warnings"]] == ["RUN_UNDER_WAY"]


def test_read_only_refuses_to_mend(sim: Home) -> None:
    by_flag = sim("journal", "reconcile", "--apply", "--read-only")
    by_environment = sim("journal", "reconcile", "--apply", WEEXCTL_READ_ONLY="1")
    for ran in (by_flag, by_environment):
        assert (ran.code, ran.document["error"]["code"]) == (6, "READ_ONLY")


def test_without_a_run_there_is_nothing_to_compare_with(home: Home) -> None:
    for flags in ((), ("--apply",)):
        ran = home("journal", "reconcile", *flags)
        assert (ran.code, ran.document["error"]["code"]) == (3, "NO_RUN")
    assert home.journals == []


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Somebody at the terminal who answers these, one after the other."""

    def answers(*lines: str) -> None:
        waiting = iter(lines)
        monkeypatch.setattr("weexctl.cli.command.ask", lambda question: next(waiting))

    return answers


def lock(memory: dict[str, Any]) -> None:
    memory["locked"] = {"ETHUSDT": "LEFTOVER_STOPS"}


def locked(home: Home) -> dict[str, str]:
    with Journal.read(journal_of(home)) as journal:
        found: dict[str, str] = journal.state.get(RISK_STATE)["locked"]
        return found


def test_a_locked_symbol_is_named_and_released_by_a_person_only(sim: Home, person: Callable[..., None]) -> None:
    edit(sim, RISK_STATE, lock)
    looked = sim("journal", "reconcile")
    assert data(looked)["locked"] == {"ETHUSDT": "LEFTOVER_STOPS"}
    assert [notice["code"] for notice in looked.document["warnings"]] == ["LOCKED"]
    nobody = sim("journal", "reconcile", "--release", "ETHUSDT")
    assert (nobody.code, nobody.document["error"]["code"]) == (2, "NO_TERMINAL")
    person("BTCUSDT")
    assert sim("journal", "reconcile", "--release", "ETHUSDT").document["error"]["code"] == "NOT_CONFIRMED"
    person("ETHUSDT", "")
    assert sim("journal", "reconcile", "--release", "ETHUSDT").document["error"]["code"] == "NO_REASON"
    assert locked(sim) == {"ETHUSDT": "LEFTOVER_STOPS"}
    person("ETHUSDT", "the exchange was down")
    released = sim("journal", "reconcile", "--release", "cmt_ethusdt")
    assert (released.code, data(released)["released"], data(released)["locked"]) == (0, "ETHUSDT", {})
    assert locked(sim) == {}
    again = sim("journal", "reconcile", "--release", "ETHUSDT")
    assert (again.code, again.document["error"]["code"]) == (2, "NOT_LOCKED")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> LiveWorkshop:
    """An account at a simulator that stands by itself, after a few hours of trading."""
    limits = replace(LIMITS, max_leverage=2)  # as the profile on record has it
    shop = LiveWorkshop(tmp_path_factory.mktemp("live"), pipeline=small_pipeline(limits=limits))
    shop.run(8)
    assert shop.simulator.ledger.positions
    return shop


def test_a_live_account_is_compared_and_mended_over_the_wire(exchange: LiveWorkshop, home: Home) -> None:
    path = journal_of(home, Venue.LIVE)
    path.parent.mkdir(parents=True)
    shutil.copy(exchange.path, path)
    symbol = next(iter(exchange.simulator.ledger.positions.values())).symbol
    interfere(exchange.simulator.venue, Fault(word=Word.EXT, args={"act": "cancel_stop", "symbol": symbol}))
    with SimulatorServer(exchange.simulator) as server:

        def call(*flags: str) -> Ran:
            return home("journal", "reconcile", "--venue", "live", *flags, WEEX_API_BASE=server.url, **KEYS)

        planned = call()
        assert planned.code == 6
        [row] = data(planned)["differences"]
        assert (row["kind"], row["symbol"], row["state"]) == ("STOP_MISSING", symbol, "planned")
        assert exchange.stops(symbol) == []
        applied = call("--apply")
        assert (applied.code, data(applied)["remaining"]) == (0, 0)
        assert [row["state"] for row in data(applied)["differences"]] == ["done"]
        assert len(exchange.stops(symbol)) > 0
    away = call()
    assert (away.code, away.document["error"]["code"]) == (3, "NOT_TESTED")
    assert json.dumps(away.document).count("not_tested") == 1


def test_a_demo_account_is_compared_as_far_as_it_can_be_read(tmp_path: Path, home: Home) -> None:
    demo = LiveWorkshop(tmp_path / "demo", demo=True)
    demo.run(4)
    path = journal_of(home, Venue.DEMO)
    path.parent.mkdir(parents=True)
    shutil.copy(demo.path, path)
    account = demo.simulator.venue.demo
    assert account is not None
    held = len(account.ledger.positions)
    with SimulatorServer(demo.simulator) as server:
        ran = home("journal", "reconcile", "--venue", "demo", WEEXCTL_VENUE="sim", WEEX_API_BASE=server.url, **KEYS)
    texts = {phase["name"]: phase["text"] for phase in data(ran)["phases"]}
    assert (ran.code, texts["positions"]) == (0, f"{held} held")
    assert held > 0
    assert texts["stops"] == "conditional orders cannot be read there"
