"""How near the account is to what stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.numbers import minute, money, percent

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.account import LimitRow, RiskOutput

__all__ = ["view"]

_NEAR = 0.8
"""From this share of a limit on it stands out."""


def view(data: RiskOutput) -> RenderableType:
    """The account above, each limit below; what does not stand is left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("equity", "bold"), cell(f"{money(data.equity)} USDT"))
    grid.add_row(cell("drawdown", "bold"), cell(f"{percent(data.drawdown)} below the highest of 90 days"))
    grid.add_row(cell("loss if every stop is hit", "bold"), cell(f"{money(data.loss_at_stops)} USDT"))
    if data.unprotected:
        grid.add_row(cell("without a stop", "bold red"), cell(data.unprotected))
    if data.halted:
        grid.add_row(cell("halted", "bold red"), cell(data.halted))
    for symbol, code in data.locked.items():
        grid.add_row(cell(f"{symbol} locked", "bold red"), cell(code))
    for symbol, until_ms in data.cooldowns.items():
        grid.add_row(cell(f"{symbol} waits", "yellow"), cell(f"no entry before {minute(until_ms)} UTC"))
    if data.suspended_until_ms:
        grid.add_row(cell("suspended", "yellow"), cell(f"no entry before {minute(data.suspended_until_ms)} UTC"))
    columns = (("limit", ""), ("used", "right"), ("most", "right"), ("taken", "right"))
    table = FittingTable(columns, ())
    for row in data.limits:
        style = "bold red" if row.share >= 1 else "yellow" if row.share >= _NEAR else ""
        used, most = (_amount(row, value) for value in (row.used, row.most))
        table.add_row(cell(_name(row), "bold"), cell(used), cell(most), cell(percent(row.share, 0), style))
    return Group(grid, Text(""), table)


def _name(row: LimitRow) -> str:
    return row.limit.removeprefix("max_").replace("_", " ")


def _amount(row: LimitRow, value: float) -> str:
    """A number of positions, or a fraction of equity."""
    return f"{value:.0f}" if row.limit.startswith("max_positions") else percent(value)
