"""Positions that lack their stop while nothing can be recorded: what is on record is read, never written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial

from weexctl.execution.differences import Books, Remedy, compare
from weexctl.execution.guardian import StopKeeper
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable, read
from weexctl.execution.search import Search
from weexctl.execution.snapshot import Key, Snapshot, read_snapshot
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import IntentRecord
from weexctl.model.order import Leg, Order, OrderIntent
from weexctl.model.regime import Regime
from weexctl.ports import Clock, Exchange
from weexctl.run.positions import load_trade

__all__ = ["BarePositions"]

_OPEN = (IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACCEPTED)
_ZERO = Decimal(0)


class BarePositions:
    """Places the stops that positions of ours lack; each goes on record aside before it leaves.

    Args:
        exchange: for reading.
        guardian: places stops.
        journal: what is on record; it is not written here.
        clock: the venue's time.
    """

    def __init__(self, exchange: Exchange, guardian: StopKeeper, journal: Journal, clock: Clock) -> None:
        self._exchange = exchange
        self._guardian = guardian
        self._journal = journal
        self._clock = clock
        self._search = Search(exchange, journal)

    def look(self, *, stops: bool = True) -> tuple[Key, ...] | Unavailable:
        """Read the account and `protect` it; nothing is inferred from a read that failed.

        Args:
            stops: False where they cannot be read: then none is placed either.
        """
        seen = read_snapshot(self._exchange, stops=stops)
        return seen if isinstance(seen, Unavailable) else self.protect(seen)

    def protect(self, seen: Snapshot) -> tuple[Key, ...]:
        """Place the stops that are missing; the positions of ours that are held."""
        ours = self._ours(seen)
        books = Books(
            symbols=frozenset(),
            trades=ours,
            open_client_ids={},
            known_stops=frozenset(),
            entry_orders=frozenset(),
        )
        for difference in compare(books, seen):
            if difference.remedy is Remedy.PLACE_STOP and difference.side is not None:
                trade = ours[difference.symbol, difference.side.value]
                held = seen.positions[difference.symbol, difference.side.value].quantity
                self._guardian.ensure(trade, min(trade.quantity, held))
        return tuple(ours)

    def _ours(self, seen: Snapshot) -> Mapping[Key, OpenTrade]:
        """Trades on record that are held, with what orders opened whose fills could not be recorded."""
        stored = (load_trade(row) for row in self._journal.positions.all())
        trades = {(t.symbol, t.side.value): t for t in stored if (t.symbol, t.side.value) in seen.positions}
        for record in self._journal.intents.in_states(*_OPEN):
            intent = record.order_intent()
            key = (intent.symbol, intent.position_side.value)
            if record.leg is not Leg.ENTRY or key not in seen.positions:
                continue
            order = self._order(record, intent)
            if order is not None and (quantity := order.filled_quantity - self._booked(order)) > 0:
                trades[key] = _with(trades.get(key) or _begun(intent, order), order, quantity)
        return trades

    def _order(self, record: IntentRecord, intent: OrderIntent) -> Order | None:
        """An entry's order, when the exchange shows it as ours; None proves nothing, and nothing is placed for it."""
        attempts = self._journal.attempts.of_intent(record.intent_id)
        if not attempts:
            return None
        attempt, now_ms = attempts[-1], self._clock.now_ms()
        if attempt.order_id is not None:
            found = read("the order", partial(self._exchange.fetch_order, attempt.order_id))
            return None if isinstance(found, Unavailable) else found
        listed = self._search.listed(intent, attempt, now_ms)
        return None if isinstance(listed, Unavailable) else listed

    def _booked(self, order: Order) -> Decimal:
        return sum((fill.quantity for fill in self._journal.fills.of_order(order.order_id)), _ZERO)


def _begun(intent: OrderIntent, order: Order) -> OpenTrade:
    """The trade that an entry began, as far as a stop needs it."""
    return OpenTrade(
        symbol=intent.symbol,
        side=intent.position_side,
        opened_ms=intent.created_ms,
        decision_id=intent.decision_id,
        entry_order_id=order.order_id,
        rule=intent.rule,
        regime=Regime.UNSTABLE.value,
        stop_price=intent.stop_price,
        target_price=intent.target_price,
    )


def _with(trade: OpenTrade, order: Order, quantity: Decimal) -> OpenTrade:
    """The trade with what an order has added to it; stops that came with the order may still be hidden."""
    return replace(
        trade,
        opened_quantity=trade.opened_quantity + quantity,
        last_fill_ms=max(trade.last_fill_ms, order.updated_ms),
    )
