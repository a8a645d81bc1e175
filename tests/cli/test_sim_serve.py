"""`sim serve`: one document when it answers, then a server until someone ends it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions.context import Context
from weexctl.actions.sim import Input, run
from weexctl.cli.interrupt import INTERRUPTED
from weexctl.market.writing import write_candles
from weexctl.simulator.generator import generate_market

COMMAND = [sys.executable, "-m", "weexctl", "sim", "serve", "--port", "0", "--history", "300"]
STEP = ("--speed", "step", "--control")


def ask(url: str, path: str, **members: Any) -> Any:
    """The answer to a GET, or with members to a POST."""
    body = json.dumps(members).encode() if members else None
    request = urllib.request.Request(url + path, body, {"Content-Type": "application/json"})  # noqa: S310  # loopback
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


@contextmanager
def serving(*flags: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its first line."""
    with subprocess.Popen([*COMMAND, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it still says on stdout and stderr until it ends. (`communicate` would lose what `readline` read ahead.)"""
    assert process.stdout is not None
    assert process.stderr is not None
    said = process.stdout.read(), process.stderr.read()
    process.wait(timeout=30)
    return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_prints_its_url_serves_and_ends_when_told(number: signal.Signals) -> None:
    with serving(*STEP, "--seed", "3", "--start-equity", "1000", "-o", "json") as (process, line):
        data = json.loads(line)["data"]
        assert (data["seed"], data["speed"], data["start_equity"], data["synthetic"]) == (3, 0, "1000", True)
        assert ask(data["url"], "/capi/v3/market/time") == {"serverTime": data["now_ms"]}
        assert ask(data["control"], "/ledger")["wallet"] == "1000"
        os.kill(process.pid, number)
        rest, errors = rest_of(process)
    assert (process.returncode, rest) == (0, "")
    assert "Traceback" not in errors


def test_a_person_gets_a_table_with_the_url() -> None:
    with serving("-o", "table") as (process, line):
        process.terminate()
        rest, _ = rest_of(process)
    assert line.split()[0] == "url"
    assert line.split()[1].startswith("http://127.0.0.1:")
    assert "simulated seconds" in rest


def test_our_own_check_of_the_way_finds_everything_in_order(home: Any) -> None:
    with serving() as (_, line):
        url = json.loads(line)["data"]["url"]
        ran = home("test-connection", "--base-url", url, "--trade")
    assert (ran.code, ran.document["ok"]) == (0, True)
    assert "time of its own" in ran.document["data"]["checks"][0]["detail"]


def test_our_own_check_waits_for_what_is_listed_late(home: Any) -> None:
    with serving("--late", "--control", "--speed", "20") as (_, line):
        data = json.loads(line)["data"]
        told = ask(data["control"], "/settings")
        assert [told[f"{what}_delay_ms"] for what in ("visibility", "order", "fill", "position")] == [2_000, *[600] * 3]
        ran = home("test-connection", "--base-url", data["url"], "--trade")
    assert (ran.code, ran.document["ok"]) == (0, True)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--speed", "step"), "moves only by control"),
        (("--speed", "fast"), "--speed fast is no speed"),
        (("--speed", "0"), "--speed 0 is no speed"),
        (("--speed", "nan"), "--speed nan is no speed"),
        (("--speed", "inf"), "--speed inf is no speed"),
        (("--start-equity", "much"), "--start-equity much is no amount"),
        (("--start-equity", "-1"), "--start-equity -1 is no amount"),
        (("--start-equity", "NaN"), "--start-equity NaN is no amount"),
        (("--port", "65536"), "port"),
        (("--symbols", "BTCUSDX"), "BTCUSDX"),
        (("--data", "/nowhere/at/all.csv"), "/nowhere/at/all.csv"),
    ],
)
def test_a_wrong_flag_starts_nothing(home: Any, flags: tuple[str, ...], words: str) -> None:
    ran = home("sim", "serve", *flags)
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    assert words in ran.document["error"]["message"]
    assert ran.document["venue"] == "sim" or flags[0] == "--port"  # the one that is wrong before there is an input


def test_candles_and_a_seed_go_together(tmp_path: Path) -> None:
    write_candles(generate_market(5, symbols=["BTCUSDT"], count=200)["BTCUSDT"], tmp_path / "BTCUSDT-1h-synthetic.csv")
    with serving(*STEP, "--history", "100", "--seed", "9", "--data", str(tmp_path), "-o", "json") as (_, line):
        data = json.loads(line)["data"]
    assert (data["seed"], data["symbols"]) == (9, ["BTCUSDT"])


@contextmanager
def started(**wishes: Any) -> Iterator[Any]:
    """The output of the action; its server ends with the block."""
    result = run(Input(port=0, **wishes), Context(environment={}, cwd=Path.cwd()))
    assert result.serve is not None
    try:
        yield result.data
    finally:
        result.serve(lambda: True)


def test_a_taken_port_is_a_usage_error(home: Any) -> None:
    with started(history=2) as data:
        ran = home("sim", "serve", "--port", data.url.rpartition(":")[2], "--history", "2")
    assert (ran.code, ran.document["error"]["code"]) == (2, "PORT_TAKEN")


def test_limits_are_on_unless_they_are_turned_off() -> None:
    for off in (False, True):
        with started(history=2, control=True, no_limits=off) as data:
            assert ask(data.control, "/settings")["rate_limits"] is not off
    with started(history=2, control=True, speed="step") as data:
        assert ask(data.control, "/settings")["rate_limits"] is False


def test_ages_of_signatures_are_looked_at_in_real_time_only() -> None:
    for speed, window_ms in (("1", 30_000), ("1.0", 30_000), ("60", 3_153_600_000_000)):
        with started(history=2, control=True, speed=speed) as data:
            assert ask(data.control, "/settings")["signature_window_ms"] == window_ms


def test_other_candles_can_be_served(tmp_path: Path) -> None:
    start_ms, hour_ms = 1_700_000_000_000 // 3_600_000 * 3_600_000, 3_600_000
    rows = [f"{start_ms + k * hour_ms},{100 + k},{101 + k},{100 + k},{101 + k},5" for k in range(10)]
    path = tmp_path / "ETHUSDT-1h.csv.gz"
    text = "\n".join(["open_time_ms,open,high,low,close,volume", *rows, ""])
    path.write_bytes(gzip.compress(text.encode()))
    with started(data=(str(path),), control=True, speed="step") as data:
        assert (data.symbols, data.synthetic) == (("ETHUSDT",), False)
        assert (data.now_ms, data.ends_ms) == (start_ms + 5 * hour_ms, start_ms + 10 * hour_ms)
        ask(data.control, "/advance", by_ms=hour_ms)
        price = ask(data.url, "/capi/v3/market/symbolPrice?symbol=ETHUSDT")
        assert float(price["price"]) == 106


def test_a_history_that_leaves_nothing_to_trade_is_refused(home: Any, tmp_path: Path) -> None:
    path = tmp_path / "ETHUSDT-1h.csv"
    rows = [f"{1_699_999_200_000 + k * 3_600_000},1,1,1,1,5" for k in range(4)]
    path.write_text("\n".join(["open_time_ms,open,high,low,close,volume", *rows, ""]))
    ran = home("sim", "serve", "--data", str(path), "--history", "4")
    assert (ran.code, "--history 4 leaves nothing of 4 candles" in ran.document["error"]["message"]) == (2, True)


def test_fewer_symbols_are_the_same_market() -> None:
    with started(history=2, symbols=("ETHUSDT",)) as some, started(history=2) as all_of_them:
        path = "/capi/v3/market/klines?symbol=ETHUSDT&interval=1h"
        assert some.symbols == ("ETHUSDT",)
        assert ask(some.url, path) == ask(all_of_them.url, path)


# What the command line does with an action that goes on after its answer.


def test_a_second_signal_ends_it_with_130(made_up: Any) -> None:
    def body(given: object, context: Context) -> Any:
        def serve(should_stop: Any) -> None:
            raise KeyboardInterrupt

        return _answered(serve)

    ran = made_up(body)
    assert (ran.code, ran.document["ok"]) == (INTERRUPTED, True)


def test_a_bug_while_serving_is_no_second_document(made_up: Any) -> None:
    def body(given: object, context: Context) -> Any:
        def serve(should_stop: Any) -> None:
            print("noise")  # noqa: T201  # what third-party code does
            raise RuntimeError("it broke")

        return _answered(serve)

    ran = made_up(body)
    assert (ran.code, ran.document["ok"]) == (1, True)
    assert "noise" in ran.err
    assert "it broke" in ran.err


def _answered(serve: Any) -> Any:
    from weexctl.actions.context import Result
    from weexctl.actions.version import Output

    return Result(data=Output(version="1", python="3", platform="x", libraries={}), serve=serve)


def test_the_port_is_free_again_when_serving_ends() -> None:
    with started(history=2) as data:
        port = int(data.url.rpartition(":")[2])
    again = run(Input(port=port, history=2), Context(environment={}, cwd=Path.cwd()))
    assert again.serve is not None
    again.serve(lambda: True)
