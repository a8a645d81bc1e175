"""Every call a client made, and what became of it: the log that checks read afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["Call"]

_HARMLESS = frozenset(("RESP_LATE", "REQ_DUP", "VIS_LAG", "STALE_READ", "SHUFFLE"))
_UNREADABLE = frozenset(("GARBAGE", "EMPTY200", "HTML", "TRUNC", "BIG", "RESET", "ENVELOPE"))


@dataclass(kw_only=True)
class Call:
    """One request. It holds no header but the time of its signature, and so no secret.

    Attributes:
        number: 1 for the first call of the run.
        life: which life of the process made it; 1 before the first death.
        cycle: which step of the run it belongs to.
        sent_ms: when it left the client.
        signed_ms: the time in its signature; 0 for a public one.
        arrived_ms: when it reached the exchange, each time it did.
        status: HTTP status of the exchange's own answer; None while there is none.
        seen: what the client saw: an HTTP status, or a word for the failure.
        words: the faults that hit it.
    """

    number: int
    life: int
    cycle: int
    method: str
    path: str
    query: str
    body: bytes
    sent_ms: int
    signed_ms: int
    arrived_ms: list[int] = field(default_factory=list)
    status: int | None = None
    answered: bytes = b""
    seen: str = ""
    seen_ms: int = 0
    words: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def good(self) -> bool:
        """True when the client saw an answer with HTTP 200 that nobody had tampered with."""
        return self.seen == "200" and not set(self.words) - _HARMLESS

    @property
    def readable(self) -> bool:
        """True when the client saw an answer with HTTP 200 that it may have believed."""
        return self.seen == "200" and not set(self.words) & _UNREADABLE

    @cached_property
    def members(self) -> Mapping[str, Any]:
        """The members of the body; empty when it is no JSON object."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
