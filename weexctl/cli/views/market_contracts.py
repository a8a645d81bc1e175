"""The exchange's rules, one contract a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from weexctl.cli.views.numbers import percent

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.market_shapes import ContractsOutput

__all__ = ["view"]

_HOUR_MS = 3_600_000


def view(data: ContractsOutput) -> RenderableType:
    """A table that fits 80 columns; what it leaves out is in the JSON."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("symbol", no_wrap=True)
    for name in ("price step", "size step", "smallest", "leverage", "maker", "taker", "funding"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in data.contracts:
        table.add_row(
            row.symbol,
            format(row.price_step, "f"),
            format(row.quantity_step, "f"),
            format(row.min_quantity, "f"),
            f"{row.max_leverage}×",
            percent(float(row.maker_fee)),
            percent(float(row.taker_fee)),
            f"{row.funding_interval_ms // _HOUR_MS} h",
        )
    return table
