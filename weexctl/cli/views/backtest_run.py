"""A backtest: what it came to, its figures, and what the money was made and lost on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import percent, signed
from weexctl.cli.views.trade import headline, labelled, refusals, sums, titled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.backtest_run import Output

__all__ = ["figures", "view"]


def view(data: Output) -> RenderableType:
    """The sum above, the figures below, then where the money came from."""
    parts: list[RenderableType] = [headline(data), sums(data), titled("Figures", figures(data))]
    trades = data.metrics.trades
    if trades.count:
        parts.append(titled("Net of closed trades", _breakdowns(data)))
    if len(data.years) > 1:
        parts.append(titled("By year", _years(data)))
    if data.refusals:
        parts.append(refusals(data.refusals))
    if data.not_modelled:
        parts.append(labelled("Not modelled", cell("; ".join(data.not_modelled))))
    if data.kept:
        parts.append(labelled("Kept in", cell(data.kept)))
    return Group(*parts)


def figures(data: Output) -> Table:
    """The figures of a run, two on a line."""
    metrics, trades = data.metrics, data.metrics.trades
    grid = Table.grid(padding=(0, 2))
    rows = (
        ("CAGR", _share(metrics.cagr), "Volatility", _share(metrics.volatility)),
        ("Sharpe", _number(metrics.sharpe), "Calmar", _number(metrics.calmar)),
        ("Max drawdown", percent(metrics.max_drawdown), "Ulcer index", percent(metrics.ulcer)),
        ("CVaR 95 % a day", _share(metrics.cvar95), "Worst day", _share(metrics.worst_day)),
        ("Turnover a year", _number(metrics.turnover_per_year), "Cost drag a year", _share(metrics.cost_drag)),
        ("Trades", str(trades.count), "Hit rate", _share(trades.hit_rate)),
        ("Payoff", _number(trades.payoff), "Longest loss streak", str(trades.longest_loss_streak)),
    )
    for left, first, right, second in rows:
        grid.add_row(cell(left, "bold"), cell(first), cell(right, "bold"), cell(second))
    return grid


def _breakdowns(data: Output) -> Table:
    trades = data.metrics.trades
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, parts in (
        ("symbol", trades.by_symbol),
        ("regime at entry", trades.by_regime),
        ("rule", trades.by_rule),
        ("exit", trades.by_exit_reason),
    ):
        grid.add_row(cell(f"by {label}", "bold"), _parts(parts))
    return grid


def _parts(parts: Mapping[Any, Decimal]) -> Text:
    text = Text()
    for number, (name, value) in enumerate(parts.items()):
        text.append(", " if number else "").append(f"{_word(str(name))} ").append(signed(value))
    return text


def _word(name: str) -> str:
    return name.lower().replace("_", " ") if "_" in name else name


def _years(data: Output) -> Table:
    grid = Table.grid(padding=(0, 2))
    for year in data.years:
        share = cell(percent(year.total_return), "red" if year.total_return < 0 else "")
        grid.add_row(cell(str(year.year)), share, cell(f"max drawdown {percent(year.max_drawdown)}"))
    return grid


def _share(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
