"""Protection at the exchange: every open position has its stop, proven by reading; nothing is left behind."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from weexctl.errors import (
    DuplicateClientOrderIdError,
    ExchangeError,
    JournalUnavailableError,
    NotSentError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    WeexctlError,
)
from weexctl.execution.gate import Gate
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.outbox import Outbox
from weexctl.execution.reading import Unavailable, read
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.kill_points import passes
from weexctl.model.order import ConditionalOrder, Leg, OrderIntent, StopRequest
from weexctl.model.side import PositionSide
from weexctl.model.verdict import Verdict
from weexctl.ports import Clock, Exchange

__all__ = ["VISIBLE_MS", "Guardian", "Proof", "StopKeeper"]

PATIENCE_MS = 10_000
"""How long a stop is looked for, and how long a cancelled one may linger."""
VISIBLE_MS = 6_000
"""Attached stops become visible up to this long after the entry (reliability C13)."""
FRESH_MS = 8_000
"""How long the stop that went out with an entry is waited for before another one is sent: two seconds are left then."""
DOUBT_MS = 2_000
"""How long a stop is looked for whose request was not answered: a second one does no harm, none at all may."""
_POLL_MS = 1_000
_ATTEMPTS = 3
_NOTHING_DONE = (NotSentError, RejectedError, RateLimitedError, UnauthorisedError)
_ALLOWED = (Verdict(guard="protection"),)
"""A stop can only close; no guard is asked, and the record says so."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What reading found of a position's protection."""

    stops: tuple[ConditionalOrder, ...]
    covered: bool
    """True when the stops seen cover the whole position."""
    targets: tuple[ConditionalOrder, ...] = ()
    refused: str = ""
    """The exchange's words when it would not take a stop: the price may be beyond it already."""


class StopKeeper(Protocol):
    """What a position's protection asks of whoever looks after it."""

    def prove(self, trade: OpenTrade, quantity: Decimal) -> Proof:
        """The stops of a position, as far as they can be shown to cover it."""
        ...

    def ensure(self, trade: OpenTrade, quantity: Decimal) -> Proof:
        """The same, after placing a stop where one was missing."""
        ...

    def tighten(self, trade: OpenTrade, price: Decimal) -> str:
        """Move the stops of a position; the code of what went wrong, empty when nothing did."""
        ...

    def sweep(self, symbol: str, side: PositionSide, *, hidden_until_ms: int = 0) -> str:
        """Cancel what a position that is gone left behind; empty when nothing is left, else a code."""
        ...


class Guardian:
    """Proves, repairs, tightens and sweeps stops by reading them at the exchange."""

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
        self._clock = clock
        self._outbox = Outbox(journal, clock, account=account, host=host, run_id=run_id)

    def prove(self, trade: OpenTrade, quantity: Decimal) -> Proof:
        """Wait until stops that cover this quantity can be read: as long as a fresh one may stay hidden, no longer."""
        return self._prove(trade, quantity, trade.last_fill_ms + FRESH_MS)

    def _prove(self, trade: OpenTrade, quantity: Decimal, deadline: int) -> Proof:
        while True:
            found = self._left(trade.symbol, trade.side)
            proof = Proof((), False) if isinstance(found, Unavailable) else _proof(found, quantity)
            if proof.covered or self._clock.now_ms() >= deadline:
                return proof
            self._clock.sleep_ms(_POLL_MS)

    def ensure(self, trade: OpenTrade, quantity: Decimal) -> Proof:
        """Prove the stops of a position, and place one on the whole position when they do not cover it."""
        passes("K14")
        proof, sent = self.prove(trade, quantity), 0
        while not proof.covered and trade.stop_price is not None and sent < _ATTEMPTS:
            sent_ms, patience_ms = self._clock.now_ms(), PATIENCE_MS
            try:
                left = self._place(trade, quantity, trade.stop_price)
            except DuplicateClientOrderIdError:  # the number is used up; an earlier stop of this trade had it
                continue
            except RejectedError as error:  # perhaps because there is one by now
                return replace(self._prove(trade, quantity, sent_ms), refused=error.message)
            except ExchangeError:
                left, patience_ms = True, DOUBT_MS
                self._clock.sleep_ms(_POLL_MS)
            if not left:
                return proof
            sent += 1
            passes("K16")
            proof = self._prove(trade, quantity, sent_ms + patience_ms)
        return proof

    def _place(self, trade: OpenTrade, quantity: Decimal, price: Decimal) -> bool:
        """Send one stop, written down before; False when it could not be written down, or there were too many."""
        passes("K15")
        intent = _intent(trade, quantity, price, self._clock.now_ms())
        self._outbox.recover()
        if self._outbox.exhausted(intent):
            return False
        try:
            attempt = self._outbox.put(intent, _ALLOWED)
        except JournalUnavailableError:
            return False
        request = StopRequest(
            symbol=trade.symbol,
            position_side=trade.side,
            trigger_price=price,
            quantity=quantity,
            client_order_id=attempt.client_order_id,
        )
        try:
            ack = self._gate.protect(request)
        except WeexctlError as error:
            proven = isinstance(error, _NOTHING_DONE) or not isinstance(error, ExchangeError)
            state, outcome = (IntentState.NOT_PLACED, "rejected") if proven else (IntentState.UNKNOWN, "unknown")
            self._outbox.answer(attempt, state, outcome, error=error)
            raise
        self._outbox.answer(attempt, IntentState.ACCEPTED, "accepted", order_id=ack.order_id)
        return True

    def tighten(self, trade: OpenTrade, price: Decimal) -> str:
        """Move every stop of a position; returns the code of what went wrong, empty when nothing did.

        Stops are changed in place, never cancelled and placed anew, so the position is not bare for a moment.
        """
        failed = ""
        for order_id in trade.stop_order_ids:
            passes("K17")
            try:
                self._gate.tighten(order_id, price)
            except WeexctlError as error:
                failed = error.code
        return failed

    def sweep(self, symbol: str, side: PositionSide, *, hidden_until_ms: int = 0) -> str:
        """Cancel the stops and targets of a position that is gone, until a read shows none.

        Args:
            symbol: the position's symbol.
            side: the position's side.
            hidden_until_ms: a stop that nobody has seen yet may appear until then; up to it an empty list is no
                proof, unless a stop has been seen and cancelled.

        Returns:
            empty when the symbol is clean, else the code of what is in the way.
        """
        deadline = max(self._clock.now_ms(), hidden_until_ms) + PATIENCE_MS
        seen = False
        while True:
            left = self._left(symbol, side)
            if not isinstance(left, Unavailable):
                if not left and (seen or self._clock.now_ms() >= hidden_until_ms):
                    return ""
                seen = seen or bool(left)
                for order in left:
                    self._cancel(order)
            if self._clock.now_ms() >= deadline:
                return "LEFTOVER_STOPS"
            self._clock.sleep_ms(_POLL_MS)

    def _cancel(self, order: ConditionalOrder) -> None:
        with suppress(ExchangeError):  # the next read tells whether it is gone
            self._gate.cancel_conditional(order.order_id)
        passes("K18")

    def _left(self, symbol: str, side: PositionSide) -> list[ConditionalOrder] | Unavailable:
        found = read("conditional orders", lambda: self._exchange.fetch_conditional_orders(symbol))
        if isinstance(found, Unavailable):
            return found
        left = [o for o in found if o.position_side is side and o.protective and not o.status.final]
        for order in left:
            self._outbox.found(order.client_order_id, order.order_id)
        return left


def _intent(trade: OpenTrade, quantity: Decimal, price: Decimal, now_ms: int) -> OrderIntent:
    """The stop as an intent of its own: of the decision that opened the position."""
    return OrderIntent(
        decision_id=trade.decision_id,
        symbol=trade.symbol,
        side=trade.side.closing,
        position_side=trade.side,
        leg=Leg.STOP,
        quantity=quantity,
        reference_price=price,
        stop_price=price,
        reason="STOP_MISSING",
        rule=trade.rule,
        created_ms=now_ms,
    )


def _proof(found: list[ConditionalOrder], quantity: Decimal) -> Proof:
    """A stop without a quantity is one on the whole position."""
    stops = tuple(order for order in found if order.leg is Leg.STOP)
    whole = any(stop.quantity == 0 for stop in stops)
    covered = whole or sum((stop.quantity for stop in stops), Decimal(0)) >= quantity > 0
    return Proof(stops, covered, tuple(order for order in found if order.leg is Leg.TARGET))
