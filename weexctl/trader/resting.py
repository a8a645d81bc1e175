"""Limit orders of ours that wait in the book."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import IntentRecord, OrderRecord

__all__ = ["resting_exposure", "resting_intents", "resting_order_id"]

_NOT_OVER = (IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACCEPTED)


def resting_intents(journal: Journal) -> Iterator[IntentRecord]:
    """Intents of limit orders that may be waiting, in the order they were planned."""
    return (record for record in journal.intents.in_states(*_NOT_OVER) if record.order_intent().rests)


def resting_order_id(journal: Journal, record: IntentRecord) -> str | None:
    """The exchange's id of an intent's order; None when it is not known."""
    attempts = journal.attempts.of_intent(record.intent_id)
    return attempts[-1].order_id if attempts else None


def resting_exposure(journal: Journal, equity: float) -> dict[str, float]:
    """Signed exposure by symbol that entries without an end would add if they were filled whole: those that wait in
    the book, and those nobody knows the outcome of.
    """
    exposure: dict[str, float] = {}
    for record in journal.intents.in_states(*_NOT_OVER):
        intent = record.order_intent()
        if intent.reduces or equity <= 0:
            continue
        filled = sum((order.filled_quantity for order in _own(journal, record)), Decimal(0))
        left = float((intent.quantity - filled) / intent.quantity * intent.notional) / equity
        exposure[intent.symbol] = exposure.get(intent.symbol, 0.0) + intent.position_side.sign * left
    return exposure


def _own(journal: Journal, record: IntentRecord) -> Iterator[OrderRecord]:
    return (order for order in journal.orders.of_intent(record.intent_id) if order.kind == record.leg.value)
