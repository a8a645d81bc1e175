"""Figures of a walk-forward by hand: windows that make up the whole, efficiency, and how settings move."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import prod
from typing import Any

import numpy as np
import pytest

from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.folds import Closes
from weexctl.backtest.sweep_space import Params
from weexctl.backtest.walk_figures import drift, efficiency, intervals, window_metrics

DAY_MS = 86_400_000
MIDNIGHT_MS = 1_704_067_200_000
Curve = Callable[..., EquityCurve]


def window(first: int, last: int) -> Closes:
    """The closes of these days."""
    return Closes(MIDNIGHT_MS + first * DAY_MS, MIDNIGHT_MS + last * DAY_MS)


def test_windows_begin_where_the_one_before_ended(curve: Curve, trade: Callable[..., Any]) -> None:
    equity = [100.0, 110.0, 99.0, 99.0, 118.8, 112.86]
    trades = [trade("5", day=4), trade("-2", day=2), trade("1", day=3), trade("3", day=5)]

    first, second = window_metrics(curve(equity), trades, [window(0, 2), window(3, 5)])

    assert first is not None
    assert second is not None
    assert [first.start, first.end, first.total_return] == pytest.approx([100.0, 99.0, -0.01])
    assert [second.start, second.end, second.total_return] == pytest.approx([99.0, 112.86, 0.14])
    assert [first.max_drawdown, second.max_drawdown] == pytest.approx([0.1, 0.05])
    assert prod(1 + found.total_return for found in (first, second)) == pytest.approx(1.1286)
    assert (first.trades.net, second.trades.net) == (Decimal(-2), Decimal(9))
    assert (first.days, second.days) == (2, 3)


def test_a_trade_that_is_filled_after_the_last_close_belongs_to_the_last_window(
    curve: Curve, trade: Callable[..., Any]
) -> None:
    found = window_metrics(curve([100.0] * 5), [trade("7", day=9)], [window(0, 1), window(2, 4)])

    assert [metrics.trades.count for metrics in found if metrics is not None] == [0, 1]


def test_a_window_that_was_not_run_to_its_end_has_no_figures(curve: Curve) -> None:
    assert len(window_metrics(curve([100.0] * 5), [], [window(0, 1), window(2, 4), window(5, 7)])) == 2
    assert len(window_metrics(curve([100.0] * 5), [], [window(0, 1), window(2, 5)])) == 1


def test_a_window_that_begins_with_nothing_has_no_figures(curve: Curve) -> None:
    found = window_metrics(curve([100.0, 50.0, 0.0, 0.0, 40.0]), [], [window(0, 2), window(3, 4)])

    assert found[0] is not None
    assert found[0].total_return == -1.0
    assert found[1] is None


@pytest.mark.parametrize(
    ("within", "beyond", "expected"),
    [
        (0.4, 0.1, 0.25),
        (0.4, -0.1, -0.25),
        (0.1, 0.2, 2.0),
        (0.0, 0.1, None),
        (-0.1, 0.1, None),
        (None, 0.1, None),
        (0.1, None, None),
    ],
)
def test_efficiency_is_growth_out_of_sample_over_growth_in_sample(
    within: float | None, beyond: float | None, expected: float | None
) -> None:
    assert efficiency(within, beyond) == (None if expected is None else pytest.approx(expected))


def test_settings_move_from_fold_to_fold() -> None:
    chosen: list[Params] = [{"a": 1.0, "b": "x"}, {"a": 3.0, "b": "x"}, {"a": 3.0, "b": "y"}, {"a": 0.5, "b": "x"}]

    number, word, missing = drift(("a", "b", "c"), chosen)

    assert (number.values, number.changes, number.low, number.high) == ((1.0, 3.0, 3.0, 0.5), 2, 0.5, 3.0)
    assert (word.values, word.changes, word.low, word.high) == (("x", "x", "y", "x"), 2, None, None)
    assert (missing.values, missing.changes, missing.low) == ((), 0, None)


def test_intervals_hold_what_they_are_of(curve: Curve) -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.01, 400)

    found, missing = intervals(curve((100.0 * np.cumprod(1 + returns)).tolist()))

    assert not missing
    assert set(found) == {"sharpe", "cagr", "max_drawdown"}
    for estimate in found.values():
        assert estimate.low < estimate.value < estimate.high
    days = returns[1:]
    assert found["sharpe"].value == pytest.approx(days.mean() / days.std(ddof=1) * np.sqrt(365))
    assert found["cagr"].value == pytest.approx(np.prod(1 + days) ** (365 / 399) - 1)


@pytest.mark.parametrize(
    ("equity", "said"), [([100.0] * 60, "returned the same"), ([100.0, 101.0, 99.0] * 5, "fewer than two blocks")]
)
def test_why_there_are_no_intervals(equity: list[float], said: str, curve: Curve) -> None:
    found, missing = intervals(curve(equity))

    assert not found
    assert said in missing
