"""Trading a profile."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import ALIAS, PROFILE, TRADE, VENUE

__all__ = ["ROWS"]

ROWS = (
    Action(
        name="trade",
        section=TRADE,
        summary="Run a profile on a venue, candle by candle",
        help=(
            "Trades a profile: names the regime at every closed candle, asks the rule allowed in it, sizes, lets the "
            "risk policies shrink and the guards refuse, and sends what is left. Every order can be explained "
            "afterwards. Without flags it trades the profile safe on the simulator, offline. Live trading needs keys, "
            "--venue live, a profile that a person has armed, and a pass of check causality for its pipeline."
        ),
        risk="write",
        module="weexctl.actions.trade",
        parameters=(
            PROFILE,
            VENUE,
            ALIAS,
            Parameter(
                name="data",
                type="str",
                help="Candles for sim: a file, a folder, SYMBOL=PATH, or SYMBOL@5m=PATH for shorter ones inside them; "
                "may be repeated",
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
)
