"""Where the money came from, where it went, and what was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from weexctl.backtest.report.charts import cost_steps
from weexctl.backtest.report.markup import (
    Amount,
    Markup,
    bars,
    chart,
    element,
    minute,
    money,
    percent,
    section,
    signed,
    table,
    tone,
)
from weexctl.backtest.report.run_document import RunDocument, TradeRow
from weexctl.pipeline.explanation import WHY

__all__ = ["attribution_section", "costs_section", "refusals_section"]

_EXTREMES = 5


def attribution_section(run: RunDocument) -> Markup:
    """Net of closed trades, counted in six ways, and the best and the worst of them."""
    found = run.metrics.trades
    title, name = "Where the money came from", "attribution"
    if not found.count:
        return section(title, name, element("p", "No trade was closed in this run.", class_="empty"))
    sides = _by(run.trades, lambda trade: trade.position_side)
    groups: tuple[tuple[str, Mapping[Any, Decimal], Callable[[TradeRow], str]], ...] = (
        ("Symbol", found.by_symbol, lambda trade: trade.symbol),
        ("Side", sides, lambda trade: trade.position_side),
        ("Regime at entry", found.by_regime, lambda trade: trade.regime),
        ("Rule", found.by_rule, lambda trade: trade.rule),
        ("Exit", found.by_exit_reason, lambda trade: trade.exit_reason),
        ("Year of the close", found.by_year, lambda trade: minute(trade.closed_ms)[:4]),
    )
    grid = element("div", *(bars(title, _bar_rows(run, parts, key)) for title, parts, key in groups), class_="grid")
    ranked = sorted(run.trades, key=lambda trade: trade.net)
    if len(ranked) <= 2 * _EXTREMES:
        tables = [element("h3", "The trades"), _trades(run.trades)]
    else:
        best, worst = ranked[-_EXTREMES:][::-1], ranked[:_EXTREMES]
        tables = [element("h3", "The best trades"), _trades(best), element("h3", "The worst trades"), _trades(worst)]
    lead = f"{found.count:,} closed trades, {signed(found.net)} USDT after fees and funding."
    return section(title, name, grid, *tables, lead=lead)


def _by(trades: list[TradeRow], key: Callable[[TradeRow], str]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for trade in trades:
        sums[key(trade)] = sums.get(key(trade), Decimal(0)) + trade.net
    return dict(sorted(sums.items()))


def _bar_rows(
    run: RunDocument, parts: Mapping[Any, Decimal], key: Callable[[TradeRow], str]
) -> list[tuple[str, Amount, str]]:
    counts: dict[str, int] = {}
    for trade in run.trades:
        counts[key(trade)] = counts.get(key(trade), 0) + 1
    return [(_label(str(part)), value, f"{counts.get(str(part), 0)} trades") for part, value in parts.items()]


def _label(word: str) -> str:
    return word.lower().replace("_", " ") if "_" in word else word


def _trades(trades: list[TradeRow]) -> Markup:
    rows = (
        (
            minute(trade.opened_ms),
            minute(trade.closed_ms),
            trade.symbol,
            trade.position_side,
            trade.rule,
            _label(trade.exit_reason),
            f"{float(trade.entry_price):.7g}",
            f"{float(trade.exit_price):.7g}",
            element("span", signed(trade.net), class_=tone(trade.net)),
        )
        for trade in trades
    )
    return table(
        ("opened (UTC)", "closed", "symbol", "side", "rule", "exit", "entry", "out", "net"), rows, text=6, wrap=False
    )


def costs_section(run: RunDocument) -> Markup:
    """From what prices brought to what was left."""
    steps, start = cost_steps(run), float(run.equity.start)
    left = sum(value for _, value in steps)
    rows = (
        (name, element("span", signed(value), class_=tone(value)), percent(value / start, 2, sign=True))
        for name, value in (*steps, ("Left", left))
    )
    lead = (
        "Prices is what the trades would have brought at the prices they were decided at, open positions included; "
        "slippage is what the fills made of them."
    )
    label = f"Waterfall from price moves to the {money(left)} USDT that were left"
    drawn = [chart("costs", label)] if any(value for _, value in steps) else []
    return section("What it cost", "costs", *drawn, table(("", "USDT", "of the start"), rows), lead=lead)


def refusals_section(run: RunDocument) -> Markup:
    """What was not done, and why."""
    title, name = "What was refused", "refusals"
    if not run.refusals:
        return section(title, name, element("p", "Nothing was refused.", class_="empty"))
    rows = (
        (element("code", code), element("span", WHY.get(code, _label(code)), class_="words"), f"{count:,}")
        for code, count in sorted(run.refusals.items(), key=lambda item: -item[1])
    )
    lead = "An order or a wish that a limit, a guard or a policy did not let through, by the reason that was given."
    return section(title, name, table(("code", "why", "times"), rows, text=2), lead=lead)
