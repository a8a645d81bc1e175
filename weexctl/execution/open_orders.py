"""Orders of ours that are not at their end, as the journal has them, and the symbols they freeze."""

from __future__ import annotations

from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import IntentRecord
from weexctl.model.order import Leg

__all__ = ["frozen_symbols", "orders_in"]


def frozen_symbols(journal: Journal, *, resting: bool = True) -> dict[str, str]:
    """Symbols with an order that is not at its end, with the code of why nothing opens there.

    Args:
        journal: where the intents are.
        resting: whether an order that waits in the book counts.
    """
    records = orders_in(journal, IntentState.UNKNOWN, IntentState.SENDING, IntentState.ACCEPTED)
    frozen: dict[str, str] = {}
    for record in records:
        if record.state is not IntentState.ACCEPTED or not record.order_intent().rests:
            frozen[record.symbol] = "OUTCOME_UNKNOWN"
        elif resting:
            frozen.setdefault(record.symbol, "RESTING_ORDER")
    return frozen


def orders_in(journal: Journal, *states: IntentState) -> list[IntentRecord]:
    """Intents in these states that trade; stops of their own are settled where stops are read."""
    return [record for record in journal.intents.in_states(*states) if record.leg in (Leg.ENTRY, Leg.EXIT)]
