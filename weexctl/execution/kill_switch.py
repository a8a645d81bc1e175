"""The kill switch of an account: a file whose presence stops everything but closing.

The file itself is the latch. It needs no journal, survives a restart, and anything that can make a file can pull it.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from weexctl.kill_points import passes

__all__ = ["KillSwitch"]

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """One account's switch."""

    file: Path

    def why(self) -> str:
        """Why trading is halted, empty when it is not. What cannot be looked at counts as halted."""
        try:
            self.file.lstat()  # a link that leads nowhere was put there by somebody, too
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"nobody can say whether the kill file {self.file} exists: {error.strerror or error}"
        return f"the kill file {self.file} exists"

    def pull(self, reason: str, now_ms: int) -> bool:
        """Stop everything but closing; False when that was so already, whose reason then stays.

        Raises:
            OSError: the file cannot be made. A full disk is no reason: an empty file is a switch.
        """
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            file = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        with suppress(OSError):
            os.write(file, f"{_one_line(reason)}\n".encode())
            os.fsync(file)
        os.close(file)
        self._to_disk()
        passes("K24")
        self._note("kill", reason, now_ms)
        return True

    def clear(self, reason: str, now_ms: int) -> None:
        """Let the account trade again. Whoever calls this has made sure that a person asked for it.

        Raises:
            OSError: the file cannot be removed; trading stays halted.
        """
        self._note("resume", reason, now_ms)
        self.file.unlink(missing_ok=True)
        self._to_disk()

    @property
    def reason(self) -> str:
        """What was written down when it was pulled; empty when nothing was or it cannot be read."""
        try:
            return _one_line(self.file.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return ""

    @property
    def history(self) -> Path:
        """The file with one JSON line for each time it was pulled or cleared: `{time_ms, what, reason}`."""
        return self.file.with_name("halts.jsonl")

    def _note(self, what: str, reason: str, now_ms: int) -> None:
        line = json.dumps({"time_ms": now_ms, "what": what, "reason": _one_line(reason)})
        with suppress(OSError):  # the switch counts, its history is for people
            file = os.open(self.history, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(file, f"{line}\n".encode())
            finally:
                os.close(file)

    def _to_disk(self) -> None:
        """Make the folder's entry survive a power cut, where the file system can."""
        with suppress(OSError):
            folder = os.open(self.file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
