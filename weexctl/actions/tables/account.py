"""The account."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example
from weexctl.actions.tables.parameters import UNDERSTAND, WHOSE, WHOSE_LIMITS

__all__ = ["ROWS"]

ROWS = (
    Action(
        name="account.balance",
        section=UNDERSTAND,
        summary="Show the balance of the account",
        help="Asks for equity, wallet, unrealised result and what is available. Reads only.",
        risk="read",
        module="weexctl.actions.account",
        function="balance",
        parameters=WHOSE,
        examples=(
            Example("weexctl account balance", "the simulated account of the newest run"),
            Example("weexctl account balance --venue live", "the real one"),
        ),
    ),
    Action(
        name="account.positions",
        section=UNDERSTAND,
        summary="List the open positions",
        help="Asks the exchange for open positions, and the journal for who opened them and where the stop is.",
        risk="read",
        module="weexctl.actions.account",
        function="positions",
        parameters=WHOSE,
        examples=(Example("weexctl account positions", "what is held"),),
    ),
    Action(
        name="account.risk",
        section=UNDERSTAND,
        summary="Show how much of each limit is taken",
        help=(
            "Sets the account against the limits of its run's profile: losses, exposures, numbers of positions, the "
            "loss if every stop were hit, locked symbols and cooldowns. At live and demo the limits of a profile count "
            "where there was no run yet."
        ),
        risk="read",
        module="weexctl.actions.account",
        function="risk",
        parameters=(*WHOSE, WHOSE_LIMITS),
        examples=(Example("weexctl account risk", "how near the account is to its limits"),),
    ),
)
