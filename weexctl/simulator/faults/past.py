"""What the account looked like a while ago, for reads that lag behind."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from decimal import Decimal
from typing import NamedTuple

from weexctl.model.fill import Fill
from weexctl.model.side import PositionSide
from weexctl.simulator.ledger import Bill
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Venue

__all__ = ["Past"]

KEPT = 200


class _State(NamedTuple):
    live: dict[str, list[SimOrder]]
    closed: deque[SimOrder]
    positions: dict[tuple[str, PositionSide, int], SimPosition]
    fills: deque[Fill]
    bills: deque[Bill]
    wallet: Decimal


class Past:
    """Copies of what reads show, one for each change."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._version = -1
        self._times: list[int] = []
        self._states: list[_State] = []

    def keep(self) -> None:
        """Remember the present, when it differs from what was remembered last."""
        if self._venue.version == self._version:
            return
        self._version = self._venue.version
        self._times.append(self._venue.now_ms)
        self._states.append(_copied(self._venue))
        if len(self._times) > KEPT:
            del self._times[0], self._states[0]

    @contextmanager
    def shown(self, ago_ms: int) -> Iterator[None]:
        """Within the block the venue shows what it was then; nothing may change it meanwhile."""
        self.keep()
        found = max(0, bisect_right(self._times, self._venue.now_ms - ago_ms) - 1)
        now = _taken(self._venue)
        _put(self._venue, self._states[found])
        try:
            yield
        finally:
            _put(self._venue, now)


def _copied(venue: Venue) -> _State:
    ledger = venue.ledger
    return _State(
        {symbol: [_order(order) for order in orders] for symbol, orders in venue.live.items()},
        copy(venue.closed),  # finished orders change no more
        {key: copy(position) for key, position in ledger.positions.items()},
        copy(ledger.fills),
        copy(ledger.bills),
        ledger.wallet,
    )


def _order(order: SimOrder) -> SimOrder:
    other = copy(order)
    other.trigger = copy(order.trigger)
    return other


def _taken(venue: Venue) -> _State:
    ledger = venue.ledger
    return _State(venue.live, venue.closed, ledger.positions, ledger.fills, ledger.bills, ledger.wallet)


def _put(venue: Venue, state: _State) -> None:
    venue.live, venue.closed = state.live, state.closed
    ledger = venue.ledger
    ledger.positions, ledger.fills, ledger.bills, ledger.wallet = state[2:]
