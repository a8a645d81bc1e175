"""What exchange and journal differ about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.journal_reconcile import Output

__all__ = ["view"]

_STYLES = {"ok": "green", "differs": "red", "not_tested": "yellow", "done": "green", "planned": "yellow", "left": "red"}


def view(data: Output) -> RenderableType:
    """The parts of the comparison, and a table of the differences below."""
    phases = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("phase", "state", "found"):
        phases.add_column(name, no_wrap=name != "found")
    for phase in data.phases:
        phases.add_row(cell(phase.name), cell(phase.state.replace("_", " "), _STYLES[phase.state]), cell(phase.text))
    if not data.differences:
        return phases
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("difference", "symbol", "exchange", "on record", "remedy", "state"):
        table.add_column(name, no_wrap=name in ("difference", "symbol", "state"))
    for row in data.differences:
        table.add_row(
            cell(row.kind),
            cell(f"{row.symbol} {row.side}".strip()),
            cell(row.exchange),
            cell(row.record),
            cell(row.remedy),
            cell(row.state, _STYLES[row.state]),
        )
    return Group(phases, "", table)
