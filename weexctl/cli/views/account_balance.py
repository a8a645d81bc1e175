"""What the account has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import money, signed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.account import BalanceOutput

__all__ = ["view"]


def view(data: BalanceOutput) -> RenderableType:
    """Equity and what it is made of, in its coin."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_row(cell("equity", "bold"), cell(money(data.equity)), cell(data.asset))
    grid.add_row(cell("wallet", "bold"), cell(money(data.wallet)))
    grid.add_row(cell("unrealised", "bold"), signed(data.unrealised))
    grid.add_row(cell("available", "bold"), cell(money(data.available)))
    grid.add_row(cell("frozen", "bold"), cell(money(data.frozen)))
    return grid
