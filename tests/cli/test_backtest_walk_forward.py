"""`backtest walk-forward` from its command line: the same for any number of processes, and after any interruption."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from math import prod
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.cli.sweep_line import VARIED, a_profile
from weexctl.actions import backtest_walk_forward
from weexctl.actions.backtest_sweep import remember
from weexctl.backtest.fold_choice import Chooser
from weexctl.backtest.trial_ledger import read_trials

COMMAND = [sys.executable, "-m", "weexctl"]
HOUR_MS = 3_600_000
WALK = (
    *("backtest", "walk-forward", "--symbols", "BTCUSDT", "--steps", "252"),
    *("--train", "4", "--test", "3", "--purge", "4", "--embargo", "8", "--batch", "2"),
)
LINE = (*WALK, "--trials", "4", *VARIED)


def homed(folder: Path) -> dict[str, str]:
    """An environment with folders of its own."""
    return {**os.environ, "WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer in two processes that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    done = subprocess.run(
        [*COMMAND, *LINE, "--profile", a_profile(folder), "--workers", "2"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=homed(folder),
    )
    document: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, ""), document
    return document


def again(home: Home, folder: Path) -> dict[str, Any]:
    """The same command in this process alone, over the same home."""
    home.data, home.config = folder / "data", folder / "config"
    return home(*LINE, "--profile", a_profile(folder), "--workers", "1").document


def table(document: dict[str, Any]) -> dict[str, Any]:
    """What has to be the same for the same walk-forward."""
    assert document["ok"], document
    return {name: value for name, value in document["data"].items() if name not in ("folder", "kept", "done_before")}


def test_one_process_finds_what_two_find_and_a_second_call_runs_no_trial(
    whole: dict[str, Any], home: Home, tmp_path: Path
) -> None:
    document = again(home, tmp_path)
    ledger = read_trials(home.data / "trials.jsonl").trials

    assert table(document) == table(whole)
    assert {notice["code"] for notice in document["warnings"]} == {"SYNTHETIC"}
    assert (document["data"]["trials"], document["data"]["done_before"]) == (8, 0)
    assert document["data"]["flattery"]["configurations"] == len(ledger)
    assert [row.config_hash for row in ledger][-1] == document["data"]["run_id"]
    assert len({row.config_hash for row in ledger}) == len(ledger)
    second = again(home, tmp_path)
    assert second["data"]["done_before"] == 8
    assert table(second) == table(whole)
    assert read_trials(home.data / "trials.jsonl").trials == ledger
    report = home("backtest", "report").document["data"]
    assert report["run_id"] == document["data"]["run_id"]
    assert report["profile"] == "quick, walk-forward of 2 folds"
    assert report["metrics"] == document["data"]["metrics"]


def test_the_windows_are_those_that_were_asked_for(whole: dict[str, Any]) -> None:
    data = whole["data"]
    folds = data["folds"]

    assert (len(folds), data["folds_planned"], data["gap_candles"], data["interrupted"]) == (2, 2, 12, False)
    for fold in folds:
        assert fold["train_to_ms"] - fold["train_from_ms"] == 95 * HOUR_MS
        assert fold["test_from_ms"] - fold["train_to_ms"] == 13 * HOUR_MS
        assert fold["trials"] == 4
        assert fold["in_sample"] == fold["in_sample_figures"]["calmar"]
        assert fold["out_of_sample"] == fold["out_of_sample_figures"]["calmar"]
    assert data["from_ms"] == folds[0]["test_from_ms"]
    assert data["to_ms"] == folds[-1]["test_to_ms"]
    assert folds[1]["test_from_ms"] - folds[0]["test_to_ms"] == HOUR_MS


def test_test_windows_make_up_the_whole(whole: dict[str, Any]) -> None:
    data = whole["data"]
    found = [fold["out_of_sample_figures"] for fold in data["folds"]]

    assert prod(1 + window["total_return"] for window in found) - 1 == pytest.approx(data["metrics"]["total_return"])
    assert sum(window["trades"] for window in found) == data["metrics"]["trades"]["count"] > 0
    assert [moved["path"] for moved in data["drift"]] == ["limits.per_trade_risk", "pipeline.exits[0].multiple"]
    assert data["drift"][1]["values"] == [fold["params"]["pipeline.exits[0].multiple"] for fold in data["folds"]]
    assert data["flattery"]["sharpe"] == data["metrics"]["sharpe"]


def test_ctrl_c_keeps_the_folds_that_are_done_and_the_same_command_goes_on(
    whole: dict[str, Any], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def interrupted(*arguments: Any) -> None:
        told.append("trial")
        remember(*arguments)
        if len(told) == 6:  # the second of the second fold
            signal.raise_signal(signal.SIGINT)

    home.data, home.config = tmp_path / "data", tmp_path / "config"
    with monkeypatch.context() as patched:
        patched.setattr(backtest_walk_forward, "remember", interrupted)
        ran = home(*LINE, "--profile", a_profile(tmp_path), "--workers", "1")
    data = ran.document["data"]

    assert (ran.code, ran.document["ok"]) == (130, True)
    assert (data["interrupted"], data["folds_planned"], data["trials"]) == (True, 2, 6)
    assert [fold["params"] for fold in data["folds"]] == [whole["data"]["folds"][0]["params"]]
    assert data["to_ms"] == data["folds"][-1]["test_to_ms"]
    assert ran.document["next"][0]["why"] == "goes on where it ended"
    assert "--train 4" in ran.document["next"][0]["command"]
    went_on = again(home, tmp_path)
    assert went_on["data"]["done_before"] == 6
    assert table(went_on) == table(whole)


def test_ctrl_c_in_the_last_trial_leaves_nothing_out(
    whole: dict[str, Any], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(whole["data"]["folder"]).parents[1], home.data)
    monkeypatch.setattr(Chooser, "choices", interrupted_after(Chooser.choices))

    ran = home(*LINE, "--profile", a_profile(tmp_path), "--workers", "1")

    assert ran.code == 130
    assert table(ran.document) == table(whole)


def interrupted_after(choices: Any) -> Any:
    """The choices, and a Ctrl-C after the last."""

    def then(*arguments: Any) -> Any:
        yield from choices(*arguments)
        signal.raise_signal(signal.SIGINT)

    return then


def test_without_ranges_the_profile_as_it_is_goes_through_all_windows(home: Home, tmp_path: Path) -> None:
    line = ("--profile", a_profile(tmp_path), "--workers", "1", "--metric", "sharpe")
    data = home(*WALK, *line).document["data"]

    assert [(fold["chosen"], fold["params"], fold["trials"]) for fold in data["folds"]] == [(0, {}, 1)] * 2
    assert (data["drift"], data["toml"]) == ([], "")
    assert data["flattery"]["configurations"] == 1
    person = home(*WALK, *line, "-o", "table").out
    assert "Folds, chosen by sharpe" in person
    assert "4 days to choose on (rolling), 3 days to try on" in person
    assert "as it is" in person


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("--train", "12"), "NO_FOLD", "no room for one fold"),
        (("--train", "0"), "USAGE", "train"),
        (("--purge", "-1"), "USAGE", "purge"),
        (("--set", "pipeline.rebalance_bnd=0..1"), "BAD_SPACE", "did you mean rebalance_band"),
        (("--set", "pipeline.rebalance_band=1..0"), "BAD_SPACE", "is empty"),
        (("--set", "venue.symbols=a,b"), "BAD_SPACE", "not venue.symbols"),
        (("--space", "nowhere.toml"), "USAGE", "cannot be read"),
        (("--name", "../up"), "USAGE", "name of a walk-forward"),
        (("--from", "2024-01-01"), "USAGE", "your own candles"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_written(
    argv: tuple[str, ...], code: str, said: str, home: Home
) -> None:
    ran = home(*WALK, *argv)

    assert ran.code == 2
    assert (ran.document["ok"], ran.document["error"]["code"]) == (False, code)
    assert said in ran.document["error"]["message"]
    assert not home.data.exists()


def test_a_train_window_that_ends_before_the_warm_up_is_refused(home: Home, tmp_path: Path) -> None:
    assert home("data", "generate", "--symbols", "BTCUSDT", "--count", "2500").code == 0
    path = next(home.data.rglob("BTCUSDT-1h*.parquet"))
    ran = home(*WALK, "--profile", a_profile(tmp_path), "--data", str(path), "--from", "2024-01-20")

    assert ran.code == 2, ran.document
    assert ran.document["error"]["code"] == "TRAIN_TOO_SHORT"
    assert not (home.data / "walk-forwards").exists()
