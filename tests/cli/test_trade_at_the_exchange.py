"""`trade --venue live` and `--venue demo` against `sim serve`: a week, with the decisions of the simulated run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.armed import make_ready
from tests.cli.conftest import Home, Ran
from weexctl.config.paths import Paths
from weexctl.journal.journal import Journal
from weexctl.run.schedule import HISTORY_CANDLES

WEEK = 168
SYMBOLS = ("BTCUSDT",)
KEYS = {f"WEEX_API_{part}": "sim" for part in ("KEY", "SECRET", "PASSPHRASE")}


@contextmanager
def stepped_exchange() -> Iterator[str]:
    """The address of a simulator in a process of its own, with the simulated market, its time standing still."""
    command = [sys.executable, "-m", "weexctl", "sim", "serve", "--port", "0", "--speed", "step", "--control"]
    command += ["--history", str(HISTORY_CANDLES), "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["data"]["url"]
        finally:
            process.kill()


def decisions(home: Home, venue: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Every decision of the one journal of a venue."""
    [path] = (home.data / "accounts" / venue).rglob("journal.sqlite")
    with Journal.read(path) as journal:
        rows = journal._database.rows("SELECT symbol, close_ms, body FROM decision")
    return {(symbol, close_ms): json.loads(body) for symbol, close_ms, body in rows}


def arm_safe(home: Home, *, proven: bool = True) -> None:
    """As a person at a terminal does, after the check of causality."""
    make_ready("safe", Paths(home.config, home.data), tuple(SYMBOLS), proven=proven)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], dict[str, Any]]:
    """The decisions of the simulated run."""
    folder = tmp_path_factory.mktemp("simulated")

    def call(*argv: str, **environment: str) -> Ran:
        command = [sys.executable, "-m", "weexctl", *argv]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    home = Home(call, folder / "data", folder / "config")
    ran = home("trade", "--symbols", ",".join(SYMBOLS), "--steps", str(WEEK), PYTHONPATH=":".join(sys.path))
    assert ran.code == 0, ran.err
    return decisions(home, "sim")


@pytest.mark.parametrize("venue", ["live", "demo"])
def test_a_week_is_decided_as_on_the_simulator(
    home: Home, simulated: dict[tuple[str, int], dict[str, Any]], venue: str
) -> None:
    if venue == "live":
        arm_safe(home)
    with stepped_exchange() as url:
        ran = home(
            *("trade", "--venue", venue, "--symbols", ",".join(SYMBOLS), "--steps", str(WEEK)),
            WEEX_API_BASE=url,
            **KEYS,
        )
    assert ran.code == 0, ran.out
    data = ran.document["data"]
    assert (ran.document["venue"], data["steps"], data["synthetic"]) == (venue, WEEK, False)
    assert [order["status"] for order in data["orders"] if order["leg"] == "entry"].count("filled") >= 1
    made = decisions(home, venue)
    assert len(made) == WEEK * len(SYMBOLS)
    assert made.keys() == simulated.keys()
    for name in ("regime", "signal"):
        assert [k for k in made if _word(made[k], name) != _word(simulated[k], name)] == []
    different = {k: (v.get("outcome"), simulated[k].get("outcome")) for k, v in made.items()}
    assert [(k, *pair) for k, pair in different.items() if pair[0] != pair[1]] == []
    assert [trade["symbol"] for trade in data["open_positions"] if trade["stop_price"] is None] == []


def _word(record: dict[str, Any], name: str) -> object:
    part = record.get(name)
    return part.get("name", part.get("direction")) if isinstance(part, dict) else part


@pytest.mark.parametrize(
    ("flags", "environment", "code", "word"),
    [
        ((), {}, 3, "auth"),
        ((), KEYS, 3, "NOT_ARMED"),
        (("--data", "candles.csv"), KEYS, 2, "usage"),
        (("--seed", "3"), KEYS, 2, "usage"),
        (("--account", "other"), KEYS, 3, "UNKNOWN_KEY_ALIAS"),
    ],
    ids=["no key", "not armed", "data", "seed", "unknown account"],
)
def test_live_begins_with_a_key_and_an_armed_profile_only(
    home: Home, flags: tuple[str, ...], environment: dict[str, str], code: int, word: str
) -> None:
    ran = home("trade", "--venue", "live", *flags, **environment)
    error = ran.document["error"]
    assert (ran.code, word in (error["code"], error["type"])) == (code, True), error
    assert "nothing was" in error["message"]
    assert home.journals == []


def test_live_begins_with_a_pipeline_that_was_shown_to_be_causal(home: Home) -> None:
    arm_safe(home, proven=False)
    words = ("trade", "--venue", "live", "--symbols", ",".join(SYMBOLS))
    ran = home(*words, **KEYS)
    error = ran.document["error"]
    assert (ran.code, error["code"]) == (3, "CAUSALITY_UNPROVEN")
    assert error["suggestion"] == "weexctl check causality --profile safe"
    assert "nothing was sent" in error["message"]
    assert home.journals == []
    arm_safe(home)
    assert home(*words, WEEXCTL_SCOPE="observe", **KEYS).document["error"]["code"] == "SCOPE"  # one door further


def test_a_key_that_reaches_no_orders_trades_nothing(home: Home) -> None:
    arm_safe(home)
    ran = home("trade", "--venue", "live", "--symbols", ",".join(SYMBOLS), WEEXCTL_SCOPE="observe", **KEYS)
    assert (ran.code, ran.document["error"]["code"]) == (6, "SCOPE")
    assert home.journals == []


def test_paper_is_said_to_be_missing(home: Home) -> None:
    ran = home("trade", "--venue", "paper")
    assert (ran.code, ran.document["error"]["code"]) == (3, "VENUE_NOT_AVAILABLE")


def test_a_second_run_on_the_account_is_refused_and_told_who_holds_it(home: Home) -> None:
    arm_safe(home)
    with Journal.open(home.data / "accounts" / "live" / "main" / "journal.sqlite", venue="live", account="main"):
        ran = home(
            *("trade", "--venue", "live", "--symbols", ",".join(SYMBOLS)), WEEX_API_BASE="http://127.0.0.1:9", **KEYS
        )
    assert (ran.code, ran.document["error"]["code"]) == (3, "LOCK_HELD")


def test_nothing_is_decided_where_the_exchange_does_not_answer(home: Home) -> None:
    arm_safe(home)
    ran = home(
        *("trade", "--venue", "live", "--symbols", ",".join(SYMBOLS)), WEEX_API_BASE="http://127.0.0.1:9", **KEYS
    )
    assert (ran.code, ran.document["error"]["type"]) == (4, "network")
    assert "nothing was sent" in ran.document["error"]["message"]
