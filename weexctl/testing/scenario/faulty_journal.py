"""A journal whose disk may fail."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from weexctl.errors import WeexctlError
from weexctl.journal.codec import SqlValue
from weexctl.journal.database import Database
from weexctl.journal.emergency import EmergencyFile, emergency_path, merge
from weexctl.journal.faults import explain_fault
from weexctl.journal.journal import Journal
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.words import Word

__all__ = ["ACCOUNT", "VENUE", "FaultyDisk", "new_journal_file", "open_journal", "read_aside"]

VENUE, ACCOUNT = "live", "scenario"
"""As at the real exchange: nothing may leave before its record is durable."""
_MEMORY = Path("/dev/shm")  # noqa: S108  # the kernel's own folder of memory files
_EMERGENCY_BYTES = 32_768
_CODES = {
    Word.DISKFULL: (sqlite3.SQLITE_FULL, "database or disk is full"),
    Word.EIO: (sqlite3.SQLITE_IOERR, "disk I/O error"),
    Word.ROFS: (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    Word.DBLOCK: (sqlite3.SQLITE_BUSY, "database is locked"),
}


class FaultyDisk:
    """Counts statements that write, over all lives of a process, and refuses some."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._spans = [
            (int(fault.number("write", 1)), int(fault.number("times", 1)), *_CODES[fault.word]) for fault in faults
        ]
        self._written = 0
        self.enabled = True

    def write(self, path: Path) -> None:
        """One statement more.

        Raises:
            WeexctlError: the disk refuses it.
        """
        self._written += 1
        if not self.enabled:
            return
        for first, times, code, words in self._spans:
            if first <= self._written < first + times:
                error = sqlite3.OperationalError(words)
                error.sqlite_errorcode = code
                raise explain_fault(error, path)


class _FaultyDatabase(Database):
    """Shows every statement that writes to the disk first."""

    def __init__(self, path: Path, disk: FaultyDisk) -> None:
        self._disk = disk
        super().__init__(path, read_only=False)

    def execute(self, sql: str, values: Sequence[SqlValue] = ()) -> sqlite3.Cursor:
        """Run one statement, if the disk lets it."""
        if sql.startswith(("INSERT", "REPLACE", "UPDATE", "DELETE")):
            self._disk.write(self.path)
        return super().execute(sql, values)

    def write_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for many rows, if the disk lets it."""
        self._disk.write(self.path)
        super().write_many(sql, rows)


def new_journal_file() -> Path:
    """A fresh journal in memory where the machine has such a folder; its folder is the caller's to remove."""
    folder = Path(tempfile.mkdtemp(prefix="weexctl-", dir=_MEMORY if _MEMORY.is_dir() else None))
    path = folder / "journal.sqlite"
    path.write_bytes(_template())
    return path


def open_journal(path: Path, disk: FaultyDisk) -> Journal:
    """The journal at this path with its emergency record, as a start finds them.

    Without the lock: who drives a run sees to it that one process lives at a time.

    Raises:
        JournalUnavailableError: what the emergency record holds could not be merged.
    """
    journal = Journal(_FaultyDatabase(path, disk), None)
    journal.emergency = EmergencyFile(emergency_path(path), _EMERGENCY_BYTES)
    try:
        merge(journal, journal.emergency)
    except WeexctlError:
        journal.close()
        raise
    return journal


def read_aside(path: Path) -> Journal:
    """The journal at this path while it cannot be written, with its emergency record; without the lock, as above."""
    journal = Journal(Database(path, read_only=True), None)
    journal.emergency = EmergencyFile(emergency_path(path), _EMERGENCY_BYTES)
    return journal


@cache
def _template() -> bytes:
    """The bytes of an empty journal: migrating takes far longer than copying."""
    folder = Path(tempfile.mkdtemp(prefix="weexctl-"))
    try:
        path = folder / "journal.sqlite"
        with Journal.open(path, venue=VENUE, account=ACCOUNT) as journal:
            journal.checkpoint()
        return path.read_bytes()
    finally:
        shutil.rmtree(folder)
