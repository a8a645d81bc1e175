"""What is written down of an order by hand before it is sent, so that it can be explained."""

from __future__ import annotations

import json

from weexctl.journal.rows import DecisionRecord
from weexctl.model.book import HeldPosition
from weexctl.model.decision import Outcome
from weexctl.model.order import OrderIntent
from weexctl.model.signal import MANUAL, Signal
from weexctl.pipeline.record import Findings, full_record
from weexctl.trader.hand_account import Draft

__all__ = ["decision_by_hand"]


def decision_by_hand(draft: Draft) -> DecisionRecord:
    """The decision behind an order by hand, refused or not, as the journal keeps it."""
    reviewed, book = draft.reviewed, draft.look.book
    intent, refusal = reviewed.intent, reviewed.refusal
    held, opens = book.positions.get(intent.symbol), not intent.reduces
    direction = intent.position_side.sign if opens else 0
    findings = Findings(
        symbol=intent.symbol,
        held=held,
        price=float(intent.reference_price),
        regime=None,
        signal=Signal(direction, 1.0, opens, "BY_HAND", MANUAL),
        artefact_id="",
        features={},
    )
    outcome, blocked = (_outcome(intent, held), "") if refusal is None else (Outcome.REFUSED, refusal.code)
    body = full_record(intent.decision_id, findings, outcome, blocked, (), book, reviewed=reviewed, stop_move=None)
    return DecisionRecord(
        decision_id=intent.decision_id,
        run_id=None,
        symbol=intent.symbol,
        close_ms=book.now_ms,
        full=True,
        body=json.dumps(body, separators=(",", ":"), allow_nan=False),
    )


def _outcome(intent: OrderIntent, held: HeldPosition | None) -> Outcome:
    if not intent.reduces:
        return Outcome.ENTRY if held is None else Outcome.ADD
    return Outcome.EXIT if held is None or float(intent.quantity) >= held.quantity * (1 - 1e-9) else Outcome.REDUCE
