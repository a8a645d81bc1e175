"""`backtest sweep` from its command line: the same for any number of processes, and after any interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.cli.sweep_line import SWEEP, VARIED, a_profile, table
from weexctl.backtest.trial_ledger import read_trials

COMMAND = [sys.executable, "-m", "weexctl"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer of the sweep in two processes that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    done = subprocess.run(
        [*COMMAND, *SWEEP, *VARIED, "--profile", a_profile(folder), "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=homed(folder),
    )
    document: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, ""), document
    return document


def homed(folder: Path) -> dict[str, str]:
    """An environment with folders of its own."""
    return {**os.environ, "WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}


@contextmanager
def under_way(folder: Path, lines: int, *argv: str) -> Iterator[subprocess.Popen[str]]:
    """A sweep in two processes that said so often that trials were done. It is ended with the block."""
    line = [*COMMAND, *SWEEP, *VARIED, "--profile", a_profile(folder), "--workers", "2", "-v", *argv]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=homed(folder), start_new_session=True
    ) as process:
        try:
            said = [line for line in islice(process.stderr or (), lines + 1) if line.startswith(("fit: ", "sweep: "))]
            assert len(said) == lines + 1, said
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def lines_of(folder: Path) -> int:
    """Whole lines of the one record there is; the first is its head."""
    files = list((folder / "data" / "sweeps").rglob("trials.jsonl"))
    return files[0].read_bytes().count(b"\n") if files else 0


def again(home: Home, folder: Path, *argv: str) -> dict[str, Any]:
    """The same command in this process alone, over the same home."""
    home.data, home.config = folder / "data", folder / "config"
    return home(*SWEEP, *VARIED, "--profile", a_profile(folder), "--workers", "1", *argv).document


def test_one_process_finds_what_two_find(whole: dict[str, Any], home: Home, tmp_path: Path) -> None:
    document = again(home, tmp_path)
    data = document["data"]

    assert table(document) == table(whole)
    assert (data["done"], data["done_before"], data["failed"], data["interrupted"]) == (8, 0, 0, False)
    assert len(data["best"]) == 8
    assert [row["value"] for row in data["best"]] == sorted((row["value"] for row in data["best"]), reverse=True)
    assert data["profile_as_it_is"]["params"] == {"limits.per_trade_risk": 0.003, "pipeline.exits[0].multiple": 3.0}
    assert len({row["value"] for row in data["best"]}) > 4
    assert data["flattery"]["configurations"] == len(read_trials(home.data / "trials.jsonl").trials)
    assert {notice["code"] for notice in document["warnings"]} == {"SYNTHETIC", "BEST_OF_MANY"}


def test_killed_it_goes_on_where_it_was(whole: dict[str, Any], home: Home, tmp_path: Path) -> None:
    with under_way(tmp_path, 3) as process:
        process.kill()
        process.communicate()
    kept = lines_of(tmp_path) - 1

    document = again(home, tmp_path)

    assert 2 <= kept < 8
    assert document["data"]["done_before"] == kept
    assert table(document) == table(whole)


def test_the_workers_of_a_killed_sweep_end(tmp_path: Path) -> None:
    with under_way(tmp_path, 1) as process:
        group = os.getpgid(process.pid)
        process.kill()
        process.communicate()  # stdout and stderr are closed when the last of them has ended
    until = time.monotonic() + 10
    while alive(group):
        assert time.monotonic() < until, "a worker outlives its parent"


def test_a_worker_that_is_killed_is_one_clear_line_and_the_sweep_goes_on_later(
    whole: dict[str, Any], home: Home, tmp_path: Path
) -> None:
    with under_way(tmp_path, 2) as process:
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=60)
    document = json.loads(out)

    assert (process.returncode, document["error"]["code"]) == (3, "WORKER_LOST")
    assert "of 8 trials are kept" in document["error"]["message"]
    went_on = again(home, tmp_path)
    assert 2 <= went_on["data"]["done_before"] < 8
    assert table(went_on) == table(whole)


def workers_of(parent: int) -> list[int]:
    """Process ids of the workers that a sweep has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split()
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(words[1]) == parent and b"spawn_main" in line:
            found.append(int(entry.name))
    return sorted(found)


def alive(group: int) -> bool:
    """Whether there is a process of this group that is no zombie."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[2]) == group and words[0] != "Z":
            return True
    return False


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(whole: dict[str, Any], home: Home, tmp_path: Path) -> None:
    with under_way(tmp_path, 2, "--trials", "20") as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
        out, err = process.communicate(timeout=60)
    document = json.loads(out)
    data = document["data"]

    assert (process.returncode, document["ok"], data["interrupted"]) == (130, True, True)
    assert 3 <= data["done"] == lines_of(tmp_path) - 1 < 20
    assert "INTERRUPTED" in {notice["code"] for notice in document["warnings"]}
    assert "backtest sweep" in document["next"][0]["command"]
    assert "Traceback" not in err
    if data["done"] < 8:
        assert table(again(home, tmp_path)) == table(whole)


def test_a_finished_sweep_says_so_and_runs_nothing(home: Home, tmp_path: Path) -> None:
    short = ("--trials", "2", "--name", "mine")
    first = again(home, tmp_path, *short)
    ledger = (home.data / "trials.jsonl").read_bytes()

    second = again(home, tmp_path, *short)

    assert table(second) == table(first)
    assert "ALREADY_DONE" in {notice["code"] for notice in second["warnings"]}
    assert (home.data / "trials.jsonl").read_bytes() == ledger
    person = home(*SWEEP, *VARIED, "--profile", a_profile(tmp_path), *short, "-o", "table")
    assert "mine: 2 of 2 trials, 2 of them before" in person.out
    assert person.out.rstrip().endswith(first["data"]["toml"].rstrip().splitlines()[-1])
    assert "BEST_OF_MANY" in person.err
    for other, what in (
        (("--set", "limits.daily_loss=0.01..0.02"), "space"),
        (("--metric", "sharpe"), "metric"),
        (("--steps", "150"), "span"),
        (("--seed", "8"), "candles"),
        (("--search-seed", "8"), "search seed"),
    ):
        refused = again(home, tmp_path, *short, *other)
        assert refused["error"]["code"] == "ANOTHER_SWEEP"
        assert f"another {what}" in refused["error"]["message"]


def test_the_best_settings_can_be_pasted_into_the_profile(home: Home, whole: dict[str, Any], tmp_path: Path) -> None:
    pasted = tomllib.loads(whole["data"]["toml"])
    profile = tomllib.loads(Path(a_profile(tmp_path)).read_text())
    best = whole["data"]["best"][0]["params"]

    assert profile.keys() >= {"pipeline"}
    assert pasted["pipeline"].keys() == {"exits"}
    assert pasted["pipeline"]["exits"][0]["multiple"] == best["pipeline.exits[0].multiple"]
    assert pasted["limits"] == {"per_trade_risk": best["limits.per_trade_risk"]}
    lines = Path(a_profile(tmp_path)).read_text().splitlines()
    kept = "\n".join(line for line in lines if not line.startswith("exits"))
    (tmp_path / "better.toml").write_text(f"{kept}\n{whole['data']['toml'].removeprefix('[pipeline]')}")
    document = home(
        "backtest", "run", "--profile", str(tmp_path / "better.toml"), "--symbols", "BTCUSDT", "--steps", "200",
        "--workers", "1",
    ).document  # fmt: skip
    assert document["data"]["metrics"]["calmar"] == whole["data"]["best"][0]["value"]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        ((), "EMPTY_SPACE", "varies nothing"),
        (("--set", "pipeline.rebalance_bnd=0..1"), "BAD_SPACE", "did you mean rebalance_band"),
        (("--set", "pipeline.rebalance_band=1..0"), "BAD_SPACE", "is empty"),
        (("--set", "limits.max_positions_long=1..3"), "BAD_SPACE", "whole number"),
        (("--space", "nowhere.toml"), "USAGE", "cannot be read"),
        (("--set", "limits.daily_loss=0..1", "--set", "limits.daily_loss=0..1"), "BAD_SPACE", "varied twice"),
        (("--set", "limits.daily_loss=0.01..0.02", "--name", "../up"), "USAGE", "name of a sweep"),
        (("--set", "limits.daily_loss=0.01..0.02", "--trials", "1"), "USAGE", "trials"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_written(
    argv: tuple[str, ...], code: str, said: str, home: Home
) -> None:
    ran = home("backtest", "sweep", "--symbols", "BTCUSDT", "--steps", "30", *argv)

    assert ran.code == 2
    assert (ran.document["ok"], ran.document["error"]["code"]) == (False, code)
    assert said in ran.document["error"]["message"]
    assert ran.document["error"]["suggestion"]
    assert not home.data.exists()


def test_candles_kept_for_the_last_test_are_warned_of() -> None:
    from weexctl.actions.sweep_report import Output, warnings_of

    def codes(to_ms: int, *, synthetic: bool) -> set[str]:
        found = Output(
            name="s", folder="s", metric="calmar", from_ms=0, to_ms=to_ms, trials=2, done=2, done_before=0, failed=1,
            interrupted=False, synthetic=synthetic, profile_as_it_is=None, best=[], spread=None, flattery=None, toml="",
        )  # fmt: skip
        return {notice.code for notice in warnings_of(found)}

    new_year = 1_735_689_600_000
    assert codes(new_year, synthetic=False) == {"TRIALS_FAILED"}
    assert codes(new_year + 1, synthetic=False) == {"TRIALS_FAILED", "LOCK_BOX"}
    assert codes(new_year + 1, synthetic=True) == {"TRIALS_FAILED"}
