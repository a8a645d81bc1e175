"""Closed trades, and where their profit and loss came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from weexctl.actions.account_access import VenueWord, asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.journal_place import read_journal
from weexctl.journal.rows import TradeRecord

__all__ = ["Input", "Output", "Sum", "TradeRow", "run"]

_GROUPS: dict[str, Callable[[TradeRecord], str]] = {
    "regime": lambda trade: trade.regime,
    "rule": lambda trade: trade.rule,
    "reason": lambda trade: trade.exit_reason,
    "symbol": lambda trade: trade.symbol,
}


class Input(BaseModel):
    """Which trades, and by what to add them up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["regime", "rule", "reason", "symbol"] | None = None
    since_ms: int | None = None
    run: str | None = None
    venue: VenueWord | None = None


class Sum(BaseModel):
    """Several trades together. price + slippage - fees + funding = net, quote."""

    name: str
    """What they have in common; `all` for the total."""
    trades: int
    won: int
    """Trades with a net above zero."""
    price: Decimal
    """At the prices that were decided at."""
    slippage: Decimal
    """What the fills brought against those prices, both legs; negative when they were worse."""
    fees: Decimal
    """Positive when paid."""
    funding: Decimal
    """Positive when received."""
    net: Decimal


class TradeRow(BaseModel):
    """One position that ended, from its confirmed fills. price + slippage - fees + funding = net, quote."""

    trade_id: str
    run_id: str | None
    symbol: str
    position_side: str
    opened_ms: int
    closed_ms: int
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    price: Decimal
    slippage: Decimal
    entry_slippage: Decimal
    exit_slippage: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    exit_reason: str
    rule: str
    regime: str
    entry_order_id: str
    exit_order_id: str


class Output(BaseModel):
    """The trades in the order they closed, and their sums."""

    total: Sum
    groups: list[Sum]
    """Only with `by`; the largest loss first."""
    by: str | None
    trades: list[TradeRow]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """The trades on record."""
    with read_journal(input.venue, context, run=input.run) as journal:
        found = journal.trades.closed_since(input.since_ms or 0)
    trades = [trade for trade in found if input.run is None or trade.run_id == input.run]
    groups = [] if input.by is None else _groups(trades, _GROUPS[input.by])
    output = Output(total=_sum("all", trades), groups=groups, by=input.by, trades=[_row(trade) for trade in trades])
    following = (NextCommand(f"weexctl explain {trades[-1].entry_order_id}", "why the last one was opened"),)
    return Result(data=output, venue=asked_at(input.venue, context).venue.value, next=following if trades else ())


def _groups(trades: Iterable[TradeRecord], key: Callable[[TradeRecord], str]) -> list[Sum]:
    parts: dict[str, list[TradeRecord]] = {}
    for trade in trades:
        parts.setdefault(key(trade), []).append(trade)
    return sorted((_sum(name, part) for name, part in parts.items()), key=lambda part: (part.net, part.name))


def _sum(name: str, trades: list[TradeRecord]) -> Sum:
    def total(of: Callable[[TradeRecord], Decimal]) -> Decimal:
        return sum(map(of, trades), Decimal(0))

    return Sum(
        name=name,
        trades=len(trades),
        won=sum(trade.net > 0 for trade in trades),
        price=total(lambda trade: trade.price),
        slippage=total(lambda trade: trade.slippage),
        fees=total(lambda trade: trade.fees),
        funding=total(lambda trade: trade.funding),
        net=total(lambda trade: trade.net),
    )


def _row(trade: TradeRecord) -> TradeRow:
    return TradeRow(
        **{name: getattr(trade, name) for name in TradeRow.model_fields if name != "position_side"},
        position_side=trade.position_side.value,
    )
