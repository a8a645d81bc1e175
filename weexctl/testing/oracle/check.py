"""What every check can do: look at what is new, and come to a conclusion when the run is at rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weexctl.simulator.faults.calls import Call
from weexctl.simulator.history import Happening
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Witness

__all__ = ["Check", "New"]


class New:
    """What has come since the last look."""

    __slots__ = ("calls", "happenings")

    def __init__(self, happenings: Sequence[Happening], calls: Sequence[Call]) -> None:
        self.happenings = happenings
        self.calls = calls


class Check:
    """One invariant. A check remembers what it needs from one look to the next."""

    invariant = ""

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # for the checks
        """What is wrong during the run."""
        yield from ()

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # as above
        """What is wrong when all faults are over and the run had time to recover."""
        yield from ()

    def found(self, time_ms: int, message: str, *, venue: str = "", journal: str = "") -> Violation:
        """A violation of this invariant."""
        return Violation(invariant=self.invariant, time_ms=time_ms, message=message, venue=venue, journal=journal)
