"""Everything that is known about a run from outside: the exchange's books, the calls, the journal's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from weexctl.model.limits import Limits
from weexctl.model.side import PositionSide
from weexctl.simulator.faults.calls import Call
from weexctl.simulator.history import Happening
from weexctl.testing.oracle.records import JournalFile

__all__ = ["Books", "Exit", "Key", "Live", "Span", "Witness"]

Key = tuple[str, PositionSide]


@dataclass(frozen=True, slots=True)
class Live:
    """An order that rests or waits at the exchange."""

    order_id: str
    client_id: str
    key: Key
    opening: bool
    waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The exchange's books at one moment."""

    now_ms: int
    start: Decimal
    wallet: Decimal
    realised: Decimal
    fees: Decimal
    funding: Decimal
    equity: Decimal
    positions: Mapping[Key, Decimal]
    live: Sequence[Live]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something was so; None is not over yet."""

    from_ms: int
    to_ms: int | None = None

    def overlap_ms(self, from_ms: int, to_ms: int) -> int:
        """How much of another span it covers."""
        return max(0, min(to_ms, to_ms if self.to_ms is None else self.to_ms) - max(from_ms, self.from_ms))


@dataclass(frozen=True, slots=True)
class Exit:
    """That a position was to be closed."""

    time_ms: int
    key: Key


@dataclass(kw_only=True)
class Witness:
    """What the oracle sees. It never asks the code under test.

    Attributes:
        books: the exchange's books now.
        fills: order id by fill id, of everything ever filled.
        happenings: everything that happened to orders, oldest first.
        calls: everything a client sent, oldest first.
        journal: the file.
        limits, symbols: what the run may do.
        steps: the step of each symbol's quantities.
        halts: when risk was forbidden.
        dead: when no process lived.
        exits: what was to be closed, and when that was decided.
        unwritten: client ids of orders that arrived before their attempt was committed.
        secrets: what may be found nowhere.
        texts: everything that was printed, logged or raised.
        lag_ms: how far reads lagged behind at most.
        thorough: look for secrets in the journal's pages as well, which takes longer than most runs.
    """

    books: Callable[[], Books]
    fills: Callable[[], Mapping[str, str]]
    happenings: Sequence[Happening]
    calls: Sequence[Call]
    journal: JournalFile
    limits: Limits
    symbols: Sequence[str]
    steps: Mapping[str, Decimal] = field(default_factory=dict)
    halts: list[Span] = field(default_factory=list)
    dead: list[Span] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    unwritten: list[tuple[int, str]] = field(default_factory=list)
    secrets: Sequence[str] = ()
    texts: list[str] = field(default_factory=list)
    lag_ms: int = 0
    thorough: bool = False
