"""The profiles, one per line, in the order of the look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.profiles import ListOutput

__all__ = ["view"]

_STYLES = {"ok": "green", "broken": "bold red", "hidden": "dim"}


def view(data: ListOutput) -> RenderableType:
    """A table; a profile that cannot be used shows the reason in place of its description."""
    table = Table("profile", "status", "armed", "from", "about", box=SIMPLE_HEAD)
    for row in data.profiles:
        table.add_row(
            cell(row.name, "bold"),
            cell(row.status, _STYLES[row.status]),
            cell(", ".join(row.armed_for) or "no", "yellow" if row.armed_for else ""),
            cell(row.source),
            cell(row.reason or row.description),
        )
    return table
