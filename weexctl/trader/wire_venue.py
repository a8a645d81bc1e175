"""A venue at the end of a wire: `live`, `demo`, or a simulator that runs by itself. It remembers what was done."""

from __future__ import annotations

import base64
import hashlib
import platform
from dataclasses import dataclass
from typing import Any

from weexctl.model.scope import Scope
from weexctl.ports import Clock, Exchange

__all__ = ["WireVenue", "host_mark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireVenue:
    """An account at an exchange that goes on without us."""

    name: str
    account: str
    exchange: Exchange
    clock: Clock
    scope: Scope
    host: str = "00"
    proves_stops: bool = True
    forgets: bool = False

    def save(self) -> dict[str, Any] | None:
        """Nothing: the exchange remembers by itself."""
        return None

    def close(self) -> None:
        """Let go of the client."""
        self.exchange.close()


def host_mark(name: str | None = None) -> str:
    """Two characters that tell this machine's orders from another's, made from its name; never `00`."""
    digest = hashlib.blake2b((name or platform.node() or "?").encode(), digest_size=5).digest()
    mark = base64.b32encode(digest).decode().lower()[:2]
    return mark if mark != "00" else "aa"
