"""Bounds: the run's limits hold at the exchange, and so do the exchange's own (I7, I16)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

from weexctl.model.limits import HARD_MAX_LEVERAGE
from weexctl.simulator.faults.calls import Call
from weexctl.simulator.history import Event, Happening
from weexctl.simulator.surface_v3 import ROUTES
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Key, Witness

__all__ = ["Pace", "WithinLimits"]

SLIPPAGE = Decimal("1.10")
"""A market order may cost more than the price it was decided at, also in a gap."""
WEIGHT, WEIGHT_MS = 1000, 10_000
ORDERS, ORDERS_MS = 10, 1_000
BANNED, BAN_PAUSE_MS = "418", 30_000
_ZERO = Decimal(0)


class WithinLimits(Check):
    """I7: size of orders and positions, their number, leverage and symbols, at every fill that opens for us."""

    invariant = "I7"

    def __init__(self) -> None:
        self._held: dict[Key, Decimal] = {}

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:
        """Each fill, with the positions as they were after it."""
        for happening in new.happenings:
            if happening.event is not Event.FILLED:
                continue
            change = happening.quantity if happening.opening else -happening.quantity
            self._held[happening.key] = self._held.get(happening.key, _ZERO) + change
            name = read_client_id(happening.client_id)
            if happening.opening and name is not None and not _twice(witness, happening.client_id):
                for what in self._broken(witness, books, happening):
                    yield self.found(happening.time_ms, what, venue=f"order {happening.order_id}")

    def _broken(self, witness: Witness, books: Books, fill: Happening) -> Iterator[str]:
        limits, value = witness.limits, fill.quantity * fill.price
        if fill.symbol not in witness.symbols:
            yield f"{fill.symbol} is not one of the run's symbols"
        if value > limits.max_order_notional * SLIPPAGE:
            yield f"an order of {value:.2f}, limit {limits.max_order_notional}"
        most = Decimal(repr(limits.max_symbol_exposure)) * books.equity * SLIPPAGE
        if (worth := self._held[fill.key] * fill.price) > most:
            yield f"a position of {worth:.2f}, limit {most:.2f}"
        if fill.leverage > min(limits.max_leverage, HARD_MAX_LEVERAGE):
            yield f"leverage {fill.leverage:f}, limit {limits.max_leverage}"
        sides = sum(1 for (_, side), size in self._held.items() if size > 0 and side is fill.position_side)
        allowed = limits.max_positions_long if fill.position_side.sign > 0 else limits.max_positions_short
        if sides > allowed:
            yield f"{sides} {fill.position_side.value} positions, limit {allowed}"


class Pace(Check):
    """I16: weight in ten seconds, orders in one, and hardly anything while banned."""

    invariant = "I16"

    def __init__(self) -> None:
        self._weights: deque[tuple[int, int]] = deque()
        self._used = 0
        self._orders: dict[str, deque[int]] = {}
        self._banned_ms: int | None = None
        self._last_ms = 0

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """Each call, when it was sent."""
        for call in new.calls:
            yield from self._judge(call)

    def _judge(self, call: Call) -> Iterator[Violation]:
        route = ROUTES.get(call.path, {}).get(call.method)
        weight = 1 if route is None else route.weight
        self._weights.append((call.sent_ms, weight))
        self._used += weight
        while self._weights[0][0] <= call.sent_ms - WEIGHT_MS:
            self._used -= self._weights.popleft()[1]
        if self._used > WEIGHT:
            yield self.found(call.sent_ms, f"a weight of {self._used} within ten seconds")
        if route is not None and route.counted:
            recent = self._orders.setdefault(f"{call.method} {call.path}", deque())
            recent.append(call.sent_ms)
            while recent[0] <= call.sent_ms - ORDERS_MS:
                recent.popleft()
            if len(recent) > ORDERS:
                yield self.found(call.sent_ms, f"{len(recent)} calls of {call.method} {call.path} within a second")
        if self._banned_ms is not None and call.sent_ms - self._last_ms < BAN_PAUSE_MS:
            yield self.found(call.sent_ms, f"{call.sent_ms - self._last_ms} ms after another call, during a ban")
        self._banned_ms = call.seen_ms if call.seen == BANNED else None
        self._last_ms = call.sent_ms


def _twice(witness: Witness, client_id: str) -> bool:
    return any(len(call.arrived_ms) > 1 and call.members.get("newClientOrderId") == client_id for call in witness.calls)
