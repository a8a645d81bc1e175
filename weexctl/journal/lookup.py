"""Whose id is this? What a person pastes into `weexctl explain`, resolved to a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from weexctl.journal.database import Database

__all__ = ["Found", "Noun", "find"]

Noun = Literal["decision", "client_order", "order", "trade", "fill", "run"]


@dataclass(frozen=True, slots=True)
class Found:
    """What an id belongs to."""

    noun: Noun
    id: str
    decision_id: str | None
    """The decision behind it: of an order the one that sent it, of a trade the one that opened it."""


def find(database: Database, any_id: str) -> Found | None:
    """What an id belongs to, None when it is nowhere on record; the surest link to a decision is tried first."""
    with database.snapshot():
        for noun, sql in _LOOKUPS:
            row = database.row(sql, (any_id,))
            if row is not None:
                return Found(noun, any_id, row[0])
    return None


_LOOKUPS: tuple[tuple[Noun, str], ...] = (
    ("decision", "SELECT decision_id FROM decision WHERE decision_id = ?"),
    ("decision", "SELECT decision_id FROM intent WHERE decision_id = ?"),
    ("client_order", "SELECT decision_id FROM attempt JOIN intent USING (intent_id) WHERE client_order_id = ?"),
    (
        "client_order",
        "SELECT decision_id FROM venue_order LEFT JOIN intent USING (intent_id) WHERE client_order_id = ?",
    ),
    ("order", "SELECT decision_id FROM venue_order JOIN intent USING (intent_id) WHERE order_id = ?"),
    ("order", "SELECT decision_id FROM attempt JOIN intent USING (intent_id) WHERE order_id = ?"),
    # Orders of the exchange's own making (a triggered stop, a liquidation) are known through their trade.
    ("order", "SELECT entry_decision_id FROM trade WHERE entry_order_id = ?"),
    ("order", "SELECT coalesce(exit_decision_id, entry_decision_id) FROM trade WHERE exit_order_id = ?"),
    ("order", "SELECT NULL FROM venue_order WHERE order_id = ?"),
    ("order", "SELECT NULL FROM fill WHERE order_id = ?"),
    ("trade", "SELECT entry_decision_id FROM trade WHERE trade_id = ?"),
    (
        "fill",
        """SELECT decision_id FROM fill LEFT JOIN venue_order USING (order_id) LEFT JOIN intent USING (intent_id)
        WHERE fill_id = ?""",
    ),
    ("run", "SELECT NULL FROM run WHERE run_id = ?"),
)
