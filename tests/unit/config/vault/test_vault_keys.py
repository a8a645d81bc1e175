"""What goes into the vault comes out of it, for the right passphrase only."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.vault.canaries import CHEAP, FIRST, OTHER, PASSPHRASE, SECOND, leaks, put, told, values
from weexctl.config.credentials import Credentials
from weexctl.config.vault import Vault
from weexctl.config.vault_format import COST, Cost, KeyEntry
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, MissingCredentialsError, UnauthorisedError, UsageError
from weexctl.model.scope import Scope


def accepts(entry: KeyEntry, credentials: Credentials) -> None:
    """A check that every key passes."""


def test_a_stored_key_is_the_one_that_was_given(vault: Vault) -> None:
    put(vault, "main", FIRST, scope=Scope.REDUCE)
    put(vault, "second", SECOND)

    stored = vault.open("main", PASSPHRASE)

    assert values(stored.credentials) == values(FIRST)
    assert stored.entry == KeyEntry("main", Scope.REDUCE, Venue.LIVE, 1_700_000_000_000, stored.entry.fingerprint)
    assert values(vault.open("second", PASSPHRASE).credentials) == values(SECOND)


def test_the_list_needs_no_passphrase_and_is_in_order(vault: Vault) -> None:
    put(vault, "second", SECOND)
    put(vault, "main", FIRST)

    assert [entry.alias for entry in vault.entries()] == ["main", "second"]


def test_without_a_vault_there_are_no_keys_and_no_folder_is_made(vault: Vault) -> None:
    assert vault.entries() == ()
    with pytest.raises(MissingCredentialsError, match="has no key main: it is empty"):
        vault.open("main", PASSPHRASE)
    assert not vault.path.parent.exists()


def test_the_wrong_passphrase_is_said_to_be_wrong(vault: Vault) -> None:
    put(vault)

    with pytest.raises(
        MissingCredentialsError, match=r"passphrase of the key vault is wrong.*nothing was done"
    ) as caught:
        vault.open("main", OTHER)

    assert caught.value.code == "VAULT_PASSPHRASE"
    assert caught.value.exit_code == 3
    assert leaks(told(caught.value)) == []


def test_a_further_key_needs_the_passphrase_of_the_first(vault: Vault) -> None:
    put(vault)
    before = vault.path.read_bytes()

    with pytest.raises(MissingCredentialsError, match="passphrase of the key vault is wrong"):
        vault.add("second", SECOND, OTHER, scope=Scope.TRADE, venue=Venue.LIVE, created_ms=1)

    assert vault.path.read_bytes() == before


def test_an_alias_is_given_once(vault: Vault) -> None:
    put(vault)

    with pytest.raises(UsageError, match="there is a key main already"):
        put(vault, "main", SECOND)

    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


def test_an_unknown_alias_is_answered_with_the_known_ones(vault: Vault) -> None:
    put(vault)

    with pytest.raises(MissingCredentialsError, match="has no key mian: it has main") as caught:
        vault.open("mian", PASSPHRASE)

    assert caught.value.code == "UNKNOWN_KEY_ALIAS"


def test_a_removed_key_is_gone_and_the_others_stay(vault: Vault) -> None:
    put(vault, "main", FIRST)
    put(vault, "second", SECOND)

    vault.remove("main", PASSPHRASE)

    assert [entry.alias for entry in vault.entries()] == ["second"]
    assert values(vault.open("second", PASSPHRASE).credentials) == values(SECOND)


def test_the_last_key_takes_the_file_with_it(vault: Vault) -> None:
    put(vault)

    vault.remove("main", PASSPHRASE)

    assert not vault.path.exists()
    assert vault.entries() == ()


def test_removing_needs_the_passphrase(vault: Vault) -> None:
    put(vault)

    with pytest.raises(MissingCredentialsError, match="passphrase of the key vault is wrong"):
        vault.remove("main", OTHER)

    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


def test_a_rotated_key_is_checked_before_it_replaces_the_old_one(vault: Vault) -> None:
    put(vault, scope=Scope.REDUCE)
    seen: list[tuple[tuple[str, str, str], tuple[str, str, str]]] = []

    def check(entry: KeyEntry, new: Credentials) -> None:
        stored = vault.open("main", PASSPHRASE).credentials
        seen.append((values(new), values(stored)))

    entry = vault.rotate("main", SECOND, PASSPHRASE, created_ms=2, check=check)

    assert seen == [(values(SECOND), values(FIRST))]
    assert (entry.scope, entry.created_ms) == (Scope.REDUCE, 2)
    assert values(vault.open("main", PASSPHRASE).credentials) == values(SECOND)


def test_a_new_key_that_does_not_work_leaves_the_old_one(vault: Vault) -> None:
    put(vault)
    before = vault.path.read_bytes()

    def check(entry: KeyEntry, new: Credentials) -> None:
        raise UnauthorisedError("the key is not known")

    with pytest.raises(UnauthorisedError, match="the key is not known") as caught:
        vault.rotate("main", SECOND, PASSPHRASE, created_ms=2, check=check)

    assert vault.path.read_bytes() == before
    assert leaks(told(caught.value)) == []


def test_rotating_can_give_another_scope_and_touches_no_other_key(vault: Vault) -> None:
    put(vault, "main", FIRST)
    other = put(vault, "second", SECOND)

    vault.rotate("main", SECOND, PASSPHRASE, created_ms=2, scope=Scope.OBSERVE, check=accepts)

    assert vault.open("main", PASSPHRASE).entry.scope is Scope.OBSERVE
    assert vault.open("second", PASSPHRASE).entry == other


def test_a_key_that_is_not_there_cannot_be_rotated(vault: Vault) -> None:
    with pytest.raises(MissingCredentialsError, match="has no key main"):
        vault.rotate("main", SECOND, PASSPHRASE, created_ms=2, check=None)
    assert not vault.path.parent.exists()


def test_file_and_folder_are_for_their_owner_only(vault: Vault) -> None:
    put(vault)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (vault.path.parent, *vault.path.parent.iterdir())}

    assert modes == {"keys": 0o700, "vault.bin": 0o600, "install.key": 0o600}


def test_no_part_of_a_key_or_passphrase_stands_in_any_file(vault: Vault) -> None:
    put(vault)

    for path in vault.path.parent.iterdir():
        assert leaks(path.read_bytes().decode("latin-1"), length=4) == []


def test_no_part_shows_in_any_repr(vault: Vault) -> None:
    put(vault)
    stored = vault.open("main", PASSPHRASE)

    assert leaks(f"{stored} {stored!r} {vault!r} {vars(vault)} {vault._read()!r}", length=4) == []


def test_every_save_has_a_fresh_salt_and_fresh_nonces(vault: Vault) -> None:
    put(vault)
    first = vault._read()
    vault.rotate("main", FIRST, PASSPHRASE, created_ms=1, check=None)
    second = vault._read()

    assert first is not None
    assert second is not None
    assert first.salt != second.salt
    assert first.boxes[0][0] != second.boxes[0][0]
    assert len(first.salt) == 16
    assert len(first.boxes[0][0]) == 12


def test_the_format_can_be_opened_with_the_primitives_alone(vault: Vault) -> None:
    """An independent reading of the layout, with `hashlib` and AES-GCM only."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    put(vault)
    content = vault.path.read_bytes()
    index_length = int.from_bytes(content[29:33], "big")
    at = 33 + index_length
    nonce, length = content[at : at + 12], int.from_bytes(content[at + 12 : at + 16], "big")
    box = content[at + 16 : at + 16 + length]
    n, r, p = 2 ** content[10], content[11], content[12]
    derived = hashlib.scrypt(PASSPHRASE.get_secret_value().encode(), salt=content[13:29], n=n, r=r, p=p, dklen=32)

    plain = AESGCM(derived).decrypt(nonce, box, content[:at] + b"main")

    assert content[:10] == b"weexctl\0\x01\x01"
    assert tuple(json.loads(plain)) == values(FIRST)
    assert content[at + 16 + length :] == hashlib.sha256(content[: at + 16 + length]).digest()


def test_the_cost_is_what_the_specification_asks_for() -> None:
    assert Cost() == COST == Cost(log2_n=17, r=8, p=1)
    assert COST.memory == 128 * 2**20


def test_a_vault_is_written_and_opened_at_the_full_cost_when_nothing_else_is_said(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys" / "vault.bin")
    put(vault)

    assert vault.path.read_bytes()[10:13] == bytes((17, 8, 1))
    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


@pytest.mark.parametrize("cost", [CHEAP, Cost(16, 8, 1), Cost(17, 7, 1)])
def test_a_vault_that_is_cheap_to_guess_is_not_opened(cost: Cost, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "vault.bin"
    put(Vault(path, cost=cost, least=cost))

    with pytest.raises(ConfigError, match="protected too weakly") as caught:
        Vault(path).entries()

    assert caught.value.code == "VAULT_WEAK"


def test_a_fingerprint_tells_keys_apart_and_is_no_part_of_any(vault: Vault) -> None:
    first, second = put(vault, "main", FIRST), put(vault, "second", SECOND)

    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == vault.fingerprint(FIRST)
    assert len(first.fingerprint) == 8


def test_a_fingerprint_is_another_one_on_another_machine(vault: Vault, tmp_path: Path) -> None:
    elsewhere = Vault(tmp_path / "elsewhere" / "vault.bin", cost=CHEAP, least=CHEAP)

    assert put(vault).fingerprint != put(elsewhere).fingerprint


def test_a_lost_install_key_is_made_anew_and_loses_no_key(vault: Vault) -> None:
    put(vault)
    vault.path.with_name("install.key").unlink()

    assert vault.fingerprint(FIRST) == ""
    put(vault, "second", SECOND)
    assert values(vault.open("main", PASSPHRASE).credentials) == values(FIRST)


@pytest.mark.parametrize("length", [0, 1, 31])
def test_a_cut_install_key_makes_no_fingerprint_and_is_made_anew(length: int, vault: Vault) -> None:
    put(vault)
    file = vault.path.with_name("install.key")
    file.write_bytes(file.read_bytes()[:length])

    assert vault.fingerprint(FIRST) == ""
    put(vault, "second", SECOND)
    assert len(file.read_bytes()) == 32


@pytest.mark.parametrize("field", ["scope", "alias", "created_ms", "venue", "fingerprint"])
def test_what_the_list_says_cannot_be_changed_without_the_passphrase(field: str, vault: Vault) -> None:
    """Someone with the file, the layout and a checksum of their own still cannot widen a scope."""
    put(vault, scope=Scope.OBSERVE)
    changed: dict[str, Any] = {
        "scope": "trade",
        "alias": "mine",
        "created_ms": 5,
        "venue": "demo",
        "fingerprint": "0" * 8,
    }

    _forge(vault.path, {field: changed[field]})

    [entry] = vault.entries()
    assert str(getattr(entry, field)) == str(changed[field])
    with pytest.raises(MissingCredentialsError, match="or somebody changed the file"):
        vault.open(entry.alias, PASSPHRASE)


def test_keys_cannot_be_exchanged_between_aliases(vault: Vault) -> None:
    put(vault, "aaaa", FIRST, scope=Scope.TRADE)
    put(vault, "bbbb", FIRST, scope=Scope.TRADE)
    body = vault.path.read_bytes()[:-32]
    start = 33 + int.from_bytes(body[29:33], "big")
    middle = start + (len(body) - start) // 2
    body = body[:start] + body[middle:] + body[start:middle]
    vault.path.write_bytes(body + hashlib.sha256(body).digest())

    with pytest.raises(MissingCredentialsError, match="or somebody changed the file"):
        vault.open("aaaa", PASSPHRASE)


def _forge(path: Path, changes: dict[str, Any]) -> None:
    """Change the first row of the index and make the checksum fit."""
    body = path.read_bytes()[:-32]
    end = 33 + int.from_bytes(body[29:33], "big")
    rows = json.loads(body[33:end])
    rows[0] |= changes
    index = json.dumps(rows, separators=(",", ":")).encode()
    body = body[:29] + len(index).to_bytes(4, "big") + index + body[end:]
    path.write_bytes(body + hashlib.sha256(body).digest())
