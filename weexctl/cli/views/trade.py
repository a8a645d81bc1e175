"""A run: how it stands, what was sent, what is open, what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.numbers import minute, money, percent, price, quantity, signed
from weexctl.pipeline.explanation import WHY

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.run_report import OpenRow, OrderRow, Output, TradeRow

__all__ = ["headline", "labelled", "refusals", "sums", "titled", "view"]

_NEWEST = 12
"""Rows of a table; the whole list is in the JSON."""


def view(data: Output) -> RenderableType:
    """The sum above, tables below; a table without rows is left out."""
    parts: list[RenderableType] = [headline(data), sums(data)]
    parts += _section("order", data.orders, data.orders_total, _orders)
    parts += _section("closed position", data.trades, data.trades_total, _trades)
    parts += _open(data)
    if data.refusals:
        parts.append(refusals(data.refusals))
    if data.not_modelled:
        parts.append(labelled("Not modelled", cell("; ".join(data.not_modelled))))
    return Group(*parts)


def headline(data: Output) -> Text:
    """Which run this is."""
    made = data.manifest
    head = Text.assemble((str(made["profile"]), "bold"), " on ", (str(made["venue"]), "bold"))
    if data.synthetic:
        head.append("   SYNTHETIC market", style="bold yellow")
        head.append("" if made["seed"] is None else f" (seed {made['seed']})", style="yellow")
    if data.interrupted:
        head.append("   interrupted", style="yellow")
    head.append(f"\n{_period(data)}\nrun {data.run_id}\n", style="dim")
    return head


def _period(data: Output) -> str:
    symbols = data.manifest["symbols"]
    over = f"{len(symbols)} symbols" if len(symbols) > 1 else str(symbols[0])
    if not data.steps:
        return f"no step yet, {over}"
    return f"{minute(data.from_ms)} to {minute(data.to_ms)} UTC, {_count(data.steps, 'step')}, {over}"


def sums(data: Output) -> Table:
    """What it began and ended with, and where the difference came from."""
    grid = Table.grid(padding=(0, 2))
    start, end = data.equity.start, data.equity.end
    change = end - start
    share = float(change / start) if start else 0.0
    equity = Text(f"{money(start)} → {money(end)} USDT   ").append(signed(change)).append(f" ({percent(share)})")
    grid.add_row(cell("Equity", "bold"), equity)
    grid.add_row(cell("Max drawdown", "bold"), cell(percent(data.max_drawdown)))
    grid.add_row(cell("Mean exposure", "bold"), cell(f"{percent(data.exposure, 1)} of equity"))
    grid.add_row(cell("P&L", "bold"), _pnl(data))
    return grid


def _pnl(data: Output) -> Text:
    pnl = data.pnl
    text = Text("price ").append(signed(pnl.realised + pnl.unrealised))
    text.append(" (closed ").append(signed(pnl.realised)).append(", open ").append(signed(pnl.unrealised))
    text.append(")\nfees ").append(signed(-pnl.fees))
    return text.append(", funding ").append(signed(pnl.funding))


def _section(noun: str, rows: Sequence[Any], total: int, draw: Any) -> Iterable[RenderableType]:
    if not rows:
        return [labelled(f"{noun.capitalize()}s", cell("none"))]
    shown = rows[-_NEWEST:]
    known = _count(total, noun)
    title = f"{known[0].upper()}{known[1:]}" if len(shown) == total else f"The last {len(shown)} of {known}"
    return [titled(title, draw(shown))]


def _orders(rows: Sequence[OrderRow]) -> FittingTable:
    columns = (("time (UTC)", ""), ("symbol", ""), ("leg", ""), ("side", ""), ("quantity", "right"), ("price", "right"))
    table = FittingTable((*columns, ("order id", "")), ("leg", "quantity", "price", "side", "time (UTC)"))
    for row in rows:
        table.add_row(
            cell(minute(row.time_ms)),
            cell(row.symbol),
            cell(row.leg),
            cell(row.side),
            cell(quantity(row.filled_quantity)),
            cell(price(row.price)),
            cell(row.order_id),
        )
    return table


def _trades(rows: Sequence[TradeRow]) -> FittingTable:
    columns = (("closed (UTC)", ""), ("symbol", ""), ("side", ""), ("entry", "right"), ("exit", "right"))
    table = FittingTable((*columns, ("net", "right"), ("reason", "")), ("reason", "entry", "exit", "closed (UTC)"))
    for row in rows:
        table.add_row(
            cell(minute(row.closed_ms)),
            cell(row.symbol),
            cell(row.position_side),
            cell(price(row.entry_price)),
            cell(price(row.exit_price)),
            signed(row.net),
            cell(_words(row.exit_reason)),
        )
    return table


def _open(data: Output) -> Iterable[RenderableType]:
    if not data.open_positions:
        return [labelled("Open positions", cell("none"))]
    columns = (("since (UTC)", ""), ("symbol", ""), ("side", ""), ("quantity", "right"), ("entry", "right"))
    table = FittingTable((*columns, ("stop", "right"), ("rule", "")), ("rule", "since (UTC)", "entry"))
    for row in data.open_positions:
        table.add_row(*_open_cells(row))
    return [titled(_count(len(data.open_positions), "open position"), table)]


def _open_cells(row: OpenRow) -> Iterable[Text]:
    stop = cell("NONE", "bold red") if row.stop_price is None else cell(price(row.stop_price))
    return (
        cell(minute(row.opened_ms)),
        cell(row.symbol),
        cell(row.position_side),
        cell(quantity(row.quantity)),
        cell(price(row.entry_price)),
        stop,
        cell(row.rule),
    )


def refusals(counts: dict[str, int]) -> RenderableType:
    """What was refused how often, and why."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for code, count in counts.items():
        grid.add_row(cell(f"{count} ×"), cell(code), cell(WHY.get(code, _words(code))))
    return titled("Refused", grid)


def titled(title: str, body: RenderableType) -> RenderableType:
    """Something under a title of its own."""
    return Group(Text(f"\n{title}", style="bold"), body)


def labelled(label: str, body: Text) -> RenderableType:
    """Something beside its label."""
    return Group(Text(""), Text.assemble((f"{label}  ", "bold"), body))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _words(code: str) -> str:
    return code.lower().replace("_", " ")
