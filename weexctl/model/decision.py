"""What one step decided about one symbol, and why; also when nothing happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Decision", "Outcome"]


class Outcome(StrEnum):
    """What a decision came to."""

    ENTRY = "entry"
    ADD = "add"
    REDUCE = "reduce"
    EXIT = "exit"
    HOLD = "hold"
    NONE = "none"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Decision:
    """One symbol at one candle's close. `body` is plain data, the same bytes for the same inputs."""

    decision_id: str
    symbol: str
    close_ms: int
    outcome: Outcome
    blocked: str
    """Code of what kept a wish from becoming an order; empty when nothing did or there was no wish."""
    body: dict[str, Any]
    full: bool
    """False for the compact record of a candle at which nothing changed."""
