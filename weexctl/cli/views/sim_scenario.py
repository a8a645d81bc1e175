"""Runs under faults: one line each, and below it what did not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.scenario import Output, Row

__all__ = ["view"]

_STYLES = {"ok": "green", "failed": "red", "open": "yellow", "listed": "dim"}
_SHOWN = 4
"""Violations that are shown of each run."""


def view(data: Output) -> RenderableType:
    """The catalogue, or what became of each run."""
    if not data.runs:
        return _catalogue(data)
    table = Table("run", "status", "broken", "entries", "lives", "bare s", "equity", "drawdown", box=SIMPLE_HEAD)
    for row in data.rows:
        table.add_row(
            cell(row.name, "bold"),
            cell(row.status, _STYLES[row.status]),
            cell(" ".join(row.broken)),
            cell(str(row.entries)),
            cell(str(row.lives)),
            cell(f"{row.unprotected_ms / 1000:.1f}"),
            cell(f"{row.equity_before:.2f} → {row.equity_after:.2f}"),
            cell(f"{row.worst_drawdown * 100:.2f} %"),
        )
    told = [part for row in data.rows if row.found for part in _told(row)]
    return Group(table, *told, cell(f"{data.runs} runs, {data.failed} failed"))


def _catalogue(data: Output) -> RenderableType:
    table = Table("case", "what goes wrong", box=SIMPLE_HEAD)
    for row in data.rows:
        table.add_row(cell(row.name, "bold"), cell(row.title))
    return table


def _told(row: Row) -> list[RenderableType]:
    more = len(row.found) - _SHOWN
    lines: list[RenderableType] = [cell(f"{row.name}: {row.title}", "bold")]
    lines += [cell(f"  {line}") for text in row.found[:_SHOWN] for line in text.splitlines()]
    if more > 0:
        lines.append(cell(f"  and {more} more"))
    if row.smallest:
        lines += [cell("  enough to break it:"), *(cell(f"    {line}") for line in row.smallest.splitlines())]
    return lines
