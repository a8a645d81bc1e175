"""What people ask a run to close: one file for each request, beside the account's kill file.

A run holds the account's lock, and nobody else may write there. So whoever wants a position closed asks the run. A
request is taken before anything is sent, so that a process that dies on the way closes nothing twice; what a run finds
when it begins was asked of an earlier one, and is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

__all__ = ["CloseRequest", "CloseRequests"]

_ASKED, _ANSWERED = ".asked", ".answered"


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """One request, as it was found."""

    name: str
    positions: frozenset[tuple[str, str]] | None
    """Symbol and side of each; None for all that is held."""

    def means(self, symbol: str, side: str) -> bool:
        """True when this position is to be closed."""
        return self.positions is None or (symbol, side) in self.positions


@dataclass(frozen=True, slots=True)
class CloseRequests:
    """The requests of one account. The folder is there while a run serves them."""

    folder: Path

    @classmethod
    def beside(cls, journal: Path) -> Self:
        """Those of the account whose journal this is."""
        return cls(journal.parent / "close")

    @contextmanager
    def served(self) -> Iterator[None]:
        """A block in which requests are looked for; those of before it are dropped, and those it leaves."""
        with suppress(OSError):  # a run goes on without; whoever asks is told that nobody answers
            self._clear()
            self.folder.mkdir(mode=0o700, exist_ok=True)
        try:
            yield
        finally:
            with suppress(OSError):
                self._clear()
                self.folder.rmdir()

    @property
    def open(self) -> bool:
        """True while a run serves them, or has died without a word."""
        return self.folder.is_dir()

    def ask(self, positions: Sequence[tuple[str, str]] | None, now_ns: int) -> str:
        """Put a request down, and return its name.

        Raises:
            OSError: it cannot be written.
        """
        name = f"{now_ns:020}-{os.getpid()}"
        self._put(name + _ASKED, {"positions": None if positions is None else [list(pair) for pair in positions]})
        return name

    def waiting(self) -> list[CloseRequest]:
        """Every request that nobody has taken yet, oldest first; one that cannot be read is dropped."""
        try:
            names = sorted(file.name for file in self.folder.iterdir() if file.name.endswith(_ASKED))
        except OSError:
            return []
        found = []
        for file in names:
            try:
                asked = json.loads((self.folder / file).read_bytes())["positions"]
                pairs = None if asked is None else frozenset((str(symbol), str(side)) for symbol, side in asked)
            except (OSError, ValueError, KeyError, TypeError):
                with suppress(OSError):
                    (self.folder / file).unlink()
                continue
            found.append(CloseRequest(file.removesuffix(_ASKED), pairs))
        return found

    def take(self, name: str) -> bool:
        """Take a request away, to serve it or because it is not wanted any more; False when it is gone already."""
        try:
            (self.folder / (name + _ASKED)).unlink()
        except OSError:
            return False
        return True

    def answer(self, name: str, answer: dict[str, Any]) -> None:
        """Say what became of a request; a full disk keeps it back, and what was done stands."""
        with suppress(OSError):
            self._put(name + _ANSWERED, answer)

    def answered(self, name: str) -> dict[str, Any] | None:
        """What became of a request, once; None while nobody has said."""
        file = self.folder / (name + _ANSWERED)
        try:
            answer: dict[str, Any] = json.loads(file.read_bytes())
            file.unlink()
        except (OSError, ValueError):
            return None
        return answer

    def _put(self, file: str, content: dict[str, Any]) -> None:
        """Whole or not at all."""
        draft = self.folder / f".{file}"
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.chmod(0o600)
        draft.rename(self.folder / file)

    def _clear(self) -> None:
        for file in self.folder.iterdir() if self.folder.is_dir() else ():
            file.unlink(missing_ok=True)
