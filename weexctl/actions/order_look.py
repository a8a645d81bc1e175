"""Looking at orders by hand: one, all of them, or one until its end."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, Field

from weexctl.actions.account import BalanceOutput, PositionRow, balance_output, position_row
from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.order_rows import (
    OrderRow,
    find_order,
    followed_row,
    order_row,
    waiting_orders,
    way_to_end,
)
from weexctl.actions.placed_order import positions_of
from weexctl.config.venue import Venue
from weexctl.errors import UnavailableError, WeexctlError
from weexctl.execution.following import Followed, follow
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import Order
from weexctl.trader.hand_desk import Patience

__all__ = [
    "MAX_WAIT_S",
    "WAIT_S",
    "ListInput",
    "ListOutput",
    "SeenRow",
    "StatusInput",
    "StatusOutput",
    "WaitInput",
    "WaitOutput",
    "list_",
    "patience",
    "seen_rows",
    "status",
    "still_resting",
    "stopped_notice",
    "wait",
]

WAIT_S = 30.0
"""How long an order is watched when nobody says."""
MAX_WAIT_S = 86_400.0


class StatusInput(AccountInput):
    """Which order."""

    id: str


class ListInput(AccountInput):
    """Whose orders."""

    symbol: str | None = None


class WaitInput(AccountInput):
    """Which order, and how long."""

    id: str
    timeout: float = Field(default=WAIT_S, ge=0, le=MAX_WAIT_S)
    """Seconds of the venue's time."""


class StatusOutput(BaseModel):
    """One order."""

    order: OrderRow


class ListOutput(BaseModel):
    """Resting orders, then stops and targets."""

    orders: list[OrderRow]


class SeenRow(BaseModel):
    """What an order was seen to be."""

    status: str
    filled_quantity: Decimal
    time_ms: int
    """The venue's time of the look that first showed it."""


class WaitOutput(BaseModel):
    """An order that was watched, and the account before and after."""

    order: OrderRow
    done: bool
    """Whether nothing more can happen to it."""
    ended: Literal["final", "timeout", "stopped"]
    seen: list[SeenRow]
    """Every change that was seen, the first look included."""
    balance_before: BalanceOutput
    balance_after: BalanceOutput
    positions_before: list[PositionRow]
    """Of its symbol."""
    positions_after: list[PositionRow]


def status(input: StatusInput, context: Context) -> Result:  # noqa: A002  # the word of every action
    """One order, as the exchange has it now; a stop or target too while it waits."""
    asked = asked_at(input.venue, context, input.account)
    with asked.exchange(input.data) as exchange:
        row = order_row(find_order(exchange, input.id, venue=asked.venue.value))
    following = (NextCommand(f"weexctl explain {row.order_id}", "why it was sent"),)
    return Result(data=StatusOutput(order=row), venue=asked.venue.value, next=following)


def list_(input: ListInput, context: Context) -> Result:  # noqa: A002
    """Every order that something can still happen to."""
    asked = asked_at(input.venue, context, input.account)
    symbol = None if input.symbol is None else normalise_symbol(input.symbol)
    with asked.exchange(input.data) as exchange:
        rows = [order_row(order) for order in exchange.fetch_open_orders(symbol)]
        rows += [order_row(order) for order in waiting_orders(exchange, asked.venue.value, symbol)]
    return Result(data=ListOutput(orders=rows), venue=asked.venue.value)


def wait(input: WaitInput, context: Context) -> Result:  # noqa: A002
    """Watch an order to its end, or until the time is up or somebody asks for an end."""
    asked = asked_at(input.venue, context, input.account)
    if asked.venue is Venue.SIM:
        output, followed = _wait_at_sim(asked, input, context)
    else:
        output, followed = _wait_at_exchange(asked, input, context)
    end = f"{way_to_end(output.order, output.positions_after)}{asked.again}"
    error = still_resting(output.order, followed, asked, end=end)
    return Result(
        data=output,
        venue=asked.venue.value,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        warnings=stopped_notice(output.order.order_id, followed, asked, end=end),
        next=_after(output, asked, end),
    )


def _wait_at_sim(asked: Asked, input: WaitInput, context: Context) -> tuple[WaitOutput, Followed]:  # noqa: A002
    """In the run's books: what happens to the order meanwhile is kept."""
    with asked.desk(input.data, read_only=False) as desk:
        account = desk.account
        found = find_order(account.venue.exchange, input.id, account.journal, venue=asked.venue.value)
        waited = desk.wait(found.order_id, patience(input.timeout, context))
    followed, symbol = waited.followed, found.symbol
    output = WaitOutput(
        order=followed_row(found, followed.order),
        done=followed.ended == "final",
        ended=followed.ended,
        seen=seen_rows(followed),
        balance_before=balance_output(waited.before.balance),
        balance_after=balance_output(waited.after.balance),
        positions_before=positions_of(waited.before, symbol),
        positions_after=positions_of(waited.after, symbol),
    )
    return output, followed


def _wait_at_exchange(asked: Asked, input: WaitInput, context: Context) -> tuple[WaitOutput, Followed]:  # noqa: A002
    """By reading only."""
    with asked.way(input.data) as (exchange, clock):
        found = find_order(exchange, input.id, venue=asked.venue.value)
        balance, positions = exchange.fetch_balance(), exchange.fetch_positions(found.symbol)
        watch = patience(input.timeout, context)
        followed = follow(
            exchange,
            clock,
            found.order_id,
            until_ms=clock.now_ms() + watch.timeout_ms,
            should_stop=watch.should_stop,
            on_change=watch.on_change,
        )
        output = WaitOutput(
            order=followed_row(found, followed.order),
            done=followed.ended == "final",
            ended=followed.ended,
            seen=seen_rows(followed),
            balance_before=balance_output(balance),
            balance_after=balance_output(exchange.fetch_balance()),
            positions_before=[position_row(held, None) for held in positions],
            positions_after=[position_row(held, None) for held in exchange.fetch_positions(found.symbol)],
        )
    return output, followed


def patience(timeout_s: float, context: Context) -> Patience:
    """Watching for so long; every change is told to whoever looks on."""

    def tell(order: Order) -> None:
        context.note(f"{order.order_id} {order.status.value}, {order.filled_quantity} of {order.quantity} filled")

    return Patience(timeout_ms=round(timeout_s * 1000), should_stop=context.should_stop, on_change=tell)


def seen_rows(followed: Followed) -> list[SeenRow]:
    """What was seen, in order."""
    return [SeenRow(status=row.status, filled_quantity=row.filled, time_ms=row.time_ms) for row in followed.stations]


def still_resting(order: OrderRow, followed: Followed | None, asked: Asked, *, end: str) -> WeexctlError | None:
    """What to answer when the time was up and the order is still there; None when it is not so."""
    if followed is None or followed.ended != "timeout":
        return None
    order_id = order.order_id
    more = "; simulated time goes on with `weexctl trade`" if asked.venue is Venue.SIM else ""
    return UnavailableError(
        f"{order_id} is {order.status} and not at its end; it was not cancelled",
        hint=f"`weexctl order wait {order_id}{asked.again}` goes on waiting, `{end}` ends it{more}",
        code="STILL_RESTING",
        order_state="accepted",
    )


def stopped_notice(order_id: str, followed: Followed | None, asked: Asked, *, end: str) -> tuple[Notice, ...]:
    """What a person who ended the waiting has to know."""
    if followed is None or followed.ended != "stopped":
        return ()
    text = f"{order_id} still rests: `weexctl order wait {order_id}{asked.again}` goes on, `{end}` ends it"
    return (Notice("STILL_RESTING", text),)


def _after(output: WaitOutput, asked: Asked, end: str) -> tuple[NextCommand, ...]:
    order_id = output.order.order_id
    if output.done:
        return (NextCommand(f"weexctl explain {order_id}", "the story of it"),)
    return (
        NextCommand(f"weexctl order wait {order_id}{asked.again}", "go on waiting"),
        NextCommand(end, "end it"),
    )
