"""Closing: one symbol, or everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from weexctl.actions.account import BalanceOutput, PositionRow, balance_output, position_row
from weexctl.actions.account_access import Asked, VenueWord, asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.placed_order import OrderDone, failure_of, order_done
from weexctl.errors import UsageError, WeexctlError
from weexctl.model.instrument import normalise_symbol
from weexctl.model.side import PositionSide
from weexctl.trader.sim_account import Look
from weexctl.trader.sim_desk import Placed

__all__ = ["FlattenInput", "FlattenOutput", "Input", "Output", "flatten", "run"]


class Input(BaseModel):
    """What to close."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbol: str
    position: Literal["long", "short"] | None = None
    venue: VenueWord | None = None
    data: tuple[str, ...] = ()
    dry_run: bool = False
    read_only: bool = False


class FlattenInput(BaseModel):
    """Whether all of it is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: bool = False
    venue: VenueWord | None = None
    data: tuple[str, ...] = ()
    dry_run: bool = False
    read_only: bool = False


class Output(BaseModel):
    """What was closed, and what is left."""

    sent: bool
    """False with --dry-run: the positions are what would be closed."""
    closing: list[PositionRow]
    orders: list[OrderDone]
    positions_left: list[PositionRow]
    """Of the whole account, afterwards."""
    balance_before: BalanceOutput
    balance_after: BalanceOutput


FlattenOutput = Output


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Close what is held of one symbol."""
    asked, symbol = asked_at(input.venue, context), normalise_symbol(input.symbol)
    wanted = [(symbol, side) for side in PositionSide if input.position in (None, side.value)]
    return _close(asked, wanted, input, f"no {input.position or 'position'} of {symbol} is held")


def flatten(input: FlattenInput, context: Context) -> Result:  # noqa: A002
    """Close everything."""
    if not input.all:
        raise UsageError(
            "flatten closes every position, and asks for --all so that nobody does it by mistake; nothing was sent",
            hint="weexctl flatten --all, or weexctl close SYMBOL",
        )
    return _close(asked_at(input.venue, context), None, input, "")


def _close(
    asked: Asked,
    wanted: Sequence[tuple[str, PositionSide]] | None,
    input: Input | FlattenInput,  # noqa: A002
    nothing: str,
) -> Result:
    """Close these positions, None for all; with an empty `nothing` there need not be any."""
    asked.must_write()
    if input.dry_run:
        with asked.simulated(input.data) as account:
            look, profile = account.look(), account.run.profile
        rows = _rows(look, wanted, nothing)
        return _result(asked, profile, look, look, rows, None)
    with asked.desk(input.data, read_only=input.read_only) as desk:
        before, profile = desk.account.look(), desk.account.run.profile
        rows = _rows(before, wanted, nothing)
        placed = [desk.close(row.symbol, PositionSide(row.side)) for row in rows]
        after = desk.account.look()
    return _result(asked, profile, before, after, rows, [done for done in placed if done is not None])


def _rows(look: Look, wanted: Sequence[tuple[str, PositionSide]] | None, nothing: str) -> list[PositionRow]:
    keys = None if wanted is None else {(symbol, side.value) for symbol, side in wanted}
    rows = [position_row(p, look.trades.get(key)) for key, p in look.positions.items() if keys is None or key in keys]
    if not rows and nothing:
        raise UsageError(f"{nothing}; nothing was sent", hint="weexctl account positions", code="NO_POSITION")
    return rows


def _result(
    asked: Asked, profile: str, before: Look, after: Look, rows: list[PositionRow], placed: list[Placed] | None
) -> Result:
    orders = [order_done(done) for done in placed or ()]
    error = _first_failure(placed or [])
    output = Output(
        sent=placed is not None,
        closing=rows,
        orders=orders,
        positions_left=[position_row(p, after.trades.get(key)) for key, p in after.positions.items()],
        balance_before=balance_output(before.balance),
        balance_after=balance_output(after.balance),
    )
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        next=tuple(NextCommand(f"weexctl explain {row.order_id}", "the story of it") for row in orders if row.order_id),
    )


def _first_failure(placed: list[Placed]) -> WeexctlError | None:
    failures = (failure_of(done.execution) for done in placed)
    return next((failure for failure in failures if failure is not None), None)
