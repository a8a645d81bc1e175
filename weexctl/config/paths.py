"""Where things are kept on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weexctl.config.venue import Venue
from weexctl.errors import UsageError

__all__ = ["DEFAULT_ACCOUNT", "Paths", "check_account", "find_paths"]

DEFAULT_ACCOUNT = "main"
"""The account alias when nobody names one."""

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Paths:
    """The two folders of weexctl, and what lies where in them. Nothing is created here."""

    config: Path
    """What a person writes: profiles, the key vault, what is armed. Absolute."""
    data: Path
    """What weexctl writes: journals and candles. Absolute."""

    @property
    def profiles(self) -> Path:
        """The user's own profiles."""
        return self.config / "profiles"

    @property
    def armed(self) -> Path:
        """The list of armed profiles."""
        return self.config / "armed.json"

    @property
    def vault(self) -> Path:
        """The encrypted keys, in a folder of their own that nobody else may look into."""
        return self.config / "keys" / "vault.bin"

    @property
    def candles(self) -> Path:
        """The candle store."""
        return self.data / "candles"

    @property
    def backtests(self) -> Path:
        """What backtests leave behind: a folder for each, named by its run."""
        return self.data / "backtests"

    @property
    def causality(self) -> Path:
        """The list of pipelines that passed the check of causality."""
        return self.data / "causality.json"

    @property
    def trials(self) -> Path:
        """The ledger of every configuration that was tried on known candles."""
        return self.data / "trials.jsonl"

    @property
    def sweeps(self) -> Path:
        """Searches for settings, one folder each."""
        return self.data / "sweeps"

    @property
    def walks(self) -> Path:
        """Walk-forwards, one folder each with what was tried on every train window."""
        return self.data / "walk-forwards"

    def account_folder(self, venue: Venue, account: str) -> Path:
        """The folder of one account at one venue: no two venues ever share a journal, a lock or a kill switch.

        Raises:
            UsageError: the account alias is no plain word.
        """
        return self.data / "accounts" / venue.value / check_account(account)

    def journal(self, venue: Venue, account: str) -> Path:
        """The journal of one account at one venue."""
        return self.account_folder(venue, account) / "journal.sqlite"

    def kill_file(self, venue: Venue, account: str) -> Path:
        """The file whose presence stops everything but closing."""
        return self.account_folder(venue, account) / "KILL"


def check_account(account: str) -> str:
    """The account alias, if it is one: lower-case letters, digits, `_` and `-`, so that it can name a folder anywhere.

    Raises:
        UsageError: it is not.
    """
    if _ACCOUNT.fullmatch(account):
        return account
    raise UsageError(
        f"{account!r} is no account alias; nothing was done",
        hint="use 1 to 64 lower-case letters, digits, '_' and '-', beginning with a letter or a digit",
        code="BAD_ACCOUNT",
    )


def find_paths(environ: Mapping[str, str] | None = None) -> Paths:
    """The folders: `WEEXCTL_CONFIG_DIR` and `WEEXCTL_DATA_DIR`, else the platform's usual ones."""
    import platformdirs

    values = os.environ if environ is None else environ
    config = values.get("WEEXCTL_CONFIG_DIR") or platformdirs.user_config_dir("weexctl", appauthor=False)
    data = values.get("WEEXCTL_DATA_DIR") or platformdirs.user_data_dir("weexctl", appauthor=False)
    return Paths(Path(config).expanduser().absolute(), Path(data).expanduser().absolute())
