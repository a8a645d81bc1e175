"""How likely are the next 24 hours to be loud? A probability that is meant to be taken at its word.

A regression on past variances (`features.log_variances`) scores each candle; isotonic calibration on the training
window turns the score into the share of candles with such a score that were followed by a loud day. It is used only
when it beats the plain share of loud days on the last quarter of that window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["VARIANCES", "VolatilityOdds"]

VARIANCES = ("rv_day", "rv_week", "rv_month", "rv_6h", "range_day")
"""What it looks at, first the past of what it forecasts."""

_LOUD = 0.80
"""Quantile of the training window above which a day counts as loud."""
_BINS = 20
"""Scores are calibrated in so many groups: a year of overlapping days has only 365 that do not overlap."""
_LEAST_ROWS = 1000
_SURE = 0.01
"""Nothing is surer than this, and nothing is less sure than one minus it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VolatilityOdds:
    """P(variance of the next 24 hours exceeds `limit`), from one row of past variances."""

    limit: float
    """Log variance of 24 hours: the 80th percentile of the training window."""
    base_rate: float
    """Share of loud days in the training window: what it says when it is not calibrated."""
    skill: float | None
    """Brier skill on the last quarter of the training window; None when there was too little to tell."""
    coefficients: tuple[float, ...] = ()
    """Of 1 and each of `VARIANCES`; empty when it is not calibrated."""
    scores: tuple[float, ...] = ()
    """Knots of the calibration, rising; between them a straight line, beyond them the last value."""
    probabilities: tuple[float, ...] = ()

    @classmethod
    def fit(cls, observed: pd.DataFrame, day: int) -> VolatilityOdds:
        """The odds fitted on these rows, of which `day` make 24 hours; outcomes after the last row are not known."""
        past = observed[list(VARIANCES)].to_numpy(dtype=np.float64)
        limit = float(np.nanquantile(past[:, 0], _LOUD)) if (~np.isnan(past[:, 0])).any() else 0.0
        outcomes = np.full(len(past), np.nan)
        outcomes[:-day] = past[day:, 0]
        known = ~np.isnan(np.column_stack([past, outcomes])).any(axis=1)
        rows, outcomes = np.flatnonzero(known), outcomes[known]
        past = past[known]
        base_rate = float((outcomes > limit).mean()) if len(rows) else 1.0 - _LOUD
        if len(rows) < _LEAST_ROWS:
            return cls(limit, base_rate, None)
        cut = int(rows[0] + 0.75 * (rows[-1] - rows[0]))
        early, late = rows < cut - day, rows >= cut  # outcomes of the early part end before the late part begins
        trial = _calibrated(past[early], outcomes[early], limit)
        skill = trial.skill_on(past[late], outcomes[late])
        if skill is None or skill <= 0.0:
            return cls(limit, base_rate, skill)
        final = _calibrated(past, outcomes, limit)
        return cls(limit, base_rate, skill, final.coefficients, final.scores, final.probabilities)

    @property
    def status(self) -> str:
        """`calibrated`, or `climatology` when it only knows how often days are loud."""
        return "calibrated" if self.coefficients else "climatology"

    def rows(self, observed: pd.DataFrame) -> Floats:
        """The probability at every row; a row that cannot be scored repeats the one before it, NaN at the start."""
        given = self.of_variances(observed[list(VARIANCES)].to_numpy(dtype=np.float64))
        return np.asarray(pd.Series(given).ffill(), dtype=np.float64)

    def advance(self, last: float | None, row: Mapping[str, float]) -> float | None:
        """The probability at one row, given the one before it; None before the first row that can be scored."""
        given = float(self.of_variances(np.array([[row[name] for name in VARIANCES]], dtype=np.float64))[0])
        return last if np.isnan(given) else given

    def of_variances(self, past: Floats) -> Floats:
        """The probability for every row of variances, shape (rows, 5); NaN where one is unknown."""
        known = ~np.isnan(past).any(axis=1)
        if not self.coefficients:
            return np.where(known, self.base_rate, np.nan)
        return np.where(known, np.interp(_scored(self.coefficients, past), self.scores, self.probabilities), np.nan)

    def skill_on(self, past: Floats, outcomes: Floats) -> float | None:
        """1 - Brier score / that of always saying the base rate; None when there is nothing to compare."""
        loud = (outcomes > self.limit).astype(np.float64)
        reference = float(((self.base_rate - loud) ** 2).mean()) if len(loud) else 0.0
        if reference == 0.0:
            return None
        return 1.0 - float(((self.of_variances(past) - loud) ** 2).mean()) / reference

    def parameters(self) -> dict[str, Any]:
        """The odds as JSON can hold them."""
        return {
            "status": self.status,
            "limit": self.limit,
            "base_rate": self.base_rate,
            "skill": self.skill,
            "coefficients": list(self.coefficients),
            "scores": list(self.scores),
            "probabilities": list(self.probabilities),
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> VolatilityOdds:
        """The odds that `parameters` describe."""
        lists = (tuple(parameters[name]) for name in ("coefficients", "scores", "probabilities"))
        return cls(parameters["limit"], parameters["base_rate"], parameters["skill"], *lists)


def _calibrated(past: Floats, outcomes: Floats, limit: float) -> VolatilityOdds:
    """Regression and calibration on these rows, whatever their worth."""
    from sklearn.isotonic import IsotonicRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

    design = np.column_stack([np.ones(len(past)), past])
    with threadpool_limits(1):  # the same bits on every machine
        coefficients = tuple(np.linalg.lstsq(design, outcomes, rcond=None)[0].tolist())
    scores, loud = _scored(coefficients, past), (outcomes > limit).astype(np.float64)
    edges = np.unique(np.quantile(scores, np.linspace(0.0, 1.0, _BINS + 1)[1:-1]))
    group = np.searchsorted(edges, scores, side="right")
    counts = np.bincount(group)
    used = counts > 0
    centres, shares = (np.bincount(group, weights=values)[used] / counts[used] for values in (scores, loud))
    rising = IsotonicRegression().fit_transform(centres, shares, sample_weight=counts[used])
    probabilities = np.clip(rising, _SURE, 1.0 - _SURE)
    return VolatilityOdds(
        limit, float(loud.mean()), None, coefficients, tuple(centres.tolist()), tuple(probabilities.tolist())
    )


def _scored(coefficients: tuple[float, ...], past: Floats) -> Floats:
    """Forecast log variance of the next 24 hours; summed column by column, so that one row is added up like many."""
    total = np.full(len(past), coefficients[0])
    for column, weight in enumerate(coefficients[1:]):
        total += weight * past[:, column]
    return total
