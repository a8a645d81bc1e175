"""The account as the exchange shows it at one moment: everything read, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weexctl.execution.reading import Unavailable, read
from weexctl.model.account import Position
from weexctl.model.order import ConditionalOrder, Order
from weexctl.ports import Exchange

__all__ = ["Key", "Snapshot", "read_snapshot"]

Key = tuple[str, str]
"""Symbol and side of a position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Positions, orders and conditional orders of one moment."""

    positions: Mapping[Key, Position]
    orders: tuple[Order, ...]
    """Resting ones."""
    conditional: tuple[ConditionalOrder, ...] | None
    """Those that wait for their trigger; None where the exchange does not tell."""


def read_snapshot(exchange: Exchange, *, stops: bool = True) -> Snapshot | Unavailable:
    """What the exchange shows now; `Unavailable` as soon as one of the reads fails.

    `stops` is False where conditional orders cannot be read. Positions are read last: an order that fills meanwhile
    is then seen as a position, or as both, never as neither.
    """
    orders = read("open orders", exchange.fetch_open_orders)
    if isinstance(orders, Unavailable):
        return orders
    conditional = read("conditional orders", exchange.fetch_conditional_orders) if stops else None
    if isinstance(conditional, Unavailable):
        return conditional
    positions = read("positions", exchange.fetch_positions)
    if isinstance(positions, Unavailable):
        return positions
    return Snapshot(
        positions={(p.symbol, p.side.value): p for p in positions},
        orders=tuple(order for order in orders if not order.status.final),
        conditional=None if conditional is None else tuple(o for o in conditional if not o.status.final),
    )
