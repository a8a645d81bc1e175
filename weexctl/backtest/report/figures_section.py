"""What a run came to, in figures that say what they are."""

from __future__ import annotations

from collections.abc import Iterator

from weexctl.backtest.metrics import Metrics, Undefined
from weexctl.backtest.report.markup import Markup, day, element, money, number, percent, section, signed, table, tone
from weexctl.backtest.report.run_document import RunDocument

__all__ = ["figure_rows", "figures_section", "headline_cards"]

_DAY_MS = 86_400_000
_WHY = {
    Undefined.TOO_SHORT: "fewer than two whole days",
    Undefined.FLAT: "every day returned the same",
    Undefined.NO_DRAWDOWN: "the equity never fell",
    Undefined.NO_TRADES: "there were no trades",
    Undefined.ONE_SIDED: "only winning trades, or only losing ones",
    Undefined.TOO_LARGE: "beyond what a number can hold",
}


def headline_cards(run: RunDocument) -> Markup:
    """The six figures that people ask for first."""
    metrics, change = run.metrics, run.equity.end - run.equity.start
    cards = (
        ("Equity at the end", money(run.equity.end), f"{signed(change)} USDT", tone(change)),
        ("Return", percent(metrics.total_return, 2, sign=True), f"CAGR {percent(metrics.cagr)}", tone(change)),
        ("Maximum drawdown", percent(metrics.max_drawdown), f"Calmar {number(metrics.calmar)}", ""),
        ("Volatility", percent(metrics.volatility), f"Sharpe {number(metrics.sharpe)}", ""),
        ("Mean exposure", percent(metrics.mean_exposure), f"turnover {number(metrics.turnover_per_year, 1)} a year", ""),
        ("Closed trades", f"{metrics.trades.count:,}", f"{percent(metrics.trades.hit_rate)} won", ""),
    )
    return element(
        "div",
        *(
            element(
                "div",
                element("span", label, class_="label"),
                element("strong", value, class_=look),
                element("span", below, class_="below"),
                class_="card",
            )
            for label, value, below, look in cards
        ),
        class_="cards",
    )


def figures_section(run: RunDocument) -> Markup:
    """All figures, each with what it is."""
    rows = [(name, value, _reason(run.metrics, key) or words) for key, name, value, words in figure_rows(run.metrics)]
    parts = [element("div", table(("figure", "value", "what it is"), _right(rows), text=1), class_="figures")]
    if run.years:
        years = (
            (str(year.year), percent(year.total_return, 2, sign=True), percent(year.max_drawdown)) for year in run.years
        )
        parts += [element("h3", "By year"), table(("year", "return", "maximum drawdown within it"), years)]
    lead = "A year has 365 days, days are those of UTC, and nothing is earned on cash."
    return section("Figures", "figures", *parts, lead=lead)


def _right(rows: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    yield from ((name, value, element("span", words, class_="words")) for name, value, words in rows)


def figure_rows(metrics: Metrics) -> Iterator[tuple[str, str, str, str]]:
    """Key, name, value and meaning of each figure."""
    trades = metrics.trades
    worst = "" if metrics.worst_day_ms is None else f", {day(metrics.worst_day_ms)}"
    yield "cagr", "CAGR", percent(metrics.cagr, 2), "growth a year that leads from the first mark to the last"
    yield "volatility", "Volatility", percent(metrics.volatility, 2), "standard deviation of a day's return, for a year"
    yield "sharpe", "Sharpe ratio", number(metrics.sharpe), "mean day over its standard deviation, for a year"
    yield "max_drawdown", "Maximum drawdown", percent(metrics.max_drawdown, 2), "deepest fall below a peak, over all marks"
    yield "calmar", "Calmar ratio", number(metrics.calmar), "CAGR over maximum drawdown"
    yield "ulcer", "Ulcer index", percent(metrics.ulcer, 2), "root mean square of the falls below the peak"
    yield "cvar95", "CVaR 95 %", percent(metrics.cvar95, 2), "mean loss of the worst twentieth of the days"
    yield "worst_day", "Worst day", percent(metrics.worst_day, 2), f"lowest return of a day{worst}"
    yield "time_under_water", "Time under water", percent(metrics.time_under_water), "share of the marks below a peak"
    yield (
        "longest",
        "Longest under water",
        f"{metrics.longest_under_water_ms / _DAY_MS:.1f} days",
        "from a peak back to it, or to the end",
    )
    yield "exposure", "Mean exposure", percent(metrics.mean_exposure), "all positions together, as a share of equity"
    yield (
        "turnover_per_year",
        "Turnover",
        number(metrics.turnover_per_year, 1),
        "what was bought and sold in a year, in multiples of equity",
    )
    yield "cost_drag", "Cost drag", percent(metrics.cost_drag, 2), "fees, slippage and funding a year, of mean equity"
    yield "count", "Closed trades", f"{trades.count:,}", "positions that ended"
    yield "hit_rate", "Hit rate", percent(trades.hit_rate), "share of them above zero after fees and funding"
    yield "payoff", "Payoff", number(trades.payoff), "mean win over mean loss"
    yield "streak", "Longest loss streak", str(trades.longest_loss_streak), "losing trades in a row"


def _reason(metrics: Metrics, key: str) -> str:
    """Why a figure has no value, empty when it has one."""
    why = metrics.undefined.get(key)
    return "" if why is None else f"no value: {_WHY[why]}"
