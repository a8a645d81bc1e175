"""The figures of one run. A figure that has no value is None, with the reason beside it: never NaN, never infinite.

E is the equity at a mark, d the return of a UTC day, a year 365 days. The equity of an account that has lost all counts
as 0 from there on, whatever comes back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from weexctl.backtest.equity_curve import DAYS_PER_YEAR, EquityCurve, daily_returns
from weexctl.backtest.path_risk import (
    Values,
    annual_growth,
    annual_volatility,
    cvar95,
    drawdowns,
    is_flat,
    max_drawdown,
    ulcer,
)
from weexctl.backtest.trade_statistics import TradeStatistics, trade_statistics
from weexctl.journal.rows import TradeRecord

__all__ = ["Metrics", "RunTotals", "Undefined", "YearMetrics", "measure", "years_of"]

_FEWEST_DAYS = 2


class Undefined(StrEnum):
    """Why a figure has no value."""

    TOO_SHORT = "too_short"
    """Fewer than two whole days."""
    FLAT = "flat"
    """Every day returned the same."""
    NO_DRAWDOWN = "no_drawdown"
    """The equity never fell."""
    NO_TRADES = "no_trades"
    ONE_SIDED = "one_sided"
    """Only winning trades, or only losing ones."""
    TOO_LARGE = "too_large"
    """Beyond what a float can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """What a run paid and moved in all; quote currency unless said."""

    fees: float = 0.0
    """Positive when paid."""
    funding: float = 0.0
    """Positive when received."""
    slippage: float = 0.0
    """Positive when the fills were worse than the prices decided at."""
    turnover: float = 0.0
    """Σ |change of notional| / equity at that moment; a multiple of equity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The figures of one run; shares and returns are fractions, drawdowns and losses positive."""

    from_ms: int
    to_ms: int
    days: int
    """Whole UTC days."""
    years: float
    """From the first mark to the last."""
    start: float
    end: float
    total_return: float
    """E_T / E_0 − 1."""
    cagr: float | None
    """(E_T / E_0)^(1 / years) − 1."""
    volatility: float | None
    """Standard deviation of d (n − 1 below) · √365."""
    sharpe: float | None
    """mean(d) / standard deviation of d · √365; nothing is earned on cash."""
    max_drawdown: float
    """max(1 − E / max E so far), over every mark."""
    calmar: float | None
    """CAGR / maximum drawdown."""
    ulcer: float
    """√ mean((1 − E / max E so far)²), over every mark."""
    cvar95: float | None
    """−mean(d | d ≤ 5 % quantile of d), the quantile being one of the d."""
    time_under_water: float
    """Share of the marks at which E is below its peak."""
    longest_under_water_ms: int
    """From a peak to the mark that reaches it again, or to the last; the longest such span."""
    worst_day: float | None
    """The lowest d."""
    worst_day_ms: int | None
    """00:00 UTC at which it began."""
    mean_exposure: float
    """Mean over the marks of Σ |notional| / E."""
    turnover_per_year: float | None
    """Σ |change of notional| / E, per year."""
    cost_drag: float | None
    """(fees + slippage − funding) / (mean E · years): what costs take a year, as a fraction of equity."""
    totals: RunTotals
    trades: TradeStatistics
    ruined_ms: int | None
    """The first mark at which nothing was left; None when there is none."""
    undefined: Mapping[str, Undefined] = field(default_factory=dict)
    """Names of the figures that are None, with the reason; those of trades under their own names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearMetrics:
    """One UTC calendar year of a run, or the part of it that the run covers."""

    year: int
    total_return: float
    """From the last mark before the year, or the first of the run, to the last mark of the year."""
    max_drawdown: float
    """Within the year, peaks before it forgotten."""


def measure(curve: EquityCurve, trades: Iterable[TradeRecord] = (), totals: RunTotals | None = None) -> Metrics:
    """The figures of a run: of its equity, its closed trades and its costs."""
    totals = totals or RunTotals()
    counted = trade_statistics(trades)
    worth, days = curve.worth, daily_returns(curve)
    figures = _by_year(curve, totals) | _by_day(days.returns) | _of_trades(counted)
    undefined = {name: value for name, value in figures.items() if isinstance(value, Undefined)}
    known = {name: None if isinstance(value, Undefined) else value for name, value in figures.items()}
    return Metrics(
        from_ms=int(curve.time_ms[0]),
        to_ms=int(curve.time_ms[-1]),
        days=days.returns.size,
        years=curve.years,
        start=float(curve.equity[0]),
        end=float(curve.equity[-1]),
        total_return=float(worth[-1] / worth[0] - 1.0),
        cagr=known["cagr"],
        volatility=known["volatility"],
        sharpe=known["sharpe"],
        max_drawdown=float(max_drawdown(worth)),
        calmar=known["calmar"],
        ulcer=float(ulcer(worth)),
        cvar95=known["cvar95"],
        time_under_water=float(np.mean(drawdowns(worth) > 0)),
        longest_under_water_ms=_longest_under_water(curve),
        worst_day=known["worst_day"],
        worst_day_ms=None if known["worst_day"] is None else int(days.day_ms[days.returns.argmin()]),
        mean_exposure=float(np.mean(curve.gross_exposure)),
        turnover_per_year=known["turnover_per_year"],
        cost_drag=known["cost_drag"],
        totals=totals,
        trades=counted,
        ruined_ms=curve.ruined_ms,
        undefined=undefined,
    )


def years_of(curve: EquityCurve) -> tuple[YearMetrics, ...]:
    """Each UTC calendar year that the curve touches after its first mark, oldest first."""
    years = curve.time_ms.astype("datetime64[ms]").astype("datetime64[Y]").astype(int) + 1970
    rows = []
    for year in np.unique(years[1:]):
        last = int(np.searchsorted(years, year, side="right"))
        part = curve.worth[max(int(np.searchsorted(years, year)) - 1, 0) : last]
        if part[0] > 0:
            total = float(part[-1] / part[0] - 1.0)
            rows.append(YearMetrics(year=int(year), total_return=total, max_drawdown=float(max_drawdown(part))))
    return tuple(rows)


_Figures = dict[str, float | Undefined]


def _by_year(curve: EquityCurve, totals: RunTotals) -> _Figures:
    """What is a rate per year: only of runs that have two whole days."""
    if daily_returns(curve).returns.size < _FEWEST_DAYS:
        return dict.fromkeys(("cagr", "calmar", "turnover_per_year", "cost_drag"), Undefined.TOO_SHORT)
    worth, years = curve.worth, curve.years
    cagr, deepest = _finite(float(annual_growth(worth, years))), float(max_drawdown(worth))
    return {
        "cagr": cagr,
        "calmar": _ratio(cagr, deepest, Undefined.NO_DRAWDOWN),
        "turnover_per_year": _finite(totals.turnover / years),
        "cost_drag": _finite((totals.fees + totals.slippage - totals.funding) / (float(np.mean(worth)) * years)),
    }


def _by_day(returns: Values) -> _Figures:
    """What is counted in days."""
    if returns.size < _FEWEST_DAYS:
        return dict.fromkeys(("volatility", "sharpe", "cvar95", "worst_day"), Undefined.TOO_SHORT)
    volatility = 0.0 if is_flat(returns) else float(annual_volatility(returns))
    return {
        "volatility": volatility,
        "sharpe": _ratio(float(np.mean(returns)) * DAYS_PER_YEAR, volatility, Undefined.FLAT),
        "cvar95": float(cvar95(returns)),
        "worst_day": float(np.min(returns)),
    }


def _of_trades(counted: TradeStatistics) -> _Figures:
    """The ratios of trades that have no value, under their names in `TradeStatistics`."""
    if not counted.count:
        return {"hit_rate": Undefined.NO_TRADES, "payoff": Undefined.NO_TRADES}
    return {"payoff": Undefined.ONE_SIDED} if counted.payoff is None else {}


def _ratio(above: float | Undefined, below: float, when_zero: Undefined) -> float | Undefined:
    if isinstance(above, Undefined):
        return above
    return _finite(above / below) if below else when_zero


def _finite(value: float) -> float | Undefined:
    return value if math.isfinite(value) else Undefined.TOO_LARGE


def _longest_under_water(curve: EquityCurve) -> int:
    """Milliseconds of the longest span from a peak to the mark that reaches it again, or to the end."""
    at_peak = np.flatnonzero(drawdowns(curve.worth) <= 0)
    below = np.flatnonzero(np.diff(at_peak) > 1)
    spans = curve.time_ms[at_peak[below + 1]] - curve.time_ms[at_peak[below]]
    open_span = curve.time_ms[-1] - curve.time_ms[at_peak[-1]]
    return int(max([open_span, *spans]))
