"""A run made again: how much was compared, and what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.journal_replay import Output

__all__ = ["view"]

_ROWS = 20


def view(data: Output) -> RenderableType:
    """One line, and the first differences below it."""
    head = Text.assemble((data.profile, "bold"), f"   run {data.run_id}, {data.steps} steps: ")
    head.append(f"{data.compared:,} records made again, ")
    if data.differing:
        head.append(f"{data.differing:,} differ", style="bold red")
    else:
        head.append("all as they were recorded", style="green")
    parts: list[RenderableType] = [head, *(cell(f"other version: {line}", "yellow") for line in data.other_plugins)]
    if data.differences:
        parts.append(_table(data))
    return Group(*parts)


def _table(data: Output) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("close (UTC)", "symbol", "field", "recorded", "made again"):
        table.add_column(name, overflow="fold")
    for row in data.differences[:_ROWS]:
        table.add_row(
            cell(minute(row.close_ms)),
            cell(row.symbol),
            cell(row.field or row.record),
            cell(row.recorded or "-"),
            cell(row.recomputed or "-"),
        )
    return table
