"""Bringing an older journal up to date before it is read."""

from __future__ import annotations

from pathlib import Path

from weexctl.errors import ConfigError, JournalUnavailableError
from weexctl.journal.journal import Journal

__all__ = ["upgrade_journal"]


def upgrade_journal(path: str | Path, *, venue: str, account: str) -> bool:
    """Give an older journal today's tables; True when there was anything to do. Nothing on record changes.

    Raises:
        LockHeldError: another process writes for this account.
        ConfigError: the journal cannot be opened, is damaged or newer, or is another account's.
    """
    file = Path(path)
    if not file.exists():
        return False
    try:
        Journal.read(file).close()
    except JournalUnavailableError:
        return False  # whoever opens it next finds out, and knows what can be done meanwhile
    except ConfigError as error:
        if error.code != "JOURNAL_TOO_OLD":
            raise
        Journal.open(file, venue=venue, account=account).close()
        return True
    return False
