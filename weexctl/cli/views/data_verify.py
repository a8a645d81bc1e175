"""What reading every stored file again found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.series import gap_count, gap_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.data import VerifyOutput

__all__ = ["view"]

_COLUMNS = (("file", ""), ("gaps", "right"), ("state", ""))


def view(data: VerifyOutput) -> RenderableType:
    """A line for each file, and below them what is missing where, and what is wrong."""
    if not data.files:
        return cell(f"No candles are stored in {data.folder}.")
    table = FittingTable(_COLUMNS, ())
    for row in data.files:
        state = cell("ok", "green") if row.ok else cell("FAULT", "red")
        table.add_row(cell(row.file, "bold"), gap_count(row.gaps), state)
    gaps = [line for row in data.files for line in gap_line(row.file, row.gaps)]
    problems = [cell(row.problem, "red") for row in data.files if not row.ok]
    return Group(cell(data.folder, "dim"), table, *gaps, *problems)
