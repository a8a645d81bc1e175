"""What a run came to, in figures that say what they are."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.metrics import Metrics, Undefined
from weexctl.backtest.report.markup import Markup, day, element, money, number, percent, section, signed, table, tone
from weexctl.backtest.report.run_document import RunDocument

__all__ = ["figure_rows", "figures_section", "headline_cards"]

_DAY_MS = 86_400_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
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
        (
            "Mean exposure",
            percent(metrics.mean_exposure),
            f"turnover {number(metrics.turnover_per_year, 1)} a year",
            "",
        ),
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


def figures_section(run: RunDocument, curve: EquityCurve) -> Markup:
    """All figures, each with what it is."""
    rows = [(name, value, _reason(run.metrics, key) or words) for key, name, value, words in figure_rows(run.metrics)]
    parts = [element("div", table(("figure", "value", "what it is"), _right(rows), text=1), class_="figures")]
    if run.years:
        years = (
            (str(year.year), percent(year.total_return, 2, sign=True), percent(year.max_drawdown)) for year in run.years
        )
        parts += [element("h3", "By year"), table(("year", "return", "max drawdown within"), years)]
    parts += [element("h3", "By month"), _months(curve)] if len(curve.time_ms) > 1 else []
    lead = "A year has 365 days, days are those of UTC, and nothing is earned on cash."
    return section("Figures", "figures", *parts, lead=lead)


def _months(curve: EquityCurve) -> Markup:
    """The return of each UTC month that the run touches, one row a year."""
    found = _monthly(curve)
    largest = max((abs(value) for value in found.values()), default=0.0) or 1.0
    header = [element("th", name, scope="col") for name in ("", *_MONTHS, "year")]
    rows = []
    for year in sorted({year for year, _ in found}):
        known = [found.get((year, month)) for month in range(1, 13)]
        cells = [_month(value, largest) for value in known]
        whole = math.prod(1.0 + value for value in known if value is not None) - 1.0
        rows.append(element("tr", element("td", str(year)), *cells, element("td", percent(whole))))
    body = element("table", element("thead", element("tr", *header)), element("tbody", *rows), class_="months")
    return element("div", body, class_="scroll")


def _month(value: float | None, largest: float) -> Markup:
    if value is None:
        return element("td", "")
    look = "up" if value > 0 else "down" if value < 0 else ""
    return element("td", percent(value), class_=look, style=f"--share:{abs(value) / largest:.3f}")


def _monthly(curve: EquityCurve) -> dict[tuple[int, int], float]:
    """By year and month, from the last mark before it to its own last, as `years_of` counts years."""
    times = curve.time_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(int)
    found = {}
    for month in np.unique(times[1:]):
        last = int(np.searchsorted(times, month, side="right"))
        part = curve.worth[max(int(np.searchsorted(times, month)) - 1, 0) : last]
        if part[0] > 0:
            found[1970 + int(month) // 12, int(month) % 12 + 1] = float(part[-1] / part[0] - 1.0)
    return found


def _right(rows: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    yield from ((name, value, element("span", words, class_="words")) for name, value, words in rows)


def figure_rows(metrics: Metrics) -> Iterator[tuple[str, str, str, str]]:
    """Key, name, value and meaning of each figure."""
    trades = metrics.trades
    worst = "" if metrics.worst_day_ms is None else f", {day(metrics.worst_day_ms)}"
    yield "cagr", "CAGR", percent(metrics.cagr, 2), "growth a year that leads from the first mark to the last"
    yield "volatility", "Volatility", percent(metrics.volatility, 2), "standard deviation of a day's return, for a year"
    yield "sharpe", "Sharpe ratio", number(metrics.sharpe), "mean day over its standard deviation, for a year"
    yield (
        "max_drawdown",
        "Maximum drawdown",
        percent(metrics.max_drawdown, 2),
        "deepest fall below a peak, over all marks",
    )
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
