"""`weexctl service`: the unit that is written, what is said about it, and that nothing is started."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions import service, service_place
from weexctl.actions.service_manager import UnitState, ask_manager
from weexctl.actions.service_unit import NOT_FOR_USERS, Unit, render
from weexctl.config.paths import Paths
from weexctl.config.venue import Venue
from weexctl.journal.lock import AccountLock

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
MOST_EXPOSURE = 2.5
"""Of `systemd-analyze security`, 0 to 10 (reliability 6.14)."""


def unit(**changes: Any) -> str:
    values: dict[str, Any] = {
        "manager": "system",
        "venue": Venue.LIVE,
        "account": "main",
        "command": ("/bin/true", "trade", "--profile", "safe", "--venue", "live"),
        "environment": {"WEEXCTL_LOG": "json"},
    }
    return render(Unit(**values | changes))


def settings(text: str) -> dict[str, list[str]]:
    """Every setting of [Service], in order."""
    body = text.partition("[Service]\n")[2].partition("\n[Install]")[0]
    found: dict[str, list[str]] = {}
    for line in body.splitlines():
        name, mark, value = line.partition("=")
        if mark:
            found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def own(home: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command line whose units are this test's own, where no systemd runs."""
    monkeypatch.setattr(service_place, "SYSTEM_UNITS", tmp_path / "etc")
    monkeypatch.setattr(service, "SYSTEM_STATE", tmp_path / "state")
    monkeypatch.setattr(service_place, "ask_manager", lambda unit, manager: UnitState("systemd does not run here"))

    def call(*argv: str, **environment: str) -> Any:
        return home("service", *argv, XDG_CONFIG_HOME=str(tmp_path / "xdg"), **environment)

    call.home, call.units = home, tmp_path / "xdg" / "systemd" / "user"  # type: ignore[attr-defined]
    return call


@needs_systemd
@pytest.mark.parametrize("venue", list(Venue))
def test_systemd_reads_the_unit_without_a_complaint(venue: Venue, tmp_path: Path) -> None:
    file = tmp_path / "weexctl-test.service"
    file.write_text(unit(venue=venue))
    done = subprocess.run([str(ANALYZE), "verify", str(file)], capture_output=True, text=True, check=False)
    # Before version 254 two settings of restarts are unknown and left alone.
    complaints = [line for line in done.stderr.splitlines() if "RestartSteps" not in line and "RestartMax" not in line]
    mine = [line for line in complaints if file.name in line]

    assert (done.returncode, mine) == (0, []), done.stderr


@needs_systemd
def test_the_unit_of_the_system_is_as_closed_as_it_should_be(tmp_path: Path) -> None:
    file = tmp_path / "weexctl-test.service"
    file.write_text(unit())
    command = [str(ANALYZE), "security", "--offline=true", "--no-pager", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)

    assert level is not None, done.stderr
    assert float(level[1]) <= MOST_EXPOSURE


def test_a_run_that_goes_on_for_ever_is_watched_and_one_at_sim_is_not() -> None:
    live, sim = settings(unit()), settings(unit(venue=Venue.SIM))

    assert (live["Type"], live["WatchdogSec"], live["Restart"]) == (["notify"], ["60"], ["always"])
    assert (sim["Type"], sim["Restart"]) == (["exec"], ["on-failure"])
    assert not {"WatchdogSec", "LoadCredentialEncrypted"} & set(sim)


def test_the_passphrase_is_a_credential_and_never_in_the_file() -> None:
    assert settings(unit())["LoadCredentialEncrypted"] == ["weexctl-vault:/etc/weexctl/vault.cred"]
    assert "LoadCredentialEncrypted" not in unit(manager="user")


def test_a_unit_of_a_user_has_nothing_its_manager_cannot_do() -> None:
    text = unit(manager="user")

    assert not {line.partition("=")[0] for line in text.splitlines()} & set(NOT_FOR_USERS)
    assert "network-online" not in text
    assert "WantedBy=default.target" in text


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("plain-word_1.toml", "plain-word_1.toml"),
        ("with space", '"with space"'),
        ("50%i", "50%%i"),
        ("$HOME", "$$HOME"),
        ('quo"te\\', '"quo\\"te\\\\"'),
        ("two\nlines", '"two\\nlines"'),
        ("a;b", '"a;b"'),
    ],
)
def test_words_reach_the_program_as_they_are(word: str, written: str) -> None:
    text = unit(command=("/bin/true", word))

    assert settings(text)["ExecStart"] == [f"/bin/true {written}"]


def test_install_writes_the_unit_and_says_what_to_type(own: Any) -> None:
    ran = own("install", "--profile", "safe", "--venue", "paper")
    data = ran.document["data"]
    file = own.units / "weexctl-paper-paper.service"

    assert (ran.code, data["installed"], data["changed"], data["path"]) == (0, True, True, str(file))
    assert file.read_text() == data["text"]
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(data["text"])
    program, *words = parser["Service"]["ExecStart"].split()
    assert Path(program).is_absolute()
    assert words[-5:] == ["trade", "--profile", "safe", "--venue", "paper"]
    commands = [step["command"] for step in ran.document["next"]]
    assert "systemctl --user enable --now weexctl-paper-paper.service" in commands
    assert {notice["code"] for notice in ran.document["warnings"]} == {"LEFT_OUT"}


def test_installing_it_twice_changes_nothing(own: Any) -> None:
    own("install", "--profile", "safe", "--venue", "paper")

    assert own("install", "--profile", "safe", "--venue", "paper").document["data"]["changed"] is False


def test_a_dry_run_writes_nothing(own: Any) -> None:
    data = own("install", "--profile", "safe", "--venue", "paper", "--dry-run").document["data"]

    assert (data["installed"], data["changed"]) == (False, True)
    assert not own.units.exists()


def test_for_live_the_steps_are_key_passphrase_arming_check_and_start_in_this_order(own: Any) -> None:
    ran = own("install", "--profile", "safe", "--venue", "live", "--system", "--dry-run")
    assert ran.document["next"] == []  # what was not written needs nothing
    commands = [
        step.command
        for step in service._steps(
            service_place.Place("system", Venue.LIVE, "main", None, Paths(Path("/c"), Path("/d"))),  # type: ignore[arg-type]  # steps ask no context
            "safe",
        )
    ]
    order = ["useradd", "keys add", "systemd-creds encrypt --name=weexctl-vault", "profile arm", "check causality"]
    order += ["reload", "enable"]
    assert [next(i for i, command in enumerate(commands) if word in command) for word in order] == list(range(7))


def test_no_secret_of_the_environment_is_in_the_unit(own: Any) -> None:
    keys = {"WEEX_API_KEY": "canary-k", "WEEX_API_SECRET": "canary-s", "WEEX_API_PASSPHRASE": "canary-p"}
    text = own("install", "--profile", "safe", "--venue", "paper", WEEXCTL_READ_ONLY="1", **keys).document["data"][
        "text"
    ]

    assert "canary" not in text
    assert "Environment=WEEXCTL_READ_ONLY=1" in text


def test_a_profile_of_ones_own_is_named_by_its_place(own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own.home("profile", "new", "mine").code == 0
    text = own("install", "--profile", "mine", "--venue", "paper").document["data"]["text"]

    assert f"--profile {own.home.config}/profiles/mine.toml --venue paper" in text


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (("--profile", "saef"), 2, "UNKNOWN_PROFILE"),
        (("--profile", "safe", "--user", "--system"), 2, "USAGE"),
        (("--profile", "safe", "--account", "../x"), 2, "BAD_ACCOUNT"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_written(
    own: Any, argv: tuple[str, ...], code: int, word: str
) -> None:
    ran = own("install", "--venue", "paper", *argv)

    assert (ran.code, ran.document["error"]["code"]) == (code, word)
    assert not own.units.exists()


def test_a_program_that_the_system_cannot_see_is_not_installed(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = "/".join(("", "home", "me", "venv", "weexctl"))
    monkeypatch.setattr(service, "program", lambda: (hidden,))
    ran = own("install", "--profile", "safe", "--venue", "paper", "--system")

    assert (ran.code, ran.document["error"]["code"]) == (3, "PROGRAM_HIDDEN")


def test_a_folder_that_cannot_be_written_says_so(own: Any, tmp_path: Path) -> None:
    own.units.parent.parent.mkdir()
    own.units.parent.touch()
    ran = own("install", "--profile", "safe", "--venue", "paper")

    assert (ran.code, ran.document["error"]["code"]) == (3, "UNIT_FILE")


def test_status_says_that_there_is_no_systemd_and_reads_the_journal(own: Any) -> None:
    run = own.home("trade", "--symbols", "BTCUSDT", "--steps", "3").document["data"]
    own.home("kill")
    ran = own("status")
    data = ran.document["data"]

    assert data["manager_absent"] == "systemd does not run here"
    assert {notice["code"] for notice in ran.document["warnings"]} == {"NO_SYSTEMD", "NOT_INSTALLED"}
    assert (data["run"]["status"], data["run"]["steps"], data["run"]["last_step_ms"]) == ("done", 3, run["to_ms"])
    held = [f"{p['symbol']} {p['position_side']} {p['quantity']}" for p in run["open_positions"]]
    assert list(data["run"]["open_positions"]) == held
    assert "KILL exists" in data["halted"]
    assert data["run"]["process"] is None
    assert data["run"]["heartbeat_ms"] > run["to_ms"]


def test_status_names_the_process_that_writes(own: Any) -> None:
    import os

    own.home("trade", "--symbols", "BTCUSDT", "--steps", "1")
    journal = Paths(own.home.config, own.home.data).journal(Venue.SIM, "sim")
    lock = AccountLock(journal.with_name("journal.sqlite.lock"))
    try:
        assert own("status").document["data"]["run"]["process"] == os.getpid()
    finally:
        lock.release()


def test_status_before_anything_ran_says_so(own: Any) -> None:
    data = own("status", "--venue", "live").document["data"]

    assert data["run"]["unreadable"] == "there is no journal yet: nothing has run"


def test_a_journal_that_cannot_be_read_is_told_and_is_no_failure(own: Any) -> None:
    journal = Paths(own.home.config, own.home.data).journal(Venue.SIM, "sim")
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"no journal" * 1000)
    ran = own("status")

    assert (ran.code, bool(ran.document["data"]["run"]["unreadable"])) == (0, True)


def test_uninstall_removes_the_file_and_nothing_else(own: Any) -> None:
    own("install", "--profile", "safe", "--venue", "paper")
    assert own("uninstall", "--venue", "paper", "--dry-run").document["data"]["removed"] is False
    assert list(own.units.iterdir())
    assert own("uninstall", "--venue", "paper").document["data"]["removed"] is True
    assert not list(own.units.iterdir())
    assert own("uninstall", "--venue", "paper").document["data"]["removed"] is False


def test_a_service_that_runs_is_not_uninstalled(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own("install", "--profile", "safe", "--venue", "paper")
    running = UnitState(properties={"ActiveState": "active"})
    monkeypatch.setattr(service_place, "ask_manager", lambda unit, manager: running)
    ran = own("uninstall", "--venue", "paper")

    assert (ran.code, ran.document["error"]["code"]) == (3, "SERVICE_RUNS")
    assert "disable --now" in ran.document["error"]["suggestion"]
    assert list(own.units.iterdir())


def test_the_manager_is_asked_to_show_and_for_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "asked"
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" > {asked}\necho ActiveState=active\necho StatusText=a=b\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("weexctl.actions.service_manager._BOOTED", tmp_path)
    state = ask_manager("weexctl-live-main.service", "user")

    assert (state.active, (state.properties or {})["StatusText"]) == (True, "a=b")
    assert asked.read_text().startswith("--user show weexctl-live-main.service ")


@pytest.mark.parametrize("mode", ["table", "json"])
def test_a_person_sees_the_file_as_it_is_and_the_state_by_lines(own: Any, mode: str) -> None:
    installed = own("install", "--profile", "safe", "--venue", "paper", "--dry-run", "-o", mode)
    seen = own("status", "-o", mode)

    assert "ExecStart=" in installed.out
    assert "systemd does not run here" in seen.out
