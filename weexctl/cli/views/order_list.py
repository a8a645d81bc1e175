"""Orders that rest or wait, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from weexctl.cli.views.numbers import minute, price, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order_look import ListOutput

__all__ = ["view"]


def view(data: ListOutput) -> RenderableType:
    """A table that fits 80 columns; what it leaves out is in the JSON."""
    if not data.orders:
        return Text("No order rests or waits.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("placed (UTC)", "symbol", "kind", "side"):
        table.add_column(name, no_wrap=True)
    for name in ("quantity", "price", "order id"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in data.orders:
        table.add_row(
            minute(row.created_ms),
            row.symbol,
            row.kind,
            row.side,
            quantity(row.quantity),
            price(row.price if row.trigger_price is None else row.trigger_price),
            row.order_id,
        )
    return table
