"""The table of actions: plain data, so that help, completion and the reference page import nothing else.

A row names the module that does the work. The module has `Input` and `Output` (pydantic models) and
`run(input, context) -> Result`; it is imported when the action runs and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ACTIONS", "GROUPS", "Action", "Example", "Group", "Parameter", "find"]

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
        """The field of `Input`: a time carries its unit in the name (`from` fills `from_ms`)."""
        word = self.name.replace("-", "_")
        return f"{word}_ms" if self.type == "time" else word

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


VENUES = ("sim", "paper", "demo", "live")
KINDS = ("regime", "strategy", "sizer", "risk", "guard", "exit")

TRADE = "Trade"
UNDERSTAND = "Understand"
SET_UP = "Set up"

_VENUE = Parameter(
    name="venue",
    type="str",
    help="Where orders go; nothing leaves this machine with sim, and paper only reads the market",
    choices=VENUES,
    env="WEEXCTL_VENUE",
)
_PROFILE = Parameter(
    name="profile",
    type="str",
    help="Profile name, or path of a profile file",
    default="safe",
    metavar="NAME",
    env="WEEXCTL_PROFILE",
)
_KIND = Parameter(name="kind", type="str", help="Only plugins of this kind", choices=KINDS)

GROUPS = (Group("plugins", SET_UP, "See what is installed for the pipeline"),)

ACTIONS = (
    Action(
        name="trade",
        section=TRADE,
        summary="Run a profile on a venue, candle by candle",
        help=(
            "Trades a profile: names the regime at every closed candle, asks the rule allowed in it, sizes, lets the "
            "risk policies shrink and the guards refuse, and sends what is left. Every order can be explained "
            "afterwards. Without flags it trades the profile safe on the simulator, offline. Live trading needs keys, "
            "--venue live and a profile that a person has armed."
        ),
        risk="write",
        module="weexctl.actions.trade",
        parameters=(
            _PROFILE,
            _VENUE,
            Parameter(
                name="data",
                type="str",
                help="Candles for sim: a file, a folder, or SYMBOL=PATH; may be repeated",
                repeatable=True,
                metavar="PATH",
            ),
            Parameter(
                name="symbols",
                type="str",
                help="Trade only these symbols of the profile, such as BTCUSDT,ETHUSDT",
                repeatable=True,
                commas=True,
                metavar="A,B",
            ),
            Parameter(name="from", type="time", help="First candle to decide on: ISO date or time in UTC, or ms"),
            Parameter(name="to", type="time", help="Stop before this moment: ISO date or time in UTC, or ms"),
            Parameter(name="steps", type="int", help="Stop after this many closed candles"),
            Parameter(name="once", type="bool", help="Decide on the last closed candle only, then stop", default=False),
            Parameter(
                name="new", type="bool", help="Archive the earlier sim run instead of going on with it", default=False
            ),
            Parameter(name="dry-run", type="bool", help="Decide and record, but send no order", default=False),
            Parameter(
                name="read-only", type="bool", help="Refuse everything that could change the account", default=False
            ),
            Parameter(name="seed", type="int", help="Seed of the synthetic market; equal seeds give equal runs"),
        ),
        examples=(
            Example("weexctl trade --profile safe --steps 500", "500 hours on the synthetic market, offline"),
            Example(
                "weexctl trade --data candles/BTCUSDT-1h.csv.gz --symbols BTCUSDT --from 2025-01-01 --new",
                "a new run on your own candles",
            ),
            Example("weexctl trade --profile balanced --venue paper --once", "one decision on today's market"),
        ),
    ),
    Action(
        name="explain",
        section=UNDERSTAND,
        summary="Say why an order was sent, or why none was",
        help=(
            "Reads the journal and tells the story of one decision: the regime, the rule, each policy and guard with "
            "its numbers, the binding constraint, and the order that came of it. Sends nothing and recomputes nothing."
        ),
        risk="read",
        module="weexctl.actions.explain",
        parameters=(
            Parameter(
                name="id",
                type="str",
                help="Order id, client order id or decision id; leave it out with --why-not",
                argument=True,
            ),
            Parameter(name="why-not", type="str", help="Explain why this symbol was not traded", metavar="SYMBOL"),
            Parameter(name="at", type="time", help="The moment --why-not asks about: ISO time in UTC, or ms"),
            Parameter(name="run", type="str", help="Look in this run only; otherwise newest first", metavar="RUN_ID"),
        ),
        examples=(
            Example("weexctl explain 702548201931046912", "why this order was sent"),
            Example("weexctl explain --why-not ETHUSDT --at 2026-02-01T13:00", "why ETHUSDT was left alone"),
        ),
    ),
    Action(
        name="test-connection",
        section=SET_UP,
        summary="Check the way to a venue: network, clock, keys, permissions",
        help=(
            "Asks the venue for its time, a price and, with keys, the account, and says what works and what does not. "
            "Reads only, unless --trade asks for the smallest possible order to be placed and closed again."
        ),
        risk="write",  # with --trade; without it nothing is changed
        module="weexctl.actions.test_connection",
        parameters=(
            _VENUE,
            _PROFILE,
            Parameter(
                name="base-url",
                type="str",
                help="Ask this address instead of the exchange, such as that of a simulator on this machine",
                metavar="URL",
            ),
            Parameter(
                name="trade", type="bool", help="Also place and close the smallest order the venue takes", default=False
            ),
            Parameter(
                name="timeout", type="float", help="Seconds to wait for each answer", default=10.0, metavar="SECONDS"
            ),
        ),
        examples=(
            Example("weexctl test-connection", "the simulator, offline"),
            Example("weexctl test-connection --venue live", "the exchange, reading only"),
        ),
    ),
    Action(
        name="version",
        section=SET_UP,
        summary="Show the version of weexctl and of what it runs on",
        help=(
            "Names the versions of weexctl, Python, the operating system and the libraries whose numbers a decision "
            "depends on. Put this into a bug report. --version prints the one number, faster."
        ),
        risk="read",
        module="weexctl.actions.version",
        examples=(Example("weexctl version -o json", "for a bug report"),),
    ),
    Action(
        name="plugins.list",
        section=SET_UP,
        summary="List the plugins a profile can name",
        help=(
            "Lists every plugin that an installed distribution offers, first-party ones included: its kind, where it "
            "comes from, and whether it can be used. One that failed to load is listed with the reason."
        ),
        risk="read",
        module="weexctl.actions.plugins",
        function="list_",
        parameters=(_KIND,),
        examples=(
            Example("weexctl plugins list", "everything installed"),
            Example("weexctl plugins list --kind strategy", "the rules only"),
        ),
    ),
    Action(
        name="plugins.show",
        section=SET_UP,
        summary="Show one plugin: where it comes from and what can be set",
        help=(
            "Shows one plugin's origin and every setting it takes, with type, default and bounds, as it is written "
            "in a profile."
        ),
        risk="read",
        module="weexctl.actions.plugins",
        function="show",
        parameters=(
            Parameter(
                name="name",
                type="str",
                help="Name of the plugin, as plugins list has it",
                argument=True,
                required=True,
            ),
            Parameter(
                name="kind", type="str", help="Which one, when a name is offered in several kinds", choices=KINDS
            ),
        ),
        examples=(Example("weexctl plugins show trend", "the settings of the rule trend"),),
    ),
)


def find(name: str) -> Action | None:
    """The action with this dotted name, None when there is none."""
    return next((action for action in ACTIONS if action.name == name), None)
