"""Expectation maximisation of a Gaussian hidden Markov model from one start.

The only module that uses hmmlearn, and only its `fit` and `score`: its posteriors and paths look ahead.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weexctl_regimes.forward_filter import log_density

__all__ = ["MIN_DURATION", "MIN_OCCUPANCY", "Climbed", "Start", "climb", "spread_of", "sticky"]

# A start that stops climbing is weighed here; hmmlearn's word about it is for whoever configured logging.
logging.getLogger("hmmlearn").addHandler(logging.NullHandler())

MIN_OCCUPANCY = 0.02
"""Share of the rows that a state must have, or it is not worth having."""
MIN_DURATION = 6.0
"""Candles a state must be expected to last."""

_MAX_ITERATIONS = 200
_MIN_TRANSITION = 1e-6
"""No state is for ever, and none is unreachable."""
_MIN_VARIANCE = 1e-3
_STAY = 0.98

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Start:
    """Where to climb from: a row of `means` and `variances` for each state."""

    transition: Floats
    means: Floats
    variances: Floats


@dataclass(frozen=True, slots=True)
class Climbed:
    """Where a climb ended, with floors under transitions and variances."""

    likelihood: float
    transition: Floats
    means: Floats
    variances: Floats


def sticky(states: int) -> Floats:
    """Transitions to start from: every state tends to stay, and all others are as likely to follow."""
    transition = np.full((states, states), (1.0 - _STAY) / (states - 1))
    np.fill_diagonal(transition, _STAY)
    return transition


def spread_of(scaled: Floats, states: int) -> Floats:
    """Variances to start from: those of all rows, for every state."""
    return np.tile(np.maximum(scaled.var(axis=0), _MIN_VARIANCE), (states, 1))


def climb(scaled: Floats, complete: NDArray[np.bool_], start: Start, kappa: float) -> Climbed | None:
    """The model at the end of the climb; None when it broke down or did not settle.

    Args:
        scaled: the complete rows, shape (rows, columns).
        complete: for every row of the training window whether it is among them; no transition is learnt across gaps.
        start: where to begin.
        kappa: pseudo-counts on staying in a state, as a Dirichlet prior.
    """
    tolerance = 1e-3 * float(np.sqrt(len(scaled)))
    states = len(start.means)
    model = _gaussian_hmm()(
        states,
        covariance_type="diag",
        n_iter=_MAX_ITERATIONS,
        tol=tolerance,
        min_covar=1e-2,
        transmat_prior=1.0 + kappa * np.eye(states),
        params="tmc",  # one sequence says nothing about how sequences start
        init_params="",
        implementation="scaling",
    )
    model.startprob_ = np.full(states, 1.0 / states)
    model.transmat_, model.means_, model.covars_ = start.transition, start.means, start.variances
    lengths = _run_lengths(complete)
    try:
        model.fit(scaled, lengths)
        likelihood = float(model.score(scaled, lengths))
    except (ValueError, np.linalg.LinAlgError):
        return None
    history = list(model.monitor_.history)
    settled = len(history) < _MAX_ITERATIONS or abs(history[-1] - history[-2]) < tolerance
    if not settled or not np.isfinite(likelihood):
        return None
    transition = np.maximum(model.transmat_, _MIN_TRANSITION)
    variances = np.maximum(np.array([np.diag(matrix) for matrix in model.covars_]), _MIN_VARIANCE)
    return Climbed(likelihood, transition / transition.sum(axis=1, keepdims=True), np.array(model.means_), variances)


@cache
def _gaussian_hmm() -> Any:
    """hmmlearn's model with its densities computed column by column: a third of a fit went into summing pairs."""
    from hmmlearn.hmm import GaussianHMM

    class QuickGaussianHmm(GaussianHMM):  # type: ignore[misc]  # ships no types
        def _compute_log_likelihood(self, X: Floats) -> Floats:  # noqa: N803  # its own word
            return np.stack([log_density(X, *state) for state in zip(self.means_, self._covars_, strict=True)], axis=1)

    return QuickGaussianHmm


def _run_lengths(complete: NDArray[np.bool_]) -> list[int]:
    """Lengths of the unbroken runs of complete rows."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], complete, [False])).astype(np.int8)))
    return [int(stop - start) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
