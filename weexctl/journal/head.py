"""The note of the newest link of the chain, in a small file beside the journal."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from weexctl.errors import JournalUnavailableError

__all__ = ["Head", "HeadFile", "head_path"]

_SIZE = 64
"""Always as long: a full disk does not keep it from being written again."""


@dataclass(frozen=True, slots=True)
class Head:
    """A link by number and hash."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head | None:
        """The head that `str` wrote; None for any other text."""
        seq, colon, digest = text.strip().partition(":")
        return cls(int(seq), digest) if colon and seq.isdecimal() else None


def head_path(journal: Path) -> Path:
    """Where the note of a journal lies."""
    return journal.with_name(journal.name + ".head")


class HeadFile:
    """The note, open for writing. It is not synced: after a power cut it may be behind, which is no fault.

    Raises:
        JournalUnavailableError: it cannot be opened or made.
    """

    def __init__(self, journal: Path) -> None:
        try:
            self._file: int | None = os.open(head_path(journal), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalUnavailableError(
                f"{head_path(journal)} cannot be opened: {error.strerror or error}; nothing was done",
                hint="make the folder of the journal writable for you, with some room",
                code="JOURNAL_UNREADABLE",
            ) from error

    @staticmethod
    def look(journal: Path) -> Head | None:
        """What the note of a journal says; None when there is none, or none that can be read."""
        try:
            return Head.parse(head_path(journal).read_text(encoding="ascii", errors="replace"))
        except OSError:
            return None

    def read(self) -> Head | None:
        """What it says; None when nothing does."""
        return None if self._file is None else Head.parse(os.pread(self._file, _SIZE, 0).decode("ascii", "replace"))

    def write(self, head: Head) -> None:
        """Note a link. That it cannot be noted keeps nothing back: the link itself is in the journal."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, f"{head}\n".ljust(_SIZE).encode("ascii"), 0)

    def close(self) -> None:
        """Let go of the file; doing it twice is harmless."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
