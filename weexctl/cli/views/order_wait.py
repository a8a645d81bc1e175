"""An order that was watched: what it was seen to be, and the account before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, quantity
from weexctl.cli.views.order_status import order_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order_look import WaitOutput

__all__ = ["view"]


def view(data: WaitOutput) -> RenderableType:
    """One line for each change, then equity and holding."""
    order = data.order
    grid = Table.grid(padding=(0, 2))
    for row in data.seen:
        filled = f"{quantity(row.filled_quantity)} of {quantity(order.quantity)} filled"
        grid.add_row(cell(minute(row.time_ms)), cell(row.status, "bold"), cell(filled))
    held = [sum(row.quantity for row in rows) for rows in (data.positions_before, data.positions_after)]
    grid.add_row(cell("equity"), cell(f"{data.balance_before.equity:.2f} → {data.balance_after.equity:.2f} USDT"))
    grid.add_row(cell("held"), cell(f"{held[0]} → {held[1]} {order.symbol}"))
    return Group(Text(f"{order.order_id}  {order_text(order)}\n", "bold"), grid)
