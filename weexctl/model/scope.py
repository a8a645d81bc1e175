"""What the holder of a key may have done with it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Scope"]


class Scope(StrEnum):
    """How far a key reaches, least first; each scope includes the ones before it (reliability 5.3)."""

    OBSERVE = "observe"
    """Read the market, the account and the journal."""
    RESEARCH = "research"
    """Also backtest, simulate and trade on paper."""
    PROPOSE = "propose"
    """Also write proposals that somebody else may send."""
    REDUCE = "reduce"
    """Also close, cancel, protect and tighten; never open, widen or raise leverage."""
    TRADE = "trade"
    """Also open, within the limits."""

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Scope).index(self)

    def covers(self, needed: Scope) -> bool:
        """True when this scope includes the needed one."""
        return self.rank >= needed.rank

    def narrowed(self, cap: Scope | None) -> Scope:
        """The lesser of the two; a cap can only take away."""
        return self if cap is None or cap.covers(self) else cap
