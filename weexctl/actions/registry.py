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

TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w")

_SYMBOL = Parameter(name="symbol", type="str", help="Symbol, such as BTCUSDT", argument=True, required=True)
_ANY_SYMBOL = Parameter(name="symbol", type="str", help="Only this symbol; all eight if left out", argument=True)
_MARKET = (
    Parameter(
        name="venue",
        type="str",
        help="Whose market; paper, demo and live all look at the exchange and need no key",
        choices=VENUES,
        env="WEEXCTL_VENUE",
    ),
    Parameter(
        name="data",
        type="str",
        help="At sim, the candles of a run that was made with --data; may be repeated",
        repeatable=True,
        metavar="PATH",
    ),
    Parameter(
        name="timeout",
        type="float",
        help="Seconds to wait for each answer",
        default=10.0,
        metavar="SECONDS",
        env="WEEX_API_TIMEOUT",
    ),
)

_SYMBOLS = Parameter(
    name="symbols",
    type="str",
    help="Only these symbols, such as BTCUSDT,ETHUSDT; all if left out",
    repeatable=True,
    commas=True,
    metavar="A,B",
)
_REPLACE = Parameter(
    name="replace", type="bool", help="Forget what is stored of these instead of joining to it", default=False
)

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

_ACCOUNT_VENUE = Parameter(
    name="venue", type="str", help="Whose account; sim if left out", choices=VENUES, env="WEEXCTL_VENUE"
)
_RUN_DATA = Parameter(
    name="data",
    type="str",
    help="Candle files of the run at sim, when it was made with --data; may be repeated",
    repeatable=True,
    metavar="PATH",
)
_DRY_RUN = Parameter(name="dry-run", type="bool", help="Show what would be sent, and send nothing", default=False)
_READ_ONLY = Parameter(
    name="read-only", type="bool", help="Refuse everything that could change the account", default=False
)
_ORDER = (
    Parameter(name="symbol", type="str", help="Which symbol, such as BTCUSDT", argument=True, required=True),
    Parameter(name="side", type="str", help="Which way the order goes", choices=("buy", "sell"), required=True),
    Parameter(
        name="position",
        type="str",
        help="Which position it is about: buying a long opens, selling a long closes",
        choices=("long", "short"),
        required=True,
    ),
    Parameter(name="size", type="float", help="How much, in the unit named", required=True),
    Parameter(
        name="unit",
        type="str",
        help="What --size counts: USDT at the mark price, or coins",
        choices=("quote", "base"),
        required=True,
    ),
    Parameter(
        name="stop", type="float", help="Trigger price of the stop that goes out with it; an order that opens needs it"
    ),
    Parameter(name="target", type="float", help="Trigger price of a target that goes out with it"),
)

GROUPS = (
    Group("order", TRADE, "Send orders by hand and look at them"),
    Group("account", UNDERSTAND, "See balance, positions and risk"),
    Group("plugins", SET_UP, "See what is installed for the pipeline"),
    Group("keys", SET_UP, "Keep API keys, encrypted"),
    Group("profile", SET_UP, "Read, make, check and arm profiles"),
    Group("market", UNDERSTAND, "Look at the market"),
    Group("data", UNDERSTAND, "Keep candles on this machine"),
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
    # Orders by hand and the account.
    Action(
        name="order.preview",
        section=TRADE,
        summary="Say what an order would cost, risk and meet with",
        help=(
            "Works out an order without sending it: cost, margin, fee, liquidation price, the loss at the stop, and "
            "the answer of every guard. At sim it is about the account of the newest run of `trade`."
        ),
        risk="read",
        module="weexctl.actions.order",
        function="preview",
        parameters=(*_ORDER, _ACCOUNT_VENUE, _RUN_DATA),
        examples=(
            Example(
                "weexctl order preview BTCUSDT --side buy --position long --size 200 --unit quote --stop 80000",
                "200 USDT of BTC with a stop at 80 000",
            ),
        ),
    ),
    Action(
        name="order.place",
        section=TRADE,
        summary="Send a market order by hand and follow it to its end",
        help=(
            "Sends an order through the same gate, limits and journal as those of a run, and waits until it is filled "
            "or refused. An order that opens carries its stop or is refused; no rule touches its position afterwards. "
            "`explain` tells its story. At sim it acts on the account of the newest run, whose time stands still "
            "meanwhile, and the next `trade` goes on from there."
        ),
        risk="write",
        module="weexctl.actions.order",
        function="place",
        parameters=(*_ORDER, _ACCOUNT_VENUE, _RUN_DATA, _DRY_RUN, _READ_ONLY),
        examples=(
            Example(
                "weexctl order place BTCUSDT --side buy --position long --size 0.002 --unit base --stop 80000",
                "open a long with its stop",
            ),
            Example(
                "weexctl order place BTCUSDT --side sell --position long --size 0.001 --unit base",
                "close a part of it",
            ),
        ),
    ),
    Action(
        name="order.status",
        section=TRADE,
        summary="Show one order as the exchange has it",
        help="Asks the exchange for an order by its id; a stop or target is found while it waits for its trigger.",
        risk="read",
        module="weexctl.actions.order",
        function="status",
        parameters=(
            Parameter(name="id", type="str", help="Order id of the exchange", argument=True, required=True),
            _ACCOUNT_VENUE,
            _RUN_DATA,
        ),
        examples=(Example("weexctl order status 702548201931046912", "what has become of it"),),
    ),
    Action(
        name="order.list",
        section=TRADE,
        summary="List orders that rest or wait for a trigger",
        help="Asks the exchange for resting orders, and for the stops and targets that wait for their price.",
        risk="read",
        module="weexctl.actions.order",
        function="list_",
        parameters=(
            Parameter(name="symbol", type="str", help="Only this symbol", metavar="SYMBOL"),
            _ACCOUNT_VENUE,
            _RUN_DATA,
        ),
        examples=(Example("weexctl order list --symbol BTCUSDT", "the stops of BTCUSDT"),),
    ),
    Action(
        name="close",
        section=TRADE,
        summary="Close the position of one symbol at market",
        help=(
            "Closes what is held of a symbol, whoever opened it, takes its stops away and shows the account before and "
            "after. Works while trading is halted."
        ),
        risk="write",
        module="weexctl.actions.close",
        parameters=(
            Parameter(name="symbol", type="str", help="Which symbol, such as BTCUSDT", argument=True, required=True),
            Parameter(name="position", type="str", help="Only this side", choices=("long", "short")),
            _ACCOUNT_VENUE,
            _RUN_DATA,
            _DRY_RUN,
            _READ_ONLY,
        ),
        examples=(Example("weexctl close BTCUSDT", "out of BTC"),),
    ),
    Action(
        name="flatten",
        section=TRADE,
        summary="Close every position at market",
        help=(
            "Closes all positions one after the other; one that fails keeps none of the others back. Works while "
            "trading is halted. A run that goes on afterwards may open again; `kill` first if it must not."
        ),
        risk="write",
        module="weexctl.actions.close",
        function="flatten",
        parameters=(
            Parameter(name="all", type="bool", help="Say that all of them are meant", default=False),
            _ACCOUNT_VENUE,
            _RUN_DATA,
            _DRY_RUN,
            _READ_ONLY,
        ),
        examples=(Example("weexctl flatten --all", "hold nothing"),),
    ),
    Action(
        name="kill",
        section=TRADE,
        summary="Stop everything but closing, at once",
        help=(
            "Writes the kill file of an account. Nothing that opens leaves from then on, not from a run that is under "
            "way either; closing works. Only a person at a terminal can take it back, with `resume`."
        ),
        risk="simulate",
        module="weexctl.actions.kill",
        parameters=(
            _ACCOUNT_VENUE,
            Parameter(name="reason", type="str", help="Why, for whoever finds it", default=""),
        ),
        examples=(Example("weexctl kill --reason 'leaving for the weekend'", "nothing opens any more"),),
    ),
    Action(
        name="resume",
        section=TRADE,
        summary="Take back the kill switch, as a person at a terminal",
        help="Removes the kill file once somebody has typed the name of the account. Refuses a pipe.",
        risk="simulate",
        module="weexctl.actions.kill",
        function="resume",
        people_only=True,
        parameters=(_ACCOUNT_VENUE,),
        examples=(Example("weexctl resume", "trade again"),),
    ),
    Action(
        name="account.balance",
        section=UNDERSTAND,
        summary="Show the balance of the account",
        help="Asks for equity, wallet, unrealised result and what is available. Reads only.",
        risk="read",
        module="weexctl.actions.account",
        function="balance",
        parameters=(_ACCOUNT_VENUE, _RUN_DATA),
        examples=(
            Example("weexctl account balance", "the simulated account of the newest run"),
            Example("weexctl account balance --venue live", "the real one"),
        ),
    ),
    Action(
        name="account.positions",
        section=UNDERSTAND,
        summary="List the open positions",
        help="Asks the exchange for open positions, and at sim the journal for who opened them and where the stop is.",
        risk="read",
        module="weexctl.actions.account",
        function="positions",
        parameters=(_ACCOUNT_VENUE, _RUN_DATA),
        examples=(Example("weexctl account positions", "what is held"),),
    ),
    Action(
        name="account.risk",
        section=UNDERSTAND,
        summary="Show how much of each limit is taken",
        help=(
            "Sets the account against the limits of its run's profile: losses, exposures, numbers of positions, the "
            "loss if every stop were hit, locked symbols and cooldowns. At the venue sim only."
        ),
        risk="read",
        module="weexctl.actions.account",
        function="risk",
        parameters=(_ACCOUNT_VENUE, _RUN_DATA),
        examples=(Example("weexctl account risk", "how near the account is to its limits"),),
    ),
    # End of orders by hand and the account.
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
        name="sim.scenario",
        section=TRADE,
        summary="Try the order path under faults, and check what must always hold",
        help=(
            "Runs the order path against the simulated exchange while requests are lost, answers garbled, the process "
            "killed, the disk full or the market gone, all in simulated time; an oracle then compares the exchange's "
            "own books with the journal. A name runs one case of the catalogue, all runs every one, and a seed makes "
            "a schedule of its own, the same one every time. Without either the catalogue is listed. Nothing is kept, "
            "and nothing leaves this machine. It exits with 6 when an invariant did not hold."
        ),
        risk="simulate",
        module="weexctl.actions.scenario",
        parameters=(
            Parameter(name="name", type="str", help="Case of the catalogue, such as A1, or all", argument=True),
            Parameter(name="seed", type="int", help="First seed of schedules instead of a case"),
            Parameter(
                name="schedules", type="int", help="How many schedules, one for each seed from --seed on", default=1
            ),
            Parameter(
                name="harshness", type="float", help="Times every rate of faults; 0.1 is the mild mix", default=1.0
            ),
            Parameter(
                name="shrink",
                type="bool",
                help="Also look for the smallest schedule that breaks the same; takes up to 200 more runs each",
                default=False,
            ),
        ),
        examples=(
            Example("weexctl sim scenario", "what there is"),
            Example("weexctl sim scenario A1", "an order whose answer is lost"),
            Example("weexctl sim scenario --seed 7 --schedules 100", "a hundred schedules, the same ones every time"),
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
        module="weexctl.actions.profile_arm",
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
    Action(
        name="market.ticker",
        section=UNDERSTAND,
        summary="Show prices and the last 24 hours",
        help=(
            "Last, mark and index price, change, range and turnover of the last 24 hours; for one symbol also the "
            "best bid and ask. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="ticker",
        parameters=(_ANY_SYMBOL, *_MARKET),
        examples=(
            Example("weexctl market ticker", "all eight symbols on the simulator"),
            Example("weexctl market ticker BTCUSDT --venue live", "one symbol at the exchange, without a key"),
        ),
    ),
    Action(
        name="market.depth",
        section=UNDERSTAND,
        summary="Show the order book of a symbol",
        help=(
            "The best bids and asks with their quantities, and the spread. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="depth",
        parameters=(
            _SYMBOL,
            Parameter(name="levels", type="int", help="Levels a side, at most 200", default=15),
            *_MARKET,
        ),
        examples=(Example("weexctl market depth BTCUSDT --levels 5", "the top of the book"),),
    ),
    Action(
        name="market.candles",
        section=UNDERSTAND,
        summary="Show the newest closed candles of a symbol",
        help=(
            "Closed candles, oldest first; the one that is forming is left out. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="candles",
        parameters=(
            _SYMBOL,
            Parameter(name="timeframe", type="str", help="Length of a candle", choices=TIMEFRAMES, default="1h"),
            Parameter(name="count", type="int", help="How many, at most 5000", default=24),
            Parameter(name="to", type="time", help="Only candles closed by this moment; now if left out"),
            Parameter(
                name="price",
                type="str",
                help="The price they are made of",
                choices=("last", "mark", "index"),
                default="last",
            ),
            *_MARKET,
        ),
        examples=(
            Example("weexctl market candles BTCUSDT --timeframe 4h --count 12", "two days"),
            Example("weexctl market candles ETHUSDT --fields candles.close -o json", "the closes alone"),
        ),
    ),
    Action(
        name="market.funding",
        section=UNDERSTAND,
        summary="Show the funding of a symbol, ahead and behind",
        help=(
            "The rate that is forecast for the next settlement and when it is due, and the settlements of the days "
            "before. Longs pay shorts when a rate is positive. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="funding",
        parameters=(
            _SYMBOL,
            Parameter(name="days", type="int", help="Days to look back, at most 90", default=7),
            *_MARKET,
        ),
        examples=(Example("weexctl market funding BTCUSDT --days 30", "what a month of holding cost"),),
    ),
    Action(
        name="market.contracts",
        section=UNDERSTAND,
        summary="Show the exchange's rules for each contract",
        help=(
            "Steps of price and quantity, smallest and largest order, highest leverage and fees. "
            "At sim it is the market where the simulated run stands; at the other venues it is the exchange's."
        ),
        risk="read",
        module="weexctl.actions.market",
        function="contracts",
        parameters=(_ANY_SYMBOL, *_MARKET),
        examples=(Example("weexctl market contracts", "all eight contracts"),),
    ),
    Action(
        name="data.generate",
        section=UNDERSTAND,
        summary="Make synthetic candles and funding from a seed",
        help=(
            "Writes the candles of the simulator's market, and its funding, as files into a folder of their own in the "
            "store. Equal seeds give equal candles, and a longer market begins with the shorter one. Whatever is shown "
            "of them is labelled synthetic."
        ),
        risk="simulate",
        module="weexctl.actions.data",
        function="generate",
        parameters=(
            _SYMBOLS,
            Parameter(name="timeframe", type="str", help="Length of a candle", choices=TIMEFRAMES, default="1h"),
            Parameter(name="count", type="int", help="Candles of each symbol", default=12_000),
            Parameter(name="seed", type="int", help="Seed of the market", default=7),
            _REPLACE,
        ),
        examples=(Example("weexctl data generate --seed 11 --count 13000", "another market than the usual one"),),
    ),
    Action(
        name="data.import",
        section=UNDERSTAND,
        summary="Bring candle files into the store",
        help=(
            "Reads .csv, .csv.gz and .parquet files named SYMBOL-TIMEFRAME, checks every row, and keeps them as one "
            "series per symbol and timeframe, funding files beside them included. Candles that are there already have "
            "to be equal, and a hole is refused: nothing is repaired."
        ),
        risk="simulate",
        module="weexctl.actions.data",
        function="import_",
        parameters=(
            Parameter(
                name="path",
                type="str",
                help="A file, a folder, or SYMBOL=PATH; may be repeated",
                argument=True,
                repeatable=True,
                required=True,
            ),
            _SYMBOLS,
            Parameter(
                name="timeframe",
                type="str",
                help="Only candles of this length; that of the files if left out",
                choices=TIMEFRAMES,
            ),
            _REPLACE,
        ),
        examples=(
            Example("weexctl data import candles/", "every candle file of a folder"),
            Example("weexctl data import BTCUSDT=prices.csv --timeframe 1h", "a file with another name"),
        ),
    ),
    Action(
        name="data.fetch",
        section=UNDERSTAND,
        summary="Fetch candles from a venue into the store",
        help=(
            "Fetches closed candles page by page and joins them to what is stored, so that a fetch that was stopped "
            "goes on where it ended. Without --from it brings a stored series up to date, and begins a new one with "
            "1000 candles. Reads public data only and needs no key."
        ),
        risk="simulate",
        module="weexctl.actions.data_fetch",
        parameters=(
            _SYMBOLS,
            Parameter(name="timeframe", type="str", help="Length of a candle", choices=TIMEFRAMES, default="1h"),
            Parameter(name="from", type="time", help="First moment that is wanted"),
            Parameter(name="to", type="time", help="Last moment that is wanted; now if left out"),
            *(parameter for parameter in _MARKET if parameter.name != "data"),
        ),
        examples=(
            Example("weexctl data fetch --venue paper --from 2025-01-01", "every symbol since then, from the exchange"),
            Example("weexctl data fetch --venue paper --symbols BTCUSDT", "bring one series up to date"),
        ),
    ),
    Action(
        name="data.list",
        section=UNDERSTAND,
        summary="List the candles in the store",
        help="Lists each stored series with its span, its source and its digest, without reading the candles.",
        risk="read",
        module="weexctl.actions.data",
        function="list_",
        examples=(Example("weexctl data list", "what there is"),),
    ),
    Action(
        name="data.verify",
        section=UNDERSTAND,
        summary="Read the stored candles again and compare",
        help=(
            "Reads every stored candle, checks it as an import does, and compares the whole with the digest that was "
            "written down when it was stored. Answers with exit code 6 when something is wrong."
        ),
        risk="read",
        module="weexctl.actions.data",
        function="verify",
        parameters=(_SYMBOLS,),
        examples=(Example("weexctl data verify --symbols BTCUSDT", "one symbol"),),
    ),
)


def find(name: str) -> Action | None:
    """The action with this dotted name, None when there is none."""
    return next((action for action in ACTIONS if action.name == name), None)
