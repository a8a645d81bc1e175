"""One order, as the exchange has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, price, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order_look import StatusOutput
    from weexctl.actions.order_rows import OrderRow

__all__ = ["order_text", "view"]


def view(data: StatusOutput) -> RenderableType:
    """The order in a sentence, its state and its ids below."""
    order = data.order
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("status", "bold"), cell(order.status.replace("_", " ")))
    if order.filled_quantity is not None:
        filled = f"{quantity(order.filled_quantity)} of {quantity(order.quantity)}"
        grid.add_row(cell("filled", "bold"), cell(filled))
    grid.add_row(cell("placed", "bold"), cell(f"{minute(order.created_ms)} UTC"))
    grid.add_row(cell("last change", "bold"), cell(f"{minute(order.updated_ms)} UTC"))
    grid.add_row(cell("order id", "bold"), cell(order.order_id))
    grid.add_row(cell("client order id", "bold"), cell(order.client_order_id))
    return Group(Text(f"{order_text(order)}\n", "bold"), grid)


def order_text(order: OrderRow) -> str:
    """What it is: `stop of a long: sell 0.0076 BTCUSDT once the price is 79130.9`."""
    did = f"{order.side} {quantity(order.quantity)} {order.symbol}"
    if order.trigger_price is not None:
        return f"{order.kind} of a {order.position_side}: {did} once the price is {price(order.trigger_price)}"
    at = "" if order.price is None else f" at {price(order.price)}"
    force = "" if order.time_in_force is None else f" ({order.time_in_force.replace('_', '-')})"
    return f"{order.kind}{force}: {did} ({order.position_side}){at}"
