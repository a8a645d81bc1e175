"""The order book: bids on the left, asks on the right, best first."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import price, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from weexctl.actions.market_shapes import DepthOutput, Level

__all__ = ["view"]


def view(data: DepthOutput) -> RenderableType:
    """The spread above, a line for each level below."""
    spread = "one side is empty" if data.spread_bps is None else f"spread {data.spread_bps:.2f} bp"
    table = Table(box=SIMPLE_HEAD)
    for name in ("quantity", "bid", "ask", "quantity"):
        table.add_column(name, justify="right", no_wrap=True)
    for bid, ask in zip_longest(data.bids, data.asks):
        (bid_price, bid_size), (ask_price, ask_size) = _cells(bid, "green"), _cells(ask, "red")
        table.add_row(bid_size, bid_price, ask_price, ask_size)
    return Group(cell(f"{data.symbol}, {spread}", "bold"), table)


def _cells(level: Level | None, style: str) -> tuple[Text, Text]:
    if level is None:
        return cell(""), cell("")
    return cell(price(level.price), style), cell(quantity(level.quantity))
