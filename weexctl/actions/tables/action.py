"""What a row of the table of actions is."""

from __future__ import annotations

from dataclasses import dataclass
from keyword import iskeyword
from typing import Literal

__all__ = ["Action", "Default", "Example", "Group", "Parameter", "ParameterType", "Risk"]

ParameterType = Literal["str", "int", "float", "bool", "path", "time"]
Risk = Literal["read", "simulate", "write"]
Default = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One flag or argument of an action, and the field of its `Input` that it fills."""

    name: str
    """The word on the command line, without dashes at the front: `why-not`."""
    type: ParameterType
    help: str
    """One sentence with the unit, no full stop."""
    default: Default = None
    """None means not given; a repeatable parameter that is not given is an empty tuple."""
    argument: bool = False
    """Given by position instead of by a flag."""
    repeatable: bool = False
    commas: bool = False
    """One value may hold several, separated by commas; only with `repeatable`."""
    required: bool = False
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    env: str | None = None
    """Environment variable that stands in when the flag is absent."""
    short: str | None = None
    """One letter."""

    @property
    def field(self) -> str:
        """The field of `Input`: a time carries its unit in the name (`from` fills `from_ms`), and a word of Python's
        own has `_` after it.
        """
        word = self.name.replace("-", "_")
        if self.type == "time":
            return f"{word}_ms"
        return f"{word}_" if iskeyword(word) else word

    @property
    def flag(self) -> str:
        """How a person writes it: `--why-not`, or the metavar of an argument."""
        return self.placeholder if self.argument else f"--{self.name}"

    @property
    def placeholder(self) -> str:
        """The word that stands for a value in help."""
        if self.metavar:
            return self.metavar
        if self.choices:
            return "|".join(self.choices)
        return self.name.upper().replace("-", "_") if self.argument else _PLACEHOLDERS[self.type]


_PLACEHOLDERS = {"str": "TEXT", "int": "N", "float": "X", "bool": "", "path": "PATH", "time": "TIME"}


@dataclass(frozen=True, slots=True)
class Example:
    """A command line that works, and what it is for."""

    command: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing weexctl can do."""

    name: str
    """Dotted; every part but the last is a command group: `plugins.list`."""
    section: str
    """The heading it stands under in help."""
    summary: str
    """One line, no full stop."""
    help: str
    """What it does, what it writes, what it needs."""
    risk: Risk
    """The most it can do with any flags: `read` changes nothing, `simulate` writes on this machine only,
    `write` may send orders."""
    module: str
    function: str = "run"
    """Name of the function in the module. `run` has the models `Input` and `Output`; `show` has `ShowInput` and
    `ShowOutput`."""
    parameters: tuple[Parameter, ...] = ()
    people_only: bool = False
    """No door for models offers it: it handles keys, decides what others may do, or does not end by itself."""
    stream: bool = False
    """Whether it can answer line by line while it runs."""
    examples: tuple[Example, ...] = ()

    @property
    def command(self) -> str:
        """The words on the command line: `plugins list`."""
        return self.name.replace(".", " ")


@dataclass(frozen=True, slots=True)
class Group:
    """A word that stands before several commands."""

    name: str
    section: str
    summary: str
