"""What a sweep varies: ranges and choices for settings of a profile, named by their paths."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from weexctl.config.layers import parse_path
from weexctl.errors import UsageError

__all__ = ["HINT", "Choices", "Dimension", "Params", "Range", "Space", "Value", "parse_setting", "read_space"]

Value = bool | int | float | str
Params = Mapping[str, Value]
"""One value for each path."""

_TABLES = ("pipeline", "limits")
_RANGE = re.compile(r"(?P<low>[^:]+?)\.\.(?P<high>[^:]+)(?P<words>(?::[^:]+)*)")
HINT = "write it as pipeline.rebalance_band=0.2..0.8, PATH=1..9:int, PATH=0.01..1:log, PATH=0..1:0.25 or PATH=a,b,c"
"""How a range or a choice is written, for hints."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two ends, both included."""

    path: str
    low: float
    high: float
    log: bool = False
    """Evenly over the logarithm."""
    integer: bool = False
    """Whole numbers only."""
    step: float | None = None

    def probes(self) -> tuple[Value, ...]:
        """Values that show whether the profile takes this range: its ends, and one within."""
        if self.integer:
            return int(self.low), int(self.high)
        within = self.low + (self.step if self.step is not None else (self.high - self.low) * 0.382)
        return self.low, self.high, within


@dataclass(frozen=True, slots=True)
class Choices:
    """A few values."""

    path: str
    choices: tuple[Value, ...]

    def probes(self) -> tuple[Value, ...]:
        """Every one of them."""
        return self.choices


Dimension = Range | Choices


@dataclass(frozen=True, slots=True)
class Space:
    """Everything that is varied at once; without dimensions, only the profile as it is can be tried.

    Raises:
        UsageError: one setting is varied twice, or one that a sweep leaves alone.
    """

    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        places = [parse_path(dimension.path) for dimension in self.dimensions]
        for number, (dimension, place) in enumerate(zip(self.dimensions, places, strict=True)):
            if place[0] not in _TABLES:
                raise UsageError(
                    f"a sweep varies pipeline and limits, not {dimension.path}: the candles are the same for every"
                    " trial; nothing was run",
                    hint="leave it out, or make a profile for each",
                    code="BAD_SPACE",
                )
            for other in places[:number]:
                if place[: len(other)] == other or other[: len(place)] == place:
                    raise UsageError(
                        f"{dimension.path} is varied twice; nothing was run",
                        hint="keep one of the two ranges",
                        code="BAD_SPACE",
                    )

    @property
    def paths(self) -> tuple[str, ...]:
        """What is varied, in order."""
        return tuple(dimension.path for dimension in self.dimensions)

    @property
    def digest(self) -> str:
        """The same ranges and choices have the same digest; their order counts."""
        text = json.dumps([[type(d).__name__, *_fields(d)] for d in self.dimensions])
        return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()

    def holds(self, params: Params) -> bool:
        """Whether there is a value for every path, and it lies in its range or is one of its choices."""
        return all(
            dimension.path in params and _holds(dimension, params[dimension.path]) for dimension in self.dimensions
        )


def parse_setting(text: str) -> Dimension:
    """The dimension of `PATH=LOW..HIGH[:log][:int][:STEP]` or `PATH=a,b,c`.

    Raises:
        UsageError: it is neither, or makes no sense.
    """
    path, found, rest = (part.strip() for part in text.partition("="))
    if not (path and found and rest):
        raise UsageError(f"--set {text!r} is no range and no choice; nothing was run", hint=HINT, code="BAD_SPACE")
    if ".." not in rest:
        return _choices(path, [_scalar(word.strip()) for word in rest.split(",")])
    match = _RANGE.fullmatch(rest)
    if match is None:
        raise UsageError(f"--set {text!r}: {rest!r} is no range; nothing was run", hint=HINT, code="BAD_SPACE")
    words = [word for word in match["words"].split(":") if word]
    steps = [word for word in words if word not in ("log", "int")]
    if len(steps) > 1 or len(set(words)) < len(words):
        raise UsageError(
            f"--set {text!r}: {':'.join(words)!r} makes no sense; nothing was run", hint=HINT, code="BAD_SPACE"
        )
    return _range(
        path,
        _number(path, match["low"]),
        _number(path, match["high"]),
        log="log" in words,
        integer="int" in words,
        step=_number(path, steps[0]) if steps else None,
    )


def read_space(text: str, source: str) -> tuple[Dimension, ...]:
    """The dimensions of a TOML text: one table for each path, with low and high or with choices.

    Raises:
        UsageError: it is no TOML, or a table makes no sense.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{source} is no TOML: {error}; nothing was run",
            hint=_table_hint("pipeline.rebalance_band"),
            code="BAD_SPACE",
        ) from error
    return tuple(_of_table(path, table, source) for path, table in _tables(tables))


class _Table(BaseModel):
    """One dimension as a file has it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    low: float | None = None
    high: float | None = None
    log: bool = False
    integer: bool = Field(default=False, alias="int")
    step: float | None = None
    choices: list[bool | int | float | str] | None = None


def _tables(tables: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Each path with its table. A key without quotes is taken apart by TOML, and is put together again here."""
    for key, value in tables.items():
        path = f"{before}{key}"
        if isinstance(value, Mapping) and value and all(isinstance(inner, Mapping) for inner in value.values()):
            yield from _tables(value, f"{path}.")
        else:
            yield path, value


def _of_table(path: str, table: Any, source: str) -> Dimension:
    hint = _table_hint(path)
    try:
        found = _Table.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([path, *(str(part) for part in first["loc"][:1])])
        raise UsageError(f"{source}: {where}: {first['msg']}; nothing was run", hint=hint, code="BAD_SPACE") from error
    if found.choices is not None and found.low is None and found.high is None:
        return _choices(path, found.choices)
    if found.low is None or found.high is None or found.choices is not None:
        raise UsageError(
            f"{source}: {path} needs low and high, or choices; nothing was run", hint=hint, code="BAD_SPACE"
        )
    return _range(path, found.low, found.high, log=found.log, integer=found.integer, step=found.step)


def _table_hint(path: str) -> str:
    return f'write ["{path}"] with low = 0.2 and high = 0.8, and log, int or step if wanted; or with choices = [1, 2]'


def _choices(path: str, values: Iterable[Value]) -> Choices:
    choices = tuple(values)
    distinct = {(type(value), value) for value in choices}
    if len(choices) < 2 or len(distinct) < len(choices) or "" in choices:
        raise UsageError(f"{path} needs two different choices or more; nothing was run", hint=HINT, code="BAD_SPACE")
    return Choices(path, choices)


def _range(path: str, low: float, high: float, *, log: bool, integer: bool, step: float | None) -> Range:
    wrong = ""
    if not low < high:
        wrong = f"the range {low:g} to {high:g} is empty: the first end has to be below the second"
    elif log and low <= 0:
        wrong = f"a logarithmic range cannot begin at {low:g}"
    elif log and step is not None:
        wrong = "a logarithmic range has no steps"
    elif integer and not all(end.is_integer() for end in (low, high, step or 1.0)):
        wrong = "a range of whole numbers has whole ends and steps"
    elif step is not None and not 0 < step <= high - low:
        wrong = f"a step of {step:g} does not fit between {low:g} and {high:g}"
    if wrong:
        raise UsageError(f"{path}: {wrong}; nothing was run", hint=HINT, code="BAD_SPACE")
    return Range(path, low, high, log, integer, step)


def _number(path: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{path}: {text.strip()!r} is no number; nothing was run", hint=HINT, code="BAD_SPACE")
    return value


def _scalar(word: str) -> Value:
    """A choice as TOML would read it; what TOML does not know is a word."""
    try:
        value = tomllib.loads(f"x = {word}")["x"]
    except tomllib.TOMLDecodeError:
        return word
    return value if isinstance(value, (bool, int, float, str)) else word


def _fields(dimension: Dimension) -> list[Any]:
    if isinstance(dimension, Choices):
        return [dimension.path, list(dimension.choices)]
    step = None if dimension.step is None else float(dimension.step)
    return [dimension.path, float(dimension.low), float(dimension.high), dimension.log, dimension.integer, step]


def _holds(dimension: Dimension, value: Value) -> bool:
    if isinstance(dimension, Choices):
        return any(type(value) is type(choice) and value == choice for choice in dimension.choices)
    if isinstance(value, (bool, str)) or not dimension.low <= value <= dimension.high:
        return False
    step = dimension.step or (1 if dimension.integer else None)
    return step is None or abs(math.remainder(value - dimension.low, step)) <= 1e-9 * step
