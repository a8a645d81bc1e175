"""What was checked of each plugin and of the pipeline, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.causality_report import FindingRow, Output

__all__ = ["view"]

_STYLES = {"ok": "green", "found": "red", "not_tested": "yellow"}


def view(data: Output) -> RenderableType:
    """A table of plugins, what was found below it, and whether the pass was written down."""
    table = Table("kind", "name", "state", "checks", "own candle", "distribution", box=SIMPLE_HEAD)
    for row in data.rows:
        table.add_row(
            cell(row.kind),
            cell(row.name, "bold"),
            cell(row.state.replace("_", " "), _STYLES[row.state]),
            cell(str(len(row.checks))),
            cell(", ".join(row.own_candle)),
            cell(f"{row.distribution} {row.version}".strip()),
        )
    found = [cell(f"{row.kind} {row.name}: {_told(finding)}") for row in data.rows for finding in row.findings]
    market = f"{'synthetic market' if data.synthetic else 'candles'} {data.market}"
    lines = [cell(f"{data.candles} candles of {', '.join(data.symbols)}, {market}", "dim")]
    if data.recorded:
        lines.append(cell(f"passed; written to {data.recorded}", "green"))
    return Group(table, *found, *lines)


def _told(finding: FindingRow) -> str:
    place = f", first in column {finding.column}" if finding.column else ""
    place += f" at row {finding.row}" if finding.row is not None else ""
    return f"{finding.check}{' (not tested)' if finding.state == 'not_tested' else ''}: {finding.message}{place}"
