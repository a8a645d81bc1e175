"""Fitting a two-state chain: expectation maximisation from several starts, and the rules by which a fit is refused.

The only module that uses hmmlearn, and only its `fit` and `score`: its posteriors and paths look ahead.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weexctl_regimes.forward_filter import filter_rows, log_density
from weexctl_regimes.two_state_chain import Pair, RobustScale, TwoStateChain, stationary

__all__ = ["FitSettings", "fit_chain"]

# A start that stops climbing is weighed here; hmmlearn's word about it is for whoever configured logging.
logging.getLogger("hmmlearn").addHandler(logging.NullHandler())

_MAX_ITERATIONS = 200
_MIN_OCCUPANCY = 0.02
_MIN_DURATION = 6.0
"""Candles a state must be expected to last."""
_MIN_TRANSITION = 1e-6
"""No state is for ever, and none is unreachable."""
_MIN_VARIANCE = 1e-3


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How hard to look for the best fit."""

    seed: int
    cold_starts: int
    kappa: float
    """Pseudo-counts on staying, as a Dirichlet prior."""


@dataclass(frozen=True, slots=True)
class _Start:
    transition: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]


def fit_chain(
    values: NDArray[np.float64], columns: tuple[str, ...], settings: FitSettings, previous: TwoStateChain | None
) -> TwoStateChain | None:
    """The likeliest chain of training rows, shape (rows, columns); None when every start led to a refused fit.

    Rows with a NaN are left out, and no transition is learnt across them. One thread and given seeds: the same rows
    give the same bits.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

    complete = np.all(~np.isnan(values), axis=1)
    scale = RobustScale.of(values[complete])
    scaled = scale.apply(values[complete])
    starts = _starts(scaled, settings, previous.rescaled(scale) if previous else None)
    with threadpool_limits(1):
        climbed = [_climb(scaled, _run_lengths(complete), start, settings.kappa) for start in starts]
    found = sorted((result for result in climbed if result is not None), key=lambda result: -result[0])
    chains = (_chain(model, columns, scale) for _, model in found)
    return next((chain for chain in chains if _acceptable(chain, values)), None)


def _starts(scaled: NDArray[np.float64], settings: FitSettings, warm: TwoStateChain | None) -> list[_Start]:
    """Where to climb from: the previous fit, the two halves of the data, then random pairs of rows."""
    sticky = np.array([[0.98, 0.02], [0.02, 0.98]])
    spread = np.tile(np.maximum(scaled.var(axis=0), _MIN_VARIANCE), (2, 1))
    starts = []
    if warm is not None:
        starts.append(_Start(np.array(warm.transition), np.array(warm.means), np.array(warm.variances)))
    for number in range(settings.cold_starts):
        if number == 0:
            upper = scaled.sum(axis=1) > np.median(scaled.sum(axis=1))
            means = np.array([scaled[~upper].mean(axis=0), scaled[upper if upper.any() else ~upper].mean(axis=0)])
        else:
            random = np.random.default_rng((settings.seed, number))
            means = scaled[random.choice(len(scaled), size=2, replace=False)]
        starts.append(_Start(sticky, means, spread))
    return starts


def _climb(scaled: NDArray[np.float64], lengths: list[int], start: _Start, kappa: float) -> tuple[float, Any] | None:
    """Log likelihood and fitted model from one start; None when it broke down or did not settle."""
    tolerance = 1e-3 * float(np.sqrt(len(scaled)))
    model = _gaussian_hmm()(
        2,
        covariance_type="diag",
        n_iter=_MAX_ITERATIONS,
        tol=tolerance,
        min_covar=1e-2,
        transmat_prior=1.0 + kappa * np.eye(2),
        params="tmc",  # one sequence says nothing about how sequences start
        init_params="",
        implementation="scaling",
    )
    model.startprob_ = np.array([0.5, 0.5])
    model.transmat_, model.means_, model.covars_ = start.transition, start.means, start.variances
    try:
        model.fit(scaled, lengths)
        likelihood = float(model.score(scaled, lengths))
    except (ValueError, np.linalg.LinAlgError):
        return None
    history = list(model.monitor_.history)
    settled = len(history) < _MAX_ITERATIONS or abs(history[-1] - history[-2]) < tolerance
    return (likelihood, model) if settled and np.isfinite(likelihood) else None


@cache
def _gaussian_hmm() -> Any:
    """hmmlearn's model with its densities computed column by column: a third of a fit went into summing pairs."""
    from hmmlearn.hmm import GaussianHMM

    class QuickGaussianHmm(GaussianHMM):  # type: ignore[misc]  # ships no types
        def _compute_log_likelihood(self, X: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: N803  # its own word
            return np.stack([log_density(X, *state) for state in zip(self.means_, self._covars_, strict=True)], axis=1)

    return QuickGaussianHmm


def _chain(model: Any, columns: tuple[str, ...], scale: RobustScale) -> TwoStateChain:
    """The fitted numbers, with a floor under transitions and variances."""
    transition = np.maximum(model.transmat_, _MIN_TRANSITION)
    transition = transition / transition.sum(axis=1, keepdims=True)
    (a, b), (c, d) = transition.tolist()
    pairs: tuple[Pair, Pair] = ((a, b), (c, d))
    variances = np.maximum(np.array([np.diag(matrix) for matrix in model.covars_]), _MIN_VARIANCE)
    return TwoStateChain(
        columns=columns,
        scale=scale,
        transition=pairs,
        means=(tuple(model.means_[0].tolist()), tuple(model.means_[1].tolist())),
        variances=(tuple(variances[0].tolist()), tuple(variances[1].tolist())),
        start=stationary(pairs),
    )


def _acceptable(chain: TwoStateChain, values: NDArray[np.float64]) -> bool:
    """Whether both states are really used and last."""
    if not np.isfinite([*chain.means, *chain.variances, *chain.transition]).all():
        return False
    lasting = all(1.0 / (1.0 - min(chain.transition[i][i], 1 - 1e-9)) >= _MIN_DURATION for i in (0, 1))
    share = float(np.nanmean(filter_rows(chain, values)[0]))
    return lasting and _MIN_OCCUPANCY <= share <= 1.0 - _MIN_OCCUPANCY


def _run_lengths(complete: NDArray[np.bool_]) -> list[int]:
    """Lengths of the unbroken runs of complete rows."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], complete, [False])).astype(np.int8)))
    return [int(stop - start) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
