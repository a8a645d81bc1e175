"""What account stages answer: a policy's multiplier, a guard's verdict, an exit's stop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from weexctl.model.copying import quick

__all__ = ["ALLOW", "ExitDecision", "GuardAction", "RiskDecision", "Verdict"]


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class RiskDecision:
    """What a risk policy makes of a wish. It has no direction: it can only shrink, tighten, slow or suspend."""

    multiplier: float = 1.0
    """0 to 1."""
    stop_multiplier: float = 1.0
    """Above 0, at most 1: scales the distance of the stop."""
    cooldown_until_ms: int | None = None
    """This symbol may not open before."""
    suspend_until_ms: int | None = None
    """Nothing may open before."""
    code: str = ""
    """Stable upper-case word, empty when the policy leaves the wish alone."""
    reason: str = ""
    """A short clause for people: `volatility 1.8× its median`."""


class GuardAction(IntEnum):
    """What a guard lets through; a larger value is stricter, the strictest of all guards wins."""

    ALLOW = 0
    REDUCE_ONLY = 1
    DENY = 2


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A guard's answer to one order intent. It never creates an order."""

    action: GuardAction = GuardAction.ALLOW
    code: str = ""
    reason: str = ""
    expires_ms: int | None = None
    """When the answer stops counting; None means it counts for this moment only."""
    guard: str = ""
    """Filled in by the core."""


ALLOW = Verdict()
"""Nothing to object to."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class ExitDecision:
    """What an exit wants for one position. A stop is only ever tightened, whatever is asked here."""

    stop: float | None = None
    target: float | None = None
    close: bool = False
    """Close at market now."""
    code: str = ""
    reason: str = ""
