"""The life of an order intent, and the only ways through it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OPEN_STATES", "TRANSITIONS", "IntentState"]


class IntentState(StrEnum):
    """How far an order intent got. Each arrow is committed before the next thing happens outside."""

    PLANNED = "planned"
    """Wanted by a decision; no guard has looked at it."""
    RESERVED = "reserved"
    """Let through; its worst case counts against the limits."""
    SENDING = "sending"
    """An attempt is on record and may have left. Found after a crash it is treated as UNKNOWN."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """The request may have arrived. Only reads lead out of here, never another request."""
    NOT_PLACED = "not_placed"
    """Proved: the request did not become an order."""
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """True when nothing leads on from here."""
        return not TRANSITIONS[self]


_S = IntentState

TRANSITIONS: dict[IntentState, frozenset[IntentState]] = {
    _S.PLANNED: frozenset((_S.RESERVED, _S.REJECTED, _S.CANCELLED, _S.EXPIRED)),
    _S.RESERVED: frozenset((_S.SENDING, _S.REJECTED, _S.CANCELLED, _S.EXPIRED)),
    # NOT_PLACED straight from SENDING: the connection was refused, so nothing left this machine.
    _S.SENDING: frozenset((_S.ACCEPTED, _S.REJECTED, _S.UNKNOWN, _S.NOT_PLACED)),
    _S.UNKNOWN: frozenset((_S.ACCEPTED, _S.NOT_PLACED)),
    _S.NOT_PLACED: frozenset((_S.RESERVED, _S.CANCELLED, _S.EXPIRED)),
    # REJECTED from ACCEPTED: an exchange may take an order and refuse it a moment later.
    _S.ACCEPTED: frozenset((_S.FILLED, _S.CANCELLED, _S.REJECTED, _S.EXPIRED)),
    _S.REJECTED: frozenset(),
    _S.FILLED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
}
"""Where each state may lead. UNKNOWN never leads to a new attempt without the proof that is NOT_PLACED."""

OPEN_STATES = tuple(state for state in IntentState if TRANSITIONS[state])
"""The states that still count as risk."""
