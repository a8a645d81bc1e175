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
            Parameter(name="seed", type="int", help="Seed of all ids, and without --data of the market; 7 if left out"),
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
                help="Also offer /control/time, ledger, advance, settings and feed, without a key",
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
)
