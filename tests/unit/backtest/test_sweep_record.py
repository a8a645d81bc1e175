"""The record of a sweep: what is on disk is done, a torn line is not, and another sweep's is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from weexctl.backtest.sharpe import ReturnMoments
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.errors import ConfigError, UsageError

IDENTITY = {"profile": "p", "span": [1, 2], "metric": "calmar"}


def a_trial(number: int) -> TrialRecord:
    """A trial with something in every field."""
    return TrialRecord(
        number=number,
        params={"limits.a": 0.1, "pipeline.b": True, "pipeline.c": "x"},
        config_hash=f"h{number}",
        figures={"calmar": 1.0 / 3, "sharpe": None},
        trades=7,
        moments=ReturnMoments(count=9, sharpe=0.1, skewness=-0.2, kurtosis=3.3),
        failure="",
        seconds=1.5,
    )


def test_what_was_added_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "s" / "trials.jsonl"
    record = SweepRecord(path, IDENTITY)
    for number in (2, 0):
        record.add(a_trial(number))

    again = SweepRecord(path, IDENTITY)

    assert again.trials == {2: a_trial(2), 0: a_trial(0)} == record.trials
    again.add(a_trial(1))
    assert len(SweepRecord(path, IDENTITY).trials) == 3


@pytest.mark.parametrize("kept", [1, 20, 200])
def test_a_line_that_a_crash_tore_is_a_trial_that_was_not_made(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    record = SweepRecord(path, IDENTITY)
    record.add(a_trial(0))
    whole = path.read_bytes()
    record.add(a_trial(1))
    path.write_bytes(path.read_bytes()[: len(whole) + kept])

    torn = SweepRecord(path, IDENTITY)

    assert list(torn.trials) == [0]
    torn.add(a_trial(1))
    assert SweepRecord(path, IDENTITY).trials == {0: a_trial(0), 1: a_trial(1)}


def test_a_crash_in_the_first_line_leaves_an_empty_record(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    SweepRecord(path, IDENTITY).add(a_trial(0))
    path.write_bytes(path.read_bytes()[:30])

    torn = SweepRecord(path, IDENTITY)
    torn.add(a_trial(0))

    assert list(SweepRecord(path, IDENTITY).trials) == [0]


def test_a_sweep_of_something_else_is_refused_and_says_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "trials.jsonl"
    SweepRecord(path, IDENTITY).add(a_trial(0))
    before = path.read_bytes()

    with pytest.raises(UsageError, match="'mine' was made with another metric, another span"):
        SweepRecord(path, {**IDENTITY, "metric": "sharpe", "span": [1, 3]})

    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["hello\nyou\n", '{"schema": 2, "identity": {}}\n', '{"a": 1}\n'])
def test_a_file_that_is_no_record_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_text(text)

    with pytest.raises(ConfigError, match="no record of a sweep"):
        SweepRecord(path, IDENTITY)

    assert path.read_text() == text


def test_a_full_disk_says_how_many_trials_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    record = SweepRecord(folder / "trials.jsonl", IDENTITY)
    record.add(a_trial(0))
    (folder / "trials.jsonl").unlink()
    (folder / "trials.jsonl").mkdir()

    with pytest.raises(ConfigError, match="1 trials are kept"):
        record.add(a_trial(1))
