"""What is held, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from weexctl.cli.views.numbers import minute, price, quantity, signed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.account import PositionsOutput

__all__ = ["view"]


def view(data: PositionsOutput) -> RenderableType:
    """A table that fits 80 columns; what it leaves out is in the JSON."""
    if not data.positions:
        return Text("Nothing is held.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("since (UTC)", "symbol", "side"):
        table.add_column(name, no_wrap=True)
    for name in ("quantity", "entry", "stop", "P&L"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("rule", no_wrap=True)
    for row in data.positions:
        table.add_row(
            minute(row.opened_ms),
            row.symbol,
            row.side,
            quantity(row.quantity),
            price(row.entry_price),
            price(row.stop_price),
            signed(row.unrealised),
            row.rule or "–",
        )
    return table
