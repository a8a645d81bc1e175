"""Watching one order until nothing more can happen to it, or until somebody has seen enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from weexctl.execution.reading import Unavailable, read
from weexctl.model.order import Order
from weexctl.ports import Clock, Exchange

__all__ = ["Followed", "Station", "follow"]

POLL_MS = 1_000


@dataclass(frozen=True, slots=True)
class Station:
    """What an order was seen to be at one moment."""

    status: str
    filled: Decimal
    """Base units."""
    time_ms: int
    """The venue's time of the look that first showed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An order that was watched."""

    order: Order
    """As it was last read."""
    stations: tuple[Station, ...]
    """Every change that was seen, the first look included."""
    ended: Literal["final", "timeout", "stopped"]


def follow(
    exchange: Exchange,
    clock: Clock,
    order_id: str,
    *,
    until_ms: int,
    should_stop: Callable[[], bool],
    on_change: Callable[[Order], None],
) -> Followed:
    """Look at an order until it is at its end; a look that fails is made again.

    Args:
        exchange: where it is.
        clock: the venue's time.
        order_id: the exchange's id.
        until_ms: not beyond this moment of the venue's time.
        should_stop: True once somebody wants an end.
        on_change: is told of every change, the first look included.

    Raises:
        ExchangeError: the first look failed.
    """
    order = exchange.fetch_order(order_id)
    stations = [_station(order, clock)]
    on_change(order)
    while True:
        if order.status.final:
            return Followed(order=order, stations=tuple(stations), ended="final")
        if should_stop():
            return Followed(order=order, stations=tuple(stations), ended="stopped")
        left_ms = until_ms - clock.now_ms()
        if left_ms <= 0:
            return Followed(order=order, stations=tuple(stations), ended="timeout")
        clock.sleep_ms(min(POLL_MS, left_ms))
        found = read("the order", lambda: exchange.fetch_order(order_id))
        if isinstance(found, Unavailable):
            continue
        if (found.status, found.filled_quantity) != (order.status, order.filled_quantity):
            stations.append(_station(found, clock))
            on_change(found)
        order = found


def _station(order: Order, clock: Clock) -> Station:
    return Station(order.status.value, order.filled_quantity, clock.now_ms())
