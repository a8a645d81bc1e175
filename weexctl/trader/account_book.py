"""The account as guards and the pipeline see it, made from what the exchange holds and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping

from weexctl.execution.open_trade import OpenTrade
from weexctl.model.account import Balance, Position
from weexctl.model.book import Book
from weexctl.run.positions import held_position, mark_price
from weexctl.run.risk_state import RiskState

__all__ = ["account_book"]

Key = tuple[str, str]
_NO_PRICES: Mapping[str, float] = {}


def account_book(
    *,
    now_ms: int,
    candle_ms: int,
    symbols: tuple[str, ...],
    balance: Balance,
    positions: Mapping[Key, Position],
    trades: Mapping[Key, OpenTrade],
    state: RiskState,
    halted: str,
    max_leverage: float,
    prices: Mapping[str, float] = _NO_PRICES,
) -> Book:
    """One frozen view of the account, without signals and regimes.

    A position that no trade of ours stands behind is not in it. Each one counts at the price given for its symbol,
    and at the exchange's mark where none is: a position without a candle still counts against the limits.

    Args:
        now_ms: the moment it is a view of.
        candle_ms: length of a candle.
        symbols: every symbol of the profile, in its order.
        balance: wallet and unrealised P&L.
        positions: what the exchange holds, by symbol and side.
        trades: what is ours of it, by symbol and side.
        state: what is remembered of the account.
        halted: why everything but closing is stopped, or an empty text.
        max_leverage: the limit that counts.
        prices: quote per base, by symbol; closes at a candle's close, nothing between two of them.
    """
    held = {key: positions[key] for key in trades if key in positions}
    known = {key[0]: mark_price(position) for key, position in positions.items()}
    known |= {key[0]: mark_price(position) for key, position in held.items()}  # over a stranger's on the other side
    known |= prices
    equity = float(balance.equity)
    return Book(
        now_ms=now_ms,
        candle_ms=candle_ms,
        symbols=symbols,
        equity=equity,
        start_equity=state.start_equity,
        peak_equity=state.peak_equity,
        day_start_equity=state.day_start_equity,
        prices=known,
        positions={
            key[0]: held_position(trades[key], position, known[key[0]], equity, now_ms, candle_ms)
            for key, position in held.items()
        },
        signals={},
        regimes={},
        trades=tuple(state.trades),
        entries_ms=tuple(state.entries_ms),
        cooldowns=dict(state.cooldowns),
        suspended_until_ms=state.suspended_until_ms,
        halted=halted,
        max_leverage=max_leverage,
    )
