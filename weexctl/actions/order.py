"""Orders by hand: what one would mean, and sending it."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from weexctl.actions.account import BalanceOutput, PositionRow, balance_output
from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.hand_way import require_same_profile
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
from weexctl.config.venue import Venue
from weexctl.errors import UsageError
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.trader.hand_account import Draft
from weexctl.trader.hand_desk import Placed
from weexctl.trader.manual_order import ManualOrder

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
    profile: str | None = None
    """Whose limits count where there was no run; at live it has to be armed."""

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
    with asked.looked_at(input.data, input.profile) as account:
        require_same_profile(asked, account, input.profile)
        output = preview_output(account.draft(order))
    command = _place_command(input)
    following = (NextCommand(command, "send it"),) if output.approved else ()
    return Result(data=output, venue=asked.venue.value, profile=account.profile, next=following)


def place(input: PlaceInput, context: Context) -> Result:  # noqa: A002
    """Send an order and follow it to its end, or until it rests."""
    asked, order = asked_at(input.venue, context, input.account), input.order()
    _must_end(asked.venue, order)
    if input.dry_run:
        return _rehearse(asked, input, order)
    with asked.desk(input.data, read_only=input.read_only, opens=order.opens, profile=input.profile) as desk:
        require_same_profile(asked, desk.account, input.profile)
        placed = desk.place(order, patience(input.timeout, context) if input.wait else None)
        profile = desk.account.profile
    before, sent = placed.draft.look, placed.execution.order
    error = failure_of(placed)
    if error is None and sent is not None:
        error = still_resting(order_row(sent), placed.followed, asked, end=_cancel(sent.order_id, asked))
    output = PlaceOutput(
        sent=placed.execution.intent_id is not None,
        preview=preview_output(placed.draft),
        order=order_done(placed.execution),
        balance_before=balance_output(before.balance),
        balance_after=None if placed.after is None else balance_output(placed.after.balance),
        positions_before=positions_of(before, order.symbol),
        positions_after=None if placed.after is None else positions_of(placed.after, order.symbol),
        seen=[] if placed.followed is None else seen_rows(placed.followed),
    )
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        warnings=() if sent is None else _warnings(sent.order_id, placed, asked),
        next=_after(placed, asked),
    )


def _must_end(venue: Venue, order: ManualOrder) -> None:
    """Refuse at demo what would rest: nobody could take it back."""
    waits = order.price is not None and order.time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)
    if venue is Venue.DEMO and waits:
        raise UsageError(
            "WEEX's demo account has no way to cancel an order, and this limit order would rest; nothing was sent",
            hint="add --time-in-force ioc or fok, or use --venue sim",
            code="NOT_IN_DEMO",
        )


def _watched(asked: Asked, placed: Placed) -> tuple[Notice, ...]:
    """What a person has to know of a stop that is not at the exchange."""
    intent = placed.execution.intent
    if asked.venue is not Venue.DEMO or intent.reduces or not placed.execution.fills:
        return ()
    text = (
        f"the demo account takes no stop that could be read or cancelled: {intent.stop_price} is on record only, and "
        "is acted on by a run that is under way, or by the next command that can write"
    )
    return (Notice("STOP_NOT_SENT", text),)


def _after(placed: Placed, asked: Asked) -> tuple[NextCommand, ...]:
    execution = placed.execution
    told = execution.order.order_id if execution.order else execution.intent.decision_id
    story = NextCommand(f"weexctl explain {told}", "the story of it")
    if not execution.rests:
        return (story,)
    return (
        NextCommand(f"weexctl order wait {told}{asked.again}", "watch it to its end"),
        NextCommand(_cancel(told, asked), "end it"),
        story,
    )


def _cancel(order_id: str, asked: Asked) -> str:
    return f"weexctl order cancel {order_id}{asked.again}"


def _warnings(order_id: str, placed: Placed, asked: Asked) -> tuple[Notice, ...]:
    stopped = stopped_notice(order_id, placed.followed, asked, end=_cancel(order_id, asked))
    return (*stopped, *_watched(asked, placed))


def _rehearse(asked: Asked, input: PlaceInput, order: ManualOrder) -> Result:  # noqa: A002
    with asked.looked_at(input.data, input.profile) as account:
        require_same_profile(asked, account, input.profile)
        draft = account.draft(order)
        request = order_request(account, draft.reviewed.intent, asked.environment.api_base)
        shown = preview_output(draft).model_copy(update={"request": request})
        output = PlaceOutput(
            sent=False,
            preview=shown,
            balance_before=balance_output(draft.look.balance),
            positions_before=positions_of(draft.look, order.symbol),
        )
    return Result(data=output, venue=asked.venue.value, profile=account.profile)


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
    named = () if input.venue in (None, "sim") else ("venue", "account", "profile")
    for name in ("side", "position", "size", "unit", "price", "time_in_force", "stop", "target", *named):
        if (value := getattr(input, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    if input.post_only:
        words.append("--post-only")
    words += [word for path in input.data for word in ("--data", path)]
    return shlex.join(words)
