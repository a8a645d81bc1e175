"""What was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group

from weexctl.cli.views.cells import cell
from weexctl.cli.views.series import stored_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.data import GenerateOutput
    from weexctl.actions.data_import import Output
    from weexctl.actions.data_resample import Output as ResampledOutput

__all__ = ["view"]


def view(data: Output | GenerateOutput | ResampledOutput) -> RenderableType:
    """The folder, and one line per series."""
    return Group(cell(data.folder, "dim"), stored_table(data.series))
