"""One profile: what it is above, each value with its origin below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
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
    table = Table("setting", "value", "origin", box=SIMPLE_HEAD)
    for row in data.settings:
        table.add_row(cell(row.key, "bold"), cell(row.value), cell(row.origin, _style(row.origin, data.source)))
    return Group(grid, table)


def _style(origin: str, source: str) -> str:
    return "dim" if origin in (source, "default") else "yellow"
