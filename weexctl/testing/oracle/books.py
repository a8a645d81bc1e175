"""The books: journal and exchange say the same, nothing acknowledged is lost, money adds up (I5, I6, I8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from weexctl.simulator.history import Event, Happening
from weexctl.testing.oracle.check import Check
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Key, Witness

__all__ = ["Acknowledged", "Identity", "SameBooks", "owned"]

_ZERO = Decimal(0)


def owned(happenings: Sequence[Happening]) -> tuple[set[Key], set[str]]:
    """The positions that are ours now, and the orders that filled any position while it was ours.

    A position belongs to whoever opened it from flat.
    """
    held: dict[Key, Decimal] = {}
    ours: set[Key] = set()
    orders: set[str] = set()
    for happening in happenings:
        if happening.event is not Event.FILLED:
            continue
        key, before = happening.key, held.get(happening.key, _ZERO)
        mine = read_client_id(happening.client_id) is not None
        if not before and mine:
            ours.add(key)
        if mine or key in ours:
            orders.add(str(happening.order_id))
        held[key] = before + (happening.quantity if happening.opening else -happening.quantity)
        if held[key] <= 0:
            ours.discard(key)
    return ours, orders


def own_part(happenings: Sequence[Happening]) -> dict[Key, Decimal]:
    """What our orders hold of positions that somebody else opened: the exchange knows one position for each side."""
    held: dict[Key, Decimal] = {}
    part: dict[Key, Decimal] = {}
    for happening in happenings:
        if happening.event is not Event.FILLED:
            continue
        key, signed = happening.key, happening.quantity if happening.opening else -happening.quantity
        held[key] = held.get(key, _ZERO) + signed
        if read_client_id(happening.client_id) is not None:
            part[key] = part.get(key, _ZERO) + signed
        if held[key] <= 0 or part.get(key, _ZERO) <= 0:
            part.pop(key, None)
    return part


class SameBooks(Check):
    """I5: at rest positions, open orders and fills of the journal are those of the exchange."""

    invariant = "I5"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:
        """All three."""
        ours, orders = owned(witness.happenings)
        yield from self._positions(books, records, ours, own_part(witness.happenings))
        yield from self._orders(books, records)
        yield from self._fills(books, records, witness.fills(), orders)

    def _positions(
        self, books: Books, records: Records, ours: set[Key], part: dict[Key, Decimal]
    ) -> Iterator[Violation]:
        held = {(symbol, side.value): size for (symbol, side), size in books.positions.items()}
        mine = {(symbol, side.value) for symbol, side in ours}
        added = {(symbol, side.value): size for (symbol, side), size in part.items()}
        for key in sorted(held.keys() | records.positions.keys()):
            real = held.get(key, _ZERO) if key in mine else added.get(key, _ZERO)
            row = records.positions.get(key)
            known = _ZERO if row is None else row.quantity
            if real != known:
                owner = "" if key in mine or key not in held else " of somebody else's"
                yield self.found(
                    books.now_ms,
                    f"the position {key[0]} {key[1]} differs",
                    venue=f"{held.get(key, _ZERO)}{owner}",
                    journal=str(known),
                )

    def _orders(self, books: Books, records: Records) -> Iterator[Violation]:
        live = {order.order_id for order in books.live if read_client_id(order.client_id) is not None}
        known = {row.order_id for row in records.orders.values() if row.open}
        if live != known:
            yield self.found(
                books.now_ms, "the open orders differ", venue=_ids(live - known), journal=_ids(known - live)
            )

    def _fills(
        self, books: Books, records: Records, filled: Mapping[str, str], orders: set[str]
    ) -> Iterator[Violation]:
        real = {fill_id for fill_id, order_id in filled.items() if order_id in orders}
        known = set(records.fills)
        if missing := real - known:
            yield self.found(books.now_ms, "fills are not on record", venue=_ids(missing), journal="")
        if invented := known - set(filled):
            yield self.found(books.now_ms, "fills are on record that never were", venue="", journal=_ids(invented))


class Acknowledged(Check):
    """I6: every order that the exchange took from us is on record with its id, and the file is whole."""

    invariant = "I6"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:
        """Orders taken, and the file's pages."""
        for fault in records.faults:
            yield self.found(books.now_ms, "the journal is damaged", journal=fault)
        known = {row.order_id for row in records.attempts.values() if row.order_id} | records.orders.keys()
        twice = _delivered_twice(witness)
        for happening in witness.happenings:
            name = read_client_id(happening.client_id)
            if happening.event is not Event.ACCEPTED or name is None or name.attached:
                continue
            if str(happening.order_id) not in known and happening.client_id not in twice:
                row = records.attempts.get(name.sent)
                yield self.found(
                    books.now_ms,
                    f"an order that the exchange took at {happening.time_ms} has no id on record",
                    venue=f"order {happening.order_id}, client id {happening.client_id}",
                    journal="no attempt" if row is None else f"attempt {row.outcome or 'unanswered'}",
                )


def _delivered_twice(witness: Witness) -> set[str]:
    twice = [call for call in witness.calls if len(call.arrived_ms) > 1]
    return {str(call.members.get(name, "")) for call in twice for name in ("newClientOrderId", "clientAlgoId")}


class Identity(Check):
    """I8: start + realised - fees + funding = wallet."""

    invariant = "I8"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """The exchange's own money."""
        total = books.start + books.realised - books.fees + books.funding
        if abs(total - books.wallet) > Decimal("1e-8"):
            yield self.found(books.now_ms, "money does not add up", venue=f"wallet {books.wallet}, flows {total}")


def _ids(ids: set[str]) -> str:
    return ", ".join(sorted(ids)[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "") if ids else "none"
