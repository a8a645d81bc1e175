"""The key vault: API keys in one encrypted file, `keys/vault.bin` in the configuration folder."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from weexctl.config.credentials import Credentials
from weexctl.config.private_file import locked_folder, read_private, write_private
from weexctl.config.vault_format import (
    COST,
    MAX_BYTES,
    Cost,
    KeyEntry,
    Sealed,
    StoredKey,
    pack,
    unlock,
    unpack,
)
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, MissingCredentialsError, UsageError
from weexctl.model.scope import Scope

__all__ = ["Vault"]

_WHAT = "the key vault"
_INSTALL_KEY_BYTES = 32


class Vault:
    """The keys of this user on this machine. Nothing is read or made before a method is called.

    Args:
        path: the file; its folder belongs to the vault alone.
        cost: what guessing the passphrase of a vault written here costs.
        least: a vault that is cheaper to guess is not opened.
    """

    def __init__(self, path: Path, *, cost: Cost = COST, least: Cost = COST) -> None:
        self.path = path
        self._cost = cost
        self._least = least

    def entries(self) -> tuple[KeyEntry, ...]:
        """What is stored, by alias; empty when there is no vault. Needs no passphrase and proves nothing.

        Raises:
            ConfigError: the file is unsafe, damaged or too weak.
        """
        sealed = self._read()
        return () if sealed is None else sealed.entries

    def open(self, alias: str, passphrase: SecretStr) -> StoredKey:
        """One key.

        Raises:
            MissingCredentialsError: there is no such key, or the passphrase is wrong.
            ConfigError: the file is unsafe, damaged or too weak.
        """
        sealed = self._read()
        self.require(alias, () if sealed is None else sealed.entries)
        keys = () if sealed is None else unlock(sealed, passphrase)
        return next(key for key in keys if key.entry.alias == alias)

    def require(self, alias: str, entries: Iterable[KeyEntry] | None = None) -> KeyEntry:
        """The entry with this alias.

        Raises:
            MissingCredentialsError: there is none; the message lists those there are.
        """
        known = {entry.alias: entry for entry in (self.entries() if entries is None else entries)}
        if alias in known:
            return known[alias]
        stored = f"it has {', '.join(sorted(known))}" if known else "it is empty"
        raise MissingCredentialsError(
            f"the key vault has no key {alias}: {stored}; nothing was done",
            hint=f"`weexctl keys add {alias} --scope trade` stores one",
            code="UNKNOWN_KEY_ALIAS",
        )

    def add(
        self,
        alias: str,
        credentials: Credentials,
        passphrase: SecretStr,
        *,
        scope: Scope,
        venue: Venue,
        created_ms: int,
    ) -> KeyEntry:
        """Store a further key. The first one makes the vault, and the passphrase is then that of the vault.

        Raises:
            UsageError: there is a key with this alias.
            MissingCredentialsError: the passphrase is not that of the vault.
            ConfigError, LockHeldError: the file is unsafe or cannot be written, or somebody else is writing it.
        """
        with locked_folder(self.path.parent, what=_WHAT):
            keys = self._keys(passphrase)
            if any(key.entry.alias == alias for key in keys):
                raise UsageError(
                    f"there is a key {alias} already; nothing was changed",
                    hint=f"`weexctl keys rotate {alias}` puts another in its place",
                    code="KEY_EXISTS",
                )
            entry = KeyEntry(alias, scope, venue, created_ms, self.fingerprint(credentials, create=True))
            self._write((*keys, StoredKey(entry, credentials)), passphrase)
        return entry

    def rotate(
        self,
        alias: str,
        credentials: Credentials,
        passphrase: SecretStr,
        *,
        created_ms: int,
        scope: Scope | None = None,
        check: Callable[[KeyEntry, Credentials], None] | None,
    ) -> KeyEntry:
        """Put another key in the place of one, once `check` has seen it work. Until then nothing changes.

        Args:
            alias: the key to replace.
            credentials: the new one.
            passphrase: that of the vault.
            created_ms: UTC, of the new key.
            scope: None keeps that of the old key.
            check: makes a signed read with the new key, and raises when that fails; None makes no check.

        Raises:
            MissingCredentialsError: there is no such key, or the passphrase is wrong.
            WeexctlError: whatever the check raised; the old key stays.
            ConfigError, LockHeldError: the file is unsafe or cannot be written, or somebody else is writing it.
        """
        self.require(alias)
        with locked_folder(self.path.parent, what=_WHAT):
            keys = self._keys(passphrase)
            before = self.require(alias, (key.entry for key in keys))
            entry = replace(
                before,
                scope=scope or before.scope,
                created_ms=created_ms,
                fingerprint=self.fingerprint(credentials, create=True),
            )
            if check is not None:
                check(entry, credentials)
            new = StoredKey(entry, credentials)
            self._write(tuple(new if key.entry is before else key for key in keys), passphrase)
        return entry

    def remove(self, alias: str, passphrase: SecretStr) -> KeyEntry:
        """Take a key out; the last one takes the file with it.

        Raises:
            MissingCredentialsError: there is no such key, or the passphrase is wrong.
            ConfigError, LockHeldError: the file is unsafe or cannot be written, or somebody else is writing it.
        """
        self.require(alias)
        with locked_folder(self.path.parent, what=_WHAT):
            keys = self._keys(passphrase)
            entry = self.require(alias, (key.entry for key in keys))
            rest = tuple(key for key in keys if key.entry is not entry)
            if rest:
                self._write(rest, passphrase)
            else:
                self._delete()
        return entry

    def fingerprint(self, credentials: Credentials, *, create: bool = False) -> str:
        """Eight letters that name a key on this machine only; empty while the machine has no secret to make them with.

        Args:
            credentials: the key.
            create: make that secret if need be.
        """
        install_key = self._install_key(create=create)
        if install_key is None:
            return ""
        parts = (credentials.key, credentials.secret, credentials.passphrase)
        text = "\0".join(part.get_secret_value() for part in parts)
        return hmac.new(install_key, text.encode(), "sha256").hexdigest()[:8]

    def _install_key(self, *, create: bool) -> bytes | None:
        path = self.path.with_name("install.key")
        with suppress(FileNotFoundError):
            found = read_private(path, limit=_INSTALL_KEY_BYTES, what="the key of this installation")
            if len(found) == _INSTALL_KEY_BYTES:  # with less of it a fingerprint could be made anywhere
                return found
        if not create:
            return None
        made = secrets.token_bytes(_INSTALL_KEY_BYTES)
        write_private(path, made, what="the key of this installation")
        return made

    def _read(self) -> Sealed | None:
        try:
            content = read_private(self.path, limit=MAX_BYTES, what=_WHAT)
        except FileNotFoundError:
            return None
        return unpack(content, least=self._least)

    def _keys(self, passphrase: SecretStr) -> tuple[StoredKey, ...]:
        sealed = self._read()
        return () if sealed is None else unlock(sealed, passphrase)

    def _write(self, keys: Iterable[StoredKey], passphrase: SecretStr) -> None:
        content = pack(sorted(keys, key=lambda key: key.entry.alias), passphrase, self._cost)
        write_private(self.path, content, what=_WHAT)

    def _delete(self) -> None:
        try:
            self.path.unlink()
        except OSError as error:
            raise ConfigError(
                f"the key vault could not be removed ({error.strerror}); the key is still in it",
                hint=f"remove {self.path}",
                code="NOT_SAVED",
            ) from error
