"""The stored candles, one series per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.numbers import minute
from weexctl.cli.views.series import gap_count, gap_line, kind

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.data import FundingRow, ListOutput, SeriesRow

__all__ = ["view"]

_COLUMNS = (
    ("series", ""),
    ("rows", "right"),
    ("from (UTC)", ""),
    ("to (UTC)", ""),
    ("gaps", "right"),
    ("kind", ""),
    ("source", ""),
)


def view(data: ListOutput) -> RenderableType:
    """A table, and below it what is missing and the files that nothing is known about."""
    if not (data.series or data.funding or data.unlisted):
        return cell(f"No candles are stored in {data.folder}.")
    table = FittingTable(_COLUMNS, ("source",))
    for row in data.series:
        _add(table, row, row.timeframe, row.candles)
    for paid in data.funding:
        _add(table, paid, "funding", paid.settlements)
    gaps = [line for row in data.series for line in gap_line(f"{row.symbol} {row.timeframe}", row.gaps)]
    return Group(cell(data.folder, "dim"), table, *gaps, *(cell(line, "red") for line in data.unlisted))


def _add(table: FittingTable, row: SeriesRow | FundingRow, what: str, count: int) -> None:
    table.add_row(
        cell(f"{row.symbol} {what}", "bold"),
        cell(count),
        cell(minute(row.from_ms)),
        cell(minute(row.to_ms)),
        gap_count(getattr(row, "gaps", None)),
        kind(row),
        cell(row.source),
    )
