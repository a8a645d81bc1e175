"""Which key is used, how far it reaches, and where the vault's passphrase comes from."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr

from tests.unit.config.vault.canaries import FIRST, OTHER, PASSPHRASE, SECOND, leaks, put, told, values
from weexctl.config.access import Access, open_access, require_key
from weexctl.config.environment import read_environment
from weexctl.config.key_text import parse_key_text
from weexctl.config.redaction import REDACTOR
from weexctl.config.vault import Vault
from weexctl.config.vault_passphrase import find_passphrase, new_passphrase
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, MissingCredentialsError, UsageError, WeexctlError
from weexctl.model.scope import Scope

KEYS = dict(zip(("WEEX_API_KEY", "WEEX_API_SECRET", "WEEX_API_PASSPHRASE"), values(SECOND), strict=True))


def nobody(label: str) -> SecretStr:
    """Nobody is at the terminal."""
    raise UsageError(f"nobody can be asked for {label}")


def person(label: str) -> SecretStr:
    """Somebody who knows the passphrase."""
    return PASSPHRASE


def access(
    vault: Vault, account: str | None = None, environ: dict[str, str] | None = None, venue: Venue = Venue.LIVE
) -> Access:
    environ = environ or {}
    return open_access(venue, account, environ=environ, environment=read_environment(environ), vault=vault, ask=person)


def test_the_key_main_is_used_when_none_is_named(vault: Vault) -> None:
    put(vault, "main", FIRST, scope=Scope.REDUCE)

    found = access(vault)

    assert values(found.credentials) == values(FIRST)
    assert (found.scope, found.account, found.source) == (Scope.REDUCE, "main", "vault")


def test_the_environment_goes_before_the_vault_and_asks_for_no_passphrase(vault: Vault) -> None:
    put(vault, "main", FIRST, scope=Scope.REDUCE)

    found = open_access(Venue.LIVE, environ=KEYS, environment=read_environment(KEYS), vault=vault, ask=nobody)

    assert values(found.credentials) == values(SECOND)
    assert (found.scope, found.source) == (Scope.TRADE, "environment")


def test_a_named_key_goes_before_the_environment(vault: Vault) -> None:
    put(vault, "other", FIRST)
    assert values(access(vault, "other", KEYS).credentials) == values(FIRST)


def test_half_a_key_in_the_environment_is_an_error_and_no_reason_to_take_another(vault: Vault) -> None:
    put(vault)
    with pytest.raises(MissingCredentialsError, match="WEEX_API_SECRET and WEEX_API_PASSPHRASE are not set"):
        access(vault, environ={"WEEX_API_KEY": "x"})


def test_without_any_key_both_ways_are_named(vault: Vault) -> None:
    with pytest.raises(MissingCredentialsError, match="WEEX_API_KEY") as caught:
        access(vault)
    assert "weexctl keys add" in caught.value.hint


def test_an_alias_that_is_not_stored_is_an_error_before_anybody_is_asked(vault: Vault) -> None:
    put(vault, "other")
    with pytest.raises(MissingCredentialsError, match="has no key main: it has other"):
        open_access(Venue.LIVE, environ={}, environment=read_environment({}), vault=vault, ask=nobody)


@pytest.mark.parametrize(
    ("cap", "stored", "left"),
    [
        ("observe", Scope.TRADE, Scope.OBSERVE),
        ("trade", Scope.REDUCE, Scope.REDUCE),
        ("reduce", Scope.TRADE, Scope.REDUCE),
    ],
)
def test_the_environment_can_only_narrow_a_scope(cap: str, stored: Scope, left: Scope, vault: Vault) -> None:
    put(vault, scope=stored)
    assert access(vault, environ={"WEEXCTL_SCOPE": cap}).scope is left


def test_the_environments_own_key_is_narrowed_too(vault: Vault) -> None:
    assert access(vault, environ=KEYS | {"WEEXCTL_SCOPE": "propose"}).scope is Scope.PROPOSE


def test_a_misspelt_scope_is_an_error_and_not_the_widest() -> None:
    with pytest.raises(ConfigError, match="WEEXCTL_SCOPE is 'reduced'") as caught:
        read_environment({"WEEXCTL_SCOPE": "reduced"})
    assert "did you mean reduce?" in caught.value.hint


def test_a_key_for_demo_is_not_used_live(vault: Vault) -> None:
    vault.add("main", FIRST, PASSPHRASE, scope=Scope.TRADE, venue=Venue.DEMO, created_ms=1)

    assert access(vault, venue=Venue.DEMO).account == "main"
    with pytest.raises(MissingCredentialsError, match="is for the venue demo and not for live; nothing was sent"):
        access(vault)


def test_a_live_key_is_used_for_demo_too(vault: Vault) -> None:
    put(vault)
    assert access(vault, venue=Venue.DEMO).account == "main"


def test_that_a_key_is_there_can_be_told_without_opening_it(vault: Vault) -> None:
    put(vault)
    assert require_key(Venue.LIVE, environ={}, vault=vault) == "main"
    assert require_key(Venue.LIVE, environ=KEYS, vault=vault) is None


def test_an_opened_key_and_the_passphrase_are_hidden_from_then_on(vault: Vault) -> None:
    put(vault)
    access(vault)
    text = " ".join((*values(FIRST), PASSPHRASE.get_secret_value()))
    assert leaks(REDACTOR(text)) == []


def test_no_core_dump_is_written_once_a_key_is_open(vault: Vault) -> None:
    import resource

    put(vault)
    access(vault)
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


ASKING_ABOUT_ITSELF = """
import ctypes, resource, sys
{act}
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
ACTS = {
    "nothing": "",
    "the environment's key": "from weexctl.config.access import hide\n"
    "from weexctl.config.credentials import SIM_CREDENTIALS\nhide(SIM_CREDENTIALS)",
    "the vault, before anybody is asked": """
from pathlib import Path
from weexctl.config.access import vault_key
from weexctl.config.vault import Vault
def ask(label): raise KeyError
try: vault_key(Vault(Path("none")), "main", {}, ask)
except KeyError: pass
""",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prctl")
@pytest.mark.parametrize("act", ACTS)
def test_nobody_is_shown_the_memory_of_a_process_that_has_a_key(act: str) -> None:
    """In a process of its own, which says what the system would do with it: core dump limits, and dumpable or not."""
    code = ASKING_ABOUT_ITSELF.format(act=ACTS[act])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *limits, dumpable = done.stdout.split()
    if act == "nothing":
        assert dumpable == "1"
    else:
        assert (limits, dumpable) == (["(0,", "0)"], "0")


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy], ids=lambda it: it.__name__)
def test_a_key_cannot_be_pickled_or_copied_and_neither_can_what_holds_it(
    copied: Callable[[object], object], vault: Vault
) -> None:
    put(vault)
    found = access(vault)
    for holder in (found.credentials, [found], vault.open("main", PASSPHRASE)):
        if copied is copy.copy and holder is not found.credentials:
            continue  # a shallow copy shares the key
        with pytest.raises(TypeError, match="credentials are not written anywhere"):
            copied(holder)


def passphrase_file(folder: Path, text: str = "") -> dict[str, str]:
    path = folder / "passphrase"
    path.touch(mode=0o600)
    path.write_text(text or f"{PASSPHRASE.get_secret_value()}\nsecond line\n")
    return {"WEEXCTL_VAULT_PASSPHRASE_FILE": str(path)}


def test_the_passphrase_is_the_first_line_of_the_file(tmp_path: Path) -> None:
    assert find_passphrase(passphrase_file(tmp_path), nobody) == PASSPHRASE


def test_a_passphrase_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    environ = passphrase_file(tmp_path)
    Path(environ["WEEXCTL_VAULT_PASSPHRASE_FILE"]).chmod(0o640)
    with pytest.raises(ConfigError, match="open to other users") as caught:
        find_passphrase(environ, person)
    assert leaks(told(caught.value)) == []


def test_a_passphrase_file_that_is_not_there_is_an_error_and_nobody_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        find_passphrase({"WEEXCTL_VAULT_PASSPHRASE_FILE": str(tmp_path / "none")}, person)


def test_an_empty_passphrase_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no passphrase"):
        find_passphrase(passphrase_file(tmp_path, "\n"), person)


@pytest.mark.parametrize("name", ["passphrase", "weexctl-vault"])
def test_a_passphrase_file_that_is_no_text_is_refused(name: str, tmp_path: Path) -> None:
    """Replaced, all its odd bytes would be one letter, and a strong passphrase a weak one."""
    file = tmp_path / name
    file.touch(mode=0o600)
    file.write_bytes(bytes(range(128, 160)))
    variable = "WEEXCTL_VAULT_PASSPHRASE_FILE" if name == "passphrase" else "CREDENTIALS_DIRECTORY"
    value = file if name == "passphrase" else tmp_path
    with pytest.raises(ConfigError, match="is no text; nothing was done") as caught:
        new_passphrase({variable: str(value)}, person)
    assert "base64" in caught.value.hint


def test_a_credential_that_cannot_be_read_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "weexctl-vault").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ConfigError, match=r"cannot be read \(Permission denied\); nothing was done"):
        find_passphrase({"CREDENTIALS_DIRECTORY": str(tmp_path)}, person)


def test_the_service_manager_can_hand_it_over(tmp_path: Path) -> None:
    (tmp_path / "weexctl-vault").write_text(f"{PASSPHRASE.get_secret_value()}\n")
    assert find_passphrase({"CREDENTIALS_DIRECTORY": str(tmp_path)}, nobody) == PASSPHRASE


def test_other_credentials_of_the_service_are_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "something-else").write_text("x")
    assert find_passphrase({"CREDENTIALS_DIRECTORY": str(tmp_path)}, person) == PASSPHRASE


def keyring(monkeypatch: pytest.MonkeyPatch, entries: dict[tuple[str, str], str] | None) -> None:
    """A keyring with these entries; None is one that cannot be opened."""
    module = ModuleType("keyring")

    def get_password(service: str, user: str) -> str | None:
        if entries is None:
            raise RuntimeError("the keyring is locked")
        return entries.get((service, user))

    module.__dict__["get_password"] = get_password
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_the_keyring_has_it_when_the_extra_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring(monkeypatch, {("weexctl", "vault"): PASSPHRASE.get_secret_value()})
    assert find_passphrase({}, nobody) == PASSPHRASE


@pytest.mark.parametrize("entries", [{}, None])
def test_a_keyring_without_it_leaves_it_to_the_person(
    entries: dict[tuple[str, str], str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring(monkeypatch, entries)
    assert find_passphrase({}, person) == PASSPHRASE


def test_a_file_goes_before_the_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keyring(monkeypatch, {("weexctl", "vault"): OTHER.get_secret_value()})
    assert find_passphrase(passphrase_file(tmp_path), nobody) == PASSPHRASE


def test_a_new_passphrase_is_typed_twice() -> None:
    answers = iter((PASSPHRASE, PASSPHRASE))
    assert new_passphrase({}, lambda label: next(answers)) == PASSPHRASE


def test_two_different_ones_are_refused() -> None:
    answers = iter((PASSPHRASE, OTHER))
    with pytest.raises(UsageError, match="differ; nothing was stored") as caught:
        new_passphrase({}, lambda label: next(answers))
    assert leaks(told(caught.value)) == []


def test_a_short_one_is_refused_wherever_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 8 letters"):
        new_passphrase(passphrase_file(tmp_path, "short12"), nobody)
    with pytest.raises(UsageError, match="at least 8 letters"):
        new_passphrase({}, lambda label: SecretStr("short12"))


def test_a_key_is_read_from_json_and_from_lines() -> None:
    key, secret, phrase = values(FIRST)
    document = f'{{"secret": "{secret}", "key": " {key}", "passphrase": "{phrase}"}}\n'

    assert values(parse_key_text(SecretStr(document), source="s")) == values(FIRST)
    assert values(parse_key_text(SecretStr(f"{key}\r\n {secret} \n{phrase}"), source="s")) == values(FIRST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        '{"key": "Qz7KxWvJbMv2"}',
        '{"key": "Qz7KxWvJbMv2", "secret": "Gd5+YtHqPz/Lc=Rk3", "passphrase": 5}',
        '{"key": "Qz7KxWvJbMv2", "secret": "Gd5+YtHqPz/Lc=Rk3", "passphrase": "Bn6FmUxVsTj1", "more": ""}',
        "Qz7KxWvJbMv2\nGd5+YtHqPz/Lc=Rk3",
        "Qz7KxWvJbMv2\n\nBn6FmUxVsTj1",
        "Qz7KxWvJbMv2\nGd5+YtHqPz Lc=Rk3\nBn6FmUxVsTj1",
        "Qz7KxWvJbMv2\nGd5+YtHqPzäLc=Rk3\nBn6FmUxVsTj1",
        "Qz7KxWvJbMv2\nGd5+YtHqPz/Lc=Rk3\nBn6FmUxVsTj1\nmore",
    ],
)
def test_a_text_that_is_no_key_is_refused_without_showing_it(text: str) -> None:
    held = SecretStr(text)
    with pytest.raises(WeexctlError) as caught:
        parse_key_text(held, source="--secret-stdin")

    own = "\n".join((caught.value.message, caught.value.hint, repr(caught.value)))
    assert caught.value.hint
    assert leaks(own) == []


def test_what_looks_for_leaks_finds_them() -> None:
    assert leaks(f"... {FIRST.secret.get_secret_value()[3:10]} ...")
    assert leaks(FIRST.secret.get_secret_value().encode().hex())


def test_scopes_are_in_order_and_each_includes_the_ones_before() -> None:
    order = [Scope.OBSERVE, Scope.RESEARCH, Scope.PROPOSE, Scope.REDUCE, Scope.TRADE]
    assert [[wide.covers(narrow) for narrow in order] for wide in order] == [
        [at >= other for other in range(5)] for at in range(5)
    ]
