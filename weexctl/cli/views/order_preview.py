"""An order before it is sent: its numbers, and the guards that object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import money, percent, price, quantity
from weexctl.cli.views.requests import requests_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.order import PreviewOutput

__all__ = ["preview_table", "view"]


def view(data: PreviewOutput) -> RenderableType:
    """What it would be, cost and risk; one line for each guard that objects, and what would let it through."""
    kept: list[RenderableType] = [] if data.request is None else [Text(""), requests_table([data.request])]
    asked = Text(f"\n{len(data.verdicts)} guards asked, none objects.", "green")
    if not data.approved:
        hint = f" {data.hint[0].upper()}{data.hint[1:]}." if data.hint else ""
        asked = Text.assemble((f"\nRefused: {data.refused_by}.", "bold red"), hint)
    return Group(preview_table(data), asked, *kept)


def preview_table(data: PreviewOutput) -> RenderableType:
    """What it would be, cost and risk; one line for each guard that objects."""
    at = f"about {price(data.price)}"
    if data.limit_price is not None:
        force = (data.time_in_force or "").replace("_", "-")
        at = f"{price(data.limit_price)} or better ({force}), the market is at {price(data.price)}"
    did = f"{data.side} {quantity(data.quantity)} {data.symbol} ({data.position_side}) at {at}\n"
    grid = Table.grid(padding=(0, 2))
    rows = {
        "value": f"{money(data.notional)} USDT, {percent(data.share_of_equity)} of equity",
        "margin": f"{money(data.margin)} USDT",
        "fee": f"{data.fee:.4f} USDT",
        "stop": _stop(data),
        "loss at the stop": None if data.loss_at_stop is None else f"{money(data.loss_at_stop)} USDT with fees",
        "target": None if data.target_price is None else price(data.target_price),
        "liquidation": _liquidation(data),
    }
    for name, value in rows.items():
        if value is not None:
            grid.add_row(cell(name, "bold"), cell(value))
    for verdict in data.verdicts:
        if verdict.action != "allow":
            grid.add_row(cell(verdict.guard, "bold red"), cell(f"{verdict.code}: {verdict.reason}"))
    return Group(Text(did, "bold"), grid)


def _stop(data: PreviewOutput) -> str | None:
    if data.stop_price is None:
        return None
    return price(data.stop_price) + ("" if data.loss_at_stop is not None else ", on the wrong side of the price")


def _liquidation(data: PreviewOutput) -> str:
    if data.liquidation_price is None:
        return f"none: no price of {data.symbol} alone would end the account"
    return f"about {price(data.liquidation_price)}"
