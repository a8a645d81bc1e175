"""Prices, one symbol per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.numbers import money, percent, price

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.market_shapes import TickerOutput

__all__ = ["view"]


def view(data: TickerOutput) -> RenderableType:
    """A table; bid and ask only where they were asked for."""
    quoted = ("bid", "ask") if any(row.bid is not None for row in data.tickers) else ()
    names = ("last", "24 h", "high", "low", "turnover", "mark", *quoted)
    table = FittingTable((("symbol", ""), *((name, "right") for name in names)), ("turnover", "mark", "low", "high"))
    for row in data.tickers:
        cells = [cell(price(row.last)), _change(float(row.change_ratio)), cell(price(row.high)), cell(price(row.low))]
        cells += [cell(money(row.turnover)), cell(price(row.mark_price))]
        cells += [cell(price(row.bid)), cell(price(row.ask))] if quoted else []
        table.add_row(cell(row.symbol, "bold"), *cells)
    return table


def _change(ratio: float) -> Text:
    return Text(percent(ratio), style="green" if ratio > 0 else "red" if ratio < 0 else "")
