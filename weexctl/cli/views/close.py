"""What was closed, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from weexctl.cli.views.account_positions import positions_table
from weexctl.cli.views.order_place import order_table
from weexctl.cli.views.requests import requests_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.close import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """The orders, the equity, and the positions that are left; with --dry-run, what would be closed."""
    if not data.sent:
        kept = requests_table(data.requests)
        if not data.closing:
            return Group(Text("Nothing is held."), kept)
        return Group(Text("Would close:", "bold"), positions_table(data.closing), Text(""), kept)
    after = "unknown" if data.balance_after is None else f"{data.balance_after.equity:.2f} USDT"
    equity = f"equity {data.balance_before.equity:.2f} → {after}"
    left = "unknown"
    if data.positions_left is not None:
        left = ", ".join(f"{row.quantity} {row.symbol} {row.side}" for row in data.positions_left) or "nothing"
    if data.cancelled:
        equity = f"cancelled {', '.join(row.order_id for row in data.cancelled)}; {equity}"
    if not data.orders:
        return Text(f"Nothing was held; {equity}")
    return Group(order_table(data.orders), Text(f"\n{equity}; left: {left}"))
