"""What has to be on disk before a request leaves: intent, verdicts and attempt, in one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from weexctl.errors import WeexctlError
from weexctl.journal.database import Database
from weexctl.journal.decisions import Verdicts
from weexctl.journal.intent_state import IntentState
from weexctl.journal.intents import Attempts, Intents
from weexctl.journal.rows import AttemptRecord
from weexctl.model.order import OrderIntent
from weexctl.model.verdict import Verdict

__all__ = ["write_ahead"]


def write_ahead(
    database: Database,
    intents: Intents,
    attempts: Attempts,
    reviews: Verdicts,
    intent: OrderIntent,
    verdicts: Iterable[Verdict],
    *,
    run_id: str | None,
    now_ms: int,
    client_order_id: Callable[[int], str],
    request_digest: str,
) -> AttemptRecord:
    """Record that an intent is about to be sent, durably, and return its attempt.

    Args:
        database: the journal's, and its tables.
        intent: new, or on record with nothing of it under way.
        verdicts: what the guards said to it.
        run_id: the run it belongs to; None outside a run.
        now_ms: the time in the signature.
        client_order_id: names the attempt with a number.
        request_digest: stands for what is asked for.

    Raises:
        WeexctlError: an attempt of this intent is under way or has come to its end (`ILLEGAL_TRANSITION`).
        JournalUnavailableError: it could not be recorded; nothing may be sent.
    """
    with database.transaction(durable=True):
        # A new one is written in the state it is in when this ends: nobody sees the ones between.
        number, n = intents.add_sending(intent, run_id=run_id, at_ms=now_ms), 1
        if number is None:
            number, n = _again(intents, attempts, intent, now_ms)
        reviews.add(intent.decision_id, intent.leg, verdicts, time_ms=now_ms)
        attempt = AttemptRecord(
            intent_id=number,
            n=n,
            client_order_id=client_order_id(n),
            signed_ms=now_ms,
            request_digest=request_digest,
        )
        attempts.add(attempt)
    return attempt


def _again(intents: Intents, attempts: Attempts, intent: OrderIntent, now_ms: int) -> tuple[int, int]:
    """The number of an intent on record, moved to being sent, and the number of its next attempt."""
    known = intents.of_leg(intent.decision_id, intent.leg)
    if known is None:
        raise WeexctlError("an intent vanished while it was recorded; nothing was sent", code="JOURNAL_FAULT")
    intents.move(known.intent_id, IntentState.RESERVED, at_ms=now_ms)
    intents.move(known.intent_id, IntentState.SENDING, at_ms=now_ms)
    return known.intent_id, len(attempts.of_intent(known.intent_id)) + 1
