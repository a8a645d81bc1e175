"""Whose journal a file is: one venue and one account, for ever."""

from __future__ import annotations

from weexctl.errors import ConfigError
from weexctl.journal.database import Database

__all__ = ["claim", "owner_of"]


def owner_of(database: Database) -> tuple[str, str]:
    """Venue and account; empty texts for a file that nobody has claimed."""
    row = database.row("SELECT venue, account FROM owner")
    return ("", "") if row is None else (row[0], row[1])


def claim(database: Database, venue: str, account: str) -> None:
    """Make it the journal of this account, if it is nobody's.

    Raises:
        ConfigError: it is another one's.
    """
    with database.transaction(durable=True):
        database.write("INSERT OR IGNORE INTO owner (one, venue, account) VALUES (1, ?, ?)", (venue, account))
    theirs = owner_of(database)
    if theirs != (venue, account):
        raise ConfigError(
            f"{database.path} is the journal of venue {theirs[0]}, account {theirs[1]}, not of {venue}, {account}; "
            "nothing was done",
            hint="name the venue and keys it belongs to, or move it away to begin a new one",
            code="WRONG_JOURNAL",
        )
