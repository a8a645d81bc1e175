"""The newest records, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.journal_tail import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """A table; keys are in the JSON."""
    if not data.entries:
        return Text("Nothing has happened yet.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("time (UTC)", "link", "record", "what"):
        table.add_column(name, no_wrap=name != "what", overflow="fold")
    for row in data.entries:
        table.add_row(minute(row.time_ms), str(row.seq), cell(row.table), cell(row.text))
    return table
