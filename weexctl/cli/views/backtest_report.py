"""A report: the figures that matter most, and where the page is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, money, percent, signed
from weexctl.cli.views.trade import labelled, titled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.backtest_report import Output

__all__ = ["view"]

_COLOURS = {"pass": "green", "fail": "red"}


def view(data: Output) -> RenderableType:
    """What the run came to, the claims, and the file."""
    parts: list[RenderableType] = [_headline(data), _figures(data)]
    if data.claims:
        parts.append(titled("Claims", _claims(data)))
    if data.not_modelled:
        parts.append(labelled("Not modelled", cell("; ".join(data.not_modelled))))
    parts.append(labelled("Page", cell(f"{data.file} ({data.bytes / 1e6:.1f} MB; open it in a browser)")))
    return Group(*parts)


def _headline(data: Output) -> Text:
    head = Text.assemble((data.profile, "bold"))
    head.append("   SYNTHETIC market" if data.synthetic else "", style="bold yellow")
    head.append("   interrupted" if data.interrupted else "", style="yellow")
    over = f"{len(data.symbols)} symbols" if len(data.symbols) > 1 else ", ".join(data.symbols)
    beside = f", beside {data.compared}" if data.compared else ""
    head.append(
        f"\n{minute(data.from_ms)} to {minute(data.to_ms)} UTC, {over}\nrun {data.run_id}{beside}\n", style="dim"
    )
    return head


def _figures(data: Output) -> Table:
    metrics, change = data.metrics, data.equity.end - data.equity.start
    grid = Table.grid(padding=(0, 2))
    equity = Text(f"{money(data.equity.start)} → {money(data.equity.end)} USDT   ").append(signed(change))
    grid.add_row(cell("Equity", "bold"), equity)
    grid.add_row(cell("CAGR", "bold"), cell(_share(metrics.cagr)))
    grid.add_row(cell("Max drawdown", "bold"), cell(percent(metrics.max_drawdown)))
    ratios = f"Sharpe {_number(metrics.sharpe)}, Calmar {_number(metrics.calmar)}"
    grid.add_row(cell("Ratios", "bold"), cell(ratios))
    hits = "" if metrics.trades.hit_rate is None else f", {percent(metrics.trades.hit_rate, 0)} won"
    grid.add_row(cell("Closed trades", "bold"), cell(f"{metrics.trades.count}{hits}"))
    grid.add_row(cell("Refused", "bold"), cell(f"{sum(data.refusals.values())}"))
    return grid


def _claims(data: Output) -> Table:
    grid = Table.grid(padding=(0, 2))
    for fold in (False, False, True):
        grid.add_column(no_wrap=not fold, overflow="fold" if fold else "ellipsis")
    for claim in data.claims:
        words = cell(f"{claim.statement}: {claim.because}")
        grid.add_row(cell(claim.name), cell(claim.verdict, _COLOURS.get(claim.verdict, "")), words)
    return grid


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")
