"""What became of an order by hand: as it is answered, and as an error when it is no order."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from weexctl.actions.account import PositionRow, position_row
from weexctl.actions.way_out import way_out
from weexctl.errors import HaltedError, OutcomeUnknownError, RefusedError, RejectedError, WeexctlError
from weexctl.execution.brakes import BREAKER_GUARD
from weexctl.execution.execution import Execution
from weexctl.journal.intent_state import IntentState
from weexctl.model.order import TimeInForce
from weexctl.model.verdict import GuardAction
from weexctl.pipeline.guards import Reviewed
from weexctl.trader.hand_account import Look
from weexctl.trader.hand_desk import Placed

__all__ = ["OrderDone", "StepRow", "VerdictRow", "failure_of", "order_done", "positions_of", "verdict_rows"]


class VerdictRow(BaseModel):
    """One guard's answer."""

    guard: str
    action: str
    code: str
    reason: str


class StepRow(BaseModel):
    """A station on the way of an order."""

    state: str
    time_ms: int
    """The venue's time."""


class OrderDone(BaseModel):
    """One order from the asking to its end."""

    decision_id: str
    symbol: str
    side: str
    position_side: str
    leg: str
    quantity: Decimal
    type: str
    limit_price: Decimal | None
    time_in_force: str | None
    filled_quantity: Decimal
    price: Decimal | None
    """Average over its fills."""
    fee: Decimal
    realised: Decimal
    order_id: str | None
    """None for an order that was refused and never sent."""
    client_order_id: str | None
    status: str
    """As the exchange has it; `refused` when it was never sent."""
    code: str
    """Why it is not an order; empty when it is one."""
    steps: list[StepRow]


def order_done(execution: Execution) -> OrderDone:
    """One order as it is answered."""
    intent, order = execution.intent, execution.order
    return OrderDone(
        decision_id=intent.decision_id,
        symbol=intent.symbol,
        side=intent.side.value,
        position_side=intent.position_side.value,
        leg=intent.leg.value,
        quantity=intent.quantity,
        type=intent.type.value,
        limit_price=intent.price,
        time_in_force=None if intent.time_in_force is None else intent.time_in_force.value,
        filled_quantity=Decimal(0) if order is None else order.filled_quantity,
        price=None if order is None else order.average_price,
        fee=sum((fill.fee for fill in execution.fills), Decimal(0)),
        realised=sum((fill.realised for fill in execution.fills), Decimal(0)),
        order_id=None if order is None else order.order_id,
        client_order_id=None if order is None else order.client_order_id,
        status=order.status.value if order is not None else _unsent_status(execution),
        code=execution.code,
        steps=_steps(execution),
    )


def _unsent_status(execution: Execution) -> str:
    return "refused" if execution.intent_id is None else execution.state.value


def _steps(execution: Execution) -> list[StepRow]:
    order = execution.order
    if order is None:
        return []
    steps = [
        StepRow(state="asked", time_ms=execution.intent.created_ms),
        StepRow(state="placed", time_ms=order.created_ms),
    ]
    steps += [StepRow(state="fill", time_ms=fill.time_ms) for fill in execution.fills]
    return [*steps, StepRow(state=order.status.value, time_ms=order.updated_ms)]


def positions_of(look: Look, symbol: str) -> list[PositionRow]:
    """The positions of one symbol at a moment."""
    return [position_row(held, look.trades.get(key)) for key, held in look.positions.items() if key[0] == symbol]


def verdict_rows(reviewed: Reviewed) -> list[VerdictRow]:
    """Every guard's answer, those that allow included."""
    return [
        VerdictRow(
            guard=verdict.guard,
            action=GuardAction(verdict.action).name.lower().replace("_", "-"),
            code=verdict.code,
            reason=verdict.reason,
        )
        for verdict in reviewed.verdicts
    ]


def failure_of(placed: Placed) -> WeexctlError | None:
    """Why nothing is filled and nothing rests; None when something is or does."""
    execution = placed.execution
    if execution.order is not None and (execution.fills or execution.rests):
        return None
    what = f"{execution.intent.side.value} {execution.intent.symbol}"
    why = f"{execution.code} {execution.reason}".strip() or execution.state.value
    if execution.intent_id is None:
        return _refusal(placed, f"{what} was refused: {why}; nothing was sent")
    if execution.code == HaltedError.default_code:
        return HaltedError(f"{what} was not sent: {execution.reason}", hint="closing still works")
    if execution.state in (IntentState.UNKNOWN, IntentState.SENDING, IntentState.ACCEPTED):
        return OutcomeUnknownError(
            f"{what} may have arrived and was not sent again: {why}",
            hint="the next command on this account looks for it first",
            order_state="unknown",
        )
    if execution.order is not None:
        return _unfilled(execution, what)
    return RejectedError(
        f"{what} came to nothing: {why}", hint=_explain(execution), code=execution.code or None, order_state="rejected"
    )


def _unfilled(execution: Execution, what: str) -> WeexctlError:
    """An order that the exchange took and ended without a fill."""
    force = execution.intent.time_in_force
    why, hint = execution.state.value, _explain(execution)
    if force is TimeInForce.POST_ONLY:
        why, hint = "it would have met the book at once, and post-only waits or ends", "a price farther from the market"
    elif force is not None:
        why, hint = f"nothing was offered at its limit, and {force.value} does not wait", "another --price"
    return RejectedError(
        f"{what} was taken and ended without a fill: {why}; nothing is left of it",
        hint=hint,
        code="NOT_FILLED",
        order_state="rejected",
    )


def _refusal(placed: Placed, message: str) -> WeexctlError:
    execution, refusal = placed.execution, placed.draft.reviewed.refusal
    hint = way_out(execution.code, execution.intent)
    if execution.code == "KILL_SWITCH":
        return HaltedError(message, hint=hint)
    if refusal is not None and refusal.guard == BREAKER_GUARD:
        resumes = "closing still works; `weexctl resume` is for what waits for a person"
        return HaltedError(message, hint=resumes, code=refusal.code)
    return RefusedError(message, hint=hint or _explain(execution), code=execution.code)


def _explain(execution: Execution) -> str:
    return f"weexctl explain {execution.intent.decision_id}"
