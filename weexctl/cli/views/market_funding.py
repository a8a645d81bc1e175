"""Funding: the rate ahead, and the sum and the rows behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, percent, price

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.market_shapes import FundingOutput

__all__ = ["view"]

_NEWEST = 12
"""Rows; the whole list is in the JSON."""


def view(data: FundingOutput) -> RenderableType:
    """What holding costs a long; a short gets what a long pays."""
    grid = Table.grid(padding=(0, 2))
    ahead = f"{percent(float(data.forecast_rate), 4)} at {minute(data.next_funding_ms)} UTC"
    grid.add_row(cell(data.symbol, "bold"), cell(f"mark {price(data.mark_price)}, index {price(data.index_price)}"))
    grid.add_row(cell("next", "bold"), cell(f"{ahead}, {percent(data.forecast_per_year, 1)} a year at that rate"))
    count = len(data.settlements)
    grid.add_row(cell("a long paid", "bold"), cell(f"{percent(float(data.paid_by_long), 4)} in {count} settlements"))
    table = Table("settled (UTC)", box=SIMPLE_HEAD)
    table.add_column("rate", justify="right")
    for row in data.settlements[-_NEWEST:]:
        table.add_row(cell(minute(row.settled_ms)), cell(percent(float(row.rate), 4)))
    return Group(grid, table) if count else grid
