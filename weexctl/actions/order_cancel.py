"""Cancelling orders by hand: done only when a read shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pydantic import BaseModel

from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.order_rows import OrderRow, RequestRow, cancel_request, find_order, order_row, waiting_orders
from weexctl.errors import OutcomeUnknownError, RejectedError, UsageError, WeexctlError
from weexctl.execution.canceller import CancelEnd
from weexctl.execution.scoping import require_not_the_stop
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import ConditionalOrder, Order, OrderStatus
from weexctl.ports import Exchange
from weexctl.trader.hand_desk import HandDesk

__all__ = ["FailedRow", "Input", "KeptRow", "Output", "cancelled", "run"]

Found = Order | ConditionalOrder
_OURS = "wx"
"""How every client order id of ours begins."""


class Input(AccountInput):
    """Which orders to cancel."""

    id: str | None = None
    all: bool = False
    symbol: str | None = None
    dry_run: bool = False
    read_only: bool = False


class KeptRow(BaseModel):
    """An order that `--all` leaves alone, and why."""

    order: OrderRow
    why: str
    """STOP_NEEDED: it goes with an open position. FOREIGN: somebody else sent it; name its id to cancel it."""


class FailedRow(BaseModel):
    """An order that was not cancelled, and why."""

    order: OrderRow
    code: str
    message: str


class Output(BaseModel):
    """What was cancelled, what was left, and what did not work."""

    sent: bool
    """False with --dry-run, and when there was nothing to send."""
    cancelled: list[OrderRow]
    """A read showed the end of each; with --dry-run, those that would be cancelled."""
    already: list[str] = []
    """Ids of those that had been cancelled before; nothing was sent for them."""
    kept: list[KeptRow]
    failed: list[FailedRow]
    requests: list[RequestRow]
    """With --dry-run: the signed requests that were kept back."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Cancel one order, or all that rest.

    Raises:
        UsageError: neither an id nor --all was given, or nobody knows the id.
        RefusedError: it is the stop of an open position, or read-only.
        RejectedError: it was filled before it could be cancelled.
        OutcomeUnknownError: nobody knows whether it is cancelled.
    """
    _must_agree(input)
    asked = asked_at(input.venue, context, input.account)
    if input.dry_run:
        return _rehearse(asked, input)
    with asked.desk(input.data, read_only=input.read_only) as desk:
        exchange = desk.account.venue.exchange
        wanted: list[Found]
        kept: list[KeptRow]
        if input.id is not None:
            wanted, kept = [find_order(exchange, input.id, desk.account.journal, venue=asked.venue.value)], []
        else:
            wanted, kept = _all_of(exchange, input.symbol, asked.venue.value)
        already = [order.order_id for order in wanted if order.status is OrderStatus.CANCELLED]
        ended, failed = _cancel(desk, wanted)
        profile = desk.account.profile
    output = Output(
        sent=any(not order.status.final for order in wanted),
        cancelled=[order_row(order) for order in ended],
        already=already,
        kept=kept,
        failed=[FailedRow(order=order_row(o), code=error.code, message=error.message) for o, error in failed],
        requests=[],
    )
    error = failed[0][1] if failed else None
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        next=(NextCommand(f"weexctl order list{asked.again}", "what is left"),),
    )


def _must_agree(input: Input) -> None:  # noqa: A002
    if (input.id is None) is not input.all:
        raise UsageError(
            "cancel takes the id of one order, or --all; nothing was sent",
            hint="weexctl order cancel ID, or weexctl order cancel --all [--symbol SYMBOL]",
        )
    if input.symbol is not None and not input.all:
        raise UsageError("--symbol goes with --all; nothing was sent", hint="an id needs no symbol")


def _all_of(exchange: Exchange, symbol: str | None, venue: str) -> tuple[list[Found], list[KeptRow]]:
    """Orders that `--all` means, and those it leaves: what protects a position, and what others sent."""
    only = None if symbol is None else normalise_symbol(symbol)
    held = {(position.symbol, position.side) for position in exchange.fetch_positions(only)}
    wanted: list[Found] = []
    kept: list[KeptRow] = []
    for order in _live(exchange, only, venue):
        if isinstance(order, ConditionalOrder) and order.protective and (order.symbol, order.position_side) in held:
            kept.append(KeptRow(order=order_row(order), why="STOP_NEEDED"))
        elif not order.client_order_id.startswith(_OURS):
            kept.append(KeptRow(order=order_row(order), why="FOREIGN"))
        else:
            wanted.append(order)
    return wanted, kept


def _live(exchange: Exchange, symbol: str | None, venue: str) -> Iterator[Found]:
    yield from exchange.fetch_open_orders(symbol)
    yield from waiting_orders(exchange, venue, symbol)


def _cancel(desk: HandDesk, wanted: list[Found]) -> tuple[list[Found], list[tuple[Found, WeexctlError]]]:
    """One after the other: one that fails keeps none of the others back."""
    ended: list[Found] = []
    failed: list[tuple[Found, WeexctlError]] = []
    for order in wanted:
        done = cancelled(desk, order)
        if isinstance(done, WeexctlError):
            failed.append((order, done))
        else:
            ended.append(done)
    return ended, failed


def cancelled(desk: HandDesk, order: Found) -> Found | WeexctlError:
    """The order after its end; or why it did not come to that."""
    if order.status is OrderStatus.CANCELLED:
        return order  # asked for once more: it is what was wanted
    if order.status.final:
        return _too_late(order.order_id, order.status)
    try:
        end = desk.cancel(order)
    except WeexctlError as error:  # the account could not be read, and nothing was sent for this one
        return error
    if isinstance(end, WeexctlError):
        return end
    if not end.proven:
        return _unproven(end)
    if end.status is not OrderStatus.CANCELLED:
        return _too_late(order.order_id, end.status)
    return end.order or replace(order, status=OrderStatus.CANCELLED)


def _too_late(order_id: str, status: OrderStatus | None) -> RejectedError:
    word = "over" if status is None else status.value
    return RejectedError(
        f"{order_id} is {word} already and could not be cancelled",
        hint=f"`weexctl explain {order_id}` tells its story, `weexctl account positions` what is held",
        code=f"ALREADY_{word.upper()}",
        order_state="accepted",
    )


def _unproven(end: CancelEnd) -> OutcomeUnknownError:
    told = f": {end.reason}" if end.reason else ""
    return OutcomeUnknownError(
        f"the cancel of {end.order_id} was asked for once, and no read shows its end{told}; it may still be filled",
        hint=f"weexctl order status {end.order_id}",
        code="CANCEL_UNPROVEN",
        order_state="unknown",
    )


def _rehearse(asked: Asked, input: Input) -> Result:  # noqa: A002
    with asked.looked_at(input.data) as account:
        exchange = account.venue.exchange
        wanted: list[Found]
        kept: list[KeptRow]
        if input.id is not None:
            wanted, kept = [find_order(exchange, input.id, account.journal, venue=asked.venue.value)], []
            if isinstance(wanted[0], ConditionalOrder):
                require_not_the_stop(exchange, wanted[0].order_id)
        else:
            wanted, kept = _all_of(exchange, input.symbol, asked.venue.value)
        wanted = [order for order in wanted if not order.status.final]
        requests = [
            row for order in wanted if (row := cancel_request(account, order, asked.environment.api_base)) is not None
        ]
        profile = account.profile
    output = Output(
        sent=False, cancelled=[order_row(order) for order in wanted], kept=kept, failed=[], requests=requests
    )
    return Result(data=output, venue=asked.venue.value, profile=profile)
