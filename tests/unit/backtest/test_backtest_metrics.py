"""The figures of a run against sums done by hand, and what has no value says why."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.backtest.equity_curve import DAY_MS, EquityCurve, daily_returns
from weexctl.backtest.metrics import RunTotals, Undefined, measure, years_of
from weexctl.backtest.path_risk import cvar95
from weexctl.errors import DataError

HOUR_MS = 3_600_000
MIDNIGHT_MS = 1_704_067_200_000

Curve = Callable[..., EquityCurve]


def test_a_path_of_four_days_by_hand(curve: Curve) -> None:
    found = measure(curve([100.0, 110.0, 99.0, 121.0, 108.9]))

    days = [0.10, -0.10, 22 / 99, -0.10]
    mean = sum(days) / 4
    deviation = math.sqrt(sum((day - mean) ** 2 for day in days) / 3)
    assert found.days == 4
    assert found.years == pytest.approx(4 / 365)
    assert found.total_return == pytest.approx(0.089)
    assert found.cagr == pytest.approx(1.089 ** (365 / 4) - 1)
    assert found.volatility == pytest.approx(deviation * math.sqrt(365))
    assert found.sharpe == pytest.approx(mean / deviation * math.sqrt(365))
    assert found.max_drawdown == pytest.approx(0.10)
    assert found.calmar == pytest.approx((1.089 ** (365 / 4) - 1) / 0.10)
    assert found.ulcer == pytest.approx(math.sqrt((0.1**2 + 0.1**2) / 5))
    assert found.cvar95 == pytest.approx(0.10)
    assert found.worst_day == pytest.approx(-0.10)
    assert found.worst_day_ms == MIDNIGHT_MS + DAY_MS
    assert found.time_under_water == pytest.approx(2 / 5)
    assert found.longest_under_water_ms == 2 * DAY_MS
    assert found.mean_exposure == pytest.approx(0.5)


def test_a_year_that_doubles_and_halves_once_on_the_way_has_a_calmar_of_two(curve: Curve) -> None:
    equity = [100.0] * 100 + [50.0] * 100 + [200.0] * 166

    found = measure(curve(equity))

    assert (found.years, found.cagr, found.max_drawdown, found.calmar) == (1.0, 1.0, 0.5, 2.0)
    assert found.ulcer == pytest.approx(math.sqrt(100 * 0.25 / 366))


def test_the_deepest_hour_counts_and_not_only_midnight(curve: Curve) -> None:
    equity = [100.0] * 73
    equity[30] = 60.0

    found = measure(curve(equity, step_ms=HOUR_MS))

    assert found.max_drawdown == pytest.approx(0.4)
    assert found.worst_day == 0.0
    assert found.longest_under_water_ms == 2 * HOUR_MS


def test_the_tail_is_the_mean_of_the_worst_twentieth(curve: Curve) -> None:
    days = np.concatenate([[-0.05, -0.04, -0.03, -0.02, -0.01], np.full(95, 0.001)])
    equity = 100 * np.cumprod(np.concatenate([[1.0], 1 + np.random.default_rng(1).permutation(days)]))

    assert measure(curve(equity)).cvar95 == pytest.approx(0.03)


def test_days_that_tie_with_the_quantile_all_count() -> None:
    assert cvar95(np.array([*[0.01] * 20, -0.06, *[-0.02] * 20])) == pytest.approx((0.06 + 20 * 0.02) / 21)


def test_days_go_from_midnight_to_midnight_in_utc(curve: Curve) -> None:
    equity = [100.0 + hour for hour in range(80)]
    found = daily_returns(curve(equity, step_ms=HOUR_MS, start_ms=MIDNIGHT_MS + 17 * HOUR_MS))

    assert found.day_ms.tolist() == [MIDNIGHT_MS + DAY_MS, MIDNIGHT_MS + 2 * DAY_MS, MIDNIGHT_MS + 3 * DAY_MS]
    assert found.returns.tolist() == pytest.approx([131 / 107 - 1, 155 / 131 - 1, 179 / 155 - 1])


def test_without_a_mark_at_midnight_the_last_one_before_it_counts() -> None:
    times = MIDNIGHT_MS + np.array([0, 20, 26, 50]) * HOUR_MS
    found = daily_returns(EquityCurve(times, np.array([100.0, 120.0, 90.0, 60.0]), np.zeros(4)))

    assert found.returns.tolist() == pytest.approx([0.2, -0.25])


def test_turnover_and_costs_are_counted_per_year(curve: Curve) -> None:
    totals = RunTotals(fees=30.0, funding=-10.0, slippage=5.0, turnover=40.0)

    found = measure(curve([200.0] * 366), totals=totals)

    assert found.turnover_per_year == pytest.approx(40.0)
    assert found.cost_drag == pytest.approx(45.0 / 200.0)


def test_a_flat_account_has_words_where_it_has_no_figures(curve: Curve) -> None:
    found = measure(curve([100.0] * 10))

    assert (found.cagr, found.volatility, found.max_drawdown, found.cvar95) == (0.0, 0.0, 0.0, 0.0)
    assert (found.sharpe, found.calmar, found.trades.hit_rate, found.trades.payoff) == (None, None, None, None)
    assert found.undefined == {
        "sharpe": Undefined.FLAT,
        "calmar": Undefined.NO_DRAWDOWN,
        "hit_rate": Undefined.NO_TRADES,
        "payoff": Undefined.NO_TRADES,
    }


def test_the_same_return_every_day_has_no_sharpe_ratio_but_for_rounding(curve: Curve) -> None:
    found = measure(curve([100 * 1.001**day for day in range(40)]))

    assert found.volatility == 0.0
    assert found.undefined["sharpe"] is Undefined.FLAT


@pytest.mark.parametrize("marks", [1, 2])
def test_less_than_two_days_give_no_yearly_figures(curve: Curve, marks: int) -> None:
    found = measure(curve([100.0, 150.0][:marks]), totals=RunTotals(fees=1.0, turnover=2.0))

    names = ("cagr", "calmar", "volatility", "sharpe", "cvar95", "worst_day", "turnover_per_year", "cost_drag")
    assert [getattr(found, name) for name in names] == [None] * len(names)
    assert {found.undefined[name] for name in names} == {Undefined.TOO_SHORT}
    assert found.worst_day_ms is None
    assert found.total_return == (0.5 if marks == 2 else 0.0)


def test_who_has_lost_all_stays_out(curve: Curve) -> None:
    found = measure(curve([100.0, 90.0, -5.0, 50.0, 70.0]))

    assert found.ruined_ms == MIDNIGHT_MS + 2 * DAY_MS
    assert (found.total_return, found.cagr, found.max_drawdown, found.calmar) == (-1.0, -1.0, 1.0, -1.0)
    assert found.worst_day == -1.0
    assert daily_returns(curve([100.0, 90.0, -5.0, 50.0, 70.0])).returns.tolist() == pytest.approx([-0.1, -1, 0, 0])


@pytest.mark.parametrize(
    ("times", "equity"),
    [([], []), ([0, 1], [1.0]), ([1, 1], [1.0, 2.0]), ([0, 1], [1.0, math.nan]), ([0, 1], [0.0, 2.0])],
)
def test_a_curve_that_is_none_is_refused(times: list[int], equity: list[float]) -> None:
    with pytest.raises(DataError, match="nothing was measured"):
        EquityCurve(np.array(times, dtype=np.int64), np.array(equity), np.zeros(len(equity)))


def test_the_callers_arrays_stay_his_own() -> None:
    equity = np.array([1.0, 2.0])
    found = EquityCurve(np.array([0, 1]), equity, np.zeros(2))
    equity[0] = 7.0

    assert found.equity.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        found.equity[0] = 3.0


def test_each_calendar_year_by_itself(curve: Curve) -> None:
    equity = [100.0] * 200 + [80.0] * 166 + [60.0] * 100 + [120.0] * 100

    found = years_of(curve(equity))

    assert [row.year for row in found] == [2024, 2025]
    assert [row.total_return for row in found] == pytest.approx([-0.2, 0.5])
    assert [row.max_drawdown for row in found] == pytest.approx([0.2, 0.25])


def test_the_figures_of_trades(trade: Callable[..., Any]) -> None:
    rows = [
        trade("10", 0),
        trade("-5", 400, symbol="ETHUSDT", regime="ranging"),
        trade("-1", 2, exit_reason="FLIP"),
        trade("-2", 1),
        trade("30", 4, rule="reversion"),
        trade("0", 3),
        trade("-4", 5),
    ]
    found = measure(EquityCurve(np.array([0, 1]), np.array([1.0, 1.0]), np.zeros(2)), rows).trades

    assert (found.count, found.net) == (7, Decimal(28))
    assert found.hit_rate == pytest.approx(2 / 7)
    assert found.payoff == pytest.approx(20 / 3)
    assert found.longest_loss_streak == 2
    assert found.by_symbol == {"BTCUSDT": Decimal(33), "ETHUSDT": Decimal(-5)}
    assert found.by_regime == {"ranging": Decimal(-5), "trending": Decimal(33)}
    assert found.by_rule == {"reversion": Decimal(30), "trend": Decimal(-2)}
    assert found.by_exit_reason == {"FLIP": Decimal(-1), "STOP": Decimal(29)}
    assert found.by_year == {2024: Decimal(33), 2025: Decimal(-5)}


def test_trades_that_only_win_have_no_payoff(curve: Curve, trade: Callable[..., Any]) -> None:
    found = measure(curve([1.0, 2.0]), [trade("3"), trade("4", 1)])

    assert (found.trades.hit_rate, found.trades.payoff) == (1.0, None)
    assert found.undefined["payoff"] is Undefined.ONE_SIDED


def floats_of(found: Any) -> Iterator[float]:
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if dataclasses.is_dataclass(value):
            yield from floats_of(value)
        elif isinstance(value, float):
            yield value


@given(
    equity=st.lists(st.floats(-1e6, 1e9), min_size=1, max_size=80),
    step_hours=st.sampled_from([1, 4, 24, 31]),
    start=st.floats(1e-6, 1e9),
)
def test_every_figure_is_a_finite_number_or_has_a_reason(equity: list[float], step_hours: int, start: float) -> None:
    times = np.arange(len(equity) + 1, dtype=np.int64) * step_hours * HOUR_MS
    found = measure(EquityCurve(times, np.array([start, *equity]), np.ones(len(equity) + 1)))

    assert all(math.isfinite(value) for value in floats_of(found))
    assert {name for name in found.undefined if hasattr(found, name)} == {
        name
        for name in ("cagr", "calmar", "volatility", "sharpe", "cvar95", "worst_day", "turnover_per_year", "cost_drag")
        if getattr(found, name) is None
    }
    assert 0 <= found.ulcer <= found.max_drawdown <= 1


@given(
    days=st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=60),
    factor=st.floats(0.001, 1000.0),
)
def test_the_currency_does_not_matter(days: list[float], factor: float) -> None:
    equity = np.cumprod(np.concatenate([[1.0], 1 + np.array(days)]))
    times = np.arange(equity.size, dtype=np.int64) * DAY_MS
    one, other = (measure(EquityCurve(times, equity * size, np.zeros(equity.size))) for size in (1.0, factor))

    for name in ("cagr", "volatility", "max_drawdown", "ulcer", "cvar95"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-9)
