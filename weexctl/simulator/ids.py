"""Ids of 18 digits, from the seed and a running number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["IdSequence"]

_FLOOR = 700_000_000_000_000_000
_SPAN = 90_000_000_000_000_000
STRIDE = 1024
"""Plan orders that are made together have ids this far apart (weex-api 5)."""


@dataclass(slots=True)
class IdSequence:
    """Order, position, fill and bill ids: equal seeds give equal ids in equal order.

    They are odd and above 2^53, so a reader that takes them for floats loses digits and is found out.
    """

    seed: int
    used: int = 0
    name: str = "ids"
    """Other names have other ids from the same seed."""

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(f"{self.name}|{self.seed}".encode(), digest_size=8).digest()
        self._base = _FLOOR + int.from_bytes(digest, "big") % _SPAN // STRIDE * STRIDE + 511

    _base: int = 0

    def next(self) -> int:
        """The next id."""
        self.used += 1
        return self._base + self.used * STRIDE

    @property
    def sequence(self) -> int:
        """How many ids were given out; serves as the match sequence id."""
        return self.used
