"""The simulated account as a backtest holds it: the exchange's own rules, without a wire in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.rows import TradeRecord
from weexctl.model.copying import quick
from weexctl.model.fill import Fill
from weexctl.model.instrument import Instrument
from weexctl.model.order import Leg, OrderIntent, OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.regime import Regime
from weexctl.model.side import PositionSide
from weexctl.pipeline.identity import client_order_id
from weexctl.run.positions import trade_record
from weexctl.simulator import passage
from weexctl.simulator.liquidation import LIQUIDATION_CLIENT_ID
from weexctl.simulator.margin import equity
from weexctl.simulator.orders import Preset, SimOrder, TriggerKind
from weexctl.simulator.placing import place
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.simulator import Simulator

__all__ = ["BacktestAccount", "Executed", "StopMove"]

_REASONS = {TriggerKind.STOP: "STOP_HIT", TriggerKind.TARGET: "TARGET_HIT"}
_LEGS = {TriggerKind.STOP: Leg.STOP, TriggerKind.TARGET: Leg.TARGET}
_LIQUIDATED = "LIQUIDATED"
_ACCOUNT = "sim"
"""Orders are named as those of the venue sim, which they are compared with."""


@quick
@dataclass(frozen=True, slots=True)
class Executed:
    """One execution, and what it was for."""

    fill: Fill
    leg: Leg
    client_order_id: str
    decision_id: str
    """The decision that sent the order, or that opened the position when it was the market that ended it."""
    reason: str


@dataclass(frozen=True, slots=True)
class StopMove:
    """A stop was put somewhere: the first one with its entry, or tightened."""

    symbol: str
    entry_order_id: str
    """Of the position it protects."""
    time_ms: int
    """The close that decided it."""
    price: Decimal


class BacktestAccount:
    """One account: what is held, what it has cost, and the orders that protect it.

    Args:
        simulator: the exchange, at the moment the run begins.
        run_id: what the records of its trades carry.
        max_leverage: what every symbol is set to, as far as its contract allows.
    """

    def __init__(self, simulator: Simulator, *, run_id: str, max_leverage: int) -> None:
        self._venue = simulator.venue
        self._run_id = run_id
        self._ledger = simulator.ledger
        self.trades: dict[str, OpenTrade] = {}
        self.instruments: Mapping[str, Instrument] = {s: c.instrument for s, c in self._venue.contracts.items()}
        self.realised = self.fees = self.funding = Decimal(0)
        self.turnover = 0.0
        """Σ value of each execution / equity at that moment."""
        self.slippage = Decimal(0)
        """What executions cost against the prices they were decided at, positive when they were worse, quote."""
        self.executed: list[Executed] = []
        """Every execution so far, oldest first."""
        self.stop_moves: list[StopMove] = []
        """Every place of a stop so far, oldest first."""
        for symbol, setting in self._venue.leverages.items():
            setting.cross = Decimal(min(max_leverage, self.instruments[symbol].max_leverage))

    @property
    def now_ms(self) -> int:
        """The exchange's time."""
        return self._venue.now_ms

    @property
    def equity(self) -> Decimal:
        """Wallet and unrealised P&L at mark, quote."""
        return equity(self._venue)

    @property
    def wallet(self) -> Decimal:
        """What is there without unrealised P&L, quote."""
        return self._ledger.wallet

    def next_event_ms(self, to_ms: int) -> int:
        """The first moment up to `to_ms` at which something may happen; later than that when there is none."""
        return passage.next_event_ms(self._venue, to_ms)

    def advance(self, to_ms: int) -> None:
        """Let the market go on to a moment, or to the end of the first candle that changed something before it."""
        passage.advance(self._venue, to_ms, until_change=True)

    def take_in(self) -> list[TradeRecord]:
        """What the market did to the account since the last time; the trades that it ended."""
        self._take_funding()
        if not self._ledger.fills:
            self._venue.closed.clear()
            return []
        ended = []
        for fill, order in self._new_fills():
            client_id = order.client_id
            reason = _LIQUIDATED if order.client_id.startswith(LIQUIDATION_CLIENT_ID) else _reason(order)
            reference, leg = None, Leg.EXIT
            if order.trigger is not None:
                reference, leg = order.trigger.price, _LEGS[order.trigger.kind]
            if (record := self._book(fill, leg, client_id, reference, reason, None)) is not None:
                ended.append(record)
        for record in ended:
            self._sweep(record.symbol, record.position_side)
        return sorted(ended, key=lambda record: record.symbol)

    def enter(self, intent: OrderIntent, regime: Regime) -> str:
        """Carry out an order that opens or adds; the exchange's reason when it takes it not, else empty."""
        order, refused = self._send(intent)
        if refused:
            return refused
        trade = self.trades.get(intent.symbol) or OpenTrade(
            symbol=intent.symbol,
            side=intent.position_side,
            opened_ms=intent.created_ms,
            decision_id=intent.decision_id,
            entry_order_id=str(order.id),
            rule=intent.rule,
            regime=regime.value,
            stop_price=intent.stop_price,
            target_price=intent.target_price,
            best_price=float(intent.reference_price),
        )
        if intent.symbol not in self.trades:  # in the journal's order: sums of floats depend on it
            self.trades = {s: self.trades.get(s, trade) for s in sorted([*self.trades, intent.symbol])}
            if trade.stop_price is not None:
                self._note_stop(trade, intent.created_ms, trade.stop_price)
        for fill, _ in self._new_fills():
            self._book(fill, intent.leg, order.client_id, intent.reference_price, intent.reason, intent.decision_id)
        return ""

    def reduce(self, intent: OrderIntent) -> tuple[str, TradeRecord | None]:
        """Carry out an order that shrinks: the exchange's reason when it does not take it, and the trade it ended."""
        order, refused = self._send(intent)
        if refused:
            return refused, None
        ended: TradeRecord | None = None
        for fill, _ in self._new_fills():
            done = self._book(
                fill, intent.leg, order.client_id, intent.reference_price, intent.reason, intent.decision_id
            )
            ended = done or ended
        if ended is not None:
            self._sweep(intent.symbol, intent.position_side)
        return "", ended

    def tighten(self, symbol: str, price: Decimal) -> None:
        """Move the stops of a position."""
        trade = self.trades[symbol]
        for order in self._protective(symbol, trade.side):
            if order.trigger is not None and order.trigger.kind is TriggerKind.STOP:
                order.trigger.move(price)
        self._venue.version += 1
        self.trades[symbol] = replace(trade, stop_price=price)
        self._note_stop(trade, self._venue.now_ms, price)

    def _note_stop(self, trade: OpenTrade, time_ms: int, price: Decimal) -> None:
        self.stop_moves.append(StopMove(trade.symbol, trade.entry_order_id, time_ms, price))

    def mark_best(self, symbol: str, best: float) -> None:
        """Note the close most in favour of a position so far."""
        trade = self.trades[symbol]
        if best != trade.best_price:
            self.trades[symbol] = trade.with_best(best)

    def _send(self, intent: OrderIntent) -> tuple[SimOrder, str]:
        self._venue.now_ms += self._venue.settings.latency_ms  # what is sent at a close is filled after it
        order = SimOrder(
            id=0,
            client_id=client_order_id(_ACCOUNT, intent.decision_id, intent.leg, 1),
            symbol=intent.symbol,
            side=intent.side,
            position_side=intent.position_side,
            type=OrderType.MARKET,
            time_in_force=TimeInForce.IOC,
            quantity=intent.quantity,
            price=None,
            created_ms=self._venue.now_ms,
            updated_ms=self._venue.now_ms,
            target=_preset(intent.target_price),
            stop=_preset(intent.stop_price),
        )
        try:
            return place(self._venue, order), ""
        except Refusal as no:
            return order, no.message

    def _new_fills(self) -> list[tuple[Fill, SimOrder]]:
        fills, orders = self._ledger.fills, self._venue.closed
        by_id = {str(order.id): order for order in orders}
        found = [(fill, by_id[fill.order_id]) for fill in fills]
        fills.clear()
        orders.clear()
        return found

    def _book(
        self, fill: Fill, leg: Leg, client_id: str, reference: Decimal | None, reason: str, decision_id: str | None
    ) -> TradeRecord | None:
        """One execution into the trade it belongs to; the trade's record when that was its last."""
        before = self.trades[fill.symbol]
        trade = before.with_fill(fill, reference)
        self.executed.append(Executed(fill, leg, client_id, decision_id or trade.decision_id, reason))
        self.realised += fill.realised
        self.fees += fill.fee
        if (worth := self.equity) > 0:  # a liquidation may leave nothing to divide by
            self.turnover += float(fill.value) / float(worth)
        self.slippage += before.entry_slippage + before.exit_slippage - trade.entry_slippage - trade.exit_slippage
        if trade.quantity > 0:
            self.trades[fill.symbol] = trade
            return None
        del self.trades[fill.symbol]
        return trade_record(
            trade, run_id=self._run_id, closed_ms=fill.time_ms, reason=reason, exit_decision=decision_id
        )

    def _take_funding(self) -> None:
        """Settlements since the last time, each into the trade that was held then."""
        if not self._ledger.bills:
            return
        for bill in self._ledger.bills:
            if bill.kind == "position_funding":
                self.funding += bill.amount
                if (trade := self.trades.get(bill.symbol)) is not None:
                    self.trades[bill.symbol] = replace(trade, funding=trade.funding + bill.amount)
        self._ledger.bills.clear()

    def _protective(self, symbol: str, side: PositionSide) -> list[SimOrder]:
        return [o for o in self._venue.orders(symbol) if o.waiting and not o.opening and o.position_side is side]

    def _sweep(self, symbol: str, side: PositionSide) -> None:
        """Cancel what a position that is gone leaves behind."""
        for order in self._protective(symbol, side):
            self._venue.finish(order, OrderStatus.CANCELLED, self._venue.now_ms)


def _preset(price: Decimal | None) -> Preset | None:
    return None if price is None else Preset(price=price, source=TriggerSource.MARK)


def _reason(order: SimOrder) -> str:
    return _REASONS[order.trigger.kind] if order.trigger is not None else "EXCHANGE_CLOSE"
