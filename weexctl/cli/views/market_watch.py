"""What was seen of the market, one symbol per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import percent, price

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.market_watch import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """A table; its caption says how the feed did."""
    caption = f"feed {data.feed}, {data.connections} connection(s), {data.malformed} malformed"
    table = Table("symbol", box=SIMPLE_HEAD, caption=caption if data.error is None else f"{caption}; {data.error}")
    for name in ("last", "24 h", "mark", "pushes", "from"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in data.tickers:
        cells = [price(row.last), percent(float(row.change_ratio)), price(row.mark_price), str(row.pushes), row.source]
        table.add_row(cell(row.symbol, "bold"), *map(cell, cells))
    return table
