"""One writer per account: an advisory lock that the kernel lets go of when its process dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from weexctl.errors import LockHeldError
from weexctl.journal.writer import Writer, this_process

__all__ = ["AccountLock", "holder"]


class AccountLock:
    """The lock on one journal. The file stays when it is released: removing it would let two in."""

    def __init__(self, path: Path) -> None:
        """Take the lock at once or not at all.

        Raises:
            LockHeldError: another process has it; the message names its process id, since when, and its version.
        """
        self.path = path
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise self._held() from error
        self.writer = this_process()
        self._write(self.writer.to_note())

    def release(self) -> None:
        """Let go; doing it twice is harmless."""
        if self._file is not None:
            self._write(b"")
            os.close(self._file)
            self._file = None

    def _write(self, note: bytes) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk: the kernel's lock counts, the note is for people
                os.ftruncate(self._file, 0)
                os.pwrite(self._file, note, 0)

    def _held(self) -> LockHeldError:
        file, self._file = self._file, None
        note = os.pread(file, 4096, 0) if file is not None else b""
        if file is not None:
            os.close(file)
        return _held_error(self.path, note)


def _held_error(path: Path, note: bytes) -> LockHeldError:
    held_by = Writer.from_note(note)  # None: taken a moment ago, or released by a kill
    return LockHeldError(
        f"another weexctl writes for this account ({held_by or 'an unknown process'}); nothing was done",
        hint=f"stop it first, or only look: `weexctl explain` needs no lock (lock file {path})",
        details={} if held_by is None else asdict(held_by),
    )


def holder(journal: Path) -> int | None:
    """The process that writes for the account of this journal; None when there is none. Takes no lock."""
    try:
        writer = Writer.from_note(journal.with_name(journal.name + ".lock").read_bytes())
    except OSError:
        return None
    if writer is None:
        return None
    try:
        os.kill(writer.pid, 0)
    except PermissionError:  # somebody else's process, but there
        return writer.pid
    except (OSError, OverflowError):
        return None
    return writer.pid
