"""The installed plugins, one per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.plugins import ListOutput

__all__ = ["view"]

_STYLES = {"ok": "green", "failed": "red", "clash": "red"}


def view(data: ListOutput) -> RenderableType:
    """A table; the last column says what a plugin does, or why it cannot be used."""
    if not data.plugins:
        return cell("No plugins are installed.")
    table = Table("kind", "name", "status", "distribution", "about", box=SIMPLE_HEAD)
    for row in data.plugins:
        table.add_row(
            cell(row.kind),
            cell(row.name, "bold"),
            cell(row.status, _STYLES[row.status]),
            cell(f"{row.distribution} {row.version}".strip()),
            cell(row.reason or row.summary),
        )
    return table
