"""What keeps a writer that was replaced from going on: a number in the file, and the place of the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from weexctl.errors import LockHeldError
from weexctl.journal.codec import SqlValue
from weexctl.journal.writer import Writer

__all__ = ["Fence"]

_TAKE_OVER = """
    INSERT INTO writer (one, epoch, pid, since_ms, version) VALUES (1, 1, ?, ?, ?)
    ON CONFLICT (one) DO UPDATE SET
        epoch = epoch + 1, pid = excluded.pid, since_ms = excluded.since_ms, version = excluded.version
"""


class _Statements(Protocol):
    """A database, as far as it is needed here."""

    def execute(self, sql: str, values: Sequence[SqlValue] = ()) -> Any: ...

    def row(self, sql: str, values: Sequence[SqlValue] = ()) -> tuple[Any, ...] | None: ...


class Fence:
    """The number that this writer took, and where its file lay then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._epoch: int | None = None
        self._place: tuple[int, int] | None = None

    def remember_place(self) -> None:
        """The file is open now."""
        self._place = _place(self._path)

    def take_over(self, database: _Statements, writer: Writer) -> None:
        """Take the next number; inside a transaction."""
        database.execute(_TAKE_OVER, (writer.pid, writer.since_ms, writer.version))
        row = database.row("SELECT epoch FROM writer")
        self._epoch = None if row is None else row[0]

    def check(self, database: _Statements) -> None:
        """Pass while the number is still ours, and the file still there.

        Raises:
            LockHeldError: another writer took the next number, or the file was moved away.
        """
        if self._epoch is None:
            return
        row = database.row("SELECT epoch, pid, since_ms, version FROM writer")
        if row is None or row[0] != self._epoch:
            by = "nobody knows who" if row is None else Writer(pid=row[1], since_ms=row[2], version=row[3])
            raise _fenced(f"another weexctl took over the journal {self._path} ({by})")
        if _place(self._path) != self._place:
            raise _fenced(f"the journal {self._path} was moved away or replaced while it was in use")


def _place(path: Path) -> tuple[int, int] | None:
    """What the file system calls the file there; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _fenced(what: str) -> LockHeldError:
    return LockHeldError(
        f"{what}; nothing was recorded, and nothing more is sent from here",
        hint="let one process write for an account and leave its files alone; then `weexctl journal reconcile`",
        code="FENCED",
    )
