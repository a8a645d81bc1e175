"""One hidden Markov chain over everything that is observed: three states, each one of the regimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl_regimes.chain_fit import FitSettings
from weexctl_regimes.climb import MIN_DURATION, MIN_OCCUPANCY, Climbed, Start, climb, spread_of, sticky
from weexctl_regimes.forward_filter import log_density
from weexctl_regimes.naming import names_of_states
from weexctl_regimes.observations import OBSERVED
from weexctl_regimes.two_state_chain import RobustScale

__all__ = ["JointChain"]

_STATES = 3
Floats = NDArray[np.float64]
Probabilities = tuple[float, float, float]
Rows3 = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class JointChain:
    """State 0 is trending, 1 ranging, 2 unstable. Means and variances of `OBSERVED` are in scaled units."""

    scale: RobustScale
    transition: Rows3
    means: Rows3
    variances: Rows3

    @classmethod
    def fit(cls, observed: pd.DataFrame, settings: FitSettings, previous: JointChain | None) -> JointChain | None:
        """The likeliest chain of these rows; None when every start led to one whose states are rare or brief."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

        values = observed[list(OBSERVED)].to_numpy(dtype=np.float64)
        complete = np.all(~np.isnan(values), axis=1)
        scale = RobustScale.of(values[complete])
        scaled = scale.apply(values[complete])
        starts = _starts(scaled, settings)
        if previous is not None:
            starts.append(previous.start_in(scale))
        with threadpool_limits(1):
            climbed = [climb(scaled, complete, start, settings.kappa) for start in starts]
        found = sorted((result for result in climbed if result is not None), key=lambda result: -result.likelihood)
        chains = (cls._named(result, scale) for result in found)
        return next((chain for chain in chains if chain.acceptable(observed)), None)

    @classmethod
    def _named(cls, found: Climbed, scale: RobustScale) -> JointChain:
        """The states put in the order of the regimes."""
        order = np.argsort(names_of_states(found.means), kind="stable")
        return cls(
            scale,
            _rows3(found.transition[np.ix_(order, order)]),
            _rows3(found.means[order]),
            _rows3(found.variances[order]),
        )

    def rows(self, observed: pd.DataFrame) -> Floats:
        """Filtered probabilities of trending, ranging, unstable, shape (rows, 3); NaN before the first complete row.

        A later incomplete row is only predicted.
        """
        values = observed[list(OBSERVED)].to_numpy(dtype=np.float64)
        result = np.full((len(values), _STATES), np.nan)
        memory: Probabilities | None = None
        filtered: list[Probabilities] = []
        for weights in self._weights(values):
            memory = self._next(memory, weights)
            if memory is not None:
                filtered.append(memory)
        if filtered:
            result[len(values) - len(filtered) :] = filtered
        return result

    def initial(self) -> Probabilities | None:
        """The memory before the first row."""
        return None

    def advance(
        self, memory: Probabilities | None, row: Mapping[str, float]
    ) -> tuple[Probabilities | None, Probabilities | None]:
        """The next memory, and the probabilities of this row; None before the first complete row."""
        values = np.array([[row[name] for name in OBSERVED]], dtype=np.float64)
        after = self._next(memory, self._weights(values)[0])
        return after, after

    def _weights(self, values: Floats) -> list[Probabilities | None]:
        """Likelihood of each row in each state over the largest of them; None for an incomplete row."""
        scaled = self.scale.apply(values)
        logs = np.stack([log_density(scaled, *state) for state in zip(self.means, self.variances, strict=True)], axis=1)
        complete = ~np.isnan(logs[:, 0])
        logs[~complete] = 0.0
        weights = np.exp(logs - logs.max(axis=1, keepdims=True)).tolist()
        return [(a, b, c) if known else None for (a, b, c), known in zip(weights, complete.tolist(), strict=True)]

    def _next(self, last: Probabilities | None, weights: Probabilities | None) -> Probabilities | None:
        """One step of the forward filter."""
        if last is None:
            if weights is None:
                return None
            a, b, c = weights
        else:
            (aa, ab, ac), (ba, bb, bc), (ca, cb, cc) = self.transition
            x, y, z = last
            a, b, c = x * aa + y * ba + z * ca, x * ab + y * bb + z * cb, x * ac + y * bc + z * cc
            if weights is not None:
                a, b, c = a * weights[0], b * weights[1], c * weights[2]
        total = a + b + c
        return (a / total, b / total, c / total) if total > 0.0 else (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0)

    def start_in(self, scale: RobustScale) -> Start:
        """Where a refit begins, in the units of another scale."""
        old_centre, old_spread = np.array(self.scale.centre), np.array(self.scale.spread)
        centre, spread = np.array(scale.centre), np.array(scale.spread)
        means = (np.array(self.means) * old_spread + old_centre - centre) / spread
        return Start(np.array(self.transition), means, np.array(self.variances) * (old_spread / spread) ** 2)

    def acceptable(self, observed: pd.DataFrame) -> bool:
        """Whether every state is really used and lasts."""
        shares = np.nanmean(self.rows(observed), axis=0)
        durations = 1.0 / (1.0 - np.minimum(np.diag(np.array(self.transition)), 1.0 - 1e-9))
        return bool((shares >= MIN_OCCUPANCY).all() and (durations >= MIN_DURATION).all())

    def parameters(self) -> dict[str, Any]:
        """The chain as JSON can hold it."""
        return {
            "model": "joint-chain",
            "centre": list(self.scale.centre),
            "spread": list(self.scale.spread),
            "transition": [list(row) for row in self.transition],
            "means": [list(row) for row in self.means],
            "variances": [list(row) for row in self.variances],
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> JointChain:
        """The chain that `parameters` describe."""
        scale = RobustScale(tuple(parameters["centre"]), tuple(parameters["spread"]))
        rows = (_rows3(np.array(parameters[name])) for name in ("transition", "means", "variances"))
        return cls(scale, *rows)


def _starts(scaled: Floats, settings: FitSettings) -> list[Start]:
    """Random rows as means; the first time, the quiet, the loud and the persistent third of the data."""
    starts = []
    for number in range(settings.cold_starts):
        if number == 0:
            steady = scaled[:, 2:].sum(axis=1)
            trending = steady > np.quantile(steady, 2 / 3)
            loud = ~trending & (scaled[:, 0] > np.median(scaled[~trending, 0]))
            groups = (trending, ~trending & ~loud, loud)
            means = np.array([scaled[group if group.any() else ~group].mean(axis=0) for group in groups])
        else:
            random = np.random.default_rng((settings.seed, number))
            means = scaled[random.choice(len(scaled), size=_STATES, replace=False)]
        starts.append(Start(sticky(_STATES), means, spread_of(scaled, _STATES)))
    return starts


def _rows3(matrix: Floats) -> Rows3:
    first, second, third = (tuple(row) for row in matrix.tolist())
    return first, second, third
