"""Controls: a simpler arm made as large as ours, so that what is left is not size.

K1 is the arm without an engine at our mean exposure, K2 the same arm at our volatility, K3 volatility targeting alone
at our volatility. An arm that is a run of the engine is scaled by `solve_scale` with a run per attempt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.equity_curve import EquityCurve, daily_returns
from weexctl.backtest.path_risk import annual_volatility
from weexctl.backtest.portfolio import HeldWeights, PriceMoves, hold
from weexctl.errors import DataError, UsageError

__all__ = [
    "ScaleSearch",
    "ScaledArm",
    "match_exposure",
    "match_volatility",
    "mean_exposure",
    "realised_volatility",
    "scale_to_volatility",
    "solve_scale",
]

TOLERANCE = 0.005
"""How far from the target a control may stay, as a part of it."""

_ATTEMPTS = 60
_LARGEST = 1e6
_LEAST_POWER = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledArm:
    """An arm at the size that was asked for."""

    scale: float
    """What its weights were multiplied by."""
    target: float
    reached: float
    """Within the tolerance of the target."""
    held: HeldWeights


def mean_exposure(curve: EquityCurve) -> float:
    """Mean gross exposure over the marks, as a multiple of equity."""
    return float(np.mean(curve.gross_exposure))


def realised_volatility(curve: EquityCurve) -> float:
    """Standard deviation of daily returns (n − 1 below) · √365; 0 with fewer than two whole days."""
    returns = daily_returns(curve).returns
    return float(annual_volatility(returns)) if returns.size > 1 else 0.0


def match_exposure(
    weights: NDArray[np.float64], moves: PriceMoves, target: float, *, cost_bp: float, tolerance: float = TOLERANCE
) -> ScaledArm:
    """These weights at a mean exposure (K1); arguments as for `portfolio.hold`.

    Raises:
        DataError: no size of the arm reaches the target.
        UsageError: the target is not above zero.
    """
    return _matched(weights, moves, target, mean_exposure, cost_bp, tolerance)


def match_volatility(
    weights: NDArray[np.float64], moves: PriceMoves, target: float, *, cost_bp: float, tolerance: float = TOLERANCE
) -> ScaledArm:
    """These weights at an annual volatility (K2, K3); arguments as for `portfolio.hold`.

    Raises:
        DataError: no size of the arm reaches the target.
        UsageError: the target is not above zero.
    """
    return _matched(weights, moves, target, realised_volatility, cost_bp, tolerance)


def scale_to_volatility(returns: NDArray[np.float64], target: float, *, periods: int = 365) -> NDArray[np.float64]:
    """Net returns per period times the one number that gives them this annual volatility.

    For an arm of which nothing but returns is known: its costs and its drift grow with it.

    Raises:
        DataError: the returns never move.
        UsageError: the target is not above zero.
    """
    scale, _ = solve_scale(lambda size: float(annual_volatility(returns * size, periods)), target, tolerance=1e-9)
    return returns * scale


def solve_scale(
    measure: Callable[[float], float], target: float, *, tolerance: float = TOLERANCE, first: float = 1.0
) -> tuple[float, float]:
    """The scale at which `measure` is the target within the tolerance, and what it is there.

    `measure` grows with the scale, nearly in proportion; it is asked once or twice as a rule, `first` being the guess.

    Raises:
        DataError: it stays at zero, or no scale reaches the target.
        UsageError: the target is not above zero.
    """
    search = ScaleSearch(target, tolerance=tolerance, first=first)
    while not search.found(value := measure(search.scale)):
        pass
    return search.scale, value


class ScaleSearch:
    """The search of `solve_scale`, for a measure that somebody else takes.

    Raises:
        UsageError: the target is not above zero.
    """

    def __init__(self, target: float, *, tolerance: float = TOLERANCE, first: float = 1.0) -> None:
        if not target > 0:
            raise UsageError(
                f"a control cannot have a size of {target}; nothing was scaled", hint="compare runs that trade"
            )
        self.scale = first
        """What to measure next; what was found, once it is."""
        self._target, self._tolerance = target, tolerance
        self._low, self._high, self._power = 0.0, math.inf, 1.0
        self._before: tuple[float, float] | None = None
        self._attempts = 0

    def found(self, value: float) -> bool:
        """Whether the value at `scale` is the target; if not, `scale` is the next one to try.

        Raises:
            DataError: it stays at zero, or no scale reaches the target.
        """
        if abs(value / self._target - 1.0) <= self._tolerance:
            return True
        scale, self._attempts = self.scale, self._attempts + 1
        if not value > 0 or scale > _LARGEST or self._attempts == _ATTEMPTS:
            raise DataError(
                f"no size of the control reaches {self._target:.6g}; nothing was scaled",
                hint="the arm holds too little, or is ruined before it is that large: compare over another span",
            )
        if value < self._target:
            self._low = scale
        else:
            self._high = scale
        self._power = _power(self._before, (scale, value), self._power)
        self._before = scale, value
        self.scale = self._next(scale * (self._target / value) ** (1 / self._power))
        return False

    def _next(self, guess: float) -> float:
        """The guess, if it lies between what was too small and too large; else the middle, or twice as much."""
        if self._low < guess < self._high:
            return guess
        return (self._low + self._high) / 2 if math.isfinite(self._high) else 2 * self.scale


def _power(before: tuple[float, float] | None, now: tuple[float, float], otherwise: float) -> float:
    """The power of the scale that two measurements show; 1 is proportion."""
    if before is None or before[0] == now[0]:
        return otherwise
    found = math.log(now[1] / before[1]) / math.log(now[0] / before[0])
    return found if _LEAST_POWER < found < 1 / _LEAST_POWER else otherwise


def _matched(
    weights: NDArray[np.float64],
    moves: PriceMoves,
    target: float,
    measure: Callable[[EquityCurve], float],
    cost_bp: float,
    tolerance: float,
) -> ScaledArm:
    scale, reached = solve_scale(
        lambda size: measure(hold(weights, moves, cost_bp=cost_bp, scale=size).curve), target, tolerance=tolerance
    )
    return ScaledArm(
        scale=scale, target=target, reached=reached, held=hold(weights, moves, cost_bp=cost_bp, scale=scale)
    )
