"""The way to a venue, one line per check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import price, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.connection_checks import Check
    from weexctl.actions.test_connection import OrderDone, Output

__all__ = ["view"]

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "bold red"), "skipped": ("–", "dim")}


def view(data: Output) -> RenderableType:
    """Each check with its mark; under one that needs a person, what it means and what to do."""
    where = ", in this process" if data.base_url == "in process" else f" at {data.base_url}"
    head = Text.assemble((data.venue, "bold"), where, "\n")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column()
    for check in data.checks:
        _add(grid, check)
    for row in data.orders:
        grid.add_row("", "", _order(row))
    return Group(head, grid, _verdict(data))


def _add(grid: Table, check: Check) -> None:
    mark, style = _MARKS[check.status]
    grid.add_row(Text(mark, style), cell(check.name, style if check.status == "failed" else ""), _detail(check))
    for word, text in (("means", check.meaning), ("do", check.remedy)):
        if text:
            grid.add_row("", cell(word.rjust(len(check.name)), "dim"), cell(text))


def _detail(check: Check) -> Text:
    return cell(check.detail, "dim" if check.status == "skipped" else "")


def _order(row: OrderDone) -> Text:
    end = "" if row.status == "filled" else f", {row.status}"
    did = f"{row.side} {quantity(row.quantity)} at {price(row.price)}"
    return cell(f"{did}, fee {row.fee:.4f}, order {row.order_id}{end}")


def _verdict(data: Output) -> Text:
    failed = [check.name for check in data.checks if check.status == "failed"]
    warned = [check.name for check in data.checks if check.status == "warning"]
    if failed:
        return Text(f"\nNot usable: {failed[0]} failed.", style="bold red")
    if warned:
        return Text(f"\nUsable; look at {', '.join(warned)}.", style="bold yellow")
    return Text("\nEverything works.", style="bold green")
