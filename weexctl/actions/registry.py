"""The table of actions: plain data, so that help, completion and the reference page import nothing else.

A row names the module that does the work. The module has `Input` and `Output` (pydantic models) and
`run(input, context) -> Result`; it is imported when the action runs and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from keyword import iskeyword
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


VENUES = ("sim", "paper", "demo", "live")
SCOPES = ("observe", "research", "propose", "reduce", "trade")
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

_KEY_NAME = Parameter(
    name="name",
    type="str",
    help="Alias of the key; the one called main is used by itself",
    argument=True,
    required=True,
)
_SECRET_STDIN = Parameter(
    name="secret-stdin",
    type="bool",
    help="Read the key from standard input: JSON with key, secret and passphrase, or the three on a line each",
    default=False,
)
_SECRET_FILE = Parameter(name="secret-file", type="path", help="Read the key from a file that only you may read")

GROUPS = (
    Group("plugins", SET_UP, "See what is installed for the pipeline"),
    Group("keys", SET_UP, "Keep API keys, encrypted"),
    Group("profile", SET_UP, "Read, make, check and arm profiles"),
    Group("sim", TRADE, "The simulated exchange"),
)

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
            Parameter(
                name="from",
                type="time",
                help="With --data: first moment to decide at; a candle is decided on when it closes. "
                "A bare date is its 00:00 UTC",
            ),
            Parameter(
                name="to",
                type="time",
                help="Last moment to decide at. A bare date is its 00:00 UTC: --to 2024-01-01 covers all of 2023, "
                "and --to 2023-12-31 leaves that day out",
            ),
            Parameter(
                name="steps",
                type="int",
                help="Stop after this many closed candles; 1440 on the synthetic market, else as many as --data has",
            ),
            Parameter(name="once", type="bool", help="Decide on one closed candle only, then stop", default=False),
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
        name="sim.serve",
        section=TRADE,
        summary="Serve the simulated exchange over HTTP, for any client",
        help=(
            "Starts an exchange that answers like WEEX on the loopback address of this machine, prints its URL when "
            "it is ready, and serves until it is told to stop. Key, secret and passphrase are sim. Nothing is kept "
            "afterwards. At speed 1 a signature is stamped by the market's clock or by this machine's; else its age is "
            "not looked at."
        ),
        risk="simulate",
        module="weexctl.actions.sim",
        people_only=True,
        parameters=(
            Parameter(name="port", type="int", help="TCP port; 0 takes any that is free", default=8787),
            Parameter(name="seed", type="int", help="Seed of the synthetic market and of all ids; 7 if left out"),
            Parameter(
                name="data",
                type="str",
                help="Candles instead of the synthetic market: a file, a folder, or SYMBOL=PATH; may be repeated",
                repeatable=True,
                metavar="PATH",
            ),
            Parameter(
                name="symbols",
                type="str",
                help="List only these contracts, such as BTCUSDT,ETHUSDT",
                repeatable=True,
                commas=True,
                metavar="A,B",
            ),
            Parameter(
                name="speed",
                type="str",
                help="Simulated seconds in a second, or step: time moves only by control",
                default="1",
                metavar="X|step",
            ),
            Parameter(
                name="history",
                type="int",
                help="Closed candles before the start; 11000, or half of shorter data, if left out",
            ),
            Parameter(
                name="start-equity", type="str", help="What the account begins with, USDT", default="10000", metavar="N"
            ),
            Parameter(
                name="control",
                type="bool",
                help="Also offer /control/time, ledger, advance and settings, without a key",
                default=False,
            ),
            Parameter(name="no-limits", type="bool", help="Answer no 429, however many requests come", default=False),
        ),
        examples=(
            Example("weexctl sim serve", "a market that moves in real time"),
            Example("weexctl sim serve --port 0 --speed step --control -o json", "for tests of a client of yours"),
            Example("weexctl sim serve --speed 3600", "one hourly candle every second"),
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
                help="Order id (also of a stop), client order id, decision id or trade id; leave it out with --why-not",
                argument=True,
            ),
            Parameter(name="why-not", type="str", help="Explain why this symbol was not traded", metavar="SYMBOL"),
            Parameter(
                name="at",
                type="time",
                help="The moment --why-not asks about: ISO time in UTC, or ms; the end of the newest run if left out",
            ),
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
                name="timeout",
                type="float",
                help="Seconds to wait for each answer",
                default=10.0,
                metavar="SECONDS",
                env="WEEX_API_TIMEOUT",
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
    Action(
        name="keys.add",
        section=SET_UP,
        summary="Store an API key, encrypted under a passphrase",
        help=(
            "Asks for key, secret and passphrase without showing them, or reads them from a pipe or a file, and stores "
            "them encrypted in the configuration folder. No flag takes a secret. The key may be used for no more than "
            "its scope says, whoever asks. The first key also asks for the passphrase of the vault, twice."
        ),
        risk="simulate",
        module="weexctl.actions.keys",
        function="add",
        people_only=True,
        parameters=(
            _KEY_NAME,
            Parameter(name="scope", type="str", help="The most it may be used for", choices=SCOPES, required=True),
            Parameter(
                name="venue",
                type="str",
                help="The furthest venue it may be used at; live includes demo",
                choices=("live", "demo"),
                default="live",
            ),
            _SECRET_STDIN,
            _SECRET_FILE,
        ),
        examples=(
            Example("weexctl keys add main --scope trade", "the key that is used when none is named"),
            Example("weexctl keys add watcher --scope observe --secret-stdin", "piped in by a password manager"),
        ),
    ),
    Action(
        name="keys.list",
        section=SET_UP,
        summary="List the keys, without any part of them",
        help=(
            "Lists the stored keys and that of the environment: alias, scope, venue, when it was stored, and a "
            "fingerprint that tells keys apart on this machine. Needs no passphrase and opens nothing."
        ),
        risk="read",
        module="weexctl.actions.keys",
        function="list_",
        examples=(Example("weexctl keys list", "what there is"),),
    ),
    Action(
        name="keys.remove",
        section=SET_UP,
        summary="Forget a stored key",
        help=(
            "Takes a key out of the vault; asks for the vault's passphrase. The exchange accepts the key until it is "
            "deleted there."
        ),
        risk="simulate",
        module="weexctl.actions.keys",
        function="remove",
        people_only=True,
        parameters=(_KEY_NAME,),
        examples=(Example("weexctl keys remove watcher", "forget the key watcher"),),
    ),
    Action(
        name="keys.rotate",
        section=SET_UP,
        summary="Replace a stored key by a new one that works",
        help=(
            "Reads a new key as keys add does, asks the exchange for the balance with it, and puts it in the place of "
            "the old one when that works. Until then, and when anything fails, the old key stays."
        ),
        risk="simulate",
        module="weexctl.actions.keys",
        function="rotate",
        people_only=True,
        parameters=(
            _KEY_NAME,
            Parameter(
                name="scope",
                type="str",
                help="Another scope for the new key; that of the old if left out",
                choices=SCOPES,
            ),
            _SECRET_STDIN,
            _SECRET_FILE,
            Parameter(
                name="no-check", type="bool", help="Store the new key without asking the exchange", default=False
            ),
        ),
        examples=(Example("weexctl keys rotate main", "after making a new key on the exchange's page"),),
    ),
    Action(
        name="profile.list",
        section=SET_UP,
        summary="List the profiles that can be named",
        help=(
            "Lists the profiles of the working directory's profiles folder, of the configuration folder, and the "
            "built-in ones, in the order of the look-up: whether each can be used, and whether it is armed."
        ),
        risk="read",
        module="weexctl.actions.profiles",
        function="list_",
        examples=(Example("weexctl profile list", "what there is"),),
    ),
    Action(
        name="profile.show",
        section=SET_UP,
        summary="Show every value of a profile and where it came from",
        help=(
            "Shows a profile as a run would use it: defaults filled in, the environment and --venue laid over it, and "
            "beside each value the layer it came from."
        ),
        risk="read",
        module="weexctl.actions.profiles",
        function="show",
        parameters=(
            Parameter(
                name="name",
                type="str",
                help="Profile name, or path of a profile file",
                default="safe",
                argument=True,
                env="WEEXCTL_PROFILE",
            ),
            _VENUE,
        ),
        examples=(
            Example("weexctl profile show balanced", "the values of a built-in profile"),
            Example("weexctl profile show safe -o json --fields toml", "the whole of it as TOML"),
        ),
    ),
    Action(
        name="profile.new",
        section=SET_UP,
        summary="Write a copy of a profile to edit",
        help=(
            "Writes a profile with every default spelt out into the configuration folder, where its name is found. "
            "It never overwrites a file, and does not take the name of a profile that is there."
        ),
        risk="simulate",
        module="weexctl.actions.profiles",
        function="new",
        parameters=(
            Parameter(name="name", type="str", help="Name of the new profile", argument=True, required=True),
            Parameter(
                name="from", type="str", help="Profile name or path to begin with", default="safe", metavar="NAME"
            ),
        ),
        examples=(Example("weexctl profile new mine --from balanced", "begin with balanced"),),
    ),
    Action(
        name="profile.validate",
        section=SET_UP,
        summary="Check a profile and list everything that is wrong with it",
        help=(
            "Reads a profile as it is written, checks every key, value and plugin, and builds the plugins. Answers "
            "with exit code 6 when something is wrong, each fault with its path and the nearest valid word."
        ),
        risk="read",
        module="weexctl.actions.profiles",
        function="validate",
        parameters=(
            Parameter(
                name="path",
                type="str",
                help="Path of a profile file, or profile name",
                argument=True,
                required=True,
            ),
        ),
        examples=(Example("weexctl profile validate profiles/mine.toml", "before it trades"),),
    ),
    Action(
        name="profile.schema",
        section=SET_UP,
        summary="Show the JSON schema of a profile, for editors",
        help=(
            "Makes the JSON schema of a profile with the settings of every plugin that is installed here, so that an "
            "editor can complete and check a profile while it is written. An earlier schema is replaced, no other file."
        ),
        risk="simulate",
        module="weexctl.actions.profiles",
        function="schema",
        parameters=(Parameter(name="write", type="path", help="Also write it to this file"),),
        examples=(Example("weexctl profile schema --write profile.schema.json", "for an editor"),),
    ),
    Action(
        name="profile.arm",
        section=SET_UP,
        summary="Let live trading use a profile, as a person at a terminal",
        help=(
            "Asks for the account's alias at a terminal; a pipe is refused. Live trading then accepts exactly this "
            "content for this account; whatever changes in the profile has to be armed again. Sends nothing."
        ),
        risk="simulate",
        module="weexctl.actions.profiles",
        function="arm",
        people_only=True,
        parameters=(
            Parameter(
                name="name",
                type="str",
                help="Profile name, or path of a profile file",
                argument=True,
                required=True,
            ),
            Parameter(name="account", type="str", help="Alias of the account's key", default="main", metavar="ALIAS"),
        ),
        examples=(Example("weexctl profile arm safe", "before the first trade with --venue live"),),
    ),
)


def find(name: str) -> Action | None:
    """The action with this dotted name, None when there is none."""
    return next((action for action in ACTIONS if action.name == name), None)
