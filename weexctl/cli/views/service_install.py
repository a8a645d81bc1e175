"""The unit as it is written, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.service import InstallOutput

__all__ = ["view"]


def view(data: InstallOutput) -> RenderableType:
    """One line that says what became of it, then the file."""
    done = "would be" if not data.installed else "is" if data.changed else "was already"
    lines = [cell(line) if line else "" for line in data.text.splitlines()]
    return Group(cell(f"{data.path} {done} this:", "bold"), "", *lines)
