"""Asking the run that holds an account to close something, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from weexctl.errors import LockHeldError, OutcomeUnknownError, RejectedError, WeexctlError
from weexctl.execution.close_requests import CloseRequests
from weexctl.execution.execution import Execution
from weexctl.execution.reading import Unavailable, read
from weexctl.journal.intent_state import IntentState
from weexctl.model.order import Leg
from weexctl.trader.hand_account import HandAccount

__all__ = ["ask_run", "executions_of", "failures_of"]

TAKEN_S, ANSWERED_S = 30.0, 120.0
"""How long a run may take to look, and then to have closed and read back what was asked for."""
_POLL_S = 0.1


def ask_run(
    requests: CloseRequests,
    positions: Sequence[tuple[str, str]] | None,
    held: LockHeldError,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """What the run has done about these positions, None for all of them.

    Args:
        requests: of the account.
        positions: symbol and side of each.
        held: who holds the account.
        sleep: waits so many seconds.

    Raises:
        LockHeldError: nobody serves requests there, or nobody took this one; nothing was sent.
        OutcomeUnknownError: it was taken, and no answer came.
    """
    if not requests.open:
        raise held
    try:
        name = requests.ask(positions, time.time_ns())
    except OSError:
        raise held from None
    for _ in range(round(TAKEN_S / _POLL_S)):
        if (answer := requests.answered(name)) is not None:
            return answer
        sleep(_POLL_S)
    if requests.take(name):  # ours again: nobody will close anything later
        raise held
    for _ in range(round(ANSWERED_S / _POLL_S)):
        if (answer := requests.answered(name)) is not None:
            return answer
        sleep(_POLL_S)
    raise OutcomeUnknownError(
        "the run took the request and has not said what became of it; it may be closing now",
        hint="`weexctl account positions` shows what is held",
        order_state="unknown",
    )


def executions_of(answer: dict[str, Any], account: HandAccount) -> list[Execution]:
    """What became of each order that the run tells of, as the journal and the exchange have it."""
    found = []
    for row in answer["orders"]:
        journal, order_id = account.journal, row["order_id"]
        record = None if journal is None else journal.intents.of_leg(row["decision_id"], Leg.EXIT)
        if journal is None or record is None:
            continue
        order = None if order_id is None else read("the order", partial(account.venue.exchange.fetch_order, order_id))
        found.append(
            Execution(
                intent=record.order_intent(),
                intent_id=record.intent_id,
                state=record.state,
                code=row["code"],
                reason=row["reason"],
                order=None if isinstance(order, Unavailable) else order,
                fills=() if order_id is None else tuple(journal.fills.of_order(order_id)),
            )
        )
    return found


def failures_of(answer: dict[str, Any], executions: Sequence[Execution]) -> list[WeexctlError]:
    """Why something is not closed: what the run says, and orders that came to nothing."""
    told = {execution.intent.decision_id for execution in executions}
    failures: list[WeexctlError] = [
        RejectedError(f"the run could not close all of it: {row['message']}", hint=row["hint"], code=row["code"])
        for row in answer["failures"]
    ]
    failures += [
        RejectedError(f"the run did not close it: {row['code']} {row['reason']}".strip(), code=row["code"] or None)
        for row in answer["orders"]
        if row["decision_id"] not in told
    ]
    return failures + [failure for execution in executions if (failure := _failure(execution)) is not None]


def _failure(execution: Execution) -> WeexctlError | None:
    if execution.fills:
        return None
    what = f"{execution.intent.side.value} {execution.intent.symbol}"
    why = f"{execution.code} {execution.reason}".strip() or execution.state.value
    if execution.state in (IntentState.UNKNOWN, IntentState.SENDING, IntentState.ACCEPTED):
        return OutcomeUnknownError(
            f"{what} may have arrived and was not sent again: {why}",
            hint="the run looks for it; `weexctl account positions` shows what is held",
            order_state="unknown",
        )
    return RejectedError(
        f"{what} came to nothing: {why}",
        hint=f"weexctl explain {execution.intent.decision_id}",
        code=execution.code or None,
        order_state="rejected",
    )
