"""Space entries out: few a day, a rest after an exit, a pause after a losing streak that chance does not explain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from weexctl import RiskDecision

if TYPE_CHECKING:
    from weexctl import Book, ClosedTrade
    from weexctl_risk import TradeClusteringConfig

__all__ = ["STOP_REASONS", "TradeClustering", "losing_streak", "streak_threshold", "wants_entry"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
STOP_REASONS = frozenset({"STOP_HIT", "EXCHANGE_CLOSE"})
"""Exits after which a symbol rests for the longer time: its stop, or the exchange's own doing."""


class TradeClustering:
    """Multiplier 0 for an entry too many or too soon, 1 for everything else.

    A position that is held is never touched. Within one step the symbols of the profile queue in their order, so that
    the answer for one does not depend on what other policies say.
    """

    warmup_candles = 0

    def __init__(self, config: TradeClusteringConfig) -> None:
        self._config = config
        self._threshold = streak_threshold(config.loss_probability, config.review_trades)

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        """Whether this symbol may open now: streak first, then its own rest, then its place in the queue."""
        if not wants_entry(book, symbol):
            return RiskDecision()
        return self._streak(book) or self._rest(book, symbol) or self._queue(book, symbol) or RiskDecision()

    def _streak(self, book: Book) -> RiskDecision | None:
        """A pause for the whole book, counted from the last of too many losses in a row."""
        streak = losing_streak(book.trades)
        if streak < self._threshold:
            return None
        until = book.trades[-1].closed_ms + round(self._config.suspend_hours * HOUR_MS)
        if book.now_ms >= until:
            return None
        return RiskDecision(
            multiplier=0.0,
            suspend_until_ms=until,
            code="LOSING_STREAK",
            reason=f"{streak} losses in a row, {self._threshold} are too many for chance",
        )

    def _rest(self, book: Book, symbol: str) -> RiskDecision | None:
        """The symbol's own rest after its last exit."""
        until = self._rests_until(book, symbol)
        if book.now_ms >= until:
            return None
        hours = (until - book.now_ms) / HOUR_MS
        return RiskDecision(
            multiplier=0.0, cooldown_until_ms=until, code="COOLDOWN", reason=f"rests {hours:.0f} h more after its exit"
        )

    def _rests_until(self, book: Book, symbol: str) -> int:
        """End of the symbol's rest, 0 when it has not traded lately."""
        return max((self._rest_end(trade) for trade in book.trades if trade.symbol == symbol), default=0)

    def _rest_end(self, trade: ClosedTrade) -> int:
        stopped = trade.exit_reason in STOP_REASONS
        hours = self._config.cooldown_hours if stopped else self._config.cooldown_after_exit_hours
        return trade.closed_ms + round(hours * HOUR_MS)

    def _queue(self, book: Book, symbol: str) -> RiskDecision | None:
        """Refuses when the day's entries and the symbols ahead in the queue use up the day."""
        recent = sum(1 for moment in book.entries_ms if moment > book.now_ms - DAY_MS)
        ahead = sum(1 for other in book.symbols[: book.symbols.index(symbol)] if self._may_enter(book, other))
        if recent + ahead < self._config.max_entries_per_day:
            return None
        reason = f"{recent} entries in 24 h and {ahead} symbols ahead, at most {self._config.max_entries_per_day}"
        return RiskDecision(multiplier=0.0, code="TOO_MANY_ENTRIES", reason=reason)

    def _may_enter(self, book: Book, symbol: str) -> bool:
        # A resting symbol would otherwise hold a place it cannot use, and keep the ones behind it out for days.
        return wants_entry(book, symbol) and book.now_ms >= self._rests_until(book, symbol)


def wants_entry(book: Book, symbol: str) -> bool:
    """True when a symbol without a position may open one. A position that turns round is closed first."""
    return symbol not in book.positions and book.wanted(symbol) != 0


def losing_streak(trades: tuple[ClosedTrade, ...]) -> int:
    """How many of the newest trades lost money in a row."""
    streak = 0
    for trade in reversed(trades):
        if trade.pnl >= 0:
            break
        streak += 1
    return streak


def streak_threshold(loss_probability: float, trades: int) -> int:
    """A streak that a healthy rule exceeds in at most 5 % of review periods; 16 for 65 % losers in 100 trades.

    Source: methods 7.3, ceil(ln(n(1 - q) / -ln 0.95) / -ln q), from the Poisson approximation of longest runs.
    """
    runs = trades * (1 - loss_probability) / -math.log(0.95)
    return max(1, math.ceil(math.log(runs) / -math.log(loss_probability))) if runs > 1 else 1
