"""Closed trades: sums first, then a line for each of the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, signed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.journal_trades import Output, Sum

__all__ = ["view"]

_SHOWN = 20


def view(data: Output) -> RenderableType:
    """Tables that fit 80 columns; what they leave out is in the JSON."""
    if not data.trades:
        return Text("No trade has ended yet.")
    title = f"\nThe last {_SHOWN} of {len(data.trades)} trades" if len(data.trades) > _SHOWN else ""
    return Group(_sums([*data.groups, data.total], data.by or ""), Text(title), _rows(data))


def _sums(rows: list[Sum], by: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(by, no_wrap=True)
    for name in ("trades", "won", "price", "slippage", "fees", "funding", "net"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        money = (row.price, row.slippage, -row.fees, row.funding, row.net)
        table.add_row(cell(row.name), str(row.trades), str(row.won), *map(signed, money))
    return table


def _rows(data: Output) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("closed (UTC)", "symbol", "side", "reason"):
        table.add_column(name, no_wrap=True)
    for name in ("slippage", "fees", "net"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in data.trades[-_SHOWN:]:
        money = (row.slippage, -row.fees, row.net)
        words = (row.symbol, row.position_side, row.exit_reason)
        table.add_row(minute(row.closed_ms), *map(cell, words), *map(signed, money))
    return table
