"""One decision in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.explain import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """The headline, the lines below it with what belongs together indented, and where it is on record."""
    head, *lines = data.text or ["There is nothing to say about it."]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, width=3)
    grid.add_column()
    for line in lines:
        grid.add_row(*_row(line))
    return Group(cell(head, "bold"), Text(), grid, Text(), _origin(data))


def _row(line: str) -> tuple[Text, Text]:
    if line.startswith("  "):
        sign, _, rest = line.strip().partition(" ")
        return Text(sign.rjust(3)), cell(rest)
    label, colon, rest = line.partition(": ")
    return Text(""), Text.assemble((f"{label}{colon}", "bold" if colon else ""), rest)


def _origin(data: Output) -> Text:
    where = f"{data.venue} {data.account}" + (", archived" if data.archived else "")
    text = Text(f"decision {data.decision_id}\nrun {data.run_id or 'none'} ({where})", style="dim")
    if data.verified is not None:
        for finding in data.verified.findings:
            text.append(f"\nCHANGED: {finding}", style="not dim red")
        if not data.verified.findings:
            text.append(f"\nunchanged since it was recorded: {data.verified.rows} rows, head {data.verified.head}")
    return text
