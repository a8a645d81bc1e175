"""Whose requests go first when not all of them can."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Lane"]


class Lane(IntEnum):
    """What a request is for; a smaller number goes first (reliability 6.7)."""

    PROTECT = 0
    """Stops, exits, cancels: whatever makes the account safer."""
    RECONCILE = 1
    """Reads of the account, its orders and its positions."""
    ENTRY = 2
    """Orders that open, and the settings they need."""
    RESEARCH = 3
    """Candles and other market data; may wait, and may be dropped."""
