"""Carrying out one step's orders and stops, and keeping the run's trades in step with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from weexctl.errors import WeexctlError
from weexctl.execution.execution import Execution
from weexctl.execution.executor import Executor, Sent
from weexctl.execution.guardian import StopKeeper
from weexctl.execution.leverage import LeverageCheck
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.kill_points import passes
from weexctl.model.book import Book
from weexctl.model.order import ConditionalOrder, Leg, OrderIntent, OrderStatus
from weexctl.model.regime import Regime
from weexctl.pipeline.decide import Step, StopMove
from weexctl.pipeline.guards import Flow, Reviewed
from weexctl.run.risk_state import RiskState
from weexctl.trader.account_sync import AccountSync
from weexctl.trader.resting import resting_intents, resting_order_id
from weexctl.trader.stop_rows import stop_record

__all__ = ["OrderDesk"]

_STOP_UNPROVEN = "STOP_UNPROVEN"


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Everything a step needs to act."""

    executor: Executor
    guardian: StopKeeper
    sync: AccountSync
    journal: Journal
    state: RiskState
    leverage: LeverageCheck | None = None
    """Asked before each entry; None where nobody else can change it, or where it cannot be read."""

    def __post_init__(self) -> None:
        """From here on fills go into this desk's books."""
        self.executor.book_fills = self._book

    def settle(self) -> list[Execution]:
        """Take in what has become of orders whose outcome was open.

        A position that comes to light is the run's own from here on, and its stop is proven; when it cannot be, the
        next `carry_out` goes on trying.
        """
        held = dict(self.sync.trades)
        settled = [e for e in self.executor.settle_unknown() if e.order is not None and e.fills]
        for execution in settled:
            self._protect(execution, held)
        return settled

    def carry_out(self, step: Step, flow: Flow, blocked: Mapping[str, str]) -> list[Execution]:
        """Reductions, then positions without a proven stop, then entries, then stops.

        A refusal or failure of one keeps none of the others back.

        Args:
            step: what was decided.
            flow: what has gone out lately.
            blocked: symbols that take no entries now, with the code of why.
        """
        book = step.book
        reductions = [reviewed for reviewed in step.orders if reviewed.intent.reduces]
        done = self._reduce(reductions, book, flow)
        for reviewed in reductions:
            flow = _after(flow, reviewed.intent, book)
        done += self._repair(step)
        locks = self.executor.frozen_symbols() | dict(blocked)
        for reviewed in step.orders[len(reductions) :]:
            intent = reviewed.intent
            code = self.state.locked.get(intent.symbol) or locks.get(intent.symbol) or self._leveraged(intent.symbol)
            if code:
                self.state.refuse(code)
                continue
            done.append(self.send(reviewed, book, flow))
            flow = _after(flow, intent, book)
        for move in step.stop_moves:
            self._tighten(move)
        return done

    def _leveraged(self, symbol: str) -> str:
        if self.leverage is None:
            return ""
        return self.leverage.refusal(symbol, flat=not any(key[0] == symbol for key in self.sync.trades))

    def send(self, reviewed: Reviewed, book: Book, flow: Flow) -> Execution:
        """One order to its end, and what it means for the run: its trades, its stops, its counters."""
        held = dict(self.sync.trades)
        execution = self._counted(self.executor.execute(reviewed, book, flow), book)
        if execution.order is not None and execution.fills and not self._protect(execution, held):
            trade = self.sync.trades[execution.intent.symbol, execution.intent.position_side.value]
            self._abandon(trade, execution.intent.decision_id, book)
        return execution

    def _reduce(self, reductions: Sequence[Reviewed], book: Book, flow: Flow) -> list[Execution]:
        """Every exit leaves before the first one is followed: reading back takes time that the others do not have."""
        held = dict(self.sync.trades)
        sent: list[Sent | Execution] = []
        for reviewed in reductions:
            sent.append(self.executor.send(reviewed, book, flow))
            flow = _after(flow, reviewed.intent, book)
        ends = [self.executor.follow(one) for one in sent]
        for execution in ends:
            self._counted(execution, book)
            if execution.order is not None and execution.fills:
                self._protect(execution, held)
        return ends

    def _counted(self, execution: Execution, book: Book) -> Execution:
        if execution.intent_id is not None:
            self.state.order_times_ms.append(book.now_ms)
        if (execution.order is None or not execution.fills) and not execution.rests:
            self.state.refuse(execution.code or _outcome_code(execution.state))
        return execution

    def _book(self, execution: Execution) -> None:
        """An order's fills into the run's trades, inside the transaction that ends its intent."""
        if execution.intent.reduces:
            self._reduced(execution)
        else:
            self._opened(execution)
        self.sync.remember()

    def _protect(self, execution: Execution, held: Mapping[tuple[str, str], OpenTrade]) -> bool:
        """What an order's fills ask for at the exchange; False when a position's stop cannot be proven.

        Args:
            execution: an order with fills, already in the books.
            held: the trades before it.
        """
        key = (execution.intent.symbol, execution.intent.position_side.value)
        trade = self.sync.trades.get(key)
        if execution.intent.reduces:
            if trade is None and key in held:
                self.clean(held[key])
            return True
        return trade is None or self._secure(trade, execution.intent_id)

    def _reduced(self, execution: Execution) -> None:
        intent = execution.intent
        key = (intent.symbol, intent.position_side.value)
        if key in self.sync.trades:  # otherwise its fills were read before its order could be
            self.sync.reduced(key, execution.fills, reason=intent.reason, decision_id=intent.decision_id)

    def clean(self, trade: OpenTrade) -> None:
        """Cancel what a position that has ended leaves behind; its symbol is locked when that cannot be proven."""
        self.take_back(exits_of=trade)
        if code := self.guardian.sweep(trade.symbol, trade.side):
            self.state.locked[trade.symbol] = code
            return
        for order in self.journal.orders.open(trade.symbol):
            if order.position_side is trade.side and order.kind in (Leg.STOP, Leg.TARGET):
                self.journal.orders.put(replace(order, status=OrderStatus.CANCELLED))

    def take_back(self, *, exits_of: OpenTrade | None = None) -> bool:
        """Cancel limit orders of ours that rest: every entry, or every exit of one position; False for none."""
        found, held = False, dict(self.sync.trades)
        for record in list(resting_intents(self.journal)):
            intent, order_id = record.order_intent(), resting_order_id(self.journal, record)
            wanted = not intent.reduces
            if exits_of is not None:
                wanted = intent.reduces and (intent.symbol, intent.position_side) == (exits_of.symbol, exits_of.side)
            if not wanted or order_id is None:
                continue
            found = True
            passes("K25")
            try:
                proven = self.executor.canceller.resting(order_id).proven
            except WeexctlError as error:
                self.state.refuse(error.code)
                continue
            if not proven:
                self.state.refuse("CANCEL_UNPROVEN")
            execution = self.executor.resume(record)
            if execution.order is not None and execution.fills:
                self._protect(execution, held)
        return found

    def _opened(self, execution: Execution) -> None:
        """A position that an order opened or added to; nothing when all of it was known and is over."""
        intent, order = execution.intent, execution.order
        trade = self.sync.trades.get((intent.symbol, intent.position_side.value))
        if order is None or (trade is None and all(self.journal.fills.get(f.fill_id) for f in execution.fills)):
            return
        if trade is None:
            trade = _new_trade(intent, order.order_id, self._regime(intent.decision_id))
            self.state.entries_ms.append(intent.created_ms)
        self.sync.opened(trade, execution.fills)

    def _regime(self, decision_id: str) -> Regime:
        """The regime a decision was made in; a record without one counts as unstable."""
        decision = self.journal.decisions.get(decision_id)
        regime = decision.record.get("regime") if decision is not None else None
        return Regime(regime["name"]) if isinstance(regime, dict) else Regime.UNSTABLE

    def _secure(self, trade: OpenTrade, intent_id: int | None) -> bool:
        """Read the stop back, and place it when it is missing; a symbol whose stop cannot be proven is locked."""
        proof = self.guardian.ensure(trade, trade.quantity)
        for order in (*proof.stops, *proof.targets):
            self._record_stop(order, intent_id)
        self.sync.keep(replace(trade, stop_order_ids=tuple(stop.order_id for stop in proof.stops)))
        if not proof.covered:
            self.state.locked[trade.symbol] = _STOP_UNPROVEN
            self.state.refuse(_STOP_UNPROVEN)
        return proof.covered

    def restore_stop(self, key: tuple[str, str], book: Book) -> bool:
        """Place the stop that a position lacks; close the position when it cannot have one.

        Returns:
            True when anything was asked of the exchange.
        """
        trade = self.sync.trades.get(key)
        if trade is None:
            return False
        if not self._secure(trade, None) and key in self.sync.trades and not self._leaving(trade):
            self._abandon(self.sync.trades[key], trade.decision_id, book)
        return True

    def retry_exits(self, book: Book) -> bool:
        """Send exits again that are proven not to have become an order while their position is still held.

        Returns:
            True when one was sent.
        """
        sent = False
        for record in self.journal.intents.in_states(IntentState.NOT_PLACED):
            intent = record.order_intent()
            trade = self.sync.trades.get((intent.symbol, intent.position_side.value))
            if intent.leg is Leg.EXIT and trade is not None and trade.quantity >= intent.quantity:
                self.send(Reviewed(intent, ()), book, Flow())
                sent = True
        return sent

    def _repair(self, step: Step) -> list[Execution]:
        """Positions whose stop could not be proven before: proven now, or closed."""
        decisions = {decision.symbol: decision.decision_id for decision in step.decisions}
        doubtful = [t for t in self.sync.trades.values() if self.state.locked.get(t.symbol) == _STOP_UNPROVEN]
        bare = [trade for trade in doubtful if not self._leaving(trade) and not self._secure(trade, None)]
        return [self._abandon(trade, decisions[trade.symbol], step.book) for trade in bare]

    def _leaving(self, trade: OpenTrade) -> bool:
        """True while an exit of a position is under way: another one would not help."""
        return any(
            record.leg is Leg.EXIT
            and (record.symbol, record.position_side) == (trade.symbol, trade.side)
            and not record.order_intent().rests  # a limit order may wait for ever
            for record in self.journal.intents.in_states(IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACCEPTED)
        )

    def _abandon(self, trade: OpenTrade, decision_id: str, book: Book) -> Execution:
        """Close a position whose stop cannot be proven."""
        return self.send(Reviewed(_closing(trade, decision_id, book, _STOP_UNPROVEN), ()), book, Flow())

    def close(self, trade: OpenTrade, reason: str, book: Book) -> Execution:
        """Close a position at market, between two candles; the decision is the one that opened it."""
        return self.send(Reviewed(_closing(trade, trade.decision_id, book, reason), ()), book, Flow())

    def _record_stop(self, stop: ConditionalOrder, intent_id: int | None) -> None:
        self.journal.orders.put(stop_record(stop, self.journal.orders.get(stop.order_id), intent_id))

    def _tighten(self, move: StopMove) -> None:
        trade = self.sync.trades.get((move.symbol, move.side.value))
        if trade is None:
            return
        if code := self.guardian.tighten(trade, move.stop_price):
            self.state.refuse(code)
            return
        for order_id in trade.stop_order_ids:
            if (order := self.journal.orders.get(order_id)) is not None:
                self.journal.orders.put(replace(order, trigger_price=move.stop_price))
        self.sync.keep(replace(trade, stop_price=move.stop_price))


def _after(flow: Flow, intent: OrderIntent, book: Book) -> Flow:
    exposure = float(intent.notional) / book.equity if book.equity > 0 else 0.0
    return flow.with_order(intent, book.now_ms, exposure, intent.symbol not in book.positions)


def _closing(trade: OpenTrade, decision_id: str, book: Book, reason: str) -> OrderIntent:
    """The order that ends a position."""
    price = book.prices.get(trade.symbol)
    return OrderIntent(
        decision_id=decision_id,
        symbol=trade.symbol,
        side=trade.side.closing,
        position_side=trade.side,
        leg=Leg.EXIT,
        quantity=trade.quantity,
        reference_price=trade.entry_price if price is None else Decimal(repr(price)),
        reason=reason,
        rule=trade.rule,
        created_ms=book.now_ms,
    )


def _new_trade(intent: OrderIntent, order_id: str, regime: Regime) -> OpenTrade:
    return OpenTrade(
        symbol=intent.symbol,
        side=intent.position_side,
        opened_ms=intent.created_ms,
        decision_id=intent.decision_id,
        entry_order_id=order_id,
        rule=intent.rule,
        regime=regime.value,
        stop_price=intent.stop_price,
        target_price=intent.target_price,
        best_price=float(intent.reference_price),
    )


def _outcome_code(state: IntentState) -> str:
    return "NOT_FILLED" if state in (IntentState.ACCEPTED, IntentState.CANCELLED) else state.value.upper()
