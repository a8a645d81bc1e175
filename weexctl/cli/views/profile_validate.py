"""Whether a profile can be used, and each fault on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.profiles import ValidateOutput

__all__ = ["view"]


def view(data: ValidateOutput) -> RenderableType:
    """The verdict, and the faults below it."""
    if data.valid:
        return Text.assemble((f"{data.source}: ", ""), ("valid", "bold green"), (f", digest {data.digest}", ""))
    count = len(data.problems)
    noun = "fault" if count == 1 else "faults"
    head = Text.assemble((f"{data.source}: ", ""), (f"{count} {noun}", "bold red"))
    return Group(head, *(cell(f"  {problem}") for problem in data.problems))
