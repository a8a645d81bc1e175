"""Requests that were kept back: every letter of them can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weexctl.actions.order_rows import RequestRow

__all__ = ["requests_table"]


def requests_table(rows: Sequence[RequestRow]) -> Table:
    """What would have gone out, without key and signature; the headers are in the JSON."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(cell("kept back", "bold"), cell(f"{row.method} {row.url}"))
        if row.body:
            grid.add_row(Text(), cell(row.body))
    return grid
