"""One plugin: its origin, and the table it takes in a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.plugins import ShowOutput

__all__ = ["view"]


def view(data: ShowOutput) -> RenderableType:
    """The origin above, the settings below."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("name", "bold"), cell(data.name))
    grid.add_row(cell("kind", "bold"), cell(data.kind))
    grid.add_row(cell("from", "bold"), cell(f"{data.distribution} {data.version}, entry point {data.entry_point}"))
    grid.add_row(cell("about", "bold"), cell(data.summary))
    if not data.settings:
        return Group(grid, cell("It has no settings."))
    table = Table("setting", "type", "default", "bounds", "meaning", box=SIMPLE_HEAD)
    for setting in data.settings:
        default = cell("required", "yellow") if setting.required else cell(setting.default)
        table.add_row(cell(setting.name, "bold"), cell(setting.type), default, cell(setting.bounds), cell(setting.help))
    return Group(grid, table)
