"""What SQLite complains about, in words a person can act on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from weexctl.errors import JournalUnavailableError, WeexctlError

__all__ = ["explain_fault"]

_PRIMARY_CODE = 0xFF
"""SQLite's extended codes keep the primary one in their lowest byte (sqlite.org/rescode.html)."""


def explain_fault(error: sqlite3.Error, path: Path) -> WeexctlError:
    """The typed error for a fault of the database. The transaction it happened in is void."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & _PRIMARY_CODE if code is not None else None
    words = str(error)
    match primary:
        case sqlite3.SQLITE_FULL:
            return _unavailable(
                "DISK_FULL",
                f"no room left to write the journal {path}; the last change was not recorded",
                "free some space on that disk, then start again: nothing is sent that is not on record",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _unavailable(
                "JOURNAL_BUSY",
                f"the journal {path} stayed locked by another program; nothing was recorded",
                "close the program that has it open (a database browser, a backup) and try again",
            )
        case sqlite3.SQLITE_READONLY:
            return _unavailable(
                "JOURNAL_READ_ONLY",
                f"the journal {path} is open for reading only; nothing was recorded",
                "check the permissions of the file and of its folder",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _unavailable(
                "JOURNAL_DAMAGED",
                f"{path} is damaged or is no weexctl journal ({words}); nothing was changed",
                "move the file away, or put a backup in its place",
            )
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return _unavailable(
                "JOURNAL_UNREADABLE",
                f"the journal {path} cannot be read or written ({words}); nothing was recorded",
                "check that the disk is there and that the file and its folder are yours",
            )
        case sqlite3.SQLITE_CONSTRAINT:
            return WeexctlError(f"the journal refused a record ({words}); nothing was recorded", code="JOURNAL_REFUSED")
        case _:
            return WeexctlError(f"the journal {path} failed ({words}); nothing was recorded", code="JOURNAL_FAULT")


def _unavailable(code: str, message: str, hint: str) -> JournalUnavailableError:
    return JournalUnavailableError(message, hint=hint, code=code)
