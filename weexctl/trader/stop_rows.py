"""Stops and targets on record, kept in step with what the exchange shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import AttemptRecord, OrderRecord
from weexctl.model.order import ConditionalOrder, Leg, OrderStatus
from weexctl.run.positions import rounded_price

__all__ = ["StopRows", "stop_record"]

_STANDING = (Leg.STOP, Leg.TARGET)
_OURS = "wx"
"""How every client order id of ours begins."""
HIDDEN_MS = 30_000
"""How long a new stop may be missing from a list that was read well: lists lag, and some are served from the past."""
APART_MS = 3_000
"""A stop is gone when two lists that lie at least this far apart do not show it; a row that has ended stays so."""
HORIZON_MS = 60_000
"""From then on a stop whose request was not answered can no longer appear (reliability 6.2)."""
_ZERO = Decimal(0)

Key = tuple[str, str]


class StopRows:
    """Brings the journal's rows of stops and targets, and the intents behind them, to what was read."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._missed_ms: dict[str, int] = {}
        """When a stop on record was first not shown."""

    def take_in(self, seen: Iterable[ConditionalOrder], trades: Mapping[Key, OpenTrade], now_ms: int) -> None:
        """Write down what is new, what was moved and what is gone. Nothing is sent, and equal rows are not written."""
        shown = {order.order_id: order for order in seen if order.leg in (*_STANDING, Leg.EXIT) and order.protective}
        rows = {r.order_id: r for r in self._journal.orders.open() if r.kind in _STANDING}
        for order in shown.values():
            if order.order_id in rows or self._is_ours(order, trades):
                self._show(order, rows.get(order.order_id) or self._journal.orders.get(order.order_id))
        missed = [row for row in rows.values() if row.order_id not in shown and now_ms >= row.created_ms + HIDDEN_MS]
        self._missed_ms = {row.order_id: self._missed_ms.get(row.order_id, now_ms) for row in missed}
        for row in missed:
            if now_ms >= self._missed_ms[row.order_id] + APART_MS:
                self._journal.orders.put(self._ended(row, now_ms))
        for state in (IntentState.UNKNOWN, IntentState.ACCEPTED):
            for record in self._journal.intents.in_states(state):
                if record.leg in _STANDING:
                    self._settle(record.intent_id, state, shown, now_ms)

    def _is_ours(self, order: ConditionalOrder, trades: Mapping[Key, OpenTrade]) -> bool:
        if order.client_order_id.startswith(_OURS):
            return True
        trade = trades.get((order.symbol, order.position_side.value))
        return trade is not None and order.parent_order_id == trade.entry_order_id

    def _show(self, order: ConditionalOrder, row: OrderRecord | None) -> None:
        new = stop_record(order, row, self._intent_of(order))
        if row is None or (row.status, row.trigger_price, row.quantity) != (
            new.status,
            new.trigger_price,
            new.quantity,
        ):
            self._journal.orders.put(new)

    def _intent_of(self, order: ConditionalOrder) -> int | None:
        attempt = self._journal.attempts.by_client_order_id(order.client_order_id)
        if attempt is not None:
            return attempt.intent_id
        parent = self._journal.intents.by_order_id(order.parent_order_id or "")
        return None if parent is None else parent.intent_id

    def _ended(self, row: OrderRecord, now_ms: int) -> OrderRecord:
        fills = self._journal.fills.of_order(row.order_id)
        if not fills:
            return replace(row, status=OrderStatus.CANCELLED, updated_ms=now_ms)
        quantity = sum((fill.quantity for fill in fills), _ZERO)
        price = rounded_price(sum((fill.value for fill in fills), _ZERO) / quantity)
        return replace(
            row,
            status=OrderStatus.FILLED,
            filled_quantity=quantity,
            average_price=price,
            updated_ms=fills[-1].time_ms,
        )

    def _settle(self, intent_id: int, state: IntentState, shown: Mapping[str, ConditionalOrder], now_ms: int) -> None:
        """An intent whose stop was seen is accepted; one whose stop ended, or never came to light, is over."""
        names = {order.client_order_id: order for order in shown.values()}
        attempts = self._journal.attempts.of_intent(intent_id)
        for attempt in attempts:
            if (order := names.get(attempt.client_order_id)) is not None and attempt.order_id is None:
                self._answer(attempt, "accepted", now_ms, order.order_id)
        attempts = self._journal.attempts.of_intent(intent_id)
        known = [row for a in attempts if a.order_id and (row := self._journal.orders.get(a.order_id)) is not None]
        waits = any(not row.status.final for row in known)
        if state is IntentState.UNKNOWN and known:
            self._journal.intents.move(intent_id, IntentState.ACCEPTED, at_ms=now_ms)
        elif state is IntentState.UNKNOWN and now_ms >= attempts[-1].signed_ms + HORIZON_MS:
            with self._journal.transaction():
                for attempt in attempts:
                    if attempt.outcome in ("", "unknown"):
                        self._answer(attempt, "not_placed", now_ms, None)
                self._journal.intents.move(intent_id, IntentState.NOT_PLACED, at_ms=now_ms)
        elif state is IntentState.ACCEPTED and known and not waits:
            filled = any(row.status is OrderStatus.FILLED for row in known)
            end = IntentState.FILLED if filled else IntentState.CANCELLED
            self._journal.intents.move(intent_id, end, at_ms=now_ms)

    def _answer(self, attempt: AttemptRecord, outcome: str, now_ms: int, order_id: str | None) -> None:
        self._journal.attempts.answer(
            attempt.intent_id, attempt.n, outcome=outcome, answered_ms=now_ms, order_id=order_id
        )


def stop_record(stop: ConditionalOrder, known: OrderRecord | None, intent_id: int | None) -> OrderRecord:
    """A stop or target as the journal keeps it; what is on record already keeps its intent."""
    return OrderRecord(
        order_id=stop.order_id,
        client_order_id=stop.client_order_id,
        intent_id=known.intent_id if known and known.intent_id is not None else intent_id,
        symbol=stop.symbol,
        side=stop.side,
        position_side=stop.position_side,
        kind=known.kind if known and stop.leg not in _STANDING else stop.leg.value,
        quantity=stop.quantity,
        price=stop.price,
        trigger_price=stop.trigger_price,
        status=stop.status,
        filled_quantity=Decimal(0),
        average_price=None,
        created_ms=stop.created_ms,
        updated_ms=stop.updated_ms,
    )
