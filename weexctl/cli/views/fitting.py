"""A table that leaves out whole columns where there is no room for all: half an id is of no use to anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["FittingTable"]

_GAP = 2


@dataclass(slots=True)
class FittingTable:
    """Rows under columns, as many of them as are wide enough for the terminal; nothing in them is cut."""

    columns: Sequence[tuple[str, str]]
    """Name, and `right` for numbers."""
    dispensable: Sequence[str]
    """Columns in the order in which they are left out. What is left when that is not enough is folded."""
    rows: list[Sequence[Text]] = field(default_factory=list)

    def add_row(self, *cells: Text) -> None:
        """One cell for each column."""
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        left_out = self._left_out(options.max_width)
        yield self._table(left_out)
        if left_out:
            yield Text(f"no room here for {', '.join(left_out)}", style="dim")

    def _left_out(self, room: int) -> Sequence[str]:
        widths = {name: self._width(index) for index, (name, _) in enumerate(self.columns)}
        for count in range(len(self.dispensable)):
            kept = [width for name, width in widths.items() if name not in self.dispensable[:count]]
            if sum(kept) + _GAP * len(kept) <= room:
                return self.dispensable[:count]
        return self.dispensable

    def _width(self, index: int) -> int:
        return max([len(self.columns[index][0]), *(row[index].cell_len for row in self.rows)])

    def _table(self, left_out: Sequence[str]) -> Table:
        # No box: with lines between them the columns of an order are four characters too wide for a terminal of 80.
        table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="dim")
        kept = [index for index, (name, _) in enumerate(self.columns) if name not in left_out]
        for index in kept:
            name, justify = self.columns[index]
            table.add_column(name, justify="right" if justify else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*(row[index] for index in kept))
        return table
