"""The stored candles, one series per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.data import ListOutput, SeriesRow

__all__ = ["view"]


def view(data: ListOutput) -> RenderableType:
    """A table, and below it the files that nothing is known about."""
    if not (data.series or data.funding or data.unlisted):
        return cell(f"No candles are stored in {data.folder}.")
    table = Table("symbol", "timeframe", "candles", "from (UTC)", "to (UTC)", "kind", "source", box=SIMPLE_HEAD)
    for row in data.series:
        table.add_row(
            cell(row.symbol, "bold"),
            cell(row.timeframe),
            cell(row.candles),
            cell(minute(row.from_ms)),
            cell(minute(row.to_ms)),
            cell(_kind(row), "yellow" if row.synthetic else ""),
            cell(row.source),
        )
    for paid in data.funding:
        table.add_row(
            cell(paid.symbol, "bold"),
            cell("funding"),
            cell(paid.settlements),
            cell(minute(paid.from_ms)),
            cell(minute(paid.to_ms)),
            cell("SYNTHETIC" if paid.synthetic else "future", "yellow" if paid.synthetic else ""),
            cell(paid.source),
        )
    return Group(cell(data.folder, "dim"), table, *(cell(line, "red") for line in data.unlisted))


def _kind(row: SeriesRow) -> str:
    return "SYNTHETIC" if row.synthetic else "spot" if row.spot else "future"
