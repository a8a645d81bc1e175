"""Placing approved orders: write ahead, send once, classify, follow to the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from weexctl.errors import (
    ExchangeError,
    JournalUnavailableError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    WeexctlError,
)
from weexctl.execution.canceller import Canceller
from weexctl.execution.execution import Execution
from weexctl.execution.gate import Admitted, Gate, Refused
from weexctl.execution.open_orders import frozen_symbols, orders_in
from weexctl.execution.order_row import order_record
from weexctl.execution.order_watch import REST_MS, SETTLE_MS, OrderWatch
from weexctl.execution.outbox import ASIDE, Outbox
from weexctl.execution.reading import Unavailable
from weexctl.execution.search import Absent, Search
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import AttemptRecord, IntentRecord
from weexctl.kill_points import passes
from weexctl.model.book import Book
from weexctl.model.order import Order, OrderIntent, OrderStatus
from weexctl.pipeline.guards import Flow, Reviewed
from weexctl.ports import Clock, Exchange

__all__ = ["Executor", "Sent"]

LOOK_MS, MOST_LOOKS_MS = 500, 5_000
"""An order whose answer was lost is looked for this often, and for so long before the other orders go on: lists lag."""
HORIZON_MS = 45_000
"""After this long a lost request can no longer become an order: 30 s signature window and a margin (6.2)."""
APART_MS = 5_000
"""An order is proven absent by two searches after the horizon, at least this far apart (6.2)."""
_QUEUE_MS = 15_000
"""How long after it was written down a request may have waited for our own rate limit before it was signed."""
_FREE = frozenset((IntentState.PLANNED, IntentState.NOT_PLACED))
"""States in which nothing of an intent is under way, so that an attempt may be made."""
_OWN_LIMIT = "OWN_RATE_LIMIT"
_INTERRUPTED = "interrupted while sending"


def _drop(execution: Execution) -> None:
    """Nobody keeps books."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An order that the exchange has taken; its end is not known yet."""

    intent: OrderIntent
    intent_id: int
    order_id: str


class Executor:
    """Carries out approved intents for one account.

    Args:
        exchange: for reading back.
        gate: the only way to write.
        journal: written before anything leaves.
        clock: the venue's time.
        account: part of every client order id.
        host: two characters that tell machines apart.
        run_id: the run that intents belong to; None outside a run.

    Attributes:
        book_fills: takes an order's fills into the account's books, inside the transaction that ends its intent.
            It must not touch the exchange.
    """

    def __init__(
        self,
        exchange: Exchange,
        gate: Gate,
        journal: Journal,
        clock: Clock,
        *,
        account: str,
        host: str = "00",
        run_id: str | None = None,
    ) -> None:
        self._exchange = exchange
        self._gate = gate
        self._journal = journal
        self._clock = clock
        self._outbox = Outbox(journal, clock, account=account, host=host, run_id=run_id)
        self._search = Search(exchange, journal)
        self._watch = OrderWatch(exchange, clock)
        self.canceller = Canceller(exchange, gate, clock)
        self.book_fills: Callable[[Execution], None] = _drop

    def execute(self, reviewed: Reviewed, book: Book, flow: Flow) -> Execution:
        """One intent from approval to its final state.

        Nothing raised by the exchange leaves here: every outcome is a value, and an unknown one stays unknown until
        reads settle it.
        """
        return self.follow(self.send(reviewed, book, flow))

    def send(self, reviewed: Reviewed, book: Book, flow: Flow) -> Sent | Execution:
        """The first half of `execute`: written ahead and sent; what did not become an order is at its end already."""
        passes("K03")
        admitted = self._gate.admit(reviewed, book, flow)
        if isinstance(admitted, Refused):
            return _refused(reviewed.intent, admitted.verdict.code, admitted.verdict.reason)
        known = self._journal.intents.of_leg(reviewed.intent.decision_id, reviewed.intent.leg)
        if self._outbox.holds_aside(reviewed.intent):
            return _refused(reviewed.intent, "DUPLICATE", "an attempt is in the emergency record already")
        if known is not None and known.state not in _FREE:  # a step that is done again after a crash
            return _refused(reviewed.intent, "DUPLICATE", f"intent {known.intent_id} is {known.state.value} already")
        if self._outbox.exhausted(reviewed.intent):
            return _refused(reviewed.intent, "DUPLICATE", "it was tried as often as orders can be named")
        passes("K04")
        try:
            attempt = self._outbox.put(admitted.intent, admitted.verdicts)
        except JournalUnavailableError as error:
            return _refused(reviewed.intent, error.code, error.message)
        passes("K05")
        return self._send(admitted, attempt)

    def follow(self, sent: Sent | Execution) -> Execution:
        """The second half: the order is watched to its end, or until it rests, and its fills are taken in.

        One whose answer was lost is looked for first. One that is in the emergency record stays an accepted one until
        that is merged.

        Raises:
            JournalUnavailableError: its fills could not be taken in; what is kept in memory cannot be relied on.
        """
        if isinstance(sent, Execution):
            return self._look_for(sent)
        if self._outbox.recover() and (intent_id := self._number(sent)) is not None:
            return self._read_back(sent.intent, intent_id, sent.order_id)
        return Execution(
            intent=sent.intent,
            intent_id=sent.intent_id,
            state=IntentState.ACCEPTED,
            code="JOURNAL_UNAVAILABLE",
            reason="it is in the emergency record",
        )

    def _look_for(self, execution: Execution) -> Execution:
        """An unknown order as soon as it is listed; unknown still when that takes too long. Others stay as they are."""
        record = None if execution.intent_id is None else self._journal.intents.get(execution.intent_id)
        if record is None or record.state is not IntentState.UNKNOWN:
            return execution
        attempt, began = self._journal.attempts.of_intent(record.intent_id)[-1], self._clock.now_ms()
        while (waited := self._clock.now_ms() - began) < MOST_LOOKS_MS:
            self._clock.sleep_ms(LOOK_MS if waited < 2 * LOOK_MS else 2 * LOOK_MS)
            found = self._search.listed(execution.intent, attempt, self._clock.now_ms())
            if isinstance(found, Order):
                self._outbox.answer(attempt, IntentState.ACCEPTED, "accepted", order_id=found.order_id)
                return self._read_back(execution.intent, record.intent_id, found.order_id)
        return execution

    def _number(self, sent: Sent) -> int | None:
        """The intent's number; one that was written down aside got its own when it came into the journal."""
        if sent.intent_id != ASIDE:
            return sent.intent_id
        known = self._journal.intents.of_leg(sent.intent.decision_id, sent.intent.leg)
        return None if known is None else known.intent_id

    def settle_unknown(self) -> list[Execution]:
        """Look again at every intent that is not at its end: found or proven absent, or still unknown.

        A missing order is proof only after the horizon, and only when every source could be read twice, a while
        apart. An accepted order is read until it is final and its fills are there.
        """
        self._outbox.recover()
        waiting = orders_in(self._journal, IntentState.UNKNOWN, IntentState.ACCEPTED)
        unknown = [self._settle(record) for record in waiting if record.state is IntentState.UNKNOWN]
        return unknown + [self.resume(record) for record in waiting if record.state is IntentState.ACCEPTED]

    def frozen_symbols(self) -> dict[str, str]:
        """Symbols where nothing may open, with the code of why: an order's outcome is open, or an order rests."""
        return frozen_symbols(self._journal)

    def mark_interrupted(self) -> None:
        """Treat what was being sent when the process ended as unknown: it may have left."""
        for record in self._journal.intents.in_states(IntentState.SENDING):
            self._journal.intents.move(
                record.intent_id, IntentState.UNKNOWN, at_ms=self._clock.now_ms(), detail=_INTERRUPTED
            )

    def _send(self, admitted: Admitted, attempt: AttemptRecord) -> Sent | Execution:
        intent = admitted.intent
        passes("K06")
        try:
            ack = self._gate.place(admitted, intent.request(attempt.client_order_id))
        except WeexctlError as error:
            return self._failed(intent, attempt, error)
        passes("K12")
        self._outbox.answer(attempt, IntentState.ACCEPTED, "accepted", order_id=ack.order_id)
        passes("K13")
        return Sent(intent, attempt.intent_id, ack.order_id)

    def _failed(self, intent: OrderIntent, attempt: AttemptRecord, error: WeexctlError) -> Execution:
        """Nothing but the proofs of absence counts as absent; all else is unknown."""
        if isinstance(error, RateLimitedError) and error.code != _OWN_LIMIT:
            return self._limited(intent, attempt, error)
        state, outcome = _meaning(error)
        self._outbox.answer(attempt, state, outcome, error=error)
        if state is IntentState.UNKNOWN:
            known = self._journal.intents.get(attempt.intent_id)
            return self._unknown(intent, attempt.intent_id) if known is None else self._settle(known)
        return Execution(intent=intent, intent_id=attempt.intent_id, state=state, code=error.code, reason=error.message)

    def _limited(self, intent: OrderIntent, attempt: AttemptRecord, error: ExchangeError) -> Execution:
        """A gateway that says "too many" has refused; all the same, one look everywhere before it is believed."""
        found = self._search.order_of(intent, attempt, self._clock.now_ms())
        if isinstance(found, Order):
            self._outbox.answer(attempt, IntentState.ACCEPTED, "accepted", order_id=found.order_id)
            return self._read_back(intent, attempt.intent_id, found.order_id)
        if isinstance(found, Absent) and not found.unexplained:
            self._outbox.answer(attempt, IntentState.REJECTED, "rejected", error=error)
            return Execution(
                intent=intent,
                intent_id=attempt.intent_id,
                state=IntentState.REJECTED,
                code=error.code,
                reason=error.message,
            )
        self._outbox.answer(attempt, IntentState.UNKNOWN, "unknown", error=error)
        return self._unknown(intent, attempt.intent_id)

    def _read_back(self, intent: OrderIntent, intent_id: int, order_id: str) -> Execution:
        """Watch an accepted order to its end, or until it rests, and take its fills."""
        return self._taken_in(intent, intent_id, self._watch.to_end(order_id, REST_MS if intent.rests else SETTLE_MS))

    def _taken_in(self, intent: OrderIntent, intent_id: int, order: Order | None) -> Execution:
        if order is None:
            return Execution(intent=intent, intent_id=intent_id, state=IntentState.ACCEPTED, code="NOT_SEEN")
        fills = self._watch.fills(order) if order.filled_quantity > 0 else ()
        whole = sum((fill.quantity for fill in fills), Decimal(0)) >= order.filled_quantity
        state = _final_state(order) if whole else IntentState.ACCEPTED  # read again until the fills are there
        execution = Execution(intent=intent, intent_id=intent_id, state=state, order=order, fills=fills)
        with self._journal.transaction():  # the order's end and what it did to the account are one fact
            self._journal.orders.put(order_record(order, intent_id, intent.leg.value))
            passes("K19")
            if fills:
                self.book_fills(execution)
            if state is not IntentState.ACCEPTED:
                self._journal.intents.move(intent_id, state, at_ms=self._clock.now_ms())
        return execution

    def resume(self, record: IntentRecord) -> Execution:
        """Go on reading an order that was accepted and has not been seen to its end."""
        intent = record.order_intent()
        attempts = self._journal.attempts.of_intent(record.intent_id)
        order_id = attempts[-1].order_id if attempts else None
        if order_id is None:
            return Execution(intent=intent, intent_id=record.intent_id, state=record.state, code="NOT_SEEN")
        return self._taken_in(intent, record.intent_id, self._watch.to_end(order_id, 0 if intent.rests else SETTLE_MS))

    def _settle(self, record: IntentRecord) -> Execution:
        attempts = self._journal.attempts.of_intent(record.intent_id)
        if not attempts:
            raise OutcomeUnknownError(
                f"intent {record.intent_id} has no attempt on record; its outcome stays unknown",
                hint="weexctl journal reconcile",
                order_state="unknown",
            )
        attempt, intent, now = attempts[-1], record.order_intent(), self._clock.now_ms()
        search = self._search.listed if now < _horizon(record, attempt) else self._search.order_of
        found = search(intent, attempt, now)
        if isinstance(found, Order):
            self._outbox.answer(attempt, IntentState.ACCEPTED, "accepted", order_id=found.order_id)
            return self._read_back(intent, record.intent_id, found.order_id)
        if found is None or isinstance(found, Unavailable):  # before the horizon nothing is proof
            return self._unknown(intent, record.intent_id)
        if found.unexplained:
            return self._unknown(intent, record.intent_id, found.unexplained)
        first_ms = _first_clean(attempt)
        if first_ms is None or now < first_ms + APART_MS:
            self._journal.attempts.note(attempt, json.dumps({"absent_ms": [first_ms or now]}))
            return self._unknown(intent, record.intent_id)
        self._outbox.answer(
            attempt, IntentState.NOT_PLACED, "not_placed", evidence=json.dumps({"absent_ms": [first_ms, now]})
        )
        return Execution(
            intent=intent, intent_id=record.intent_id, state=IntentState.NOT_PLACED, code=IntentState.NOT_PLACED.upper()
        )

    @staticmethod
    def _unknown(intent: OrderIntent, intent_id: int, reason: str = "") -> Execution:
        return Execution(
            intent=intent, intent_id=intent_id, state=IntentState.UNKNOWN, code="OUTCOME_UNKNOWN", reason=reason
        )


def _refused(intent: OrderIntent, code: str, reason: str) -> Execution:
    """An intent that was not written down and not sent."""
    return Execution(intent=intent, intent_id=None, state=IntentState.REJECTED, code=code, reason=reason)


def _meaning(error: WeexctlError) -> tuple[IntentState, str]:
    """The state a failed attempt leads to, and the word for its outcome."""
    if not isinstance(error, ExchangeError):  # the gate said no: nothing left
        return IntentState.REJECTED, "not_sent"
    if isinstance(error, NotSentError) or error.code == _OWN_LIMIT:
        return IntentState.NOT_PLACED, "not_sent"
    if isinstance(error, RejectedError | UnauthorisedError):
        return IntentState.REJECTED, "rejected"
    return IntentState.UNKNOWN, "unknown"


def _horizon(record: IntentRecord, attempt: AttemptRecord) -> int:
    """From when on the attempt can no longer become an order."""
    # Unanswered, it may have been signed later than it was written down, but not after its process had ended.
    waited_ms = _QUEUE_MS if attempt.answered_ms is None else 0
    if record.detail == _INTERRUPTED:
        waited_ms = min(waited_ms, max(0, record.state_ms - attempt.signed_ms))
    return attempt.signed_ms + waited_ms + HORIZON_MS


def _first_clean(attempt: AttemptRecord) -> int | None:
    """When a search after the horizon first found nothing; None when there was none yet."""
    try:
        return int(json.loads(attempt.evidence)["absent_ms"][0])
    except (ValueError, KeyError, TypeError):
        return None


def _final_state(order: Order) -> IntentState:
    if order.status is OrderStatus.FILLED or (order.status.final and order.filled_quantity > 0):
        return IntentState.FILLED
    return {
        OrderStatus.CANCELLED: IntentState.CANCELLED,
        OrderStatus.REJECTED: IntentState.REJECTED,
        OrderStatus.EXPIRED: IntentState.EXPIRED,
    }.get(order.status, IntentState.ACCEPTED)
