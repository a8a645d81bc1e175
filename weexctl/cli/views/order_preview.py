"""An order before it is sent: its numbers, and the guards that object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import price, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order import PreviewOutput

__all__ = ["view"]


def view(data: PreviewOutput) -> RenderableType:
    """What it would be, cost and risk; one line for each guard that objects."""
    at = f"about {price(data.price)}"
    if data.limit_price is not None:
        at = f"{price(data.limit_price)} or better ({data.time_in_force}), the market is at {price(data.price)}"
    did = f"{data.side} {quantity(data.quantity)} {data.symbol} ({data.position_side}) at {at}\n"
    grid = Table.grid(padding=(0, 2))
    rows = {
        "value": f"{data.notional:.2f} USDT, {data.share_of_equity * 100:.2f} % of equity",
        "margin": f"{data.margin:.2f} USDT",
        "fee": f"{data.fee:.4f} USDT",
        "stop": None if data.stop_price is None else price(data.stop_price),
        "loss at the stop": None if data.loss_at_stop is None else f"{data.loss_at_stop:.2f} USDT with fees",
        "target": None if data.target_price is None else price(data.target_price),
        "liquidation": None if data.liquidation_price is None else f"about {price(data.liquidation_price)}",
    }
    for name, value in rows.items():
        if value is not None:
            grid.add_row(cell(name, "bold"), cell(value))
    for verdict in data.verdicts:
        if verdict.action != "allow":
            grid.add_row(cell(verdict.guard, "bold red"), cell(f"{verdict.code}: {verdict.reason}"))
    if data.request is not None:
        grid.add_row(cell("kept back", "bold"), cell(f"{data.request.method} {data.request.url} {data.request.body}"))
    asked = f"{len(data.verdicts)} guards asked, none objects." if data.approved else f"Refused: {data.refused_by}."
    return Group(Text(did, "bold"), grid, Text(f"\n{asked}", "green" if data.approved else "bold red"))
