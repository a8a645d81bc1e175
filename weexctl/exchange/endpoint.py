"""One REST endpoint: what it is called, what it costs, and whether it changes anything."""

from __future__ import annotations

from dataclasses import dataclass

from weexctl.exchange.lane import Lane

__all__ = ["Endpoint"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A row of the endpoint table."""

    method: str
    path: str
    ip_weight: int
    uid_weight: int = 0
    """0 for a public endpoint."""
    private: bool = False
    """Signed."""
    write: bool = False
    """Changes something at the exchange: sent once, never again."""
    order: bool = False
    """Counts against the limit of order calls per second."""
    lane: Lane = Lane.RECONCILE
    """Its place in the queue; a call may ask for another."""
    deadline_ms: int = 10_000
    """For the whole call, connection and body included (reliability 6.3)."""

    @property
    def label(self) -> str:
        """Method and path, without query: safe to show."""
        return f"{self.method} {self.path}"

    @property
    def weight(self) -> int:
        """The dearer of the two budgets; counting it against one budget is never too little."""
        return max(self.ip_weight, self.uid_weight)
