"""`weexctl keys`: what a person types, what is answered, and that no part of a key is ever in it."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.cli.conftest import Ran
from tests.unit.config.vault.canaries import CHEAP, FIRST, PASSPHRASE, SECOND, leaks, values
from weexctl.actions import keys, test_connection
from weexctl.actions.registry import ACTIONS, Action
from weexctl.config.paths import Paths
from weexctl.config.redaction import REDACTOR
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.trader import connection

Cli = Callable[..., Ran]
KEYS = [action for action in ACTIONS if action.name.startswith("keys.")]
SIM = "sim\nsim\nsim\n"


class Desk:
    """The command line with a vault that costs little, and somebody who answers its questions."""

    def __init__(self, weexctl: Cli, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._weexctl = weexctl
        self._monkeypatch = monkeypatch
        self.config = folder / "config"
        self.environment = {"WEEXCTL_CONFIG_DIR": str(self.config), "WEEXCTL_DATA_DIR": str(folder / "data")}
        self.asked: list[str] = []
        self.answers: list[str] = []
        monkeypatch.setattr(keys, "open_vault", lambda paths: Vault(paths.vault, cost=CHEAP, least=CHEAP))
        monkeypatch.setattr("weexctl.cli.command.ask_secret", self._ask)

    def _ask(self, label: str) -> SecretStr:
        self.asked.append(label)
        return SecretStr(self.answers.pop(0))

    def __call__(
        self, *argv: str, stdin: str = "", answers: tuple[str, ...] = (), environment: dict[str, str] | None = None
    ) -> Ran:
        """What comes out; it never holds any part of a key or a passphrase."""
        self.answers, self.asked = list(answers), []
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        ran = self._weexctl("keys", *argv, **(self.environment | (environment or {})))
        assert leaks(ran.out + ran.err) == []
        return ran

    @property
    def vault(self) -> Vault:
        """The vault, for a look at it."""
        return Vault(Paths(self.config, self.config).vault, cost=CHEAP, least=CHEAP)

    def add(self, name: str = "main", scope: str = "trade") -> Ran:
        """Store the first canary under this name."""
        return self(
            "add", name, "--scope", scope, "--secret-stdin", stdin="\n".join(values(FIRST)), answers=(SECRET, SECRET)
        )


SECRET = PASSPHRASE.get_secret_value()


@pytest.fixture
def desk(weexctl: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Desk]:
    REDACTOR.clear()
    yield Desk(weexctl, monkeypatch, tmp_path)
    REDACTOR.clear()


def data(ran: Ran) -> Any:
    """The data of an answer that is one."""
    assert ran.code == 0, ran.out + ran.err
    return ran.document["data"]


def error(ran: Ran) -> dict[str, Any]:
    """The error of an answer that failed."""
    found: dict[str, Any] = ran.document["error"]
    return found


def stored(desk: Desk, name: str = "main") -> tuple[str, str, str]:
    """The key under this name."""
    return values(desk.vault.open(name, PASSPHRASE).credentials)


def test_a_person_is_asked_for_everything_and_for_a_new_passphrase_twice(desk: Desk) -> None:
    ran = desk("add", "main", "--scope", "trade", answers=(*values(FIRST), SECRET, SECRET))

    key = data(ran)["key"]
    assert {name: key[name] for name in ("alias", "scope", "venue", "source")} == {
        "alias": "main",
        "scope": "trade",
        "venue": "live",
        "source": "vault",
    }
    assert desk.asked == [
        "API key: ",
        "API secret: ",
        "API passphrase: ",
        "new passphrase for the key vault: ",
        "the same once more: ",
    ]
    assert stored(desk) == values(FIRST)


def test_a_further_key_asks_once_for_the_passphrase(desk: Desk) -> None:
    desk.add()
    desk("add", "second", "--scope", "observe", answers=(*values(SECOND), SECRET))
    assert desk.asked[3:] == ["passphrase of the key vault: "]


def test_a_key_can_be_piped_in_as_json(desk: Desk) -> None:
    document = json.dumps(dict(zip(("key", "secret", "passphrase"), values(FIRST), strict=True)))
    data(desk("add", "main", "--scope", "trade", "--secret-stdin", stdin=document, answers=(SECRET, SECRET)))
    assert stored(desk) == values(FIRST)


def test_a_key_can_come_from_a_file_which_is_then_to_be_deleted(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    path.touch(mode=0o600)
    path.write_text("\n".join(values(FIRST)))

    ran = desk("add", "main", "--scope", "trade", "--secret-file", str(path), answers=(SECRET, SECRET))

    data(ran)
    assert [warning["code"] for warning in ran.document["warnings"]] == ["PLAIN_SECRET_FILE"]
    assert stored(desk) == values(FIRST)


def test_a_file_that_others_may_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    path.write_text("\n".join(values(FIRST)))
    path.chmod(0o644)

    ran = desk("add", "main", "--scope", "trade", "--secret-file", str(path))

    assert (ran.code, error(ran)["code"]) == (3, "UNSAFE_FILE")
    assert not desk.config.exists()


def test_a_file_that_is_not_there_is_a_usage_error(desk: Desk, tmp_path: Path) -> None:
    ran = desk("add", "main", "--scope", "trade", "--secret-file", str(tmp_path / "none"))
    assert (ran.code, error(ran)["type"]) == (2, "usage")


def test_two_sources_of_a_key_are_one_too_many(desk: Desk) -> None:
    ran = desk(
        "add", "main", "--scope", "trade", "--secret-stdin", "--secret-file", "x", stdin="\n".join(values(FIRST))
    )
    assert ran.code == 2
    assert "leave one out" in error(ran)["suggestion"]


def test_a_scope_has_to_be_chosen(desk: Desk) -> None:
    ran = desk("add", "main", "--secret-stdin", stdin="\n".join(values(FIRST)))
    assert ran.code == 2
    assert "--scope" in error(ran)["message"]


def test_an_alias_that_is_taken_is_refused_before_anything_is_asked(desk: Desk) -> None:
    desk.add()
    ran = desk("add", "main", "--scope", "trade")
    assert (ran.code, error(ran)["code"], desk.asked) == (2, "KEY_EXISTS", [])
    assert "weexctl keys rotate main" in error(ran)["suggestion"]


def test_an_alias_is_a_plain_word(desk: Desk) -> None:
    ran = desk("add", "../main", "--scope", "trade")
    assert (ran.code, error(ran)["code"], desk.asked) == (2, "BAD_ACCOUNT", [])


def test_the_list_asks_nothing_and_shows_no_part(desk: Desk) -> None:
    desk.add("main")
    desk.add("second", "observe")

    rows = data(desk("list"))["keys"]

    assert [(row["alias"], row["scope"]) for row in rows] == [("main", "trade"), ("second", "observe")]
    assert all(len(row["fingerprint"]) == 8 for row in rows)
    assert desk.asked == []


def test_the_list_is_a_table_for_a_person(desk: Desk) -> None:
    desk.add()
    ran = desk("list", "-o", "table")
    assert ran.code == 0
    assert "fingerprint" in ran.out
    assert "main" in ran.out


def test_an_empty_list_says_so_and_what_to_type(desk: Desk) -> None:
    ran = desk("list", "-o", "table")
    assert "No keys are stored" in ran.out
    assert "weexctl keys add main --scope trade" in ran.err


def test_the_key_of_the_environment_is_listed_first_and_known_by_its_fingerprint(desk: Desk) -> None:
    desk.add()
    names = ("WEEX_API_KEY", "WEEX_API_SECRET", "WEEX_API_PASSPHRASE")

    environment = dict(zip(names, values(FIRST), strict=True)) | {"WEEXCTL_SCOPE": "reduce"}

    ran = desk("list", environment=environment)

    first, second = data(ran)["keys"]
    assert (first["source"], first["scope"], first["created_ms"]) == ("environment", "reduce", None)
    assert first["fingerprint"] == second["fingerprint"]
    assert second["scope"] == "reduce"
    assert [warning["code"] for warning in ran.document["warnings"]] == ["ENVIRONMENT_WINS"]


def test_half_a_key_in_the_environment_is_not_listed_and_what_it_lacks_is_named(desk: Desk) -> None:
    ran = desk("list", environment={"WEEX_API_KEY": values(FIRST)[0]})
    assert (ran.code, data(ran)["keys"]) == (0, [])
    [warning] = ran.document["warnings"]
    assert warning["code"] == "ENVIRONMENT_INCOMPLETE"
    assert "without WEEX_API_SECRET and WEEX_API_PASSPHRASE:" in warning["message"]


def test_removing_asks_for_the_passphrase_and_says_what_is_left_to_do(desk: Desk) -> None:
    desk.add()
    ran = desk("remove", "main", answers=(SECRET,))
    assert data(ran)["removed"]["alias"] == "main"
    assert [warning["code"] for warning in ran.document["warnings"]] == ["KEY_STILL_VALID"]
    assert desk.vault.entries() == ()


def test_the_wrong_passphrase_changes_nothing(desk: Desk) -> None:
    desk.add()
    ran = desk("remove", "main", answers=("Jw3.bNfR+Gx8m/Vb",))
    assert (ran.code, error(ran)["code"], error(ran)["type"]) == (3, "VAULT_PASSPHRASE", "auth")
    assert stored(desk) == values(FIRST)


def test_what_is_not_stored_cannot_be_removed_or_rotated(desk: Desk) -> None:
    for verb in ("remove", "rotate"):
        ran = desk(verb, "main")
        assert (ran.code, error(ran)["code"], desk.asked) == (3, "UNKNOWN_KEY_ALIAS", [])


def on_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the check of a new key ask the simulator, which knows one key only."""
    real = connection.open_connection

    def open_connection(venue: Venue, **options: Any) -> connection.Connection:
        assert venue is Venue.LIVE
        return real(Venue.SIM, base_url=None, credentials=options["credentials"], timeout_s=options["timeout_s"])

    monkeypatch.setattr(connection, "open_connection", open_connection)


def test_a_new_key_that_works_replaces_the_old_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_simulator(monkeypatch)
    desk.add()

    answer = data(desk("rotate", "main", "--secret-stdin", stdin=SIM, answers=(SECRET,)))

    assert answer["checked"] is True
    assert answer["key"]["fingerprint"] != answer["before"]["fingerprint"]
    assert answer["key"]["scope"] == "trade"
    assert stored(desk) == ("sim", "sim", "sim")


def test_a_new_key_that_does_not_work_leaves_the_old_one_in_use(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_simulator(monkeypatch)
    desk.add()

    ran = desk("rotate", "main", "--secret-stdin", stdin="\n".join(values(SECOND)), answers=(SECRET,))

    assert (ran.code, error(ran)["type"]) == (3, "auth")
    assert "the old one stays" in error(ran)["message"]
    assert stored(desk) == values(FIRST)


def test_the_connection_test_uses_the_stored_key_within_its_scope(
    desk: Desk, weexctl: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = connection.open_connection

    def open_connection(venue: Venue, **options: Any) -> connection.Connection:
        return real(Venue.SIM, base_url=None, credentials=options["credentials"], timeout_s=options["timeout_s"])

    monkeypatch.setattr(test_connection, "open_connection", open_connection)
    monkeypatch.setattr(test_connection, "Vault", lambda path: Vault(path, cost=CHEAP, least=CHEAP))
    desk("add", "main", "--scope", "propose", "--secret-stdin", stdin=SIM, answers=(SECRET, SECRET))
    desk.answers = [SECRET]

    ran = weexctl("test-connection", "--venue", "live", **desk.environment)

    checks = {check["name"]: check for check in ran.document["data"]["checks"]}
    assert ran.code == 0, ran.out
    assert checks["ai-log"]["status"] == "skipped"
    assert "needs the scope reduce, and the key in use has propose" in checks["ai-log"]["detail"]


def test_without_a_check_nobody_is_asked_and_a_warning_is_given(desk: Desk) -> None:
    desk.add()
    ran = desk(
        "rotate",
        "main",
        "--no-check",
        "--scope",
        "observe",
        "--secret-stdin",
        stdin="\n".join(values(SECOND)),
        answers=(SECRET,),
    )
    assert data(ran)["checked"] is False
    assert data(ran)["key"]["scope"] == "observe"
    assert [warning["code"] for warning in ran.document["warnings"]] == ["KEY_NOT_CHECKED"]
    assert stored(desk) == values(SECOND)


def test_a_bug_while_a_key_is_at_hand_shows_nothing_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError(f"cannot store {values(FIRST)} under {SECRET}")

    monkeypatch.setattr(Vault, "add", broken)

    ran = desk("add", "main", "--scope", "trade", "-v", answers=(*values(FIRST), SECRET, SECRET))

    assert (ran.code, error(ran)["code"]) == (1, "BUG")
    assert "RuntimeError: cannot store" in ran.err


@pytest.mark.parametrize("action", KEYS, ids=lambda action: action.name)
def test_no_flag_takes_a_secret(action: Action) -> None:
    values_of = {p.name for p in action.parameters if p.type != "bool"}
    assert values_of <= {"name", "scope", "venue", "secret-file"}


def test_only_the_list_is_offered_to_models() -> None:
    assert {action.name for action in KEYS if not action.people_only} == {"keys.list"}


def run(desk_environment: dict[str, str], *argv: str, **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **desk_environment}
    return subprocess.Popen(
        [sys.executable, "-m", "weexctl", *argv], env=environment, start_new_session=True, **options
    )


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system shows no arguments under /proc")
def test_the_process_never_has_a_secret_in_its_arguments_or_its_environment(desk: Desk, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text(SECRET)
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = desk.environment | {"WEEXCTL_VAULT_PASSPHRASE_FILE": str(passphrase)}
    process = run(environment, "keys", "add", "main", "--scope", "trade", "--secret-stdin", "-o", "json", **pipe)
    assert process.stdin is not None
    process.stdin.write("\n".join(values(FIRST)).encode())
    process.stdin.flush()  # it has the key now, and waits for the end of its input

    while b"keys" not in (arguments := Path(f"/proc/{process.pid}/cmdline").read_bytes()) and process.poll() is None:
        os.sched_yield()  # it is still on its way into Python
    seen = arguments.decode()
    with suppress(PermissionError):  # from the moment it asks for a key, root alone may look
        seen += Path(f"/proc/{process.pid}/environ").read_text()
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    assert "keys\0add" in seen
    assert leaks(seen + out.decode() + err.decode()) == []
    assert json.loads(out)["data"]["key"]["alias"] == "main"


def test_without_a_terminal_nobody_is_asked(desk: Desk) -> None:
    process = run(
        desk.environment, "keys", "add", "main", "--scope", "trade", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert json.loads(out)["error"]["code"] == "NO_TERMINAL"


def test_what_a_person_types_does_not_show_and_ctrl_c_ends_it_at_once(desk: Desk) -> None:
    """A real terminal: it shows the questions, and nothing of the answers."""
    main, other = pty.openpty()
    process = run(desk.environment, "keys", "add", "main", "--scope", "trade", stdin=other, stdout=other, stderr=other)
    os.close(other)
    shown = ""
    for question, answer in (("API key: ", values(FIRST)[0]), ("API secret: ", values(FIRST)[1])):
        shown += _read_until(main, question)
        os.write(main, f"{answer}\n".encode())
    shown += _read_until(main, "API passphrase: ")
    process.send_signal(signal.SIGINT)
    shown += _read_until(main, "keys add was stopped before it was done")
    process.wait(timeout=60)
    os.close(main)

    assert process.returncode == 130
    assert leaks(shown) == []
    assert not desk.config.exists()


def _read_until(terminal: int, text: str) -> str:
    read, deadline = "", time.monotonic() + 60
    while text not in read and time.monotonic() < deadline:
        try:
            read += os.read(terminal, 4096).decode()
        except OSError:  # the other side is gone
            break
    assert text in read
    return read
