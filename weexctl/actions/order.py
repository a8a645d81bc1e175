"""Orders by hand: what one would mean, and sending it."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from weexctl.actions.account import BalanceOutput, PositionRow, balance_output
from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.order_look import (
    MAX_WAIT_S,
    WAIT_S,
    SeenRow,
    patience,
    seen_rows,
    still_resting,
    stopped_notice,
)
from weexctl.actions.order_rows import RequestRow, order_request, order_row
from weexctl.actions.placed_order import (
    OrderDone,
    VerdictRow,
    failure_of,
    order_done,
    positions_of,
    verdict_rows,
)
from weexctl.actions.way_out import way_out
from weexctl.errors import UsageError
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.trader.manual_order import ManualOrder
from weexctl.trader.sim_account import Draft
from weexctl.trader.sim_desk import Placed

__all__ = ["PlaceInput", "PlaceOutput", "PreviewInput", "PreviewOutput", "place", "preview", "preview_output"]

Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class PreviewInput(AccountInput):
    """An order, in words."""

    symbol: str
    side: Literal["buy", "sell"]
    position: Literal["long", "short"]
    size: Positive
    unit: Literal["quote", "base"]
    price: Positive | None = None
    post_only: bool = False
    time_in_force: Literal["gtc", "ioc", "fok"] | None = None
    stop: Positive | None = None
    target: Positive | None = None

    def order(self) -> ManualOrder:
        """The same in the model's words."""
        return ManualOrder(
            symbol=normalise_symbol(self.symbol),
            side=Side(self.side),
            position_side=PositionSide(self.position),
            size=self.size,
            unit=self.unit,
            stop=self.stop,
            target=self.target,
            price=self.price,
            time_in_force=self._time_in_force(),
        )

    def _time_in_force(self) -> TimeInForce | None:
        if not self.post_only:
            return None if self.time_in_force is None else TimeInForce(self.time_in_force)
        if self.time_in_force not in (None, "gtc"):
            raise UsageError(
                f"--post-only waits in the book, and {self.time_in_force} may not; nothing was sent",
                hint="leave one of them out",
            )
        return TimeInForce.POST_ONLY


class PlaceInput(PreviewInput):
    """An order, in words, and whether it may go out."""

    wait: bool = False
    timeout: float = Field(default=WAIT_S, ge=0, le=MAX_WAIT_S)
    """Seconds of the venue's time, with `wait`."""
    dry_run: bool = False
    read_only: bool = False


class PreviewOutput(BaseModel):
    """What an order would cost, risk and meet with. Nothing was sent or kept."""

    approved: bool
    refused_by: str
    """Code of the guard that stops it; empty when none does."""
    hint: str
    """What would let it through; empty when nothing stops it, or when nothing about the order would."""
    symbol: str
    side: str
    position_side: str
    leg: str
    type: str
    limit_price: Decimal | None
    time_in_force: str | None
    quantity: Decimal
    price: Decimal
    """Mark price; spread and slippage are not in any of these numbers."""
    notional: Decimal
    share_of_equity: float
    margin: Decimal
    fee: Decimal
    stop_price: Decimal | None
    target_price: Decimal | None
    loss_at_stop: Decimal | None
    """With the fees of both fills; None without a stop, or where it lies on the wrong side."""
    liquidation_price: Decimal | None
    """Estimate: where the account would fall if only this symbol moved; None when no price does it."""
    verdicts: list[VerdictRow]
    request: RequestRow | None = None
    """With --dry-run: the signed request that was kept back."""


class PlaceOutput(BaseModel):
    """An order and what it did to the account; with --dry-run, only what it would be."""

    sent: bool
    preview: PreviewOutput
    order: OrderDone | None = None
    balance_before: BalanceOutput
    balance_after: BalanceOutput | None = None
    positions_before: list[PositionRow]
    """Of this symbol."""
    positions_after: list[PositionRow] | None = None
    seen: list[SeenRow] = []
    """With --wait, of an order that rested: every change that was seen."""


def preview(input: PreviewInput, context: Context) -> Result:  # noqa: A002  # the word of every action
    """What an order would mean."""
    asked, order = asked_at(input.venue, context, input.account), input.order()
    with asked.simulated(input.data) as account:
        output = preview_output(account.draft(order))
    command = _place_command(input)
    following = (NextCommand(command, "send it"),) if output.approved else ()
    return Result(data=output, venue=asked.venue.value, profile=account.run.profile, next=following)


def place(input: PlaceInput, context: Context) -> Result:  # noqa: A002
    """Send an order and follow it to its end, or until it rests."""
    asked, order = asked_at(input.venue, context, input.account), input.order()
    asked.must_write()
    if input.dry_run:
        return _rehearse(asked, input, order)
    with asked.desk(input.data, read_only=input.read_only) as desk:
        placed = desk.place(order, patience(input.timeout, context) if input.wait else None)
        profile = desk.account.run.profile
    before, sent = placed.draft.look, placed.execution.order
    error = failure_of(placed.execution)
    if error is None and sent is not None:
        error = still_resting(order_row(sent), placed.followed, asked.venue, end=_cancel(sent.order_id))
    output = PlaceOutput(
        sent=placed.execution.intent_id is not None,
        preview=preview_output(placed.draft),
        order=order_done(placed),
        balance_before=balance_output(before.balance),
        balance_after=balance_output(placed.after.balance),
        positions_before=positions_of(before, order.symbol),
        positions_after=positions_of(placed.after, order.symbol),
        seen=[] if placed.followed is None else seen_rows(placed.followed),
    )
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        warnings=() if sent is None else stopped_notice(sent.order_id, placed.followed, end=_cancel(sent.order_id)),
        next=_after(placed),
    )


def _after(placed: Placed) -> tuple[NextCommand, ...]:
    execution = placed.execution
    told = execution.order.order_id if execution.order else execution.intent.decision_id
    story = NextCommand(f"weexctl explain {told}", "the story of it")
    if not execution.rests:
        return (story,)
    return (
        NextCommand(f"weexctl order wait {told}", "watch it to its end"),
        NextCommand(_cancel(told), "end it"),
        story,
    )


def _cancel(order_id: str) -> str:
    return f"weexctl order cancel {order_id}"


def _rehearse(asked: Asked, input: PlaceInput, order: ManualOrder) -> Result:  # noqa: A002
    with asked.simulated(input.data) as account:
        draft = account.draft(order)
        shown = preview_output(draft).model_copy(update={"request": order_request(account, draft.reviewed.intent)})
        output = PlaceOutput(
            sent=False,
            preview=shown,
            balance_before=balance_output(draft.look.balance),
            positions_before=positions_of(draft.look, order.symbol),
        )
    return Result(data=output, venue=asked.venue.value, profile=account.run.profile)


def preview_output(draft: Draft) -> PreviewOutput:
    """A draft as it is answered."""
    reviewed, costs = draft.reviewed, draft.estimate
    intent, refusal, equity = reviewed.intent, reviewed.refusal, draft.look.balance.equity
    return PreviewOutput(
        approved=reviewed.approved,
        refused_by="" if refusal is None else refusal.code,
        hint="" if refusal is None else way_out(refusal.code, intent),
        symbol=intent.symbol,
        side=intent.side.value,
        position_side=intent.position_side.value,
        leg=intent.leg.value,
        type=intent.type.value,
        limit_price=intent.price,
        time_in_force=None if intent.time_in_force is None else intent.time_in_force.value,
        quantity=intent.quantity,
        price=intent.reference_price,
        notional=costs.notional,
        share_of_equity=float(costs.notional / equity) if equity > 0 else 0.0,
        margin=costs.margin,
        fee=costs.fee,
        stop_price=intent.stop_price,
        target_price=intent.target_price,
        loss_at_stop=costs.loss_at_stop,
        liquidation_price=costs.liquidation_price,
        verdicts=verdict_rows(reviewed),
    )


def _place_command(input: PreviewInput) -> str:  # noqa: A002
    words = ["weexctl", "order", "place", input.symbol]
    for name in ("side", "position", "size", "unit", "price", "time_in_force", "stop", "target"):
        if (value := getattr(input, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    if input.post_only:
        words.append("--post-only")
    words += [word for path in input.data for word in ("--data", path)]
    return shlex.join(words)
