"""The stored API keys: add, list, remove, rotate. No answer holds any part of a key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.config.access import environment_has_keys, hide
from weexctl.config.credentials import VARIABLES, Credentials, checked_credentials, read_credentials
from weexctl.config.environment import Environment, read_environment
from weexctl.config.key_text import PARTS, parse_key_text
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, check_account, find_paths
from weexctl.config.private_file import read_private
from weexctl.config.process_memory import keep_memory_private
from weexctl.config.redaction import REDACTOR
from weexctl.config.vault import Vault
from weexctl.config.vault_format import KeyEntry
from weexctl.config.vault_passphrase import find_passphrase, new_passphrase
from weexctl.config.venue import Venue
from weexctl.errors import MissingCredentialsError, UsageError, WeexctlError
from weexctl.model.scope import Scope

__all__ = [
    "AddInput",
    "AddOutput",
    "KeyRow",
    "ListInput",
    "ListOutput",
    "RemoveInput",
    "RemoveOutput",
    "RotateInput",
    "RotateOutput",
    "add",
    "list_",
    "open_vault",
    "remove",
    "rotate",
    "signed_read",
]

ScopeWord = Literal["observe", "research", "propose", "reduce", "trade"]
_TIMEOUT_S = 10.0
_LIMIT = 65_536


class AddInput(BaseModel):
    """Which key to store, and where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    scope: ScopeWord
    venue: Literal["live", "demo"] = "live"
    secret_stdin: bool = False
    secret_file: Path | None = None


class ListInput(BaseModel):
    """Nothing to choose."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RemoveInput(BaseModel):
    """Which key to forget."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str


class RotateInput(BaseModel):
    """Which key to replace, and where the new one comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    scope: ScopeWord | None = None
    secret_stdin: bool = False
    secret_file: Path | None = None
    no_check: bool = False


class KeyRow(BaseModel):
    """What may be told about a key."""

    alias: str
    scope: str
    """The most it may be used for, `WEEXCTL_SCOPE` included."""
    venue: str
    """The furthest venue it may be used at: `live` includes `demo`."""
    created_ms: int | None
    """When it was stored, UTC; None for the key of the environment."""
    fingerprint: str
    """Names the key on this machine and shows no part of it; empty when nothing was ever stored here."""
    source: Literal["vault", "environment"]


class ListOutput(BaseModel):
    """Every key this machine has, the environment's first."""

    keys: list[KeyRow]


class AddOutput(BaseModel):
    """The key that was stored."""

    key: KeyRow


class RemoveOutput(BaseModel):
    """The key that was there."""

    removed: KeyRow


class RotateOutput(BaseModel):
    """The key that is there now, and the one before."""

    key: KeyRow
    before: KeyRow
    checked: bool
    """Whether the new key was seen to work."""


@dataclass(frozen=True, slots=True)
class _Asked:
    context: Context
    environment: Environment
    paths: Paths
    vault: Vault

    @classmethod
    def of(cls, context: Context) -> _Asked:
        paths = find_paths(context.environment)
        return cls(context, read_environment(context.environment), paths, open_vault(paths))


def open_vault(paths: Paths) -> Vault:
    """The vault in these folders."""
    return Vault(paths.vault)


def signed_read(entry: KeyEntry, credentials: Credentials, environment: Environment) -> None:
    """Ask the exchange for the balance with a key; what it answers is not kept.

    Raises:
        ExchangeError: it did not answer, or does not accept the key.
    """
    from weexctl.trader.connection import open_connection  # brings the client; only a rotation needs it

    connection = open_connection(
        entry.venue,
        base_url=environment.api_base,
        credentials=credentials,
        timeout_s=environment.api_timeout_s or _TIMEOUT_S,
    )
    try:
        connection.exchange.fetch_balance()
    finally:
        connection.exchange.close()


def list_(input: ListInput, context: Context) -> Result:  # noqa: A002, ARG001  # the signature of every action
    """Every key, without opening any. What the file says is proven only when a key of it is used."""
    asked = _Asked.of(context)
    rows = [_row(entry, asked.environment.scope) for entry in asked.vault.entries()]
    warnings: tuple[Notice, ...] = ()
    if missing := _missing_variables(context.environment):
        warnings = (_half_a_key(missing),)
    elif environment_has_keys(context.environment):
        rows.insert(0, _environment_row(asked))
        warnings = _environment_wins([row.alias for row in rows[1:]])
    following = (
        () if rows or warnings else (NextCommand("weexctl keys add main --scope trade", "store a key to trade with"),)
    )
    return Result(data=ListOutput(keys=rows), warnings=warnings, next=following)


def add(input: AddInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Store a key.

    Raises:
        UsageError: the alias is taken or no alias, or the key cannot be read.
        ConfigError, MissingCredentialsError, LockHeldError: as `Vault.add`.
    """
    asked, alias = _Asked.of(context), check_account(input.name)
    stored = asked.vault.entries()
    if any(entry.alias == alias for entry in stored):
        raise UsageError(
            f"there is a key {alias} already; nothing was changed",
            hint=f"`weexctl keys rotate {alias}` puts another in its place",
            code="KEY_EXISTS",
        )
    credentials = _new_key(input, context)
    ask = find_passphrase if stored else new_passphrase
    entry = asked.vault.add(
        alias,
        credentials,
        _hidden(ask(context.environment, context.ask_secret)),
        scope=Scope(input.scope),
        venue=Venue(input.venue),
        created_ms=_now_ms(),
    )
    warnings = _file_left(input.secret_file)
    if environment_has_keys(context.environment):
        warnings += _environment_wins([alias])
    return Result(data=AddOutput(key=_row(entry)), warnings=warnings, next=_try_it(entry))


def remove(input: RemoveInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Forget a key.

    Raises:
        UsageError, ConfigError, MissingCredentialsError, LockHeldError: as `Vault.remove`.
    """
    asked, alias = _Asked.of(context), check_account(input.name)
    asked.vault.require(alias)
    passphrase = _hidden(find_passphrase(context.environment, context.ask_secret))
    entry = asked.vault.remove(alias, passphrase)
    notice = Notice("KEY_STILL_VALID", "the exchange still accepts this key: delete it there too")
    return Result(data=RemoveOutput(removed=_row(entry)), warnings=(notice,))


def rotate(input: RotateInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Put a new key in the place of an old one, once it is seen to work.

    Raises:
        UsageError, ConfigError, MissingCredentialsError, LockHeldError: as `Vault.rotate`.
        ExchangeError: the exchange did not answer or does not accept the new key; the old one stays.
    """
    asked, alias = _Asked.of(context), check_account(input.name)
    before = asked.vault.require(alias)
    credentials = _new_key(input, context)
    passphrase = _hidden(find_passphrase(context.environment, context.ask_secret))
    entry = asked.vault.rotate(
        alias,
        credentials,
        passphrase,
        created_ms=_now_ms(),
        scope=None if input.scope is None else Scope(input.scope),
        check=None if input.no_check else lambda entry, new: _checked(entry, new, asked),
    )
    warnings = (*_file_left(input.secret_file), *_unchecked(input.no_check))
    output = RotateOutput(key=_row(entry), before=_row(before), checked=not input.no_check)
    return Result(data=output, warnings=warnings, next=_try_it(entry))


def _new_key(input: AddInput | RotateInput, context: Context) -> Credentials:  # noqa: A002
    """The key from a pipe, a file, or the person, hidden from here on."""
    if input.secret_stdin and input.secret_file is not None:
        raise UsageError("--secret-stdin and --secret-file both give a key; nothing was read", hint="leave one out")
    keep_memory_private()
    if input.secret_stdin:
        credentials = parse_key_text(context.read_stdin(), source="--secret-stdin")
    elif input.secret_file is not None:
        credentials = parse_key_text(_file(context.cwd / input.secret_file), source="--secret-file")
    else:
        typed = {word: context.ask_secret(f"{name.removeprefix('the ')}: ") for word, name in PARTS.items()}
        trimmed = {word: SecretStr(part.get_secret_value().strip()) for word, part in typed.items()}
        credentials = checked_credentials(trimmed, PARTS)
    hide(credentials)
    return credentials


def _file(path: Path) -> SecretStr:
    try:
        return SecretStr(read_private(path, limit=_LIMIT, what="the file", folder=False).decode(errors="replace"))
    except FileNotFoundError:
        raise UsageError(f"--secret-file: there is no file {path}; nothing was stored", hint="check the path") from None


def _checked(entry: KeyEntry, credentials: Credentials, asked: _Asked) -> None:
    """The check of a new key; a failure says that the old key stays."""
    from weexctl.actions.key_notice import note_where_key_goes  # knows the client's addresses; as above

    try:
        note_where_key_goes(asked.context, asked.environment.api_base, credentials)
        signed_read(entry, credentials, asked.environment)
    except WeexctlError as error:
        error.message = f"the new key was not stored and the old one stays: {error.message}"
        raise


def _hidden(passphrase: SecretStr) -> SecretStr:
    keep_memory_private()
    REDACTOR.register(passphrase.get_secret_value())
    return passphrase


def _missing_variables(environ: Mapping[str, str]) -> list[str]:
    """The variables that the environment's key lacks; none when there is no part of one, or all of it."""
    missing = [name for name in VARIABLES.values() if not environ.get(name, "").strip()]
    return missing if environment_has_keys(environ) else []


def _half_a_key(missing: list[str]) -> Notice:
    text = (
        f"the key of the environment is incomplete, without {' and '.join(missing)}: whatever needs a key is refused"
        " until all three variables are set, or none"
    )
    return Notice("ENVIRONMENT_INCOMPLETE", text)


def _environment_row(asked: _Asked) -> KeyRow:
    """The key of the environment; one that no request can carry has no fingerprint."""
    try:
        credentials = read_credentials(asked.context.environment)
        hide(credentials)
        fingerprint = asked.vault.fingerprint(credentials)
    except MissingCredentialsError:
        fingerprint = ""
    scope = Scope.TRADE.narrowed(asked.environment.scope)
    return KeyRow(
        alias=DEFAULT_ACCOUNT, scope=scope, venue="live", created_ms=None, fingerprint=fingerprint, source="environment"
    )


def _row(entry: KeyEntry, cap: Scope | None = None) -> KeyRow:
    return KeyRow(
        alias=entry.alias,
        scope=entry.scope.narrowed(cap),
        venue=entry.venue.value,
        created_ms=entry.created_ms,
        fingerprint=entry.fingerprint,
        source="vault",
    )


def _environment_wins(stored: list[str]) -> tuple[Notice, ...]:
    if DEFAULT_ACCOUNT not in stored:
        return ()
    text = "the variables WEEX_API_KEY, WEEX_API_SECRET and WEEX_API_PASSPHRASE are used instead of the stored key main"
    return (Notice("ENVIRONMENT_WINS", text),)


def _try_it(entry: KeyEntry) -> tuple[NextCommand, ...]:
    if entry.alias != DEFAULT_ACCOUNT:
        return ()
    return (NextCommand(f"weexctl test-connection --venue {entry.venue.value}", "see what it may do"),)


def _file_left(path: Path | None) -> tuple[Notice, ...]:
    if path is None:
        return ()
    return (Notice("PLAIN_SECRET_FILE", f"{path} still holds the key for everybody who can read it: delete it"),)


def _unchecked(no_check: bool) -> tuple[Notice, ...]:
    if not no_check:
        return ()
    return (Notice("KEY_NOT_CHECKED", "nobody has seen the new key work, and the old one is gone"),)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
