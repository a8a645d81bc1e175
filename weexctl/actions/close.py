"""Closing: one symbol, or everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from weexctl.actions.account import BalanceOutput, PositionRow, balance_output, position_row
from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.closing_by_run import ask_run, executions_of, failures_of
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.order_cancel import cancelled
from weexctl.actions.order_rows import OrderRow, RequestRow, cancel_request, order_request, order_row
from weexctl.actions.placed_order import OrderDone, failure_of, order_done
from weexctl.config.venue import Venue
from weexctl.errors import LockHeldError, UsageError, WeexctlError
from weexctl.execution.close_requests import CloseRequests
from weexctl.execution.reading import Unavailable, read
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import Order
from weexctl.model.side import PositionSide
from weexctl.trader.hand_account import HandAccount, Look
from weexctl.trader.hand_desk import HandDesk, Placed
from weexctl.trader.manual_order import closing_order

__all__ = ["FlattenInput", "FlattenOutput", "Input", "Output", "flatten", "run"]


Wanted = Sequence[tuple[str, PositionSide]] | None
"""Symbols and sides; None for all."""


class Input(AccountInput):
    """What to close."""

    symbol: str
    position: Literal["long", "short"] | None = None
    dry_run: bool = False
    read_only: bool = False


class FlattenInput(AccountInput):
    """Whether all of it is meant."""

    all: bool = False
    dry_run: bool = False
    read_only: bool = False


class Output(BaseModel):
    """What was closed, and what is left."""

    sent: bool
    """False with --dry-run: the positions are what would be closed."""
    closing: list[PositionRow]
    cancelled: list[OrderRow]
    """Limit orders of the same symbols and sides that rested; they go first."""
    orders: list[OrderDone]
    positions_left: list[PositionRow] | None
    """Of the whole account, afterwards; None when it could not be read any more."""
    balance_before: BalanceOutput
    balance_after: BalanceOutput | None
    requests: list[RequestRow]
    """With --dry-run: the signed requests that were kept back."""


FlattenOutput = Output


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Close what is held of one symbol."""
    asked, symbol = asked_at(input.venue, context, input.account), normalise_symbol(input.symbol)
    wanted = [(symbol, side) for side in PositionSide if input.position in (None, side.value)]
    return _close(asked, wanted, input, f"no {input.position or 'position'} of {symbol} is held")


def flatten(input: FlattenInput, context: Context) -> Result:  # noqa: A002
    """Close everything."""
    if not input.all:
        raise UsageError(
            "flatten closes every position, and asks for --all so that nobody does it by mistake; nothing was sent",
            hint="weexctl flatten --all, or weexctl close SYMBOL",
        )
    return _close(asked_at(input.venue, context, input.account), None, input, "")


def _close(
    asked: Asked,
    wanted: Wanted,
    input: Input | FlattenInput,  # noqa: A002
    nothing: str,
) -> Result:
    """Close these positions, None for all; with an empty `nothing` there need not be any."""
    if input.dry_run:
        return _rehearse(asked, wanted, input, nothing)
    try:
        return _closed_here(asked, wanted, input, nothing)
    except LockHeldError as error:
        if error.code != LockHeldError.default_code or asked.venue is Venue.SIM:
            raise
        return _closed_by_run(asked, wanted, input, nothing, _in_a_hurry(error, asked))


def _closed_here(
    asked: Asked,
    wanted: Wanted,
    input: Input | FlattenInput,  # noqa: A002
    nothing: str,
) -> Result:
    with asked.desk(input.data, read_only=input.read_only) as desk:
        before, profile = desk.account.look(), desk.account.profile
        resting = _resting(desk.account, wanted)
        _must_be_something(before, wanted, resting, nothing, asked)
        ends = [cancelled(desk, order) for order in resting]  # first: one that fills later would open again
        rows = _rows(_looked(desk) or before, wanted)
        placed = [_closed(desk, row) for row in rows]
        after = _looked(desk)
    orders = [done for done in placed if isinstance(done, Placed)]
    failures = [end for end in (*ends, *placed) if isinstance(end, WeexctlError)]
    output = Output(
        sent=True,
        closing=rows,
        cancelled=[order_row(end) for end in ends if not isinstance(end, WeexctlError)],
        orders=[order_done(done.execution) for done in orders],
        positions_left=None if after is None else _rows(after, None),
        balance_before=balance_output(before.balance),
        balance_after=None if after is None else balance_output(after.balance),
        requests=[],
    )
    return _result(output, asked, profile, _first_failure(orders) or next(iter(failures), None))


def _closed_by_run(
    asked: Asked,
    wanted: Wanted,
    input: Input | FlattenInput,  # noqa: A002
    nothing: str,
    held: LockHeldError,
) -> Result:
    """What the run that holds the account did about it."""
    with asked.looked_at(input.data) as account:
        before, resting = account.look(), _resting(account, wanted)
        _must_be_something(before, wanted, resting, nothing, asked)
        positions = None if wanted is None else [(symbol, side.value) for symbol, side in wanted]
        answer = ask_run(CloseRequests.beside(asked.journal), positions, held)
        executions = executions_of(answer, account)
        found = read("the account", account.look)
        profile = account.profile
    after = None if isinstance(found, Unavailable) else found
    output = Output(
        sent=True,
        closing=_rows(before, wanted),
        cancelled=[order_row(order) for order in resting if order.order_id in answer["cancelled"]],
        orders=[order_done(execution) for execution in executions],
        positions_left=None if after is None else _rows(after, None),
        balance_before=balance_output(before.balance),
        balance_after=None if after is None else balance_output(after.balance),
        requests=[],
    )
    return _result(output, asked, profile, next(iter(failures_of(answer, executions)), None), by_run=True)


def _result(output: Output, asked: Asked, profile: str, error: WeexctlError | None, *, by_run: bool = False) -> Result:
    again = Notice(
        "RUN_GOES_ON", f"the run may open again at a later candle; `weexctl kill{asked.again}` keeps it flat"
    )
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        warnings=(again,) if by_run else (),
        next=tuple(
            NextCommand(f"weexctl explain {row.order_id}", "the story of it") for row in output.orders if row.order_id
        ),
    )


def _in_a_hurry(error: LockHeldError, asked: Asked) -> LockHeldError:
    """Says what a person can do who must be flat, and is not answered by whoever holds the account."""
    pid = error.details.get("pid")
    stop = f"kill -INT {pid}" if pid else "Ctrl-C"
    return LockHeldError(
        error.message,
        hint=f"`weexctl kill{asked.again}` stops entries at once; to be flat as well, stop the process that holds the"
        f" account ({stop}) and run this again",
        code=error.code,
        details=error.details,
    )


def _closed(desk: HandDesk, row: PositionRow) -> Placed | WeexctlError | None:
    """How one position was closed, or why nothing was sent; None when it was gone. One keeps no other back."""
    try:
        return desk.close(row.symbol, PositionSide(row.side))
    except WeexctlError as error:
        return error


def _looked(desk: HandDesk) -> Look | None:
    """The account, or None when it cannot be read just now."""
    found = read("the account", desk.account.look)
    return None if isinstance(found, Unavailable) else found


def _rehearse(
    asked: Asked,
    wanted: Wanted,
    input: Input | FlattenInput,  # noqa: A002
    nothing: str,
) -> Result:
    with asked.looked_at(input.data) as account:
        look, resting = account.look(), _resting(account, wanted)
        _must_be_something(look, wanted, resting, nothing, asked)
        rows = _rows(look, wanted)
        kept = [cancel_request(account, order, asked.environment.api_base) for order in resting]
        for row in rows:
            intent = account.draft(closing_order(row.symbol, PositionSide(row.side), row.quantity)).reviewed.intent
            kept.append(order_request(account, intent, asked.environment.api_base))
        profile = account.profile
    output = Output(
        sent=False,
        closing=rows,
        cancelled=[order_row(order) for order in resting],
        orders=[],
        positions_left=_rows(look, None),
        balance_before=balance_output(look.balance),
        balance_after=balance_output(look.balance),
        requests=[request for request in kept if request is not None],
    )
    return Result(data=output, venue=asked.venue.value, profile=profile)


def _resting(account: HandAccount, wanted: Wanted) -> list[Order]:
    """Orders in the book of the symbols and sides that are to be closed."""
    found = account.venue.exchange.fetch_open_orders()
    return [order for order in found if wanted is None or (order.symbol, order.position_side) in wanted]


def _must_be_something(look: Look, wanted: Wanted, resting: Sequence[Order], nothing: str, asked: Asked) -> None:
    if nothing and not resting and not _rows(look, wanted):
        raise UsageError(
            f"{nothing}; nothing was sent", hint=f"weexctl account positions{asked.again}", code="NO_POSITION"
        )


def _rows(look: Look, wanted: Wanted) -> list[PositionRow]:
    keys = None if wanted is None else {(symbol, side.value) for symbol, side in wanted}
    return [position_row(p, look.trades.get(key)) for key, p in look.positions.items() if keys is None or key in keys]


def _first_failure(placed: list[Placed]) -> WeexctlError | None:
    failures = (failure_of(done) for done in placed)
    return next((failure for failure in failures if failure is not None), None)
