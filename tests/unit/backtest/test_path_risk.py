"""Figures of many paths at once are those of each, and a path that ends stays ended."""

from __future__ import annotations

import math

import numpy as np
import pytest

from weexctl.backtest.path_risk import (
    annual_growth,
    annual_volatility,
    cvar95,
    drawdowns,
    grown,
    is_flat,
    max_drawdown,
    ulcer,
)


def test_returns_grow_on_each_other() -> None:
    assert grown(np.array([0.5, -0.5, 0.1])).tolist() == pytest.approx([1.0, 1.5, 0.75, 0.825])


def test_more_than_all_cannot_be_lost_nor_come_back() -> None:
    assert grown(np.array([0.5, -1.5, -3.0, 2.0])).tolist() == [1.0, 1.5, 0.0, 0.0, 0.0]


def test_a_drawdown_is_measured_from_the_last_peak() -> None:
    assert drawdowns(np.array([2.0, 1.0, 4.0, 3.0, 4.0])).tolist() == [0.0, 0.5, 0.0, 0.25, 0.0]


def test_the_tail_of_twenty_one_days_is_the_worst_two() -> None:
    days = np.arange(1, 22) / 100

    assert float(cvar95(-days)) == pytest.approx((0.21 + 0.20) / 2)
    assert float(cvar95(days)) == pytest.approx(-0.015)


def test_growth_that_no_float_holds_is_infinite_and_warns_of_nothing() -> None:
    assert math.isinf(float(annual_growth(np.array([1.0, 1e10]), 0.001)))


def test_a_matrix_of_paths_is_one_path_after_the_other() -> None:
    paths = np.random.default_rng(1).normal(0.001, 0.03, size=(20, 50))
    for figure in (max_drawdown, ulcer, cvar95, annual_volatility):
        data = paths if figure in (cvar95, annual_volatility) else grown(paths)
        assert figure(data).tolist() == pytest.approx([float(figure(row)) for row in data])


@pytest.mark.parametrize(
    ("returns", "flat"),
    [([], True), ([0.1], True), ([0.1, 0.1, 0.1], True), ([0.0, 0.0], True), ([0.1, 0.1001], False)],
)
def test_what_never_moves_is_flat(returns: list[float], flat: bool) -> None:
    assert is_flat(np.array(returns)) is flat
