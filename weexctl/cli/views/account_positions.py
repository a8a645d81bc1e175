"""What is held, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.numbers import minute, price, quantity, signed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.account import PositionRow, PositionsOutput

__all__ = ["positions_table", "view"]

_COLUMNS = (
    ("since (UTC)", ""),
    ("symbol", ""),
    ("side", ""),
    ("quantity", "right"),
    ("entry", "right"),
    ("stop", "right"),
    ("P&L", "right"),
    ("rule", ""),
)


def view(data: PositionsOutput) -> RenderableType:
    """A table that fits 80 columns; what it leaves out is in the JSON."""
    return positions_table(data.positions) if data.positions else Text("Nothing is held.")


def positions_table(rows: Sequence[PositionRow]) -> FittingTable:
    """One line per position."""
    table = FittingTable(_COLUMNS, ("rule", "since (UTC)", "entry"))
    for row in rows:
        table.add_row(
            cell(minute(row.opened_ms)),
            cell(row.symbol),
            cell(row.side),
            cell(quantity(row.quantity)),
            cell(price(row.entry_price)),
            cell(price(row.stop_price)),
            signed(row.unrealised),
            cell(row.rule),
        )
    return table
