"""Closing, and the kill switch."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import ACCOUNT_VENUE, ALIAS, DRY_RUN, READ_ONLY, TRADE, WHOSE

__all__ = ["ROWS"]

ROWS = (
    Action(
        name="close",
        section=TRADE,
        summary="Close the position of one symbol at market",
        help=(
            "Cancels the limit orders of a symbol that rest, closes what is held of it, whoever opened it, takes its "
            "stops away and shows the account before and after. Works while trading is halted. A run that holds the "
            "account at live or demo does it itself when asked, and goes on."
        ),
        risk="write",
        module="weexctl.actions.close",
        parameters=(
            Parameter(name="symbol", type="str", help="Which symbol, such as BTCUSDT", argument=True, required=True),
            Parameter(name="position", type="str", help="Only this side", choices=("long", "short")),
            *WHOSE,
            DRY_RUN,
            READ_ONLY,
        ),
        examples=(Example("weexctl close BTCUSDT", "out of BTC"),),
    ),
    Action(
        name="flatten",
        section=TRADE,
        summary="Close every position at market",
        help=(
            "Cancels the limit orders that rest and closes all positions, one after the other; one that fails keeps "
            "none of the others back. Works while trading is halted. A run that goes on afterwards may open again; "
            "`kill` first if it must not."
        ),
        risk="write",
        module="weexctl.actions.close",
        function="flatten",
        parameters=(
            Parameter(name="all", type="bool", help="Say that all of them are meant", default=False),
            *WHOSE,
            DRY_RUN,
            READ_ONLY,
        ),
        examples=(Example("weexctl flatten --all", "hold nothing"),),
    ),
    Action(
        name="kill",
        section=TRADE,
        summary="Stop everything but closing, at once",
        help=(
            "Writes the kill file of an account. Nothing that opens leaves from then on, not from a run that is under "
            "way either, which also cancels the entries that rest; closing works. Only a person at a "
            "terminal can take it back, with `resume`."
        ),
        risk="simulate",
        module="weexctl.actions.kill",
        parameters=(
            ACCOUNT_VENUE,
            ALIAS,
            Parameter(name="reason", type="str", help="Why, for whoever finds it", default=""),
        ),
        examples=(Example("weexctl kill --reason 'leaving for the weekend'", "nothing opens any more"),),
    ),
    Action(
        name="resume",
        section=TRADE,
        summary="Take back the kill switch and close breakers, as a person at a terminal",
        help=(
            "Removes the kill file and clears the breakers that wait for a person, once somebody has typed the name of "
            "the account and said why. Refuses a pipe. A daily loss is cleared from the next UTC day on. Breakers of a "
            "run that is under way are cleared after it was stopped."
        ),
        risk="simulate",
        module="weexctl.actions.kill",
        function="resume",
        people_only=True,
        parameters=(
            ACCOUNT_VENUE,
            ALIAS,
            Parameter(name="reason", type="str", help="Why it is safe to go on; asked for if left out", default=""),
        ),
        examples=(Example("weexctl resume", "trade again"),),
    ),
)
