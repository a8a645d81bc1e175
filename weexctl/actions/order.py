"""Orders by hand: what one would mean, sending it, looking at it."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account import BalanceOutput, PositionRow, balance_output
from weexctl.actions.account_access import Asked, VenueWord, asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.placed_order import (
    OrderDone,
    VerdictRow,
    failure_of,
    order_done,
    positions_of,
    verdict_rows,
)
from weexctl.exchange.kept_request import kept_request
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import ConditionalOrder, Order, OrderRequest
from weexctl.model.side import PositionSide, Side
from weexctl.pipeline.identity import client_order_id
from weexctl.trader.manual_order import ManualOrder
from weexctl.trader.sim_account import Draft, SimAccount

__all__ = [
    "ListInput",
    "ListOutput",
    "OrderRow",
    "PlaceInput",
    "PlaceOutput",
    "PreviewInput",
    "PreviewOutput",
    "RequestRow",
    "StatusInput",
    "StatusOutput",
    "list_",
    "place",
    "preview",
    "preview_output",
    "status",
]

Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]


class PreviewInput(BaseModel):
    """An order, in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbol: str
    side: Literal["buy", "sell"]
    position: Literal["long", "short"]
    size: Positive
    unit: Literal["quote", "base"]
    stop: Positive | None = None
    target: Positive | None = None
    venue: VenueWord | None = None
    data: tuple[str, ...] = ()

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
        )


class PlaceInput(PreviewInput):
    """An order, in words, and whether it may go out."""

    dry_run: bool = False
    read_only: bool = False


class StatusInput(BaseModel):
    """Which order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    venue: VenueWord | None = None
    data: tuple[str, ...] = ()


class ListInput(BaseModel):
    """Whose orders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbol: str | None = None
    venue: VenueWord | None = None
    data: tuple[str, ...] = ()


class RequestRow(BaseModel):
    """A request as it would go out; key, passphrase and signature are left out."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class PreviewOutput(BaseModel):
    """What an order would cost, risk and meet with. Nothing was sent or kept."""

    approved: bool
    refused_by: str
    """Code of the guard that stops it; empty when none does."""
    symbol: str
    side: str
    position_side: str
    leg: str
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
    """With the fees of both fills."""
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


class OrderRow(BaseModel):
    """An order as the exchange has it."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    position_side: str
    kind: str
    """market, limit, or what a conditional order is for: stop, target, entry, exit."""
    status: str
    quantity: Decimal
    filled_quantity: Decimal | None
    """None for one that waits for its trigger."""
    price: Decimal | None
    """Limit price, or the average over the fills."""
    trigger_price: Decimal | None
    created_ms: int
    updated_ms: int


class StatusOutput(BaseModel):
    """One order."""

    order: OrderRow


class ListOutput(BaseModel):
    """Resting orders, then stops and targets."""

    orders: list[OrderRow]


def preview(input: PreviewInput, context: Context) -> Result:  # noqa: A002  # the word of every action
    """What an order would mean."""
    asked, order = asked_at(input.venue, context), input.order()
    with asked.simulated(input.data) as account:
        output = preview_output(account.draft(order))
    command = _place_command(input)
    following = (NextCommand(command, "send it"),) if output.approved else ()
    return Result(data=output, venue=asked.venue.value, profile=account.run.profile, next=following)


def place(input: PlaceInput, context: Context) -> Result:  # noqa: A002
    """Send an order and follow it to its end."""
    asked, order = asked_at(input.venue, context), input.order()
    asked.must_write()
    if input.dry_run:
        return _rehearse(asked, input, order)
    with asked.desk(input.data, read_only=input.read_only) as desk:
        placed = desk.place(order)
        profile = desk.account.run.profile
    error, before = failure_of(placed.execution), placed.draft.look
    output = PlaceOutput(
        sent=placed.execution.intent_id is not None,
        preview=preview_output(placed.draft),
        order=order_done(placed),
        balance_before=balance_output(before.balance),
        balance_after=balance_output(placed.after.balance),
        positions_before=positions_of(before, order.symbol),
        positions_after=positions_of(placed.after, order.symbol),
    )
    told = placed.execution.order.order_id if placed.execution.order else placed.execution.intent.decision_id
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        next=(NextCommand(f"weexctl explain {told}", "the story of it"),),
    )


def _rehearse(asked: Asked, input: PlaceInput, order: ManualOrder) -> Result:  # noqa: A002
    with asked.simulated(input.data) as account:
        draft = account.draft(order)
        shown = preview_output(draft).model_copy(update={"request": _request(account, draft)})
        output = PlaceOutput(
            sent=False,
            preview=shown,
            balance_before=balance_output(draft.look.balance),
            positions_before=positions_of(draft.look, order.symbol),
        )
    return Result(data=output, venue=asked.venue.value, profile=account.run.profile)


def _request(account: SimAccount, draft: Draft) -> RequestRow | None:
    intent = draft.reviewed.intent
    kept = kept_request(
        OrderRequest(
            symbol=intent.symbol,
            side=intent.side,
            position_side=intent.position_side,
            quantity=intent.quantity,
            client_order_id=client_order_id(account.venue.account, intent.decision_id, intent.leg, 1),
            stop_price=intent.stop_price,
            target_price=intent.target_price,
        ),
        account.venue.clock,
    )
    return None if kept is None else RequestRow(method=kept.method, url=kept.url, headers=kept.headers, body=kept.body)


def preview_output(draft: Draft) -> PreviewOutput:
    """A draft as it is answered."""
    reviewed, costs = draft.reviewed, draft.estimate
    intent, refusal, equity = reviewed.intent, reviewed.refusal, draft.look.balance.equity
    return PreviewOutput(
        approved=reviewed.approved,
        refused_by="" if refusal is None else refusal.code,
        symbol=intent.symbol,
        side=intent.side.value,
        position_side=intent.position_side.value,
        leg=intent.leg.value,
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
    for name in ("side", "position", "size", "unit", "stop", "target"):
        if (value := getattr(input, name)) is not None:
            words += [f"--{name}", str(value)]
    words += [word for path in input.data for word in ("--data", path)]
    return shlex.join(words)


def status(input: StatusInput, context: Context) -> Result:  # noqa: A002
    """One order, as the exchange has it now; a stop or target too while it waits."""
    asked = asked_at(input.venue, context)
    with asked.exchange(input.data) as exchange:
        waiting = [o for o in exchange.fetch_conditional_orders() if input.id in (o.order_id, o.client_order_id)]
        row = _conditional_row(waiting[0]) if waiting else _order_row(exchange.fetch_order(input.id))
    following = (NextCommand(f"weexctl explain {row.order_id}", "why it was sent"),)
    return Result(data=StatusOutput(order=row), venue=asked.venue.value, next=following)


def list_(input: ListInput, context: Context) -> Result:  # noqa: A002
    """Every order that something can still happen to."""
    asked = asked_at(input.venue, context)
    symbol = None if input.symbol is None else normalise_symbol(input.symbol)
    with asked.exchange(input.data) as exchange:
        rows = [_order_row(order) for order in exchange.fetch_open_orders(symbol)]
        rows += [_conditional_row(order) for order in exchange.fetch_conditional_orders(symbol)]
    return Result(data=ListOutput(orders=rows), venue=asked.venue.value)


def _order_row(order: Order) -> OrderRow:
    return OrderRow(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side.value,
        position_side=order.position_side.value,
        kind=order.type.value,
        status=order.status.value,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        price=order.price if order.average_price is None else order.average_price,
        trigger_price=None,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
    )


def _conditional_row(order: ConditionalOrder) -> OrderRow:
    return OrderRow(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side.value,
        position_side=order.position_side.value,
        kind=order.leg.value,
        status=order.status.value,
        quantity=order.quantity,
        filled_quantity=None,
        price=order.price,
        trigger_price=order.trigger_price,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
    )
