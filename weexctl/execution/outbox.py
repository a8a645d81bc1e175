"""What is about to leave, on record before it does, and what became of it afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from weexctl.errors import ExchangeError, JournalUnavailableError, WeexctlError
from weexctl.journal.emergency import merge
from weexctl.journal.intent_state import TRANSITIONS, IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import AttemptRecord
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.verdict import Verdict
from weexctl.pipeline.identity import client_order_id
from weexctl.ports import Clock

__all__ = ["ASIDE", "Outbox"]

MOST_ATTEMPTS = 99
"""As many as fit into a client order id."""
_STANDING = frozenset((Leg.STOP, Leg.TARGET))
"""Legs of which one may follow another for the same decision: a stop that somebody took away is placed anew."""
ASIDE = 0
"""The intent's number of an attempt that only the emergency record holds."""
_FRESH = (IntentState.PLANNED, IntentState.NOT_PLACED)


class Outbox:
    """Writes attempts ahead and their outcomes afterwards, for one account.

    While the journal cannot be written, what closes or protects goes into its emergency record instead; what opens is
    not written anywhere, and so it is not sent.

    Args:
        journal: written before anything leaves.
        clock: the venue's time.
        account: part of every client order id.
        host: two characters that tell machines apart.
        run_id: the run that intents belong to; None outside a run.
    """

    def __init__(
        self, journal: Journal, clock: Clock, *, account: str, host: str = "00", run_id: str | None = None
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._account = account
        self._host = host
        self._run_id = run_id
        self._told_aside: set[tuple[str, str, str | None]] = set()
        """Outcomes that stand in the emergency record: what is read again is not written again."""

    def put(self, intent: OrderIntent, verdicts: Iterable[Verdict]) -> AttemptRecord:
        """An attempt, durable before its request leaves.

        Raises:
            JournalUnavailableError: it could not be written down; nothing may be sent.
        """
        try:
            return self._written(intent, verdicts)
        except JournalUnavailableError:
            if self._journal.emergency is None or intent.leg is Leg.ENTRY:
                raise
            attempt = self._attempt(intent, ASIDE, len(self._known(intent)) + self._aside(intent) + 1)
            self._journal.emergency.attempt(intent, attempt)
            return attempt

    def recover(self) -> bool:
        """Bring what was written down aside into the journal; False while that cannot be written."""
        if self._journal.emergency is not None and not self._journal.emergency.empty:
            try:
                merge(self._journal, self._journal.emergency)
            except JournalUnavailableError:
                return False
        self._told_aside.clear()
        return True

    def holds_aside(self, intent: OrderIntent) -> bool:
        """True when an attempt of this intent is in the emergency record: it may have become an order."""
        return self._aside(intent) > 0

    def exhausted(self, intent: OrderIntent) -> bool:
        """True when no further attempt of this intent can have a name of its own."""
        return len(self._known(intent)) + self._aside(intent) >= MOST_ATTEMPTS

    def answer(
        self,
        attempt: AttemptRecord,
        state: IntentState,
        outcome: str,
        *,
        order_id: str | None = None,
        error: WeexctlError | None = None,
        evidence: str = "",
    ) -> None:
        """What became of an attempt, and of its intent with it, as far as an arrow leads there.

        Raises:
            JournalUnavailableError: it could not be written down anywhere; the next start finds it as being sent.
        """
        emergency = self._journal.emergency
        try:
            if attempt.intent_id != ASIDE:
                self._answer(attempt, state, outcome, order_id, error, evidence)
                return
        except JournalUnavailableError:
            if emergency is None:
                raise
        told = (attempt.client_order_id, outcome, order_id)
        if emergency is not None and told not in self._told_aside:
            emergency.answer(attempt.client_order_id, outcome, at_ms=self._clock.now_ms(), order_id=order_id)
            self._told_aside.add(told)

    def found(self, client_order_id: str, order_id: str) -> None:
        """A list shows the order of an attempt: its id goes on record when the answer was lost."""
        attempt = self._journal.attempts.by_client_order_id(client_order_id)
        if attempt is not None and attempt.order_id is None:
            self.answer(attempt, IntentState.ACCEPTED, "accepted", order_id=order_id)

    def _written(self, intent: OrderIntent, verdicts: Iterable[Verdict]) -> AttemptRecord:
        known = self._journal.intents.of_leg(intent.decision_id, intent.leg) if intent.leg in _STANDING else None
        if known is not None and known.state not in _FRESH:
            attempt = self._attempt(intent, known.intent_id, len(self._known(intent)) + 1)
            with self._journal.transaction(durable=True):
                self._journal.attempts.add(attempt)
            return attempt
        return self._journal.write_ahead(
            intent,
            verdicts,
            run_id=self._run_id,
            now_ms=self._clock.now_ms(),
            client_order_id=lambda n: self._name(intent, n),
            request_digest=_digest(intent),
        )

    def _answer(
        self,
        attempt: AttemptRecord,
        state: IntentState,
        outcome: str,
        order_id: str | None,
        error: WeexctlError | None,
        evidence: str,
    ) -> None:
        now = self._clock.now_ms()
        known = error if isinstance(error, ExchangeError) else None
        intent = self._journal.intents.get(attempt.intent_id)
        with self._journal.transaction(durable=True):
            self._journal.attempts.answer(
                attempt.intent_id,
                attempt.n,
                outcome=outcome,
                answered_ms=now,
                signed_ms=known.signed_ms if known else None,
                http_status=known.http_status if known else None,
                code=known.exchange_code if known else (error.code if error else None),
                order_id=order_id,
                evidence=error.message if error else evidence,
            )
            if intent is None or intent.leg not in _STANDING or state in TRANSITIONS[intent.state]:
                self._journal.intents.move(attempt.intent_id, state, at_ms=now, detail=error.message if error else "")

    def _aside(self, intent: OrderIntent) -> int:
        """How many attempts of an intent only the emergency record holds, those of an earlier process too."""
        file, key = self._journal.emergency, (intent.decision_id, intent.leg.value)
        if file is None or file.empty:
            return 0
        return sum((record["decision"], record["leg"]) == key for record in file.read_all() if "leg" in record)

    def _known(self, intent: OrderIntent) -> list[AttemptRecord]:
        known = self._journal.intents.of_leg(intent.decision_id, intent.leg)
        return [] if known is None else self._journal.attempts.of_intent(known.intent_id)

    def _attempt(self, intent: OrderIntent, intent_id: int, number: int) -> AttemptRecord:
        return AttemptRecord(
            intent_id=intent_id,
            n=number,
            client_order_id=self._name(intent, number),
            signed_ms=self._clock.now_ms(),
            request_digest=_digest(intent),
        )

    def _name(self, intent: OrderIntent, number: int) -> str:
        return client_order_id(self._account, intent.decision_id, intent.leg, number, self._host)


def _digest(intent: OrderIntent) -> str:
    text = "|".join(
        str(part)
        for part in (
            intent.symbol,
            intent.side,
            intent.position_side,
            intent.quantity,
            intent.stop_price,
            intent.target_price,
            *(() if intent.price is None else (intent.price, intent.time_in_force)),
        )
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
