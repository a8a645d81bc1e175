"""What was cancelled, and what was left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import price, quantity
from weexctl.cli.views.requests import requests_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order_cancel import Output
    from weexctl.actions.order_rows import OrderRow

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """One line per order; with --dry-run, what would be cancelled and the requests that were kept back."""
    if not (data.cancelled or data.kept or data.failed):
        return Text("No order rests or waits.")
    grid = Table.grid(padding=(0, 2))
    for order in data.cancelled:
        before = "had been cancelled before" if order.order_id in data.already else "cancelled"
        _add(grid, order, "would be cancelled" if data.requests else before)
    for row in data.kept:
        _add(grid, row.order, f"left alone: {row.why}")
    for failed in data.failed:
        _add(grid, failed.order, f"not cancelled: {failed.code}")
    return Group(grid, requests_table(data.requests))


def _add(grid: Table, row: OrderRow, end: str) -> None:
    at = price(row.price if row.trigger_price is None else row.trigger_price)
    what = f"{row.side} {quantity(row.quantity)} {row.symbol} ({row.position_side}) {row.kind} at {at}"
    grid.add_row(cell(row.order_id, "bold"), cell(what), cell(end))
