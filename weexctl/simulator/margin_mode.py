"""Margin mode and leverage of a symbol: when they may change."""

from __future__ import annotations

from weexctl.model.account import MarginMode
from weexctl.simulator.refusal import business
from weexctl.simulator.venue import Venue

__all__ = ["change_mode", "refuse_with_orders"]


def change_mode(venue: Venue, symbol: str, mode: MarginMode) -> None:
    """Hold the symbol's positions in another margin mode.

    Raises:
        Refusal: it has open orders, or a position.
    """
    refuse_with_orders(venue, symbol)
    if mode is not venue.leverages[symbol].mode and any(s == symbol for s, _ in venue.ledger.positions):
        raise business("FAILED_PRECONDITION: The margin mode cannot be changed with an open position")
    venue.leverages[symbol].mode = mode
    venue.version += 1


def refuse_with_orders(venue: Venue, symbol: str) -> None:
    """Nothing, when no order of the symbol is open.

    Raises:
        Refusal: there is one, resting or waiting for its trigger.
    """
    if venue.live.get(symbol):
        raise business(f"FAILED_PRECONDITION: There are open orders of {symbol}, leverage and margin mode stay")
