"""Which profiles a person armed for live trading; only `weexctl profile arm`, at a terminal, writes it down.

The file is `armed.json` in the config folder:

    {"schema": 1, "armed": [{"account": "main", "profile": "safe", "digest": "…", "armed_ms": 1767225600000}]}

The digest is that of the profile at the venue `live`: whatever changes in it has to be armed again.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, check_account, find_paths
from weexctl.config.private_file import write_private
from weexctl.config.profile import Profile
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, NotArmedError

__all__ = ["Arming", "arm", "armed_for", "arming_of", "disarm", "is_armed", "require_armed", "require_armed_digest"]


@dataclass(frozen=True, slots=True)
class Arming:
    """Whether a profile is armed for an account, and why not."""

    armed: bool
    reason: str = ""


def is_armed(profile: Profile, account: str = DEFAULT_ACCOUNT, *, paths: Paths | None = None) -> bool:
    """True only when the file says so for exactly this content and this account."""
    return arming_of(profile, account, paths=paths).armed


def require_armed(profile: Profile, account: str = DEFAULT_ACCOUNT, *, paths: Paths | None = None) -> None:
    """Pass when the profile is armed.

    Raises:
        NotArmedError: it is not; the message says why.
    """
    require_armed_digest(profile.name, profile.at_venue(Venue.LIVE).digest, account, paths=paths)


def require_armed_digest(name: str, digest: str, account: str, *, paths: Paths | None = None) -> None:
    """The same for a profile that is known by its digest at the venue live, as that of a run on record is.

    Raises:
        NotArmedError: it is not; the message says why.
    """
    arming = _arming(name, digest, account, paths)
    if not arming.armed:
        named = "" if account == DEFAULT_ACCOUNT else f" --account {account}"
        raise NotArmedError(
            f"the profile {name} is not armed for the account {account}: {arming.reason}; nothing was sent",
            hint=f"a person at a terminal runs `weexctl profile arm {name}{named}`",
        )


def arming_of(profile: Profile, account: str = DEFAULT_ACCOUNT, *, paths: Paths | None = None) -> Arming:
    """Whether this content is armed for this account. What cannot be read or understood counts as not armed."""
    return _arming(profile.name, profile.at_venue(Venue.LIVE).digest, account, paths)


def _arming(name: str, digest: str, account: str, paths: Paths | None) -> Arming:
    path = (paths or find_paths()).armed
    try:
        content = _trusted_text(path)
        rows = _rows(json.loads(content))
    except FileNotFoundError:
        return Arming(False, "no profile was ever armed here")
    except (OSError, ValueError, RecursionError) as error:
        return Arming(False, f"{path} is not usable ({error})")
    mine = [row for row in rows if row.get("account") == account]
    if any(row.get("digest") == digest for row in mine):
        return Arming(True)
    if any(row.get("profile") == name for row in mine):
        return Arming(False, "it was armed with other content and has changed since")
    return Arming(False, "nobody armed it for this account")


def arm(profile: Profile, account: str, *, armed_ms: int, paths: Paths) -> str:
    """Write down that a person armed this content for this account; the digest that was armed.

    What was armed of the same profile for the same account before is armed no more. The file is mode 0600.

    Raises:
        ConfigError: the list that is there cannot be used, or the new one cannot be written; nothing was armed.
        UsageError: the account alias is no plain word.
    """
    check_account(account)
    rows = _listed(paths, "nothing was armed")
    digest = profile.at_venue(Venue.LIVE).digest
    kept = [row for row in rows if (row.get("account"), row.get("profile")) != (account, profile.name)]
    kept.append({"account": account, "profile": profile.name, "digest": digest, "armed_ms": armed_ms})
    try:
        paths.config.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{paths.config} cannot be made ({error.strerror}); nothing was armed",
            hint="WEEXCTL_CONFIG_DIR names another place",
            code="NOT_SAVED",
        ) from error
    _write(kept, paths)
    return digest


def disarm(name: str, account: str, *, paths: Paths) -> int:
    """Take back whatever was armed under a profile's name for an account; how many rows there were.

    Raises:
        ConfigError: the list cannot be used, and nothing in it counts as armed; or the new one cannot be written.
        UsageError: the account alias is no plain word.
    """
    check_account(account)
    rows = _listed(paths, "nothing was disarmed")
    kept = [row for row in rows if (row.get("account"), row.get("profile")) != (account, name)]
    if len(kept) < len(rows):
        _write(kept, paths)
    return len(rows) - len(kept)


def armed_for(profile: Profile, *, paths: Paths) -> list[str]:
    """Aliases of the accounts for which exactly this content is armed, in their order; empty when nobody can tell."""
    digest = profile.at_venue(Venue.LIVE).digest
    try:
        rows = _rows(json.loads(_trusted_text(paths.armed)))
    except (OSError, ValueError):
        return []
    return sorted({str(row.get("account")) for row in rows if row.get("digest") == digest})


def _listed(paths: Paths, undone: str) -> list[dict[str, Any]]:
    try:
        return _rows(json.loads(_trusted_text(paths.armed)))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{paths.armed} is not usable ({error}); {undone}",
            hint="look at it, then remove it: what was armed in it has to be armed again",
            code="BAD_ARMED_LIST",
        ) from error


def _write(rows: list[dict[str, Any]], paths: Paths) -> None:
    text = json.dumps({"schema": 1, "armed": rows}, indent=2) + "\n"
    write_private(paths.armed, text.encode(), what="the list of armed profiles")


def _trusted_text(path: Path) -> str:
    """The text of a file that nobody but its owner can have written.

    Raises:
        OSError: it cannot be read.
        ValueError: others may write it, or have written it.
    """
    with path.open(encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        if os.name == "posix" and status.st_uid != os.geteuid():
            raise ValueError(f"it belongs to another user, id {status.st_uid}")
        if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ValueError("others may write it: chmod 600")
        return file.read()


def _rows(document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, dict) or document.get("schema") != 1 or not isinstance(document.get("armed"), list):
        raise ValueError("it is no list of armed profiles")
    return [row for row in document["armed"] if isinstance(row, dict)]
