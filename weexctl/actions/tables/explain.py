"""Explaining."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import UNDERSTAND

__all__ = ["ROWS"]

ROWS = (
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
            Parameter(
                name="verify", type="bool", help="Also check that nothing of it was changed since", default=False
            ),
        ),
        examples=(
            Example("weexctl explain 702548201931046912", "why this order was sent"),
            Example("weexctl explain --why-not ETHUSDT --at 2026-02-01T13:00", "why ETHUSDT was left alone"),
        ),
    ),
)
