"""One fault: a word, the calls or the span of time it concerns, and how bad it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from weexctl.simulator.faults.words import Word

__all__ = ["ALWAYS", "Fault", "Match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which calls a fault concerns; what is left out concerns all. Seconds count from the start of the run."""

    method: str = ""
    path: str = ""
    """A regular expression, looked for in path and query."""
    nth: int | None = None
    """Only the nth call that fits, the first is 1."""
    probability: float | None = None
    """Each call that fits, with this probability."""
    from_s: float = 0.0
    to_s: float | None = None
    times: int | None = None
    """At most so often."""

    def fits(self, method: str, target: str) -> bool:
        """Whether a call is of this kind, whenever and however often."""
        return (not self.method or self.method == method) and (
            not self.path or _pattern(self.path).search(target) is not None
        )

    def covers(self, elapsed_s: float) -> bool:
        """Whether a moment lies in the span."""
        return elapsed_s >= self.from_s and (self.to_s is None or elapsed_s < self.to_s)


ALWAYS = Match()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A word with its match and its arguments. An argument that is a list of two numbers is drawn between them."""

    word: Word
    match: Match = ALWAYS
    args: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data; what is at its default is left out."""
        match = {
            name: value for name in Match.__dataclass_fields__ if (value := getattr(self.match, name)) not in ("", None)
        }
        if not match.get("from_s"):
            match.pop("from_s", None)
        return {"word": self.word.value, **({"match": match} if match else {}), **dict(self.args)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fault:
        """The fault that plain data describe.

        Raises:
            ValueError: an unknown word.
            TypeError: an unknown member of the match.
        """
        args = {name: value for name, value in data.items() if name not in ("word", "match")}
        return cls(word=Word(data["word"]), match=Match(**data.get("match", {})), args=args)

    def number(self, name: str, default: float) -> float:
        """An argument that is a number."""
        value = self.args.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{self.word.value}: {name} must be a number, not {value!r}")
        return float(value)

    def text(self, name: str, default: str = "") -> str:
        """An argument that is a word."""
        return str(self.args.get(name, default))


@lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path)
