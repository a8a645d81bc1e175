"""The sum of a run: what it began and ended with, what was sent, what was refused, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.rows import OrderRecord, RunRecord, TradeRecord
from weexctl.trader.session_report import SessionReport

__all__ = ["OpenRow", "OrderRow", "Output", "Pnl", "Span", "TradeRow", "open_row", "sum_up", "trade_row"]


class Span(BaseModel):
    """A value at the start and at the end."""

    start: Decimal
    end: Decimal


class Pnl(BaseModel):
    """Where the change of equity came from: start + realised + unrealised - fees + funding = end."""

    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal


class OrderRow(BaseModel):
    """One order the exchange had."""

    order_id: str
    client_order_id: str
    decision_id: str
    symbol: str
    side: str
    position_side: str
    leg: str
    quantity: Decimal
    """What was asked for."""
    filled_quantity: Decimal
    """What was done; a stop asks for the whole position, however little is left of it."""
    price: Decimal | None
    """Average over its fills."""
    status: str
    time_ms: int


class TradeRow(BaseModel):
    """One position that ended."""

    trade_id: str
    symbol: str
    position_side: str
    opened_ms: int
    closed_ms: int
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    gross: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    exit_reason: str
    rule: str
    regime: str
    entry_order_id: str
    exit_order_id: str


class OpenRow(BaseModel):
    """One position that is still open."""

    symbol: str
    position_side: str
    opened_ms: int
    quantity: Decimal
    entry_price: Decimal
    stop_price: Decimal | None
    rule: str
    entry_order_id: str


class Output(BaseModel):
    """A run so far."""

    run_id: str
    from_ms: int
    """Close of the first candle to decide on."""
    to_ms: int
    """Close of the last candle that was decided on; `from_ms` while `steps` is 0."""
    steps: int
    interrupted: bool
    synthetic: bool
    """True when a generator made the candles."""
    equity: Span
    pnl: Pnl
    max_drawdown: float
    exposure: float
    """Mean of the gross exposure over the steps, as a fraction of equity."""
    orders: list[OrderRow]
    """The newest 10 000, oldest first."""
    orders_total: int
    trades: list[TradeRow]
    """The newest 10 000, oldest first."""
    trades_total: int
    open_positions: list[OpenRow]
    refusals: dict[str, int]
    not_modelled: list[str]
    manifest: dict[str, Any]
    """What the run was made from: enough to make it again."""


def sum_up(report: SessionReport, *, synthetic: bool, not_modelled: Sequence[str]) -> Output:
    """The report of a run, from its first step on."""
    run, state, balance = report.run, report.state, report.balance
    return Output(
        run_id=run.run_id,
        from_ms=run.from_ms,
        to_ms=run.to_ms if run.steps else run.from_ms,
        steps=run.steps,
        interrupted=report.interrupted,
        synthetic=synthetic,
        equity=Span(start=report.start_equity, end=balance.equity),
        pnl=Pnl(realised=state.realised, unrealised=balance.unrealised, fees=state.fees, funding=state.funding),
        max_drawdown=report.curve.max_drawdown,
        exposure=report.curve.exposure,
        orders=[_order_row(order, decision) for order, decision in report.orders],
        orders_total=report.orders_total,
        trades=[trade_row(trade) for trade in report.trades],
        trades_total=report.trades_total,
        open_positions=[open_row(trade) for trade in report.open_trades],
        refusals=dict(sorted(state.refusals.items(), key=lambda item: -item[1])),
        not_modelled=list(not_modelled),
        manifest=_manifest(run),
    )


def _manifest(run: RunRecord) -> dict[str, Any]:
    return {
        "venue": run.venue,
        "profile": run.profile,
        "profile_digest": run.profile_digest,
        "symbols": list(run.symbols),
        "timeframe": run.timeframe,
        "seed": run.seed,
        **run.manifest,
    }


def _order_row(order: OrderRecord, decision_id: str) -> OrderRow:
    return OrderRow(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        decision_id=decision_id,
        symbol=order.symbol,
        side=order.side.value,
        position_side=order.position_side.value,
        leg=order.kind,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        price=None if order.average_price is None else _average(order.average_price),
        status=order.status.value,
        time_ms=order.updated_ms,
    )


def trade_row(trade: TradeRecord) -> TradeRow:
    """A position that ended, as a row."""
    names = [name for name in TradeRow.model_fields if name != "position_side"]
    return TradeRow(position_side=trade.position_side.value, **{name: getattr(trade, name) for name in names})


def open_row(trade: OpenTrade) -> OpenRow:
    """A position that is open, as a row."""
    return OpenRow(
        symbol=trade.symbol,
        position_side=trade.side.value,
        opened_ms=trade.opened_ms,
        quantity=trade.quantity,
        entry_price=_average(trade.entry_price),
        stop_price=trade.stop_price,
        rule=trade.rule,
        entry_order_id=trade.entry_order_id,
    )


def _average(price: Decimal) -> Decimal:
    """Twelve significant digits: a quotient has no end otherwise."""
    return Decimal(f"{price:.12g}")
