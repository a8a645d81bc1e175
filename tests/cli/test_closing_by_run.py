"""`close` and `flatten` while a run holds the account: the run closes, and the command tells what it did."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.cli.test_orders_by_hand_at_the_exchange import HOUR_MS, KEYS, Account, arm_profile, trades_of
from weexctl.actions.closing_by_run import ask_run
from weexctl.errors import LockHeldError, OutcomeUnknownError
from weexctl.execution.close_requests import CloseRequests
from weexctl.run.schedule import HISTORY_CANDLES
from weexctl.simulator.generator import generate_market
from weexctl.simulator.server import SimulatorServer
from weexctl.simulator.simulator import Simulator

HELD = LockHeldError("somebody holds it; nothing was done", hint="look")


@pytest.fixture
def running(home: Home) -> Iterator[Account]:
    """An account with two positions that a run in a process of its own looks after, on a market that stands still."""
    symbols = ["BTCUSDT", "ETHUSDT"]
    candles = generate_market(7, symbols=symbols, count=HISTORY_CANDLES + 40)
    simulator = Simulator(candles, seed=7, start_ms=candles["ETHUSDT"].last_close_ms - 30 * HOUR_MS + 1_000)
    safe = (files("weexctl.config") / "profiles" / "safe.toml").read_text(encoding="utf-8")
    mine = home.config / "profiles" / "mine.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text(re.sub(r"(?m)^symbols = .*$", f"symbols = {symbols}".replace("'", '"'), safe))
    arm_profile(home, "mine")
    with SimulatorServer(simulator, port=0) as server:
        account = Account(home, simulator, server.url, "live")
        account.data("order", "place", *account.words("--profile", "mine"))
        account.data("order", "place", *account.words("--profile", "mine", symbol="BTCUSDT", size="300"))
        environment = {
            "WEEXCTL_DATA_DIR": str(home.data),
            "WEEXCTL_CONFIG_DIR": str(home.config),
            "WEEX_API_BASE": server.url,
            "WEEXCTL_LOG": "text",
            "PYTHONPATH": ":".join(sys.path),
        }
        command = [sys.executable, "-m", "weexctl", "trade", "--venue", "live", "--profile", "mine", "-o", "json"]
        with subprocess.Popen(
            command, env=environment | KEYS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            seen = next(line for line in process.stderr if "reconciled" in line or "differ" in line)
            assert "reconciled" in seen
            try:
                yield account
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)


def test_one_symbol_is_closed_and_then_the_rest(running: Account) -> None:
    ran = running("close", "ETHUSDT")
    assert ran.code == 0, ran.out
    data = ran.document["data"]
    [order] = data["orders"]
    assert (order["symbol"], order["status"], order["code"]) == ("ETHUSDT", "filled", "")
    assert [row["symbol"] for row in data["closing"]] == ["ETHUSDT"]
    assert [row["symbol"] for row in data["positions_left"]] == ["BTCUSDT"]
    assert [warning["code"] for warning in ran.document["warnings"]] == ["RUN_GOES_ON"]
    assert running.error("close", "ETHUSDT") == (2, "NO_POSITION")
    assert running.error("close", "BTCUSDT", "--read-only") == (6, "READ_ONLY")
    assert running.data("flatten", "--all")["positions_left"] == []
    assert running.data("order", "list")["orders"] == []
    story = running.home("explain", order["order_id"]).document["data"]
    assert story["decision_id"] == order["decision_id"]
    with running.journal as journal:
        assert [trade.exit_reason for trade in trades_of(journal)] == ["MANUAL_CLOSE"] * 2


def test_where_no_run_serves_the_holder_is_named_at_once(tmp_path: Path) -> None:
    requests = CloseRequests(tmp_path / "close")
    with pytest.raises(LockHeldError) as caught:
        ask_run(requests, None, HELD, sleep=_never)
    assert caught.value is HELD


def test_a_request_that_nobody_takes_is_taken_back(tmp_path: Path) -> None:
    requests = CloseRequests(tmp_path / "close")
    slept: list[float] = []
    with requests.served():
        with pytest.raises(LockHeldError) as caught:
            ask_run(requests, [("BTCUSDT", "long")], HELD, sleep=slept.append)
        assert requests.waiting() == []
    assert caught.value is HELD
    assert sum(slept) == pytest.approx(30)


def test_a_request_that_was_taken_and_never_answered_may_have_closed_something(tmp_path: Path) -> None:
    requests = CloseRequests(tmp_path / "close")

    def taken(_: float) -> None:
        for request in requests.waiting():
            requests.take(request.name)

    with requests.served(), pytest.raises(OutcomeUnknownError, match="may be closing"):
        ask_run(requests, None, HELD, sleep=taken)


def test_the_answer_is_what_the_run_says(tmp_path: Path) -> None:
    requests, answer = CloseRequests(tmp_path / "close"), {"orders": [], "cancelled": ["7"], "failures": []}

    def served(_: float) -> None:
        for request in requests.waiting():
            requests.take(request.name)
            requests.answer(request.name, answer)

    with requests.served():
        assert ask_run(requests, None, HELD, sleep=served) == answer


def _never(_: Any) -> None:
    pytest.fail("nobody is waited for")
