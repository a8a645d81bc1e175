"""What was fetched, and whether all of it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.series import stored_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.data_fetch import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """One line per series; below it when more is left to fetch."""
    parts: list[RenderableType] = [cell(data.folder, "dim")]
    parts.append(stored_table(data.series) if data.series else Text("Nothing was fetched."))
    if not data.complete:
        parts.append(Text("Not all of it was fetched; the next fetch goes on from here.", style="yellow"))
    return Group(*parts)
