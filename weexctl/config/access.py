"""Which key a command uses, and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from weexctl.config.credentials import VARIABLES, Credentials, read_credentials
from weexctl.config.environment import Environment
from weexctl.config.paths import DEFAULT_ACCOUNT
from weexctl.config.process_memory import keep_memory_private
from weexctl.config.redaction import REDACTOR
from weexctl.config.vault import Vault
from weexctl.config.vault_format import StoredKey
from weexctl.config.vault_passphrase import AskSecret, find_passphrase
from weexctl.config.venue import Venue
from weexctl.errors import MissingCredentialsError
from weexctl.model.scope import Scope

__all__ = ["Access", "environment_has_keys", "hide", "open_access", "require_key", "vault_key"]


@dataclass(frozen=True, slots=True)
class Access:
    """A key that is ready for use, and what it may be used for."""

    credentials: Credentials
    scope: Scope
    account: str
    """The alias; `main` for the key of the environment."""
    source: Literal["environment", "vault"]


def open_access(
    venue: Venue,
    account: str | None = None,
    *,
    environ: Mapping[str, str],
    environment: Environment,
    vault: Vault,
    ask: AskSecret,
) -> Access:
    """The key for a venue: the one that is named, else the environment's, else `main` of the vault.

    From here on no part of it is printed or logged, and nobody is shown the memory of this process. `WEEXCTL_SCOPE`
    narrows whatever key it is; the environment's own key has the scope `trade` otherwise.

    Args:
        venue: where it is to be used.
        account: an alias that somebody named; it comes from the vault, whatever the environment has.
        environ: the variables.
        environment: the same, checked.
        vault: the stored keys.
        ask: asks the person for the vault's passphrase, when nothing else has it.

    Raises:
        MissingCredentialsError: there is no such key, it is not for this venue, or the passphrase is wrong.
        ConfigError: a file is unsafe or damaged.
        UsageError: nobody can be asked for the passphrase.
    """
    alias = require_key(venue, account, environ=environ, vault=vault)
    if alias is None:
        credentials = read_credentials(environ)
        hide(credentials)
        return Access(credentials, Scope.TRADE.narrowed(environment.scope), DEFAULT_ACCOUNT, "environment")
    stored = vault_key(vault, alias, environ, ask)
    _must_reach(stored.entry.venue, venue, alias)  # what was said before may have been a changed file's word
    return Access(stored.credentials, stored.entry.scope.narrowed(environment.scope), alias, "vault")


def require_key(venue: Venue, account: str | None = None, *, environ: Mapping[str, str], vault: Vault) -> str | None:
    """The alias of the key `open_access` would open, None for the environment's; nothing is opened or asked.

    Raises:
        MissingCredentialsError: there is no such key, or it is not for this venue.
        ConfigError: the vault is unsafe or damaged.
    """
    if account is None and (environment_has_keys(environ) or not vault.entries()):
        read_credentials(environ)
        return None
    alias = account or DEFAULT_ACCOUNT
    _must_reach(vault.require(alias).venue, venue, alias)
    return alias


def vault_key(vault: Vault, alias: str, environ: Mapping[str, str], ask: AskSecret) -> StoredKey:
    """One key of the vault, opened with a passphrase from wherever it is kept; hidden from here on.

    Raises:
        MissingCredentialsError, ConfigError, UsageError: as `open_access`.
    """
    keep_memory_private()
    passphrase = find_passphrase(environ, ask)
    REDACTOR.register(passphrase.get_secret_value())
    stored = vault.open(alias, passphrase)
    hide(stored.credentials)
    return stored


def environment_has_keys(environ: Mapping[str, str]) -> bool:
    """True when any of the three variables holds anything: half a key is a mistake, not a reason to take another."""
    return any(environ.get(name, "").strip() for name in VARIABLES.values())


def hide(credentials: Credentials) -> None:
    """From now on no part of this key is printed or logged, and nobody is shown the memory of this process."""
    keep_memory_private()
    parts = (credentials.key, credentials.secret, credentials.passphrase)
    REDACTOR.register(*(part.get_secret_value() for part in parts))


def _must_reach(furthest: Venue, venue: Venue, alias: str) -> None:
    if venue is Venue.LIVE and furthest is not Venue.LIVE:
        raise MissingCredentialsError(
            f"the key {alias} is for the venue {furthest.value} and not for live; nothing was sent",
            hint="`weexctl keys list` shows which key is for which venue",
            code="KEY_OF_OTHER_VENUE",
        )
