"""How good are forecast probabilities of a yes-or-no event?

Every function takes outcomes (1 where the event came, 0 where it did not) and probabilities, arrays of equal length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weexctl.errors import UsageError

__all__ = [
    "ReliabilityBin",
    "area_under_curve",
    "brier_score",
    "brier_skill",
    "expected_calibration_error",
    "reliability_table",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The forecasts between two probabilities, and what came of them."""

    low: float
    high: float
    """Probabilities from `low` up to, but not including, `high`; the last bin includes 1."""
    count: int
    forecast: float
    """Mean probability."""
    observed: float
    """Share of events."""


def brier_score(outcomes: Floats, probabilities: Floats) -> float:
    """Mean squared difference of probability and outcome: 0 is perfect, always saying one half gives 0.25.

    Raises:
        UsageError: nothing to score, or something that is no outcome or no probability.
    """
    happened, forecast = _checked(outcomes, probabilities)
    return float(np.mean((forecast - happened) ** 2))


def brier_skill(outcomes: Floats, probabilities: Floats, reference: float | None = None) -> float:
    """1 - Brier score / that of always saying `reference`: positive is better than that, 1 is perfect.

    `reference` is the share of events among these very outcomes when None, which no forecaster could have known: the
    harder of the two to beat. When the reference cannot be beaten because it is never wrong, the skill is 0 for a
    forecast that is never wrong either, else minus infinity.

    Raises:
        UsageError: nothing to score, or something that is no outcome or no probability.
    """
    happened, forecast = _checked(outcomes, probabilities)
    constant = float(happened.mean()) if reference is None else reference
    score, other = brier_score(happened, forecast), brier_score(happened, np.full(len(happened), constant))
    if other == 0.0:
        return 0.0 if score == 0.0 else -np.inf
    return 1.0 - score / other


def area_under_curve(outcomes: Floats, probabilities: Floats) -> float:
    """Chance that an event had a higher probability than a non-event, ties counting half; NaN without one of each.

    Raises:
        UsageError: nothing to score, or something that is no outcome or no probability.
    """
    from sklearn.metrics import roc_auc_score

    happened, forecast = _checked(outcomes, probabilities)
    if happened.min() == happened.max():
        return float("nan")
    return float(roc_auc_score(happened, forecast))


def reliability_table(outcomes: Floats, probabilities: Floats, bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """Forecast and observed shares in bins of equal width, lowest first; empty bins are left out.

    Raises:
        UsageError: nothing to score, or something that is no outcome or no probability.
    """
    happened, forecast = _checked(outcomes, probabilities)
    number = np.minimum((forecast * bins).astype(np.int64), bins - 1)
    return tuple(
        ReliabilityBin(
            low=i / bins,
            high=(i + 1) / bins,
            count=int((number == i).sum()),
            forecast=float(forecast[number == i].mean()),
            observed=float(happened[number == i].mean()),
        )
        for i in np.unique(number).tolist()
    )


def expected_calibration_error(outcomes: Floats, probabilities: Floats, bins: int = 10) -> float:
    """Mean distance of forecast and observed shares over bins of equal width, weighted with their counts.

    Raises:
        UsageError: nothing to score, or something that is no outcome or no probability.
    """
    table = reliability_table(outcomes, probabilities, bins)
    return sum(row.count * abs(row.forecast - row.observed) for row in table) / sum(row.count for row in table)


def _checked(outcomes: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    happened, forecast = (np.asarray(values, dtype=np.float64) for values in (outcomes, probabilities))
    if happened.shape != forecast.shape or happened.ndim != 1 or not len(happened):
        raise UsageError(
            f"outcomes of shape {happened.shape} and probabilities of shape {forecast.shape}; nothing was scored",
            hint="give two arrays of the same length, without rows whose outcome is unknown",
        )
    if not np.isin(happened, (0.0, 1.0)).all() or not ((forecast >= 0.0) & (forecast <= 1.0)).all():
        raise UsageError(
            "an outcome that is neither 0 nor 1, or a probability outside 0 to 1; nothing was scored",
            hint="leave out the rows that are NaN",
        )
    return happened, forecast
