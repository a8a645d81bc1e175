"""One profile: what it is above, each value with its origin below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.profiles import ShowOutput

__all__ = ["view"]


def view(data: ShowOutput) -> RenderableType:
    """Values that come from somewhere else than the profile's own file stand out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("profile", "bold"), cell(data.name))
    grid.add_row(cell("from", "bold"), cell(data.source))
    grid.add_row(cell("about", "bold"), cell(data.description))
    grid.add_row(cell("digest", "bold"), cell(data.digest))
    armed = Text("yes", style="yellow") if data.armed else cell(f"no: {data.armed_reason}")
    grid.add_row(cell("armed", "bold"), armed)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("origin", overflow="fold")
    for row in data.settings:
        # The name of the profile stands above, and again on every line it would leave no room for the rest.
        origin = "profile" if row.origin == data.source else row.origin
        table.add_row(cell(row.key, "bold"), cell(row.value), cell(origin, _style(row.origin, data.source)))
    return Group(grid, Text(""), table)


def _style(origin: str, source: str) -> str:
    return "dim" if origin in (source, "default") else "yellow"
