"""The ledger of trials only grows, and forgets nobody who was looked at."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from weexctl.backtest.trial_ledger import Trial, add_trial, read_trials
from weexctl.errors import ConfigError, UsageError


def a_trial(number: int = 0, value: float | None = 1.5, metric: str = "sharpe") -> Trial:
    return Trial(config_hash=f"hash{number}", metric=metric, value=value, date_ms=1_700_000_000_000, profile="safe")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backtest" / "trials.jsonl"


def test_what_was_added_is_read_in_order(path: Path) -> None:
    trials = [a_trial(0), a_trial(1, None), a_trial(2, -0.1, "calmar"), a_trial(0)]
    for trial in trials:
        add_trial(path, trial)

    found = read_trials(path)
    assert found.trials == tuple(trials)
    assert (found.count, found.unreadable, found.warnings) == (4, 0, ())
    assert found.values("sharpe") == (1.5, 1.5)
    assert found.values("calmar") == (-0.1,)


def test_how_far_the_trials_lie_apart(path: Path) -> None:
    add_trial(path, a_trial(0, 1.0))
    assert read_trials(path).deviation("sharpe") is None
    for number, value in enumerate((3.0, None, 5.0)):
        add_trial(path, a_trial(number, value))
    add_trial(path, a_trial(9, 100.0, "calmar"))

    assert read_trials(path).deviation("sharpe") == 2.0


def test_no_file_is_an_empty_ledger(path: Path) -> None:
    assert read_trials(path).count == 0


def test_one_line_of_json_per_trial(path: Path) -> None:
    add_trial(path, a_trial())
    add_trial(path, a_trial(1))

    lines = path.read_text().splitlines()
    assert [json.loads(line)["config_hash"] for line in lines] == ["hash0", "hash1"]


@pytest.mark.parametrize("kept", [1, 20, 60])
def test_a_line_that_a_crash_tore_counts_and_the_next_begins_anew(path: Path, kept: int) -> None:
    add_trial(path, a_trial())
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept])

    torn = read_trials(path)
    assert (torn.trials, torn.count) == ((a_trial(),), 2)
    assert torn.warnings == (f"line 2 of {path} cannot be read; it counts as a trial",)

    add_trial(path, a_trial(7))
    found = read_trials(path)
    assert found.trials == (a_trial(), a_trial(7))
    assert found.count == 3


def test_a_line_that_lost_only_its_end_of_line_is_whole(path: Path) -> None:
    add_trial(path, a_trial())
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    add_trial(path, a_trial(1))

    assert read_trials(path).trials == (a_trial(), a_trial(1))


@pytest.mark.parametrize(
    "line", [b"\x00\x00\x00", b"[]", b"3", b'{"metric": "x"}', b'{"config_hash":"a","metric":"m","value":NaN}', b"\xff"]
)
def test_other_damage_counts_as_well(path: Path, line: bytes) -> None:
    add_trial(path, a_trial())
    path.write_bytes(line + b"\n" + path.read_bytes())

    found = read_trials(path)
    assert (found.trials, found.count, len(found.warnings)) == ((a_trial(),), 2, 1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_refused(path: Path, value: float) -> None:
    with pytest.raises(UsageError, match="nothing was recorded"):
        add_trial(path, a_trial(value=value))
    assert not path.exists()


def test_it_is_on_disk_before_the_call_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append(os.fstat(descriptor).st_ino))
    add_trial(path, a_trial())
    add_trial(path, a_trial(1))

    assert seen == [path.stat().st_ino, path.parent.stat().st_ino, path.stat().st_ino]


def test_a_folder_in_its_place_is_an_error_in_words(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(ConfigError, match="the trial was not recorded"):
        add_trial(path, a_trial())
    with pytest.raises(ConfigError, match="nothing was counted"):
        read_trials(path)


def test_several_processes_lose_no_trial(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from weexctl.backtest.trial_ledger import Trial, add_trial\n"
        "for n in range(50): add_trial(Path(sys.argv[1]), "
        "Trial(config_hash=sys.argv[2] + str(n), metric='sharpe', value=1.0, date_ms=n, profile='p' * 300))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "abc"]

    assert [process.wait(60) for process in running] == [0, 0, 0]
    found = read_trials(path)
    assert len({trial.config_hash for trial in found.trials}) == 150
    assert found.unreadable == 0
