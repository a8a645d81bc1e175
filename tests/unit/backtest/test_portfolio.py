"""The account of weights against one that goes from candle to candle with exact fractions."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.backtest.path_risk import Values
from weexctl.backtest.portfolio import HeldWeights, PriceMoves, hold
from weexctl.errors import DataError

HOUR_MS = 3_600_000


def moves_of(returns: Values, funding: Values | None = None) -> PriceMoves:
    return PriceMoves(np.arange(len(returns) + 1, dtype=np.int64) * HOUR_MS, returns, funding)


def by_the_candle(
    weights: Values, returns: Values, funding: Values, cost_bp: float, start: float
) -> tuple[list[float], list[float], float, float, float]:
    """Equity and exposure at each mark; fees, funding received, turnover: one candle and one symbol at a time."""
    cost = Fraction(cost_bp) / 10_000
    equity, notional = Fraction(start), [Fraction(0)] * weights.shape[1]
    before = [Fraction(0)] * weights.shape[1]
    equities, exposures, fees, received, turnover = [], [], Fraction(0), Fraction(0), Fraction(0)
    for row in range(len(weights)):
        now = [Fraction(float(value)) for value in weights[row]]
        target = [now[s] * equity if now[s] != before[s] else notional[s] for s in range(len(now))]
        traded = sum(abs(target[s] - notional[s]) for s in range(len(now)))
        turnover += traded / equity
        equity, fees, notional, before = equity - traded * cost, fees + traded * cost, target, now
        equities.append(float(equity))
        exposures.append(float(sum(map(abs, notional)) / equity))
        for s in range(len(now)):
            grown = notional[s] * (1 + Fraction(float(returns[row, s])))
            paid = grown * Fraction(float(funding[row, s]))
            equity += grown - notional[s] - paid
            received, notional[s] = received - paid, grown
    equities.append(float(equity))
    exposures.append(float(sum(map(abs, notional)) / equity))
    return equities, exposures, float(fees), float(received), float(turnover)


def banded(random: np.random.Generator, rows: int, symbols: int) -> Values:
    """Weights that change now and then, one symbol at a time."""
    fresh = random.choice([-0.4, 0.0, 0.3, 0.55], size=(rows, symbols))
    keep = random.random((rows, symbols)) < 0.8
    for row in range(1, rows):
        fresh[row] = np.where(keep[row], fresh[row - 1], fresh[row])
    return np.asarray(fresh)


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 40), symbols=st.integers(1, 4))
def test_it_is_what_going_candle_by_candle_gives(seed: int, rows: int, symbols: int) -> None:
    random = np.random.default_rng(seed)
    weights = banded(random, rows, symbols)
    returns, funding = random.normal(0, 0.01, (rows, symbols)), random.normal(0, 0.0005, (rows, symbols))
    found = hold(weights, moves_of(returns, funding), cost_bp=11.0, start=500.0)

    equities, exposures, fees, received, turnover = by_the_candle(weights, returns, funding, 11.0, 500.0)
    assert found.curve.equity.tolist() == pytest.approx(equities)
    assert found.curve.gross_exposure.tolist() == pytest.approx(exposures)
    totals = found.totals
    assert (totals.fees, totals.funding, totals.turnover) == pytest.approx((fees, received, turnover))


def test_one_long_that_is_held_by_hand() -> None:
    found = hold(np.full((2, 1), 0.5), moves_of(np.array([[0.10], [0.10]])), cost_bp=10.0, start=1000.0)

    # Bought for 500 at a cost of 0.50; the quantity stays, so 500 become 605 and nothing more is traded.
    assert found.curve.equity.tolist() == pytest.approx([999.5, 1049.5, 1104.5])
    assert found.curve.gross_exposure.tolist() == pytest.approx([500 / 999.5, 550 / 1049.5, 605 / 1104.5])
    assert [found.totals.fees, found.totals.turnover] == pytest.approx([0.5, 0.5])


def test_a_short_receives_what_a_long_pays() -> None:
    funding = np.array([[0.001]])
    paid, received = (
        hold(np.array([[side]]), moves_of(np.zeros((1, 1)), funding), cost_bp=0.0).totals.funding
        for side in (0.5, -0.5)
    )

    assert (paid, received) == pytest.approx((-0.0005, 0.0005))


def test_gross_less_costs_is_net() -> None:
    random = np.random.default_rng(1)
    weights, returns = banded(random, 300, 3), random.normal(0, 0.01, (300, 3))
    found = hold(weights, moves_of(returns, np.full((300, 3), 1e-4)), cost_bp=8.0)

    held = notional_before(found, weights, returns)
    gross = float(np.sum(held * returns))
    net = found.curve.equity[-1] - 1.0
    assert net == pytest.approx(gross - found.totals.fees + found.totals.funding)


def notional_before(found: HeldWeights, weights: Values, returns: Values) -> Values:
    """Notional of each symbol while each candle ran, from the weights and the equity alone."""
    rows = np.zeros_like(weights)
    held, before = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    equity_before_costs = 1.0
    for row, now in enumerate(weights):
        target = np.where(now != before, now * equity_before_costs, held)
        rows[row] = target
        after = found.curve.equity[row]
        held, before = target * (1 + returns[row]), now
        equity_before_costs = after + float(np.sum(target * returns[row])) - float(np.sum(held * 1e-4))
    return rows


def test_nothing_held_is_nothing_lost() -> None:
    found = hold(np.zeros((5, 2)), moves_of(np.full((5, 2), 0.1)), cost_bp=50.0, start=7.0)

    assert found.curve.equity.tolist() == [7.0] * 6
    assert found.curve.gross_exposure.tolist() == [0.0] * 6


def test_a_ruin_in_the_middle_of_a_span_is_the_end() -> None:
    returns = np.array([[0.0], [0.6], [-0.5], [0.0]])
    found = hold(np.full((4, 1), -2.0), moves_of(returns), cost_bp=0.0)

    # A short of twice the equity loses 1.2 of it; that the price comes back afterwards helps nobody.
    assert found.curve.equity.tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert found.curve.gross_exposure.tolist() == [2.0, 2.0, 0.0, 0.0, 0.0]
    assert found.curve.ruined_ms == 2 * HOUR_MS


def test_a_ruin_just_before_a_change_of_weights_trades_no_more() -> None:
    returns = np.array([[0.0], [0.6], [-0.5], [0.0]])
    found = hold(np.array([[-2.0], [-2.0], [1.0], [0.5]]), moves_of(returns), cost_bp=10.0)

    assert found.curve.equity[2:].tolist() == [0.0, 0.0, 0.0]
    assert found.totals.turnover == pytest.approx(2.0)


def test_three_years_of_six_symbols_take_well_below_a_second() -> None:
    random = np.random.default_rng(2)
    weights = np.repeat(random.normal(0, 0.2, (1300, 6)), 20, axis=0)
    moves = moves_of(random.normal(0, 0.005, (26_000, 6)))

    begun = time.process_time()
    hold(weights, moves, cost_bp=11.0)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    ("returns", "funding"),
    [
        (np.zeros((0, 1)), None),
        (np.zeros(3), None),
        (np.zeros((3, 2)), np.zeros((3, 1))),
        (np.full((3, 2), np.nan), None),
        (np.full((3, 2), -1.0), None),
        (np.zeros((3, 2)), np.full((3, 2), np.inf)),
    ],
)
def test_moves_that_do_not_fit_are_refused(returns: Values, funding: Values | None) -> None:
    with pytest.raises(DataError, match="nothing was held"):
        moves_of(returns, funding)


@pytest.mark.parametrize("weights", [np.zeros((2, 2)), np.full((3, 2), np.nan)])
def test_weights_that_do_not_fit_are_refused(weights: Values) -> None:
    with pytest.raises(DataError, match="nothing was held"):
        hold(weights, moves_of(np.zeros((3, 2))), cost_bp=1.0)
