"""Carrying out one step's orders and stops, and keeping the run's trades in step with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from weexctl.execution.executor import Execution, Executor
from weexctl.execution.guardian import Guardian
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import OrderRecord
from weexctl.model.book import Book
from weexctl.model.order import ConditionalOrder, Leg, OrderIntent, OrderStatus
from weexctl.model.regime import Regime
from weexctl.pipeline.decide import Step, StopMove
from weexctl.pipeline.guards import Flow, Reviewed
from weexctl.trader.account_sync import AccountSync
from weexctl.trader.risk_state import RiskState

__all__ = ["OrderDesk"]

_STOP_UNPROVEN = "STOP_UNPROVEN"


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Everything a step needs to act."""

    executor: Executor
    guardian: Guardian
    sync: AccountSync
    journal: Journal
    state: RiskState

    def carry_out(self, step: Step, flow: Flow) -> list[Execution]:
        """Reductions, then entries, then stops. A refusal or failure of one keeps none of the others back."""
        book = step.book
        done: list[Execution] = []
        frozen = self.executor.frozen_symbols()
        for reviewed in step.orders:
            intent = reviewed.intent
            if not intent.reduces and (code := self._locked(intent, frozen)):
                self.state.refuse(code)
                continue
            execution = self.executor.execute(reviewed, book, flow)
            self._take(execution, book)
            done.append(execution)
            exposure = float(intent.notional) / book.equity if book.equity > 0 else 0.0
            flow = flow.with_order(intent, book.now_ms, exposure, intent.symbol not in book.positions)
        for move in step.stop_moves:
            self._tighten(move)
        return done

    def _locked(self, intent: OrderIntent, frozen: frozenset[str]) -> str:
        if intent.symbol in self.state.locked:
            return self.state.locked[intent.symbol]
        return "OUTCOME_UNKNOWN" if intent.symbol in frozen else ""

    def _take(self, execution: Execution, book: Book) -> None:
        """What one execution means for the run."""
        intent = execution.intent
        if execution.intent_id is not None:
            self.state.order_times_ms.append(book.now_ms)
        if execution.order is None or not execution.fills:
            self.state.refuse(execution.code or _outcome_code(execution.state))
            return
        if intent.reduces:
            self._reduced(execution)
        else:
            self._opened(execution, book)

    def _reduced(self, execution: Execution) -> None:
        intent = execution.intent
        key = (intent.symbol, intent.position_side.value)
        trade = self.sync.trades[key]
        if self.sync.reduced(key, execution.fills, reason=intent.reason, decision_id=intent.decision_id):
            self.clean(trade)

    def clean(self, trade: OpenTrade) -> None:
        """Cancel what a position that has ended leaves behind; its symbol is locked when that cannot be proven."""
        if code := self.guardian.sweep(trade.symbol, trade.side):
            self.state.locked[trade.symbol] = code
            return
        for order_id in trade.stop_order_ids:
            self._mark_cancelled(order_id)

    def _mark_cancelled(self, order_id: str) -> None:
        """A stop that a read shows gone, after its position was closed by another order."""
        order = self.journal.orders.get(order_id)
        if order is not None and not order.status.final:
            self.journal.orders.put(replace(order, status=OrderStatus.CANCELLED))

    def _opened(self, execution: Execution, book: Book) -> None:
        intent, order = execution.intent, execution.order
        if order is None:
            return
        key = (intent.symbol, intent.position_side.value)
        trade = self.sync.trades.get(key)
        if trade is None:
            trade = _new_trade(intent, order.order_id, book.regimes[intent.symbol].name)
            self.state.entries_ms.append(book.now_ms)
        trade = self.sync.opened(trade, execution.fills)
        self._prove(trade, execution, book)

    def _prove(self, trade: OpenTrade, execution: Execution, book: Book) -> None:
        """Read the stop back; a position whose stop cannot be proven is closed and its symbol locked."""
        proof = self.guardian.ensure(trade, trade.quantity)
        for stop in proof.stops:
            self._record_stop(stop, execution.intent_id)
        trade = replace(trade, stop_order_ids=tuple(stop.order_id for stop in proof.stops))
        self.sync.keep(trade)
        if not proof.covered:
            self.state.locked[trade.symbol] = _STOP_UNPROVEN
            self.state.refuse(_STOP_UNPROVEN)
            closing = Reviewed(_closing(trade, execution.intent), ())
            self._take(self.executor.execute(closing, book, Flow()), book)

    def _record_stop(self, stop: ConditionalOrder, intent_id: int | None) -> None:
        known = self.journal.orders.get(stop.order_id)
        self.journal.orders.put(
            OrderRecord(
                order_id=stop.order_id,
                client_order_id=stop.client_order_id,
                intent_id=known.intent_id if known else intent_id,
                symbol=stop.symbol,
                side=stop.side,
                position_side=stop.position_side,
                kind=stop.leg.value,
                quantity=stop.quantity,
                price=stop.price,
                trigger_price=stop.trigger_price,
                status=stop.status,
                filled_quantity=Decimal(0),
                average_price=None,
                created_ms=stop.created_ms,
                updated_ms=stop.updated_ms,
            )
        )

    def _tighten(self, move: StopMove) -> None:
        trade = self.sync.trades.get((move.symbol, move.side.value))
        if trade is None:
            return
        if code := self.guardian.tighten(trade, move.stop_price):
            self.state.refuse(code)
            return
        self.sync.keep(replace(trade, stop_price=move.stop_price))


def _closing(trade: OpenTrade, entry: OrderIntent) -> OrderIntent:
    """The order that ends a position whose stop cannot be proven."""
    return OrderIntent(
        decision_id=entry.decision_id,
        symbol=trade.symbol,
        side=trade.side.closing,
        position_side=trade.side,
        leg=Leg.EXIT,
        quantity=trade.quantity,
        reference_price=entry.reference_price,
        reason=_STOP_UNPROVEN,
        rule=trade.rule,
        created_ms=entry.created_ms,
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
