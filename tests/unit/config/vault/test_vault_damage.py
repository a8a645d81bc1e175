"""Whatever happens to the file, or while it is saved: a clear word, no secret, and the old keys are still there."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.vault.canaries import FIRST, PASSPHRASE, SECOND, leaks, put, told, values
from weexctl.config import private_file
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, LockHeldError, MissingCredentialsError, WeexctlError
from weexctl.model.scope import Scope

KILLED_WHILE_SAVING = """
import os, signal, sys
from pathlib import Path
from pydantic import SecretStr
from weexctl.config.credentials import Credentials
from weexctl.config.vault import Vault
from weexctl.config.vault_format import Cost
from weexctl.config.venue import Venue
from weexctl.model.scope import Scope
vault = Vault(Path(sys.argv[1]), cost=Cost(4, 1, 1), least=Cost(4, 1, 1))
os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
passphrase, part = map(SecretStr, sys.stdin.read().split())
vault.add("late", Credentials(part, part, part), passphrase, scope=Scope.TRADE, venue=Venue.LIVE, created_ms=1)
"""


def refused(vault: Vault) -> WeexctlError:
    """The error of opening a key; it shows nothing of it."""
    with pytest.raises(WeexctlError) as caught:
        vault.open("main", PASSPHRASE)
    assert leaks(told(caught.value)) == []
    assert "nothing was done" in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 3
    return caught.value


def test_a_flipped_bit_anywhere_is_noticed(vault: Vault) -> None:
    put(vault, "main", FIRST)
    put(vault, "second", SECOND)
    whole = vault.path.read_bytes()

    for at in range(len(whole)):
        vault.path.write_bytes(whole[:at] + bytes((whole[at] ^ 1 << at % 8,)) + whole[at + 1 :])
        assert refused(vault).code == "VAULT_DAMAGED", at

    vault.path.write_bytes(whole)
    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


def test_a_file_that_ends_too_early_is_noticed_at_every_length(vault: Vault) -> None:
    put(vault)
    whole = vault.path.read_bytes()

    for length in range(len(whole)):
        vault.path.write_bytes(whole[:length])
        assert refused(vault).code == "VAULT_DAMAGED", length


def test_a_file_that_goes_on_too_long_is_noticed(vault: Vault) -> None:
    put(vault)
    vault.path.write_bytes(vault.path.read_bytes() + b"\0")
    assert refused(vault).code == "VAULT_DAMAGED"


def test_a_file_of_any_length_is_not_read_whole(vault: Vault) -> None:
    put(vault)
    with vault.path.open("ab") as file:
        file.truncate(2_000_000)
    assert refused(vault).code == "UNREADABLE"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644, 0o601, 0o777])
def test_a_file_that_others_could_read_or_write_is_refused(mode: int, vault: Vault) -> None:
    put(vault)
    vault.path.chmod(mode)

    error = refused(vault)

    assert error.code == "UNSAFE_FILE"
    assert f"mode {mode:04o}" in error.message
    assert error.hint == f"chmod 600 {vault.path}"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_look_into_is_refused(mode: int, vault: Vault) -> None:
    put(vault)
    vault.path.parent.chmod(mode)

    error = refused(vault)

    assert error.code == "UNSAFE_FILE"
    assert error.hint == f"chmod 700 {vault.path.parent}"


def test_nothing_is_saved_into_a_folder_that_others_can_look_into(vault: Vault) -> None:
    vault.path.parent.mkdir(mode=0o755)
    vault.path.parent.chmod(0o755)

    with pytest.raises(ConfigError, match="open to other users"):
        put(vault)

    assert list(vault.path.parent.iterdir()) == []


def test_a_symbolic_link_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    put(vault)
    vault.path.rename(tmp_path / "elsewhere.bin")
    vault.path.symlink_to(tmp_path / "elsewhere.bin")

    error = refused(vault)

    assert error.code == "UNSAFE_FILE"
    assert "symbolic link" in error.message


def test_a_linked_folder_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    put(vault)
    vault.path.parent.rename(tmp_path / "elsewhere")
    vault.path.parent.symlink_to(tmp_path / "elsewhere")

    assert "symbolic link" in refused(vault).message


def test_a_pipe_in_place_of_the_file_blocks_nobody(vault: Vault) -> None:
    put(vault)
    vault.path.unlink()
    os.mkfifo(vault.path, 0o600)

    assert "no ordinary file" in refused(vault).message


def test_a_file_of_another_owner_is_refused(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)

    error = refused(vault)

    assert error.code == "UNSAFE_FILE"
    assert f"belongs to another user (id {mine})" in error.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_that_was_given_to_somebody_else_is_refused(vault: Vault) -> None:
    put(vault)
    os.chown(vault.path, 12_345, -1)
    assert "belongs to another user (id 12345)" in refused(vault).message


def full(*args: Any) -> int:
    """A disk without room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fails_after(calls: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """A call that works so many times and then finds the disk full."""
    left = [calls]

    def call(*args: Any) -> Any:
        left[0] -= 1
        return real(*args) if left[0] >= 0 else full()

    return call


@pytest.mark.parametrize("step", ["open", "write", "fsync", "replace"])
@pytest.mark.parametrize("command", ["add", "rotate", "remove"])
def test_a_full_disk_leaves_the_old_vault(
    step: str, command: str, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vault, "main", FIRST)
    put(vault, "second", SECOND)
    before = vault.path.read_bytes()
    real_open = os.open

    def open_to_read(path: Any, flags: int, *args: Any) -> int:
        return full() if flags & os.O_CREAT else real_open(path, flags, *args)

    with monkeypatch.context() as patched:
        patched.setattr(os, step, open_to_read if step == "open" else full)
        with pytest.raises(ConfigError, match=r"was not saved \(No space left on device\).*untouched") as caught:
            change(vault, command)

    assert caught.value.code == "NOT_SAVED"
    assert leaks(told(caught.value)) == []
    assert vault.path.read_bytes() == before
    assert sorted(path.name for path in vault.path.parent.iterdir()) == ["install.key", "vault.bin"]
    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


def test_a_disk_that_fills_up_half_way_leaves_the_old_vault(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault)
    before = vault.path.read_bytes()
    real = os.write
    half = fails_after(1, lambda descriptor, content: real(descriptor, bytes(content)[:40]))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        with pytest.raises(ConfigError, match="No space left"):
            change(vault, "add")

    assert vault.path.read_bytes() == before


def test_a_disk_that_writes_in_pieces_gets_the_whole_file(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: real(descriptor, bytes(content)[:7]))

    put(vault)

    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


def test_a_save_the_disk_did_not_confirm_is_said_to_be_one(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails_after(1, os.fsync))  # the file is fine, the folder is not
        with pytest.raises(ConfigError, match="is saved, but the disk did not confirm it") as caught:
            change(vault, "add")

    assert caught.value.code == "NOT_CONFIRMED"
    assert [entry.alias for entry in vault.entries()] == ["late", "main"]


def test_the_new_file_is_on_the_disk_before_it_takes_the_old_ones_place(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vault)
    order: list[str] = []

    def noting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            order.append(name)
            return real(*args)

        return call

    for name in ("write", "fsync", "replace"):
        monkeypatch.setattr(os, name, noting(name, getattr(os, name)))

    change(vault, "add")

    assert order == ["write", "fsync", "replace", "fsync"]


def test_a_kill_between_writing_and_renaming_leaves_the_old_vault(vault: Vault) -> None:
    put(vault)
    before = vault.path.read_bytes()

    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_SAVING, str(vault.path)],
        input=f"{PASSPHRASE.get_secret_value()} {SECOND.key.get_secret_value()}",
        text=True,
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    assert vault.path.read_bytes() == before
    leftovers = [path for path in vault.path.parent.iterdir() if ".tmp-" in path.name]
    assert len(leftovers) == 1
    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)

    change(vault, "add")  # the next save also cleans up: what was left may hold a key that is to be forgotten

    assert not leftovers[0].exists()
    assert [entry.alias for entry in vault.entries()] == ["late", "main"]


def test_two_commands_do_not_change_the_vault_at_once(vault: Vault) -> None:
    put(vault)
    with (
        private_file.locked_folder(vault.path.parent, what="the key vault"),
        pytest.raises(LockHeldError, match="another weexctl is changing the key vault; nothing was done"),
    ):
        change(vault, "add")

    change(vault, "add")


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made") as caught:
        put(Vault(tmp_path / "file" / "keys" / "vault.bin"))
    assert "WEEXCTL_CONFIG_DIR" in caught.value.hint


def test_a_file_of_a_later_format_is_not_called_damaged(vault: Vault) -> None:
    put(vault)
    body = bytearray(vault.path.read_bytes()[:-32])
    body[8] = 2
    vault.path.write_bytes(bytes(body) + hashlib.sha256(body).digest())

    with pytest.raises(ConfigError, match=r"format 2\.1, which this version of weexctl cannot read") as caught:
        vault.entries()

    assert caught.value.code == "VAULT_VERSION"


def test_a_file_that_asks_for_all_the_memory_gets_none(vault: Vault) -> None:
    put(vault)
    body = bytearray(vault.path.read_bytes()[:-32])
    body[10] = 40
    vault.path.write_bytes(bytes(body) + hashlib.sha256(body).digest())

    assert refused(vault).code == "VAULT_DAMAGED"


@pytest.mark.parametrize(
    "index",
    [
        b"[" * 100_000,
        b'[{"alias": "main", "scope": "trade", "venue": "live", "created_ms": 1e999, "fingerprint": ""}]',
        b'["main"]',
        b"{}x",
        b'{"main": 1}',
    ],
    ids=["deep", "endless", "names", "no JSON", "a mapping"],
)
def test_an_index_that_nobody_would_write_is_damage_and_no_bug(index: bytes, vault: Vault) -> None:
    put(vault)
    body = vault.path.read_bytes()[:-32]
    body = body[:29] + len(index).to_bytes(4, "big") + index
    vault.path.write_bytes(body + hashlib.sha256(body).digest())

    assert refused(vault).code == "VAULT_DAMAGED"


def test_an_unreadable_vault_hides_no_key_behind_an_empty_list(vault: Vault) -> None:
    put(vault)
    vault.path.write_bytes(b"")
    with pytest.raises(ConfigError):
        vault.entries()


def change(vault: Vault, command: str) -> None:
    """One change to the vault."""
    if command == "remove":
        vault.remove("second", PASSPHRASE)
    elif command == "rotate":
        vault.rotate("main", SECOND, PASSPHRASE, created_ms=2, check=None)
    else:
        vault.add("late", SECOND, PASSPHRASE, scope=Scope.TRADE, venue=Venue.LIVE, created_ms=1)


def test_a_wrong_passphrase_while_changing_leaves_the_old_vault(vault: Vault) -> None:
    put(vault)
    before = vault.path.read_bytes()

    with pytest.raises(MissingCredentialsError):
        vault.rotate("main", SECOND, SECOND.secret, created_ms=2, check=None)

    assert vault.path.read_bytes() == before
