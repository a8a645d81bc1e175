"""The simulated exchange."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import TRADE

__all__ = ["ROWS"]

ROWS = (
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
            Parameter(name="late", type="bool", help="List orders, fills and positions late, as seen", default=False),
            Parameter(name="no-limits", type="bool", help="Answer no 429, however many requests come", default=False),
        ),
        examples=(
            Example("weexctl sim serve", "a market that moves in real time"),
            Example("weexctl sim serve --port 0 --speed step --control -o json", "for tests of a client of yours"),
            Example("weexctl sim serve --speed 3600", "one hourly candle every second"),
        ),
    ),
)
