"""What closed trades earned, counted in several ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from weexctl.journal.rows import TradeRecord

__all__ = ["TradeStatistics", "trade_statistics"]

_Key = TypeVar("_Key", str, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeStatistics:
    """Figures of closed trades; money is net of fees and funding, quote."""

    count: int
    net: Decimal
    """Sum over all trades."""
    hit_rate: float | None
    """Trades with a net above zero / all trades; None without trades."""
    payoff: float | None
    """Mean net of the winning trades / |mean net of the losing ones|; None without one of either."""
    longest_loss_streak: int
    """Most trades with a net below zero in a row, in the order in which they closed."""
    by_symbol: Mapping[str, Decimal]
    by_regime: Mapping[str, Decimal]
    """By the regime at entry."""
    by_rule: Mapping[str, Decimal]
    by_exit_reason: Mapping[str, Decimal]
    by_year: Mapping[int, Decimal]
    """By the UTC year of the close."""


def trade_statistics(trades: Iterable[TradeRecord]) -> TradeStatistics:
    """The figures of these trades, in any order; the keys of each breakdown are sorted."""
    closed = sorted(trades, key=lambda trade: (trade.closed_ms, trade.trade_id))
    wins = [trade.net for trade in closed if trade.net > 0]
    losses = [trade.net for trade in closed if trade.net < 0]
    return TradeStatistics(
        count=len(closed),
        net=_sum(trade.net for trade in closed),
        hit_rate=len(wins) / len(closed) if closed else None,
        payoff=float((_sum(wins) / len(wins)) / -(_sum(losses) / len(losses))) if wins and losses else None,
        longest_loss_streak=_longest_loss_streak(closed),
        by_symbol=_net_by(closed, lambda trade: trade.symbol),
        by_regime=_net_by(closed, lambda trade: trade.regime),
        by_rule=_net_by(closed, lambda trade: trade.rule),
        by_exit_reason=_net_by(closed, lambda trade: trade.exit_reason),
        by_year=_net_by(closed, lambda trade: datetime.fromtimestamp(trade.closed_ms // 1000, UTC).year),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _net_by(trades: Sequence[TradeRecord], key: Callable[[TradeRecord], _Key]) -> dict[_Key, Decimal]:
    groups: dict[_Key, Decimal] = {}
    for trade in trades:
        groups[key(trade)] = groups.get(key(trade), Decimal(0)) + trade.net
    return dict(sorted(groups.items()))


def _longest_loss_streak(trades: Sequence[TradeRecord]) -> int:
    longest = streak = 0
    for trade in trades:
        streak = streak + 1 if trade.net < 0 else 0
        longest = max(longest, streak)
    return longest
