"""Where the passphrase of the key vault comes from: a file, the service manager, the keyring, a person. Never argv."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from pydantic import SecretStr

from weexctl.config.private_file import read_private
from weexctl.errors import ConfigError, UsageError, WeexctlError

__all__ = ["CREDENTIAL", "SHORTEST", "AskSecret", "find_passphrase", "new_passphrase"]

AskSecret = Callable[[str], SecretStr]
"""Asks the person at the terminal for something that must not show, with this label."""

SHORTEST = 8
"""Letters of a new passphrase."""
CREDENTIAL = "weexctl-vault"
"""Name of the service manager's credential."""
_KEYRING = ("weexctl", "vault")
"""Service and user of the entry in the keyring."""
_LIMIT = 4096


def find_passphrase(environ: Mapping[str, str], ask: AskSecret) -> SecretStr:
    """The passphrase of a vault that is there.

    Looked for in this order: the file `WEEXCTL_VAULT_PASSPHRASE_FILE`, the credential `weexctl-vault` of the service
    manager, the keyring of the desktop when `weexctl[keyring]` is installed, the person at the terminal. A file that is
    named and cannot be used is an error, not a reason to look further.

    Raises:
        ConfigError: a named file cannot be used.
        UsageError: nothing has it, and nobody can be asked.
    """
    stored = _stored(environ)
    return stored if stored is not None else ask("passphrase of the key vault: ")


def new_passphrase(environ: Mapping[str, str], ask: AskSecret) -> SecretStr:
    """The passphrase of a vault that is about to be made; a person gives it twice.

    Raises:
        ConfigError: a named file cannot be used.
        UsageError: it is too short, was not typed the same way twice, or nobody can be asked.
    """
    stored = _stored(environ)
    chosen = ask("new passphrase for the key vault: ") if stored is None else stored
    if len(chosen.get_secret_value()) < SHORTEST:
        raise UsageError(
            f"a passphrase for the key vault has at least {SHORTEST} letters; nothing was stored",
            hint="four or five words that nobody would guess are good and easy to type",
            code="SHORT_PASSPHRASE",
        )
    if stored is None and ask("the same once more: ") != chosen:
        raise UsageError("the two passphrases differ; nothing was stored", hint="try again", code="PASSPHRASES_DIFFER")
    return chosen


def _stored(environ: Mapping[str, str]) -> SecretStr | None:
    if named := environ.get("WEEXCTL_VAULT_PASSPHRASE_FILE"):
        return _from_file(Path(named).expanduser())
    if (folder := environ.get("CREDENTIALS_DIRECTORY")) and (file := Path(folder) / CREDENTIAL).is_file():
        # The service manager decides who may read it, with owners and modes of its own.
        return _from_service(file)
    return _from_keyring()


def _from_service(file: Path) -> SecretStr:
    source = f"the credential {CREDENTIAL}"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{source} cannot be read ({error.strerror}); nothing was done",
            hint="look at LoadCredential in the service's unit",
            code="NO_PASSPHRASE",
        ) from error
    return _first_line(content, source)


def _from_file(path: Path) -> SecretStr:
    what = "the passphrase file"
    try:
        content = read_private(path, limit=_LIMIT, what=what, folder=False)
    except FileNotFoundError:
        raise ConfigError(
            f"{what} {path} does not exist; nothing was done",
            hint="WEEXCTL_VAULT_PASSPHRASE_FILE names it; make it with mode 600, the passphrase on its first line",
            code="NO_PASSPHRASE",
        ) from None
    return _first_line(content, f"{what} {path}")


def _first_line(content: bytes, source: str) -> SecretStr:
    try:
        text = content.decode()
    except UnicodeDecodeError:  # to replace what is no text would make one passphrase out of many
        raise ConfigError(
            f"{source} is no text; nothing was done",
            hint="random bytes are fine once they are written as text: `head -c 24 /dev/urandom | base64`",
            code="NO_PASSPHRASE",
        ) from None
    lines = text.splitlines()
    if not lines or not lines[0]:
        raise _nothing_in(source)
    return SecretStr(lines[0])


def _nothing_in(source: str) -> WeexctlError:
    return ConfigError(
        f"{source} holds no passphrase; nothing was done", hint="put it on the first line", code="NO_PASSPHRASE"
    )


def _from_keyring() -> SecretStr | None:
    """What the desktop's keyring has under `weexctl`, `vault`; None without the extra or without an entry."""
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(*_KEYRING)
    except Exception:  # noqa: BLE001  # a locked or broken keyring of any make: the person is asked instead
        return None
    return SecretStr(found) if found else None
