"""The rules of the competition that software can keep: pairs, leverage, a stop, no dust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weexctl import ALLOW, SYMBOLS, GuardAction, Verdict

if TYPE_CHECKING:
    from weexctl import Book, OrderIntent
    from weexctl_guards import CompetitionRulesConfig

__all__ = ["CompetitionRules"]


class CompetitionRules:
    """Denies an entry that would disqualify, or that has nothing to protect it. Orders that reduce always pass.

    Source: rules of WEEX AI Wars (weex-api 11). The stop and the least notional are ours.
    """

    warmup_candles = 0

    def __init__(self, config: CompetitionRulesConfig) -> None:
        self._config = config

    def review(self, intent: OrderIntent, book: Book) -> Verdict:
        """The first broken rule, or allow."""
        if intent.reduces:
            return ALLOW
        if intent.symbol not in SYMBOLS:
            return _deny("SYMBOL_NOT_ALLOWED", f"{intent.symbol} is not one of the eight pairs of the competition")
        if book.max_leverage > self._config.max_leverage:
            leverage = f"leverage limit {book.max_leverage:g}× is above {self._config.max_leverage}×"
            return _deny("LEVERAGE_TOO_HIGH", leverage)
        if not _protected(intent, book):
            return _deny("NO_STOP", "the entry has no stop on the losing side of its price")
        if intent.notional < self._config.min_notional:
            small = f"{intent.notional:.2f} USDT is less than {self._config.min_notional:f} USDT"
            return _deny("ORDER_TOO_SMALL", small)
        return ALLOW


def _protected(intent: OrderIntent, book: Book) -> bool:
    """True when the order brings a stop that can only lose, or adds to a position that has one."""
    if intent.stop_price is not None:
        return intent.stop_price > 0 and (intent.reference_price - intent.stop_price) * intent.position_side.sign > 0
    held = book.positions.get(intent.symbol)
    return held is not None and held.side is intent.position_side and held.stop is not None


def _deny(code: str, reason: str) -> Verdict:
    return Verdict(action=GuardAction.DENY, code=code, reason=reason)
