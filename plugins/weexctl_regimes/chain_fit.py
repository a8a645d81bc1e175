"""Fitting a two-state chain: climbs from several starts, and the rules by which a fit is refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weexctl_regimes.climb import MIN_DURATION, MIN_OCCUPANCY, Climbed, Start, climb, spread_of, sticky
from weexctl_regimes.forward_filter import filter_rows
from weexctl_regimes.two_state_chain import Pair, RobustScale, TwoStateChain, stationary

__all__ = ["FitSettings", "fit_chain"]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How hard to look for the best fit."""

    seed: int
    cold_starts: int
    kappa: float
    """Pseudo-counts on staying, as a Dirichlet prior."""


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
        climbed = [climb(scaled, complete, start, settings.kappa) for start in starts]
    found = sorted((result for result in climbed if result is not None), key=lambda result: -result.likelihood)
    chains = (_chain(result, columns, scale) for result in found)
    return next((chain for chain in chains if _acceptable(chain, values)), None)


def _starts(scaled: NDArray[np.float64], settings: FitSettings, warm: TwoStateChain | None) -> list[Start]:
    """Where to climb from: the previous fit, the two halves of the data, then random pairs of rows."""
    starts = []
    if warm is not None:
        starts.append(Start(np.array(warm.transition), np.array(warm.means), np.array(warm.variances)))
    for number in range(settings.cold_starts):
        if number == 0:
            upper = scaled.sum(axis=1) > np.median(scaled.sum(axis=1))
            means = np.array([scaled[~upper].mean(axis=0), scaled[upper if upper.any() else ~upper].mean(axis=0)])
        else:
            random = np.random.default_rng((settings.seed, number))
            means = scaled[random.choice(len(scaled), size=2, replace=False)]
        starts.append(Start(sticky(2), means, spread_of(scaled, 2)))
    return starts


def _chain(found: Climbed, columns: tuple[str, ...], scale: RobustScale) -> TwoStateChain:
    (a, b), (c, d) = found.transition.tolist()
    pairs: tuple[Pair, Pair] = ((a, b), (c, d))
    return TwoStateChain(
        columns=columns,
        scale=scale,
        transition=pairs,
        means=(tuple(found.means[0].tolist()), tuple(found.means[1].tolist())),
        variances=(tuple(found.variances[0].tolist()), tuple(found.variances[1].tolist())),
        start=stationary(pairs),
    )


def _acceptable(chain: TwoStateChain, values: NDArray[np.float64]) -> bool:
    """Whether both states are really used and last."""
    if not np.isfinite([*chain.means, *chain.variances, *chain.transition]).all():
        return False
    lasting = all(1.0 / (1.0 - min(chain.transition[i][i], 1 - 1e-9)) >= MIN_DURATION for i in (0, 1))
    share = float(np.nanmean(filter_rows(chain, values)[0]))
    return lasting and MIN_OCCUPANCY <= share <= 1.0 - MIN_OCCUPANCY
