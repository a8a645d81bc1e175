"""What a rule wishes for."""

from __future__ import annotations

from dataclasses import dataclass

from weexctl.model.copying import quick

__all__ = ["FLAT", "MANUAL", "Signal"]

MANUAL = "manual"
"""Stands for a rule where a person or a tool asked for the position: no strategy has a say in it."""


@quick
@dataclass(frozen=True, slots=True)
class Signal:
    """A strategy's wish for one symbol at one candle's close."""

    direction: int
    """+1 long, -1 short, 0 flat."""
    strength: float
    """0 to 1; scales the sizer's exposure."""
    entry: bool
    """Whether a new position may open now. A held position stays while the direction does."""
    reason: str
    rule: str
    """The strategy that says so."""


FLAT = Signal(0, 0.0, False, "NO_RULE", "")
"""No wish at all."""
