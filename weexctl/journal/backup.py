"""Copies of a journal: whole, checked, and taken while another process may be writing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from weexctl.errors import ConfigError, JournalUnavailableError, UsageError
from weexctl.journal.faults import explain_fault
from weexctl.journal.head import Head

__all__ = ["KEPT", "backup_folder", "copy_database", "keep_before_migration", "next_backup", "prune"]

KEPT = 14
"""How many numbered copies stay."""


def backup_folder(journal: Path) -> Path:
    """Where the copies of a journal lie, unless somebody names another place."""
    return journal.parent / "backups"


def next_backup(journal: Path, head: Head) -> Path:
    """The name of a copy: it says how far the journal had got, and sorts by that."""
    return backup_folder(journal) / f"{journal.stem}-{head.seq:09d}-{head.hash[:8]}{journal.suffix}"


def prune(journal: Path, keep: int) -> list[Path]:
    """Remove all but the newest numbered copies, and return what was removed. Copies before migrations stay."""
    named = f"{journal.stem}-{'[0-9]' * 9}-{'?' * 8}{journal.suffix}"
    copies = sorted(backup_folder(journal).glob(named), key=lambda path: (path.stat().st_mtime_ns, path.name))
    old = copies[: max(0, len(copies) - keep)]
    for path in old:
        path.unlink()
    return old


def copy_database(connection: sqlite3.Connection, source: Path, target: Path, *, force: bool = False) -> Path:
    """Copy a journal as it is at this moment into one file that needs no other, and check the copy.

    It is written beside the target and renamed when it is whole: a copy that was cut short never has its name.

    Raises:
        UsageError: the target is there and `force` is not given.
        JournalUnavailableError: no room, or the copy does not hold what the journal does.
    """
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; nothing was copied", hint="name another file", code="FILE_EXISTS")
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(connection, part)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except sqlite3.Error as error:
        raise explain_fault(error, target) from error
    except OSError as error:
        raise JournalUnavailableError(
            f"the journal {source} could not be copied to {target}: {error.strerror or error}; there is no new copy",
            hint="name a folder that you may write and that has room",
            code="BACKUP_FAILED",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target


def keep_before_migration(connection: sqlite3.Connection, journal: Path, newest: int) -> Path | None:
    """Copy a journal of older tables before they are changed; None when nothing is going to change.

    Raises:
        JournalUnavailableError: it could not be copied, and then nothing is changed.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 < version < newest:
        return None
    target = backup_folder(journal) / f"{journal.stem}-tables-{version}{journal.suffix}"
    return target if target.exists() else copy_database(connection, journal, target)


def _copy(connection: sqlite3.Connection, part: Path) -> None:
    copy = sqlite3.connect(part, isolation_level=None)
    try:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        words = [row[0] for row in copy.execute("PRAGMA quick_check").fetchall()]
        if words != ["ok"]:
            raise ConfigError(
                f"the copy is damaged ({words[0]}); there is no new copy",
                hint="`weexctl journal verify` says whether the journal itself is",
                code="JOURNAL_DAMAGED",
            )
    finally:
        copy.close()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
