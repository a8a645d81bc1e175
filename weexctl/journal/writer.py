"""Who writes a journal: a process with a number of its own, counted up at every opening for writing.

The lock keeps a second writer out. One that came in all the same, because somebody deleted the lock file or moved the
folder, takes the next number; the first one finds that out at its next transaction and records nothing any more.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import weexctl

__all__ = ["Writer", "this_process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A process that writes, or did."""

    pid: int
    since_ms: int
    version: str
    """Of weexctl."""

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"process {self.pid}, since {since}, weexctl {self.version}"

    def to_note(self) -> bytes:
        """What stands in the lock file."""
        return json.dumps({"pid": self.pid, "since_ms": self.since_ms, "version": self.version}).encode()

    @classmethod
    def from_note(cls, note: bytes) -> Writer | None:
        """The one that a lock file names; None when nothing in it makes sense."""
        try:
            told = json.loads(note)
            return cls(pid=int(told["pid"]), since_ms=int(told["since_ms"]), version=str(told["version"]))
        except (ValueError, KeyError, TypeError):
            return None


def this_process() -> Writer:
    """The process that asks."""
    return Writer(pid=os.getpid(), since_ms=time.time_ns() // 1_000_000, version=weexctl.__version__)
