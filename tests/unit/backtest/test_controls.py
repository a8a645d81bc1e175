"""Controls are as large as what they are compared with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weexctl.backtest.controls import (
    match_exposure,
    match_volatility,
    mean_exposure,
    realised_volatility,
    scale_to_volatility,
    solve_scale,
)
from weexctl.backtest.path_risk import Values, annual_volatility
from weexctl.backtest.portfolio import PriceMoves, hold
from weexctl.errors import DataError, UsageError

HOUR_MS = 3_600_000


def market(seed: int, days: int = 120, symbols: int = 3) -> tuple[Values, PriceMoves]:
    """Weights that change once a day, and hourly prices with funding."""
    random = np.random.default_rng(seed)
    weights = np.repeat(random.choice([-0.2, 0.0, 0.2], size=(days, symbols)), 24, axis=0)
    rows = len(weights)
    returns, funding = random.normal(0, 0.008, (rows, symbols)), random.normal(1e-5, 1e-5, (rows, symbols))
    return weights, PriceMoves(np.arange(rows + 1, dtype=np.int64) * HOUR_MS, returns, funding)


@settings(max_examples=25)
@given(seed=st.integers(0, 500), target=st.floats(0.02, 1.5))
def test_the_exposure_is_that_of_the_target_within_one_percent(seed: int, target: float) -> None:
    weights, moves = market(seed)
    found = match_exposure(weights, moves, target, cost_bp=11.0)

    again = hold(weights * found.scale, moves, cost_bp=11.0)
    assert mean_exposure(again.curve) == pytest.approx(target, rel=0.01)
    assert found.held.curve.equity.tolist() == pytest.approx(again.curve.equity.tolist())
    assert found.reached == mean_exposure(found.held.curve)


@settings(max_examples=25)
@given(seed=st.integers(0, 500), target=st.floats(0.02, 0.9))
def test_the_volatility_is_that_of_the_target_within_one_percent(seed: int, target: float) -> None:
    weights, moves = market(seed)
    found = match_volatility(weights, moves, target, cost_bp=11.0)

    assert realised_volatility(hold(weights * found.scale, moves, cost_bp=11.0).curve) == pytest.approx(
        target, rel=0.01
    )


def test_an_arm_matched_to_itself_keeps_its_size() -> None:
    weights, moves = market(1)
    ours = hold(weights, moves, cost_bp=11.0).curve

    assert match_exposure(weights, moves, mean_exposure(ours), cost_bp=11.0).scale == 1.0
    assert match_volatility(weights, moves, realised_volatility(ours), cost_bp=11.0).scale == 1.0


def test_twice_an_arm_matched_to_its_half_is_that_half() -> None:
    weights, moves = market(2)
    half = hold(weights / 2, moves, cost_bp=11.0).curve
    found = match_volatility(weights, moves, realised_volatility(half), cost_bp=11.0, tolerance=1e-9)

    assert found.scale == pytest.approx(0.5, rel=1e-6)
    assert found.held.curve.equity.tolist() == pytest.approx(half.equity.tolist())


def test_returns_of_an_arm_that_is_not_known_otherwise() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.03, 500)
    found = scale_to_volatility(returns, 0.15)

    assert float(annual_volatility(found)) == pytest.approx(0.15)
    assert found / returns == pytest.approx(np.full(500, found[0] / returns[0]))


def test_a_run_of_the_engine_is_asked_twice_when_it_is_proportional() -> None:
    asked: list[float] = []

    def exposure(scale: float) -> float:
        asked.append(scale)
        return 0.31 * scale

    assert solve_scale(exposure, 0.62) == (2.0, 0.62)
    assert asked == [1.0, 2.0]


@given(power=st.floats(0.5, 2.0), factor=st.floats(0.1, 10.0), target=st.floats(0.1, 10.0))
def test_what_is_not_proportional_takes_a_third_run(power: float, factor: float, target: float) -> None:
    asked: list[float] = []

    def measure(scale: float) -> float:
        asked.append(scale)
        return float(factor * scale**power)

    scale, reached = solve_scale(measure, target, tolerance=0.001)

    assert reached == factor * scale**power
    assert reached == pytest.approx(target, rel=0.001)
    assert len(asked) <= 3


def test_a_measure_with_a_step_is_bracketed() -> None:
    scale, reached = solve_scale(lambda size: size if size < 3 else size + 1, 2.5, first=5.0)

    assert reached == scale == pytest.approx(2.5, rel=0.005)


def test_a_guess_outside_of_what_is_known_is_not_followed() -> None:
    scale, _ = solve_scale(lambda size: size**8, 2.0, first=2.0, tolerance=1e-6)

    assert scale == pytest.approx(2 ** (1 / 8), rel=1e-6)


def test_a_measure_that_leaps_over_the_target_is_given_up() -> None:
    with pytest.raises(DataError, match="no size of the control"):
        solve_scale(lambda size: size if size < 3 else size + 1, 3.5)


def test_an_arm_that_holds_nothing_cannot_be_scaled() -> None:
    _, moves = market(4)
    with pytest.raises(DataError, match="no size of the control"):
        match_exposure(np.zeros_like(moves.returns), moves, 0.3, cost_bp=1.0)


def test_a_measure_that_stays_below_the_target_is_given_up() -> None:
    with pytest.raises(DataError, match="no size of the control"):
        solve_scale(lambda size: min(size, 1.0), 2.0)


@pytest.mark.parametrize("target", [0.0, -1.0, float("nan")])
def test_a_size_of_nothing_is_refused(target: float) -> None:
    with pytest.raises(UsageError, match="nothing was scaled"):
        solve_scale(lambda size: size, target)
