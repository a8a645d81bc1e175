"""What a client order id says: ours or not, for what, which attempt; read from the format, not asked of the code."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["ClientId", "read_client_id"]

_FORMAT = re.compile(r"(?:b-WEEX[0-9]{6}-)?(wx[a-z0-9]{2}[a-z0-9]{16}([exst]))([0-9]{2})(sl|tp)?")
LEGS = {"e": "entry", "x": "exit", "s": "stop", "t": "target"}


class ClientId(NamedTuple):
    """One of ours."""

    intent: str
    """Equal for all attempts of one intent."""
    leg: str
    attempt: int
    sent: str
    """The id that was sent: that of the order itself, or of the order it is attached to."""
    attached: bool
    """True when the exchange made it from a stop or target that was attached to an order."""


def read_client_id(text: str) -> ClientId | None:
    """What the id says; None when it is not one of ours."""
    found = _FORMAT.fullmatch(text)
    if found is None:
        return None
    intent, letter, attempt, suffix = found.groups()
    return ClientId(intent, LEGS[letter], int(attempt), text.removesuffix(suffix or ""), suffix is not None)
