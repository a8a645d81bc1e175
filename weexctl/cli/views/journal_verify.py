"""What came of every look at a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.journal_verify import Output

__all__ = ["view"]

_STYLES = {"ok": "green", "found": "red", "not_tested": "yellow"}


def view(data: Output) -> RenderableType:
    """A table of the checks, the findings below it, and the head to note."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("check", "state", "examined", "remark"):
        table.add_column(name, justify="right" if name == "examined" else "left", no_wrap=name != "remark")
    for row in data.checks:
        remark = f"{row.found} found" if row.found else row.not_tested
        state = cell(row.state.replace("_", " "), _STYLES[row.state])
        table.add_row(cell(row.name), state, f"{row.examined:,}", cell(remark))
    lines = [Text(f"{finding.code}  {finding.detail}") for finding in data.findings]
    return Group(table, *lines, Text(f"head {data.head}", style="dim"))
