"""One writer per account: an advisory lock that the kernel lets go of when its process dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from weexctl.errors import LockHeldError

__all__ = ["AccountLock", "holder"]


class AccountLock:
    """The lock on one journal. The file stays when it is released: removing it would let two in."""

    def __init__(self, path: Path) -> None:
        """Take the lock at once or not at all.

        Raises:
            LockHeldError: another process has it; the message names its process id and since when.
        """
        self.path = path
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise self._held() from error
        note = json.dumps({"pid": os.getpid(), "since_ms": time.time_ns() // 1_000_000})
        self._write(note.encode())

    def release(self) -> None:
        """Let go; doing it twice is harmless."""
        if self._file is not None:
            self._write(b"")
            os.close(self._file)
            self._file = None

    def _write(self, note: bytes) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, note, 0)

    def _held(self) -> LockHeldError:
        file, self._file = self._file, None
        note = os.pread(file, 4096, 0) if file is not None else b""
        if file is not None:
            os.close(file)
        return _held_error(self.path, note)


def _held_error(path: Path, note: bytes) -> LockHeldError:
    try:
        holder = json.loads(note)
        since = datetime.fromtimestamp(holder["since_ms"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        who, details = f"process {holder['pid']}, since {since}", dict(holder)
    except (ValueError, KeyError, TypeError):  # taken a moment ago, or released by a kill: no readable note
        who, details = "an unknown process", {}
    return LockHeldError(
        f"another weexctl writes for this account ({who}); nothing was done",
        hint=f"stop it first, or only look: `weexctl explain` needs no lock (lock file {path})",
        details=details,
    )


def holder(journal: Path) -> int | None:
    """The process that writes for the account of this journal; None when there is none. Takes no lock."""
    try:
        note = json.loads(journal.with_name(journal.name + ".lock").read_bytes())
        pid = int(note["pid"])
        os.kill(pid, 0)
    except PermissionError:  # somebody else's process, but there
        return pid
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid
