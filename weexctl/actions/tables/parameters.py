"""Sections, words and parameters that several commands share."""

from __future__ import annotations

from weexctl.actions.tables.action import Parameter

__all__ = [
    "ACCOUNT_VENUE",
    "ALIAS",
    "DRY_RUN",
    "KINDS",
    "MARKET",
    "PROFILE",
    "READ_ONLY",
    "RUN_DATA",
    "SET_UP",
    "SYMBOL",
    "SYMBOLS",
    "TIMEFRAMES",
    "TRADE",
    "UNDERSTAND",
    "VENUE",
    "VENUES",
    "WHOSE",
    "WHOSE_LIMITS",
]

VENUES = ("sim", "paper", "demo", "live")

KINDS = ("regime", "strategy", "sizer", "risk", "guard", "exit")

TRADE = "Trade"

UNDERSTAND = "Understand"

SET_UP = "Set up"

VENUE = Parameter(
    name="venue",
    type="str",
    help="Where orders go; nothing leaves this machine with sim, and paper only reads the market",
    choices=VENUES,
    env="WEEXCTL_VENUE",
)

PROFILE = Parameter(
    name="profile",
    type="str",
    help="Profile name, or path of a profile file",
    default="safe",
    metavar="NAME",
    env="WEEXCTL_PROFILE",
)

TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w")

SYMBOL = Parameter(name="symbol", type="str", help="Symbol, such as BTCUSDT", argument=True, required=True)

MARKET = (
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

SYMBOLS = Parameter(
    name="symbols",
    type="str",
    help="Only these symbols, such as BTCUSDT,ETHUSDT; all if left out",
    repeatable=True,
    commas=True,
    metavar="A,B",
)

ACCOUNT_VENUE = Parameter(
    name="venue", type="str", help="Whose account; sim if left out", choices=VENUES, env="WEEXCTL_VENUE"
)

RUN_DATA = Parameter(
    name="data",
    type="str",
    help="Candle files of the run at sim, when it was made with --data; may be repeated",
    repeatable=True,
    metavar="PATH",
)

ALIAS = Parameter(
    name="account",
    type="str",
    help="Alias of the key whose account it is, at live and demo; the key that is used by itself if left out",
    metavar="ALIAS",
)

WHOSE_LIMITS = Parameter(
    name="profile",
    type="str",
    help="At live and demo, whose limits count where no run is on record; safe if left out",
    metavar="NAME",
    env="WEEXCTL_PROFILE",
)

WHOSE = (ACCOUNT_VENUE, ALIAS, RUN_DATA)

DRY_RUN = Parameter(name="dry-run", type="bool", help="Show what would be sent, and send nothing", default=False)

READ_ONLY = Parameter(
    name="read-only", type="bool", help="Refuse everything that could change the account", default=False
)
