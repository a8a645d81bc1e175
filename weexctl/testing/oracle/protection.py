"""Protection: every position of ours has its stop, and no stop outlives its position (I3, I4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from weexctl.simulator.history import Event, Happening
from weexctl.simulator.orders import TriggerKind
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Key, Span, Witness

__all__ = ["PROTECT_MS", "NoOrphans", "Protected", "Stops"]

PROTECT_MS = 10_000
SILENCED_MS = 600_000
"""For so long a client remembers that it was told "too many"."""
PAUSE_MS = 5_000
"""A shorter pause between two calls is no silence."""
_TOO_MANY = ("429", "418")
_ZERO = Decimal(0)


@dataclass(slots=True)
class _Stop:
    key: Key
    kind: TriggerKind
    quantity: Decimal
    whole: bool
    since_ms: int


class Stops:
    """Positions of ours and the closing orders that wait beside them, rebuilt from what happened."""

    def __init__(self) -> None:
        self.held: dict[Key, Decimal] = {}
        self.own: dict[Key, Decimal] = {}
        """How much of a position is ours to protect: what orders of ours opened, as far as it is still held."""
        self.stops: dict[int, _Stop] = {}

    def take(self, happening: Happening) -> None:
        """One more event."""
        waits = happening.trigger_kind is not None and not happening.opening
        if happening.event is Event.FILLED:
            self._filled(happening)
        elif happening.event is Event.FINISHED:
            self.stops.pop(happening.order_id, None)
        elif waits and happening.event in (Event.ENTERED, Event.CHANGED) and happening.trigger_kind is not None:
            known = self.stops.get(happening.order_id)
            self.stops[happening.order_id] = _Stop(
                happening.key,
                happening.trigger_kind,
                happening.quantity,
                happening.whole_position,
                happening.time_ms if known is None else known.since_ms,
            )

    def covered(self, key: Key) -> bool:
        """Whether the stops that wait close the whole position."""
        stops = [stop for stop in self.stops.values() if stop.key == key and stop.kind is TriggerKind.STOP]
        if any(stop.whole for stop in stops):
            return True
        return sum((stop.quantity for stop in stops), _ZERO) >= self.own.get(key, _ZERO)

    @property
    def ours(self) -> set[Key]:
        """Positions of which at least a part is ours."""
        return set(self.own)

    def _filled(self, happening: Happening) -> None:
        key, before = happening.key, self.held.get(happening.key, _ZERO)
        self.held[key] = before + (happening.quantity if happening.opening else -happening.quantity)
        change = _ZERO
        if read_client_id(happening.client_id) is not None:
            change = happening.quantity if happening.opening else -happening.quantity
        own = min(self.own.get(key, _ZERO) + change, self.held[key])
        if own > 0:
            self.own[key] = own
        else:
            self.own.pop(key, None)


class Protected(Check):
    """I3: the longest time a position of ours had no stop over its whole quantity, while anybody could have helped.

    Time during which no process lived, or the exchange could not be reached, does not count; nor does a silence
    after the exchange has said that it was asked too much.
    """

    invariant = "I3"

    def __init__(self) -> None:
        self._stops = Stops()
        self._bare: dict[Key, int] = {}
        self._told: set[tuple[Key, int]] = set()
        self._unreachable: list[Span] = []
        self._lost_ms: int | None = None
        self._refused_ms: int | None = None
        self._called_ms = 0
        self.longest_ms = 0

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:
        """Event by event; what happens in one millisecond happens together."""
        self._reach(new)
        for number, happening in enumerate(new.happenings):
            self._stops.take(happening)
            last = number + 1 == len(new.happenings) or new.happenings[number + 1].time_ms != happening.time_ms
            if last:
                yield from self._mark(witness, happening.time_ms)
        yield from self._mark(witness, books.now_ms)

    def _mark(self, witness: Witness, now_ms: int) -> Iterator[Violation]:
        for key in [key for key in self._bare if key not in self._stops.ours or self._stops.covered(key)]:
            yield from self._judge(witness, key, now_ms)
            del self._bare[key]
        for key in self._stops.ours:
            if not self._stops.covered(key):
                self._bare.setdefault(key, now_ms)
                yield from self._judge(witness, key, now_ms)

    def _judge(self, witness: Witness, key: Key, now_ms: int) -> Iterator[Violation]:
        since_ms = self._bare[key]
        excused = [*witness.dead, *self._unreachable]
        if self._lost_ms is not None:
            excused.append(Span(self._lost_ms))
        if self._silenced(now_ms):
            excused.append(Span(self._called_ms))
        bare_ms = now_ms - since_ms - _covered_ms(excused, since_ms, now_ms)
        self.longest_ms = max(self.longest_ms, bare_ms)
        if bare_ms > PROTECT_MS + witness.lag_ms and (key, since_ms) not in self._told:
            self._told.add((key, since_ms))
            yield self.found(
                now_ms,
                f"{key[0]} {key[1].value} had no whole stop for {bare_ms / 1000:.1f} s",
                venue=f"{self._stops.own.get(key)} held, stops: {self._shown(key)}",
            )

    def _shown(self, key: Key) -> str:
        rows = [f"{number} over {stop.quantity}" for number, stop in self._stops.stops.items() if stop.key == key]
        return ", ".join(rows) or "none"

    def _reach(self, new: New) -> None:
        for call in new.calls:
            if self._silenced(call.sent_ms):
                self._unreachable.append(Span(self._called_ms, call.sent_ms))
            self._called_ms = call.seen_ms or call.sent_ms
            if call.seen in _TOO_MANY:
                self._refused_ms = call.seen_ms
            if "/market/" in call.path:
                continue  # answered also to those who may do nothing else
            if call.good and self._lost_ms is not None:
                self._unreachable.append(Span(self._lost_ms, call.seen_ms))
                self._lost_ms = None
            elif call.seen and not call.good and self._lost_ms is None:
                self._lost_ms = call.sent_ms

    def _silenced(self, now_ms: int) -> bool:
        """Whether the client says nothing because it was told so not long ago."""
        told = self._refused_ms is not None and self._called_ms < self._refused_ms + SILENCED_MS
        return told and now_ms > self._called_ms + PAUSE_MS


def _covered_ms(spans: list[Span], from_ms: int, to_ms: int) -> int:
    """How much of a span others cover, none counted twice."""
    edges = sorted(
        (max(span.from_ms, from_ms), min(to_ms if span.to_ms is None else span.to_ms, to_ms)) for span in spans
    )
    covered, reached = 0, from_ms
    for start, end in edges:
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


class NoOrphans(Check):
    """I4: at rest no order of ours waits to close what is not there."""

    invariant = "I4"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """The waiting orders, against the positions."""
        for order in books.live:
            if order.opening or not order.waiting or books.positions.get(order.key):
                continue
            if read_client_id(order.client_id) is not None:
                known = records.orders.get(order.order_id)
                yield self.found(
                    books.now_ms,
                    f"a closing order waits for {order.key[0]} {order.key[1].value}, which is flat",
                    venue=f"order {order.order_id}, client id {order.client_id}",
                    journal="not on record" if known is None else f"{known.kind}, {known.status}",
                )
