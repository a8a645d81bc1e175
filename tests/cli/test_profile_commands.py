"""`weexctl profile`: what there is, where each value came from, new ones, checks, the schema, and arming."""

from __future__ import annotations

import json
import os
import pty
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from weexctl.cli.terminal import ask
from weexctl.config.arming import arm, is_armed, require_armed
from weexctl.config.paths import Paths
from weexctl.config.profile import Profile, load_profile
from weexctl.errors import NotArmedError, UsageError
from weexctl.plugin_host import load_offers


def data(ran: Any) -> Any:
    assert ran.code == 0, ran.out
    return ran.document["data"]


def folders(home: Any) -> Paths:
    return Paths(home.config, home.data)


def loaded(home: Any, name: str) -> Profile:
    return load_profile(name, offers=load_offers(), paths=folders(home))


def written(home: Any, name: str, text: str) -> Path:
    """A profile of the user's own."""
    path: Path = home.config / "profiles" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions a person at the terminal was asked; the answer is always `main`."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "main"

    monkeypatch.setattr("weexctl.cli.command.ask", answer)
    return asked


def test_the_built_in_profiles_are_listed_and_can_be_used(home: Any) -> None:
    rows = data(home("profile", "list"))["profiles"]
    assert [(row["name"], row["status"], row["armed"]) for row in rows] == [
        ("balanced", "ok", False),
        ("competition", "ok", False),
        ("safe", "ok", False),
    ]
    assert all(row["description"] for row in rows)


def test_a_broken_profile_says_why_and_one_of_the_same_name_is_hidden(home: Any) -> None:
    path = written(home, "safe", "schema = 1\n[limits]\nmax_leverge = 3\n")
    rows = {row["source"]: row for row in data(home("profile", "list"))["profiles"]}
    assert "max_leverge" in rows[f"file {path}"]["reason"]
    assert rows[f"file {path}"]["status"] == "broken"
    assert rows["built-in profile safe"]["status"] == "hidden"
    assert "comes first" in rows["built-in profile safe"]["reason"]


def test_each_value_is_shown_with_its_origin(home: Any) -> None:
    path = written(home, "mine", data(home("profile", "show", "safe"))["toml"].replace("\nmax_leverage = 2\n", "\n"))
    shown = data(home("profile", "show", "mine", WEEXCTL_VENUE="paper"))
    rows = {row["key"]: row for row in shown["settings"]}
    assert (rows["limits.max_leverage"]["value"], rows["limits.max_leverage"]["origin"]) == (2, "default")
    assert (rows["venue.name"]["value"], rows["venue.name"]["origin"]) == ("paper", "environment WEEXCTL_VENUE")
    assert rows["limits.kill_drawdown"]["origin"] == f"file {path}"
    assert rows["pipeline.risk[1].soft"]["value"] == 0.06


def test_a_flag_stands_over_the_environment(home: Any) -> None:
    shown = data(home("profile", "show", "safe", "--venue", "demo", WEEXCTL_VENUE="paper"))
    (row,) = (row for row in shown["settings"] if row["key"] == "venue.name")
    assert (row["value"], row["origin"]) == ("demo", "flag --venue")


def test_the_toml_that_is_shown_is_the_same_profile(home: Any) -> None:
    shown = data(home("profile", "show", "competition"))
    written(home, "copy", shown["toml"])
    assert loaded(home, "copy").digest == shown["digest"] == loaded(home, "competition").digest


def test_an_unknown_profile_is_a_usage_error_with_the_nearest_name(home: Any) -> None:
    ran = home("profile", "show", "balanzed")
    assert (ran.code, ran.document["error"]["code"]) == (2, "UNKNOWN_PROFILE")
    assert "did you mean balanced?" in ran.document["error"]["suggestion"]


def test_a_new_profile_is_a_copy_that_can_be_used_by_name(home: Any) -> None:
    made = data(home("profile", "new", "mine", "--from", "balanced"))
    assert made["path"] == str(home.config / "profiles" / "mine.toml")
    assert made["made_from"] == "built-in profile balanced"
    assert loaded(home, "mine").digest == loaded(home, "balanced").digest


def test_a_new_profile_holds_nothing_of_the_environment(home: Any) -> None:
    made = data(home("profile", "new", "mine", WEEXCTL_VENUE="live"))
    assert tomllib.loads(Path(made["path"]).read_text())["venue"]["name"] == "sim"


@pytest.mark.parametrize("name", ["mine", "safe"], ids=["a file", "a built-in profile"])
def test_a_name_that_is_taken_is_refused_and_nothing_changes(home: Any, name: str) -> None:
    path = written(home, "mine", "schema = 1\n")
    ran = home("profile", "new", name)
    assert (ran.code, ran.document["error"]["code"]) == (2, "FILE_EXISTS")
    assert [file.name for file in path.parent.iterdir()] == ["mine.toml"]
    assert path.read_text() == "schema = 1\n"


@pytest.mark.parametrize("name", ["../out", "a b", ".hidden", "x.toml"])
def test_a_name_that_could_lead_elsewhere_is_refused(home: Any, name: str) -> None:
    assert home("profile", "new", name).code == 2
    assert not home.config.exists()


def test_a_sound_profile_is_valid(home: Any) -> None:
    found = data(home("profile", "validate", "balanced"))
    assert (found["valid"], found["problems"], found["digest"]) == (True, [], loaded(home, "balanced").digest)


def test_every_fault_of_a_profile_is_named_and_the_exit_code_is_6(home: Any) -> None:
    text = data(home("profile", "show", "safe"))["toml"]
    text = text.replace("daily_loss", "daily_los").replace("max_positions_long = 4", "max_positions_long = -1")
    ran = home("profile", "validate", str(written(home, "bad", text)))
    assert (ran.code, ran.document["ok"], ran.document["data"]["valid"]) == (6, False, False)
    problems = ran.document["data"]["problems"]
    assert len(problems) == 2
    assert any("limits.daily_los: unknown key, did you mean daily_loss?" in line for line in problems)
    assert any(line.startswith("limits.max_positions_long") for line in problems)


@pytest.mark.parametrize("text", ["schema = ", 'schema = 1\n[pipeline]\nregime = { use = "nobody" }\n'])
def test_a_file_that_is_no_profile_is_a_finding_too(home: Any, text: str) -> None:
    ran = home("profile", "validate", str(written(home, "bad", text)))
    assert (ran.code, bool(ran.document["data"]["problems"])) == (6, True)


def test_a_profile_that_is_not_there_cannot_be_checked(home: Any) -> None:
    assert home("profile", "validate", "./nothing.toml").code == 2


def test_a_check_sees_the_file_and_not_the_environment(home: Any) -> None:
    plain = data(home("profile", "validate", "safe"))["digest"]
    assert data(home("profile", "validate", "safe", WEEXCTL_VENUE="live"))["digest"] == plain


def test_the_schema_is_written_to_a_file_and_renewed(home: Any, tmp_path: Path) -> None:
    path = tmp_path / "profile.schema.json"
    found = data(home("profile", "schema", "--write", str(path)))
    assert json.loads(path.read_text()) == found["json_schema"]
    path.write_text(json.dumps({"title": "weexctl profile"}))
    assert (found["replaced"], data(home("profile", "schema", "--write", str(path)))["replaced"]) == (False, True)
    assert json.loads(path.read_text()) == found["json_schema"]


def test_the_schema_replaces_no_other_file(home: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"title": "something else"}')
    ran = home("profile", "schema", "--write", str(path))
    assert (ran.code, ran.document["error"]["code"]) == (2, "FILE_EXISTS")
    assert path.read_text() == '{"title": "something else"}'


def test_arming_lets_exactly_this_content_trade_live(home: Any, person: list[str]) -> None:
    armed = data(home("profile", "arm", "safe"))
    assert len(person) == 1
    paths = folders(home)
    require_armed(loaded(home, "safe"), paths=paths)
    assert not is_armed(loaded(home, "balanced"), paths=paths)
    assert not is_armed(loaded(home, "safe"), "other", paths=paths)
    assert stat.S_IMODE(Path(armed["path"]).stat().st_mode) == 0o600
    assert [row["armed"] for row in data(home("profile", "list"))["profiles"]] == [False, False, True]


def test_a_change_of_the_profile_takes_the_arming_back(home: Any, person: list[str]) -> None:
    path = Path(data(home("profile", "new", "mine"))["path"])
    data(home("profile", "arm", "mine"))
    path.write_text(path.read_text().replace("kill_drawdown = 0.1", "kill_drawdown = 0.2"))
    with pytest.raises(NotArmedError, match="has changed since"):
        require_armed(loaded(home, "mine"), paths=folders(home))
    data(home("profile", "arm", "mine"))
    require_armed(loaded(home, "mine"), paths=folders(home))
    assert len(json.loads((home.config / "armed.json").read_text())["armed"]) == 1


def test_another_word_than_the_account_arms_nothing(home: Any, person: list[str]) -> None:
    ran = home("profile", "arm", "safe", "--account", "second")
    assert (ran.code, ran.document["error"]["code"]) == (2, "NOT_CONFIRMED")
    assert "(second)" in person[0]
    assert not (home.config / "armed.json").exists()


def test_a_pipe_cannot_arm(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.write(write, b"main\n")
    os.close(write)
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = home("profile", "arm", "safe")
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_TERMINAL")
    assert not (home.config / "armed.json").exists()


def test_a_person_at_a_terminal_is_asked_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    master, slave = pty.openpty()
    os.write(master, b" main \n")
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert ask("Which? ") == "main"
        os.write(master, b"\x04")
        with pytest.raises(UsageError, match="nothing was typed"):
            ask("Which? ")
    os.close(master)
    assert capsys.readouterr() == ("", "Which? Which? ")


def test_a_list_that_others_may_have_written_is_not_added_to(home: Any, person: list[str]) -> None:
    data(home("profile", "arm", "safe"))
    path: Path = home.config / "armed.json"
    path.chmod(0o622)
    before = path.read_bytes()
    ran = home("profile", "arm", "balanced")
    assert (ran.code, ran.document["error"]["code"]) == (3, "BAD_ARMED_LIST")
    assert path.read_bytes() == before


def test_a_broken_profile_cannot_be_armed(home: Any, person: list[str]) -> None:
    written(home, "bad", "schema = 1\n")
    assert home("profile", "arm", "bad").code == 3
    assert person == []


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("list",), "built-in profile safe"),
        (("show", "safe"), "limits.kill_drawdown"),
        (("validate", "safe"), "valid"),
        (("schema",), "--write"),
    ],
)
def test_people_get_tables(home: Any, argv: tuple[str, ...], word: str) -> None:
    ran = home("profile", *argv, "-o", "table")
    assert ran.code == 0
    assert word in ran.out


def test_anybody_may_disarm_and_the_list_says_for_whom_a_profile_is_armed(home: Any, person: list[str]) -> None:
    data(home("profile", "arm", "safe"))
    [safe] = [row for row in data(home("profile", "list"))["profiles"] if row["name"] == "safe"]
    assert safe["armed_for"] == ["main"]
    assert "weexctl profile disarm safe" in {step["command"] for step in home("profile", "list").document["next"]}
    person.clear()
    taken = data(home("profile", "disarm", "safe"))
    assert (taken["profile"], taken["account"], taken["changed"]) == ("safe", "main", True)
    assert not is_armed(loaded(home, "safe"), paths=folders(home))
    assert data(home("profile", "disarm", "safe"))["changed"] is False
    assert [row["armed_for"] for row in data(home("profile", "list"))["profiles"]] == [[], [], []]


def test_disarming_one_account_leaves_the_others_armed(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = loaded(home, "safe")
    for account in ("main", "second"):
        arm(profile, account, armed_ms=1, paths=folders(home))
    assert data(home("profile", "disarm", "safe", "--account", "second"))["changed"] is True
    assert is_armed(profile, "main", paths=folders(home))
    assert not is_armed(profile, "second", paths=folders(home))


def test_a_profile_that_is_gone_can_still_be_disarmed(home: Any, person: list[str]) -> None:
    data(home("profile", "new", "mine"))
    data(home("profile", "arm", "mine"))
    (home.config / "profiles" / "mine.toml").unlink()
    assert data(home("profile", "disarm", "mine"))["changed"] is True
    assert json.loads((home.config / "armed.json").read_text())["armed"] == []


def test_a_list_that_cannot_be_trusted_is_not_rewritten(home: Any) -> None:
    home.config.mkdir(parents=True)
    (home.config / "armed.json").write_text("{")
    ran = home("profile", "disarm", "safe")
    assert (ran.code, ran.document["error"]["code"]) == (3, "BAD_ARMED_LIST")
    assert (home.config / "armed.json").read_text() == "{"
