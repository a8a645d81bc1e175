"""What the gate asks before anything opens, and tells afterwards: the port to an account's breakers."""

from __future__ import annotations

from typing import Protocol

from weexctl.errors import ExchangeError, HaltedError, RejectedError, UnauthorisedError
from weexctl.execution.breaker_events import AuthFailed, BreakerEvent, OrderAccepted, OrderAsked, OrderRejected
from weexctl.execution.trip import Trip
from weexctl.model.order import OrderIntent
from weexctl.model.verdict import GuardAction, Verdict

__all__ = ["BREAKER_GUARD", "Brakes", "NoBrakes", "brake_verdicts", "order_outcome", "require_unbraked"]


BREAKER_GUARD = "breakers"
"""The guard that a refusal by a breaker names."""


class Brakes(Protocol):
    """The breakers of an account."""

    def take(self, event: BreakerEvent) -> None:
        """Something happened."""
        ...

    def entry_block(self, symbol: str) -> Trip | None:
        """Why nothing may open or add in a symbol; None when something may."""
        ...


class NoBrakes:
    """An account without breakers, as a simulator in this process is."""

    def take(self, event: BreakerEvent) -> None:
        """Nothing."""

    def entry_block(self, symbol: str) -> Trip | None:  # noqa: ARG002  # the port's argument
        """None."""
        return None


def brake_verdicts(intent: OrderIntent, brakes: Brakes) -> tuple[Verdict, ...]:
    """A refusal when a breaker keeps an intent back; never one that reduces."""
    trip = None if intent.reduces else brakes.entry_block(intent.symbol)
    if trip is None:
        return ()
    return (Verdict(action=GuardAction.REDUCE_ONLY, code=trip.code, reason=trip.reason, guard=BREAKER_GUARD),)


def require_unbraked(intent: OrderIntent, brakes: Brakes) -> None:
    """Count that an order is wanted, and pass when no breaker keeps it back.

    Raises:
        HaltedError: one does.
    """
    brakes.take(OrderAsked(intent.symbol))
    trip = None if intent.reduces else brakes.entry_block(intent.symbol)
    if trip is not None:
        raise HaltedError(
            f"{trip.text}; the order on {intent.symbol} was not sent",
            hint="closing still works; `weexctl resume` is for what waits for a person",
            code=trip.code,
        )


def order_outcome(symbol: str, error: ExchangeError | None) -> BreakerEvent | None:
    """What became of an order, in the breakers' words; None for what proves nothing about orders."""
    if error is None:
        return OrderAccepted(symbol)
    if isinstance(error, UnauthorisedError):
        return AuthFailed(error.message)
    return OrderRejected(symbol) if isinstance(error, RejectedError) else None
