"""What goes out and what comes back, and a stand-in for the network that wants no more than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import httpx

__all__ = ["BareWire", "Reply", "Request"]


def _nothing() -> None:
    """There is nothing to let go of."""


@dataclass(slots=True, repr=False)
class Request:
    """One finished request. It has no repr of its own: the headers hold key, passphrase and signature."""

    method: str
    url: httpx.URL
    target: str
    """Path and query, as they were signed."""
    headers: Mapping[str, str]
    body: bytes
    limit_s: float
    """How long an answer may take."""

    def bare(self) -> tuple[str, str, Mapping[str, str], bytes, float]:
        """What `BareWire.carry` takes."""
        return self.method, self.target, self.headers, self.body, self.limit_s

    def for_httpx(self, connect_s: float) -> httpx.Request:
        """The same for the library; `connect_s` is the longest wait for a connection."""
        connect_s = min(connect_s, self.limit_s)
        timeout = {"connect": connect_s, "read": self.limit_s, "write": self.limit_s, "pool": connect_s}
        extensions = {"timeout": timeout}
        return httpx.Request(
            self.method, self.url, headers=self.headers, content=self.body or None, extensions=extensions
        )


@dataclass(slots=True)
class Reply:
    """An answer whose body is still to be read."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case, or a mapping that does not mind."""
    chunks: Iterable[bytes]
    close: Callable[[], None] = _nothing


@runtime_checkable
class BareWire(Protocol):
    """A stand-in for the network in the same process, asked in plain values; httpx would take most of the time."""

    def carry(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, limit_s: float
    ) -> tuple[int, Mapping[str, str], Iterable[bytes]]:
        """Status, headers with lower-case names, and the body in pieces.

        Raises:
            httpx.TransportError: what httpx would raise over a network that fails like this.
        """
        ...
