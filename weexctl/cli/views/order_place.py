"""An order that was sent, and the account before and after; or what it would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views import order_preview
from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, price, quantity
from weexctl.cli.views.order_preview import preview_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order import PlaceOutput
    from weexctl.actions.placed_order import OrderDone

__all__ = ["order_table", "view"]


def view(data: PlaceOutput) -> RenderableType:
    """What was asked for; of an order that was sent also its way, its end and what it did to the account."""
    if data.order is None:
        return order_preview.view(data.preview)
    if not data.sent:  # refused: the error below says how it would go out
        return order_preview.view(data.preview.model_copy(update={"hint": ""}))
    grid = Table.grid(padding=(0, 2))
    if data.order.steps:
        grid.add_row(cell("way", "bold"), cell(_way(data.order)))
    after = data.balance_after
    if after is not None:
        grid.add_row(cell("equity", "bold"), cell(f"{data.balance_before.equity:.2f} → {after.equity:.2f} USDT"))
        grid.add_row(
            cell("available", "bold"), cell(f"{data.balance_before.available:.2f} → {after.available:.2f} USDT")
        )
    rows_after = data.positions_after
    after_text = "unknown" if rows_after is None else str(sum(row.quantity for row in rows_after))
    before_text = sum(row.quantity for row in data.positions_before)
    grid.add_row(cell("held", "bold"), cell(f"{before_text} → {after_text} {data.order.symbol}"))
    return Group(preview_table(data.preview), Text(""), order_table([data.order]), grid)


def _way(order: OrderDone) -> str:
    """Every station with the time since the order was asked for."""
    began_ms = order.steps[0].time_ms
    told = [f"{step.state} +{step.time_ms - began_ms:,} ms" for step in order.steps[1:]]
    return ", ".join([f"asked {minute(began_ms)} UTC", *told])


def order_table(orders: list[OrderDone]) -> Table:
    """One line per order."""
    grid = Table.grid(padding=(0, 2))
    for row in orders:
        rests = row.limit_price is not None and not row.filled_quantity
        did = (
            f"{row.side} {quantity(row.quantity if rests else row.filled_quantity)} {row.symbol} ({row.position_side})"
        )
        at = "" if row.price is None else f" at {price(row.price)}"
        if rests and row.limit_price is not None:
            at = f" at {price(row.limit_price)} or better"
        end = row.status if not row.code else f"{row.status}, {row.code}"
        grid.add_row(cell(row.order_id, "bold"), cell(f"{did}{at}"), cell(end), cell(f"fee {row.fee:.4f}"))
    return grid
