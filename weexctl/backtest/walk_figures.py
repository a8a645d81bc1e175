"""What a walk-forward shows: each test window by itself, all of them as one run, and what choosing was worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from weexctl.backtest.equity_curve import DAYS_PER_YEAR, EquityCurve, daily_returns
from weexctl.backtest.estimate import Estimate, estimate
from weexctl.backtest.folds import Closes
from weexctl.backtest.metrics import Metrics, measure
from weexctl.backtest.path_risk import Values, annual_growth, grown, is_flat, max_drawdown
from weexctl.backtest.sweep_space import Params, Value
from weexctl.errors import WeexctlError
from weexctl.journal.rows import TradeRecord

__all__ = ["SEED", "Drift", "drift", "efficiency", "intervals", "window_metrics"]

SEED = 7
"""Of the draws of days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How one setting moves from fold to fold."""

    path: str
    values: tuple[Value, ...]
    """What was chosen, oldest fold first."""
    changes: int
    """Folds that chose another value than the one before."""
    low: float | None
    """The lowest; None of words."""
    high: float | None


def window_metrics(
    curve: EquityCurve, trades: Iterable[TradeRecord], windows: Sequence[Closes]
) -> tuple[Metrics | None, ...]:
    """The figures of each test window that the curve covers whole, oldest first.

    A window begins at the mark before its first close, the end of the window before it, so that the returns of all
    windows make up the whole; the first one begins at its own first mark. A trade belongs to the window in which it
    was closed. Costs are counted for the whole run only and are 0 here. A window that begins with nothing has none.
    """
    closed = sorted(trades, key=lambda trade: trade.closed_ms)
    found: list[Metrics | None] = []
    begin_ms = int(curve.time_ms[0])
    for number, window in enumerate(windows, start=1):
        if window.last_ms > curve.time_ms[-1]:
            break
        rows = slice(*np.searchsorted(curve.time_ms, (begin_ms, window.last_ms + 1)))
        until_ms = math.inf if number == len(windows) else window.last_ms
        ended = [trade for trade in closed if trade.closed_ms <= until_ms]
        closed = closed[len(ended) :]
        begin_ms = window.last_ms
        found.append(_measured(curve, rows, ended))
    return tuple(found)


def _measured(curve: EquityCurve, rows: slice, trades: Iterable[TradeRecord]) -> Metrics | None:
    if curve.worth[rows.start] <= 0:
        return None
    return measure(EquityCurve(curve.time_ms[rows], curve.equity[rows], curve.gross_exposure[rows]), trades)


def efficiency(in_sample: float | None, out_of_sample: float | None) -> float | None:
    """Walk-forward efficiency: annual growth out of sample / mean annual growth of the choices in sample.

    None where either has no value, or the latter is not above zero.

    Args:
        in_sample: mean CAGR of what was chosen, each on its own train window.
        out_of_sample: CAGR of all test windows as one run.
    """
    if in_sample is None or out_of_sample is None or in_sample <= 0:
        return None
    return out_of_sample / in_sample


def drift(paths: Sequence[str], chosen: Sequence[Params]) -> tuple[Drift, ...]:
    """How each setting moves from fold to fold; a value that a fold's profile does not have is left out."""
    return tuple(_drift(path, [params[path] for params in chosen if path in params]) for path in paths)


def _drift(path: str, values: Sequence[Value]) -> Drift:
    numbers = [float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    ordered = bool(values) and len(numbers) == len(values)
    return Drift(
        path=path,
        values=tuple(values),
        changes=sum(1 for before, after in pairwise(values) if before != after),
        low=min(numbers) if ordered else None,
        high=max(numbers) if ordered else None,
    )


def intervals(curve: EquityCurve) -> tuple[Mapping[str, Estimate], str]:
    """Figures of the daily returns with their 95 % intervals, and why there are none where there are none.

    Drawdowns are those of daily marks, and smaller than the ones over every mark.
    """
    days = daily_returns(curve).returns
    if is_flat(days):
        return {}, "every day returned the same"
    try:
        return {name: estimate(days[:, None], _of_days(figure), seed=SEED) for name, figure in _FIGURES.items()}, ""
    except WeexctlError as error:
        return {}, error.message


def _sharpe(returns: Values) -> Values:
    """Per year; 0 where every day is the same."""
    deviation = np.std(returns, axis=-1, ddof=1)
    ratio = np.mean(returns, axis=-1) / np.where(deviation > 0, deviation, math.inf)
    return np.asarray(ratio * math.sqrt(DAYS_PER_YEAR))


def _growth(returns: Values) -> Values:
    return annual_growth(grown(returns), returns.shape[-1] / DAYS_PER_YEAR)


def _deepest(returns: Values) -> Values:
    return max_drawdown(grown(returns))


_FIGURES: Mapping[str, Callable[[Values], Values]] = {"sharpe": _sharpe, "cagr": _growth, "max_drawdown": _deepest}


def _of_days(figure: Callable[[Values], Values]) -> Callable[[Values], Values]:
    return lambda days: figure(days[..., 0])
