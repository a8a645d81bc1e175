"""Exposure: at most one order for each intent, none without one, and closing that only closes (I1, I2, I12, I13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from weexctl.simulator.faults.calls import Call
from weexctl.simulator.history import Event
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Witness

__all__ = ["OneExposure", "OneSignal", "Reduces", "WrittenAhead"]

_ZERO = Decimal(0)


class OneExposure(Check):
    """I1: of all orders of one intent at most one is filled, and no further than the intent goes.

    An order that the network delivered twice counts once: no client can prevent it. What it leaves behind is
    looked at by the checks of protection and of the books.
    """

    invariant = "I1"

    def __init__(self) -> None:
        self._filled: dict[str, dict[int, Decimal]] = defaultdict(dict)
        self._sent: dict[str, str] = {}
        self._told: set[str] = set()

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:
        """Orders filled since the last look."""
        touched: set[str] = set()
        for happening in new.happenings:
            name = read_client_id(happening.client_id)
            if happening.event is not Event.FILLED or name is None or name.attached or name.leg != "entry":
                continue
            orders = self._filled[name.intent]
            orders[happening.order_id] = orders.get(happening.order_id, _ZERO) + happening.quantity
            self._sent[name.intent] = name.sent
            touched.add(name.intent)
        quantities = witness.journal.intent_quantities() if touched else {}
        for intent in touched - self._told:
            yield from self._judge(witness, books, intent, quantities)

    def _judge(
        self, witness: Witness, books: Books, intent: str, quantities: dict[str, Decimal]
    ) -> Iterator[Violation]:
        orders, wanted = self._filled[intent], quantities.get(self._sent[intent])
        copies = 1 + max((len(call.arrived_ms) - 1 for call in _entries(witness, intent)), default=0)
        if len(orders) > copies:
            self._told.add(intent)
            yield self.found(
                books.now_ms,
                f"{len(orders)} orders of one intent were filled",
                venue=", ".join(f"order {order}: {quantity}" for order, quantity in orders.items()),
                journal=f"one intent of {wanted}",
            )
        elif wanted is not None and max(orders.values()) > wanted:
            self._told.add(intent)
            yield self.found(
                books.now_ms,
                "an order was filled beyond its intent",
                venue=str(max(orders.values())),
                journal=str(wanted),
            )


def _entries(witness: Witness, intent: str) -> list[Call]:
    return [
        call
        for call in witness.calls
        if call.method == "POST" and str(call.members.get("newClientOrderId", "")).startswith(intent)
    ]


class WrittenAhead(Check):
    """I2: every order with our prefix had its attempt committed before it arrived."""

    invariant = "I2"

    def __init__(self) -> None:
        self._told = 0

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """Arrivals since the last look."""
        for time_ms, client_id in witness.unwritten[self._told :]:
            yield self.found(
                time_ms,
                "an order arrived that was not on record",
                venue=f"client id {client_id}",
                journal="no attempt with this id was committed then",
            )
        self._told = len(witness.unwritten)


class Reduces(Check):
    """I12: what is meant to close never opens."""

    invariant = "I12"

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """Fills of exits, stops and targets."""
        for happening in new.happenings:
            name = read_client_id(happening.client_id)
            if happening.event is not Event.FILLED or name is None or not happening.opening:
                continue
            if name.attached or name.leg != "entry":
                yield self.found(
                    happening.time_ms,
                    f"an order of leg {name.leg} opened {happening.quantity} {happening.symbol}",
                    venue=f"order {happening.order_id}, {happening.position_side.value}",
                )


class OneSignal(Check):
    """I13: one decision for a symbol, side, leg and candle, also across restarts."""

    invariant = "I13"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # as above
        """All intents on record."""
        seen: dict[tuple[str, str, str, int], str] = {}
        for row in records.intents.values():
            signal = (row.symbol, row.position_side, row.leg, row.created_ms)
            if seen.setdefault(signal, row.decision_id) != row.decision_id:
                yield self.found(
                    books.now_ms,
                    f"two decisions about the {row.leg} of {row.symbol} at {row.created_ms}",
                    journal=f"{seen[signal]} and {row.decision_id}",
                )
