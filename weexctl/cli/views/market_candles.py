"""Candles, one per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, price, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.market_shapes import CandlesOutput

__all__ = ["view"]


def view(data: CandlesOutput) -> RenderableType:
    """What they are above, a table below, oldest first."""
    table = Table("opens (UTC)", box=SIMPLE_HEAD)
    for name in ("open", "high", "low", "close", "volume"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in data.candles:
        prices = (cell(price(value)) for value in (row.open, row.high, row.low, row.close))
        table.add_row(cell(minute(row.open_time_ms)), *prices, cell(quantity(row.volume)))
    return Group(cell(f"{data.symbol} {data.timeframe}, {data.price} price", "bold"), table)
