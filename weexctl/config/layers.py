"""Layers of a profile: what the file says, what environment and flags say over it, and where each value came from."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from weexctl.errors import UsageError

__all__ = ["Layer", "Layered", "Location", "Origin", "leaves", "parse_path", "path_text"]

Layer = Literal["default", "file", "environment", "flag"]
Location = tuple[str | int, ...]

_PART = re.compile(r"([A-Za-z0-9_-]+)((?:\[\d+\])*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which layer a value came from, and the words for it."""

    layer: Layer
    words: str
    """`built-in profile safe`, `file profiles/mine.toml`, `environment WEEXCTL_VENUE`, `flag --venue`, `default`."""


@dataclass(slots=True)
class Layered:
    """A raw document, and the origin of what was laid over it."""

    values: dict[str, Any]
    base: Origin
    """Where the document itself came from."""
    laid: dict[Location, Origin] = field(default_factory=dict)

    def lay(self, location: Location, value: Any, origin: Origin) -> None:
        """Put one value over the document.

        Raises:
            UsageError: the location goes through something that is no table, or past the end of a list.
        """
        holder: Any = self.values
        for part, following in pairwise(location):
            holder = _step(holder, part, following, location)
        if isinstance(location[-1], int):
            _step(holder, location[-1], None, location)
        elif not isinstance(holder, dict):
            raise _no_such_place(location)
        holder[location[-1]] = copy.deepcopy(value)
        self.laid[location] = origin

    def origin(self, location: Location) -> Origin:
        """Where the value at a location came from; what no layer mentions is a default."""
        for length in range(len(location), 0, -1):
            if (laid := self.laid.get(location[:length])) is not None:
                return laid if _present(self.values, location) else Origin("default", "default")
        return self.base if _present(self.values, location) else Origin("default", "default")

    def nearest_origin(self, location: Location) -> Origin:
        """Where the innermost mentioned table around a location came from; for errors about what is absent."""
        for length in range(len(location), 0, -1):
            if (laid := self.laid.get(location[:length])) is not None:
                return laid
        inside = [origin for place, origin in self.laid.items() if place[: len(location)] == location]
        return inside[0] if inside and location else self.base


def _step(holder: Any, part: str | int, following: str | int | None, location: Location) -> Any:
    if isinstance(part, int) and isinstance(holder, list) and part < len(holder):
        return holder[part]
    if isinstance(part, str) and isinstance(holder, dict):
        return holder.setdefault(part, [] if isinstance(following, int) else {})
    raise _no_such_place(location)


def _no_such_place(location: Location) -> UsageError:
    return UsageError(
        f"{path_text(location)}: the profile has no such place; nothing was run",
        hint="list entries count from 0, as in pipeline.risk[1].soft; `weexctl profile show` lists every key",
        code="NO_SUCH_KEY",
    )


def _present(values: Any, location: Location) -> bool:
    for part in location:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def path_text(location: Location) -> str:
    """`pipeline.risk[1].soft`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def parse_path(text: str) -> Location:
    """The location a path names, the inverse of `path_text`.

    Raises:
        UsageError: it is no path.
    """
    location: list[str | int] = []
    for part in text.split("."):
        match = _PART.fullmatch(part)
        if match is None:
            hint = "write it as limits.max_leverage or pipeline.risk[1].soft"
            raise UsageError(f"{text!r} is no path into a profile; nothing was run", hint=hint, code="NO_SUCH_KEY")
        location.append(match[1])
        location.extend(int(index) for index in re.findall(r"\d+", match[2]))
    return tuple(location)


def leaves(values: Any, location: Location = ()) -> Iterator[Location]:
    """Every location that holds a value: a scalar, or a list of scalars as one."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from leaves(value, (*location, key))
    elif isinstance(values, list) and any(isinstance(item, Mapping) for item in values):
        for index, value in enumerate(values):
            yield from leaves(value, (*location, index))
    else:
        yield location
