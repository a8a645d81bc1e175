"""Open positions of a run: what the exchange holds joined with what the journal knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.rows import PositionRecord, TradeRecord
from weexctl.model.account import Position
from weexctl.model.book import ClosedTrade, HeldPosition
from weexctl.model.regime import Regime
from weexctl.pipeline.identity import trade_id

__all__ = [
    "by_key",
    "closed_trade",
    "held_position",
    "load_trade",
    "mark_price",
    "position_record",
    "rounded_price",
    "trade_record",
    "with_price",
]


def held_position(
    trade: OpenTrade, position: Position | OpenTrade, price: float, equity: float, now_ms: int, candle_ms: int
) -> HeldPosition:
    """One position as the pipeline sees it, of the size that `position` has; exposure at this price and equity."""
    quantity = float(position.quantity)
    return HeldPosition(
        symbol=trade.symbol,
        side=trade.side,
        quantity=quantity,
        exposure=trade.side.sign * quantity * price / equity if equity > 0 else 0.0,
        entry_price=float(trade.entry_price),
        price=price,
        opened_ms=trade.opened_ms,
        candles_held=(now_ms - trade.opened_ms) // candle_ms,
        best_price=trade.best_price,
        stop=None if trade.stop_price is None else float(trade.stop_price),
        target=None if trade.target_price is None else float(trade.target_price),
        rule=trade.rule,
        regime=Regime(trade.regime),
        decision_id=trade.decision_id,
    )


def mark_price(position: Position) -> float:
    """The mark price the exchange's unrealised P&L of a position is made from."""
    return float(position.entry_price + position.side.sign * position.unrealised / position.quantity)


def with_price(trade: OpenTrade, close: float) -> OpenTrade:
    """The trade after one more close: its best price may have moved."""
    best = trade.best_price or close
    better = max(best, close) if trade.side.sign > 0 else min(best, close)
    return trade if better == trade.best_price else trade.with_best(better)


def position_record(trade: OpenTrade) -> PositionRecord:
    """The trade as the journal's position row."""
    return PositionRecord(
        symbol=trade.symbol,
        position_side=trade.side,
        quantity=trade.quantity,
        entry_price=trade.entry_price,
        opened_ms=trade.opened_ms,
        decision_id=trade.decision_id,
        rule=trade.rule,
        regime=trade.regime,
        stop_price=trade.stop_price,
        target_price=trade.target_price,
        parameters=trade.parameters(),
    )


def load_trade(record: PositionRecord) -> OpenTrade:
    """The trade that a journal's position row holds."""
    stored = record.parameters
    return OpenTrade(
        symbol=record.symbol,
        side=record.position_side,
        opened_ms=record.opened_ms,
        decision_id=record.decision_id,
        entry_order_id=stored["entry_order_id"],
        rule=record.rule,
        regime=record.regime,
        stop_price=record.stop_price,
        target_price=record.target_price,
        stop_order_ids=tuple(stored["stop_order_ids"]),
        best_price=stored["best_price"],
        last_order_id=stored["last_order_id"],
        last_fill_ms=stored["last_fill_ms"],
        **OpenTrade.money_of(stored),
    )


def trade_record(
    trade: OpenTrade, *, run_id: str, closed_ms: int, reason: str, exit_decision: str | None
) -> TradeRecord:
    """A position that ended, as the journal keeps it."""
    return TradeRecord(
        trade_id=trade_id(trade.entry_order_id, trade.symbol, trade.side.value),
        run_id=run_id,
        symbol=trade.symbol,
        position_side=trade.side,
        opened_ms=trade.opened_ms,
        closed_ms=closed_ms,
        quantity=trade.opened_quantity,
        entry_price=rounded_price(trade.entry_price),
        exit_price=rounded_price(trade.exit_price),
        gross=trade.realised,
        fees=trade.fees,
        funding=trade.funding,
        net=trade.net,
        exit_reason=reason,
        rule=trade.rule,
        regime=trade.regime,
        entry_decision_id=trade.decision_id,
        exit_decision_id=exit_decision,
        entry_order_id=trade.entry_order_id,
        exit_order_id=trade.last_order_id,
        entry_slippage=trade.entry_slippage,
        exit_slippage=trade.exit_slippage,
    )


def closed_trade(record: TradeRecord) -> ClosedTrade:
    """A closed trade as policies see it."""
    return ClosedTrade(
        symbol=record.symbol,
        side=record.position_side,
        opened_ms=record.opened_ms,
        closed_ms=record.closed_ms,
        pnl=float(record.net),
        exit_reason=record.exit_reason,
        rule=record.rule,
    )


def by_key(positions: list[Position]) -> Mapping[tuple[str, str], Position]:
    """Positions by symbol and side."""
    return {(p.symbol, p.side.value): p for p in positions}


def rounded_price(value: Decimal) -> Decimal:
    """An average price to twelve significant digits: it is a quotient and has no end otherwise."""
    return Decimal(f"{value:.12g}")
