"""The versions, one per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.version import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """weexctl first, then what it runs on."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("weexctl", "bold"), cell(data.version, "bold"))
    grid.add_row(cell("python"), cell(data.python))
    grid.add_row(cell("platform"), cell(data.platform))
    for name, version in data.libraries.items():
        grid.add_row(cell(name), cell(version or "not installed", "" if version else "red"))
    return grid
