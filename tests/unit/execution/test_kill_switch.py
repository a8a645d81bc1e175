"""The kill switch: its file is the latch, whatever else is broken."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import NoReturn

import pytest

from weexctl.execution.kill_switch import KillSwitch


@pytest.fixture
def switch(tmp_path: Path) -> KillSwitch:
    return KillSwitch(tmp_path / "accounts" / "live" / "main" / "KILL")


def test_it_is_off_until_it_is_pulled_and_then_on_for_every_process(switch: KillSwitch) -> None:
    assert switch.why() == ""
    assert switch.pull("the news", 1)
    assert "KILL exists" in KillSwitch(switch.file).why()
    assert switch.file.stat().st_mode & 0o777 == 0o600


def test_the_first_reason_stays(switch: KillSwitch) -> None:
    switch.pull("the news\n\tand more", 1)

    assert not switch.pull("another", 2)
    assert switch.reason == "the news and more"


def test_an_empty_file_made_by_anybody_is_a_switch(switch: KillSwitch) -> None:
    switch.file.parent.mkdir(parents=True)
    switch.file.touch()

    assert switch.why()
    assert switch.reason == ""


def test_a_link_that_leads_nowhere_is_one_too(switch: KillSwitch) -> None:
    switch.file.parent.mkdir(parents=True)
    switch.file.symlink_to("nowhere")

    assert switch.why()
    assert not switch.pull("x", 1)


def test_what_cannot_be_looked_at_counts_as_halted(tmp_path: Path) -> None:
    (tmp_path / "main").touch()  # a file where the account's folder should be

    assert "nobody can say" in KillSwitch(tmp_path / "main" / "KILL").why()


def test_a_full_disk_takes_the_reason_and_not_the_switch(switch: KillSwitch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)

    assert switch.pull("the news", 1)
    assert switch.why()


def test_clearing_it_lets_the_account_go_on_and_history_has_both(switch: KillSwitch) -> None:
    switch.pull("the news", 1)
    switch.clear("they were old", 2)

    assert switch.why() == ""
    assert [json.loads(line) for line in switch.history.read_text().splitlines()] == [
        {"time_ms": 1, "what": "kill", "reason": "the news"},
        {"time_ms": 2, "what": "resume", "reason": "they were old"},
    ]
