"""What each request needs of the key that signs it, and what a key that may only reduce must not do to a stop."""

from __future__ import annotations

from decimal import Decimal

from weexctl.errors import RefusedError
from weexctl.model.order import ConditionalOrder, Leg, OrderIntent
from weexctl.model.scope import Scope
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, Verdict
from weexctl.ports import Exchange

__all__ = [
    "require_not_the_stop",
    "require_scope",
    "require_tighter",
    "require_unneeded",
    "scope_needed",
    "scope_verdicts",
]

_CODE = "SCOPE"


def scope_needed(intent: OrderIntent) -> Scope:
    """`reduce` for an order that can only shrink a position, otherwise `trade`."""
    return Scope.REDUCE if intent.reduces else Scope.TRADE


def scope_verdicts(intent: OrderIntent, scope: Scope) -> tuple[Verdict, ...]:
    """A refusal when the key does not reach far enough for an intent, nothing when it does."""
    needed = scope_needed(intent)
    if scope.covers(needed):
        return ()
    reason = f"the key may {scope.value}, and this order needs {needed.value}"
    return (Verdict(action=GuardAction.DENY, code=_CODE, reason=reason, guard="scope"),)


def require_scope(scope: Scope, needed: Scope, what: str) -> None:
    """Pass when the key reaches far enough.

    Raises:
        RefusedError: it does not.
    """
    if not scope.covers(needed):
        raise RefusedError(
            f"{what} needs the scope {needed.value}, and the key in use has {scope.value}; it was not sent",
            hint="`weexctl keys list` shows the scopes; WEEXCTL_SCOPE may narrow them",
            code=_CODE,
            details={"scope": scope.value, "needed": needed.value},
        )


def require_tighter(exchange: Exchange, order_id: str, trigger_price: Decimal) -> None:
    """Pass when a stop moves towards the price; one that is gone or is no stop cannot be told to be tighter.

    Raises:
        RefusedError: it would move away, or nobody can tell.
        ExchangeError: the stops could not be read.
    """
    stop = _find(exchange, order_id)
    if stop is None or not stop.protective or stop.leg is not Leg.STOP:
        raise _refused(f"{order_id} is no open stop, so nobody can tell whether the change makes it tighter")
    long = stop.position_side is PositionSide.LONG
    if (trigger_price < stop.trigger_price) if long else (trigger_price > stop.trigger_price):
        raise _refused(f"{trigger_price} is farther away than {stop.trigger_price}, where the stop {order_id} is")


def require_unneeded(exchange: Exchange, order_id: str) -> None:
    """Pass when the stop or target protects no position any more, or is gone, or could open one.

    Raises:
        RefusedError: it protects an open position.
        ExchangeError: stops or positions could not be read.
    """
    order = _needed(exchange, order_id)
    if order is not None:
        raise _refused(f"the stop {order_id} protects the open position in {order.symbol}")


def require_not_the_stop(exchange: Exchange, order_id: str) -> None:
    """Pass when a person may take this stop or target away: nobody leaves a position without its stop, by hand or not.

    Raises:
        RefusedError: it protects an open position.
        ExchangeError: stops or positions could not be read.
    """
    order = _needed(exchange, order_id)
    if order is not None:
        raise RefusedError(
            f"the stop {order_id} protects the open position in {order.symbol}; it was not cancelled",
            hint=f"`weexctl close {order.symbol}` closes the position, and its stop goes with it",
            code="STOP_NEEDED",
        )


def _needed(exchange: Exchange, order_id: str) -> ConditionalOrder | None:
    """The stop of an open position behind this id; where an exit may be a stop, it counts as one."""
    order = _find(exchange, order_id)
    if order is None or not order.protective or order.leg not in (Leg.STOP, Leg.EXIT):
        return None
    held = exchange.fetch_positions(order.symbol)
    return order if any(position.side is order.position_side for position in held) else None


def _find(exchange: Exchange, order_id: str) -> ConditionalOrder | None:
    found = exchange.fetch_conditional_orders()
    return next((order for order in found if order.order_id == order_id and not order.status.final), None)


def _refused(why: str) -> RefusedError:
    return RefusedError(
        f"{why}; a key with the scope reduce may not do that, and nothing was sent",
        hint="use a key with the scope trade",
        code=_CODE,
        details={"scope": Scope.REDUCE.value, "needed": Scope.TRADE.value},
    )
