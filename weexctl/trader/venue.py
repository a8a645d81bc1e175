"""A venue as the trader sees it: a clock, an exchange, and what can be relied on there."""

from __future__ import annotations

from typing import Any, Protocol

from weexctl.model.scope import Scope
from weexctl.ports import Clock, Exchange

__all__ = ["Venue"]


class Venue(Protocol):
    """Where orders go."""

    @property
    def name(self) -> str:
        """`sim`, `paper`, `demo` or `live`."""
        ...

    @property
    def account(self) -> str:
        """The account's alias; part of every client order id."""
        ...

    @property
    def host(self) -> str:
        """Two characters that tell this machine's orders from another's; `00` on the simulator in process."""
        ...

    @property
    def clock(self) -> Clock:
        """The venue's time."""
        ...

    @property
    def exchange(self) -> Exchange:
        """The client."""
        ...

    @property
    def scope(self) -> Scope:
        """How far the key reaches."""
        ...

    @property
    def forgets(self) -> bool:
        """True when the venue lives in this process: what it did is lost with the transaction that recorded it."""
        ...

    @property
    def proves_stops(self) -> bool:
        """False where stops and leverage can be sent but not read, as at the exchange's demo account."""
        ...

    def save(self) -> dict[str, Any] | None:
        """The venue's state as plain data; None when nothing changed, or when the venue remembers by itself."""
        ...

    def close(self) -> None:
        """Let go of the client."""
        ...
