"""An invariant that did not hold, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Violation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken invariant."""

    invariant: str
    """`I3`; `CRASH` for an exception that nobody expected."""
    time_ms: int
    message: str
    venue: str = ""
    """What the exchange has on its books."""
    journal: str = ""
    """What the journal has on record."""

    def text(self) -> str:
        """A line, and both ledgers under it."""
        sides = "".join(
            f"\n    {name:<8}{side}" for name, side in (("venue", self.venue), ("journal", self.journal)) if side
        )
        return f"{self.invariant} at {self.time_ms}: {self.message}{sides}"
