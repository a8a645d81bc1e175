"""Where the simulated exchange is: the URL first, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from weexctl.actions.moment import iso_utc
from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.sim import Output

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """The address, the key, the market, and how to end it."""
    market = f"synthetic, seed {data.seed}" if data.synthetic else "your candles"
    pace = "moves by control only" if not data.speed else f"{data.speed:g} simulated seconds in a second"
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("url", "bold"), cell(data.url, "bold"))
    grid.add_row(cell("feed"), cell(data.feed))
    grid.add_row(cell("key, secret, passphrase"), cell(f"{data.key}, {data.secret}, {data.passphrase}"))
    if data.control is not None:
        grid.add_row(cell("control"), cell(data.control))
    grid.add_row(cell("market"), cell(f"{market}: {', '.join(data.symbols)}"))
    grid.add_row(cell("time"), cell(f"{iso_utc(data.now_ms)} to {iso_utc(data.ends_ms)}, {pace}"))
    grid.add_row(cell("account"), cell(f"{data.start_equity:f} USDT"))
    grid.add_row(cell("to end it"), cell("Ctrl-C"))
    return grid
