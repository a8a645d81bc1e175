"""A jump model: each candle belongs to the nearest of four centres, and changing one's mind has a price.

Labels s and centres c minimise the sum of half the squared distance |z - c[s]|² and of a penalty for every change of
s. Source: Bemporad, Breschi, Piga, Boyd, Fitting Jump Models, 2018. The labels of a fit look ahead within the training
window; a scored candle gets the last label of the cheapest path that ends with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl_regimes.naming import names_of_states
from weexctl_regimes.observations import OBSERVED
from weexctl_regimes.two_state_chain import RobustScale

__all__ = ["JumpModel"]

_STATES = 4
_MAX_ROUNDS = 30
_LABELS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

Floats = NDArray[np.float64]
Costs = tuple[float, ...]
Probabilities = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class JumpModel:
    """Centres of `OBSERVED` in scaled units, and the regime each of them stands for. Its probabilities are 0 and 1."""

    scale: RobustScale
    centres: tuple[tuple[float, ...], ...]
    penalty: float

    @classmethod
    def fit(
        cls, observed: pd.DataFrame, penalty: float, starts: int, seed: int, previous: JumpModel | None
    ) -> JumpModel:
        """The cheapest model of these rows; incomplete rows are left out, and cost nothing to step over."""
        values = observed[list(OBSERVED)].dropna().to_numpy(dtype=np.float64)
        scale = RobustScale.of(values)
        scaled = scale.apply(values)
        begins = [_four_quarters(scaled), *(_random_rows(scaled, (seed, number)) for number in range(1, starts))]
        if previous is not None:
            unscaled = np.array(previous.centres) * np.array(previous.scale.spread) + np.array(previous.scale.centre)
            begins.append((unscaled - np.array(scale.centre)) / np.array(scale.spread))
        _, centres = min((_descend(scaled, begin, penalty) for begin in begins), key=lambda found: found[0])
        return cls(scale, tuple(tuple(centre) for centre in centres.tolist()), penalty)

    def rows(self, observed: pd.DataFrame) -> Floats:
        """Probabilities of trending, ranging, unstable, shape (rows, 3); NaN before the first complete row.

        A later incomplete row repeats the one before it.
        """
        values = observed[list(OBSERVED)].to_numpy(dtype=np.float64)
        costs, names = self._costs(values), np.array(names_of_states(np.array(self.centres)))
        result = np.full((len(values), 3), np.nan)
        memory: Costs | None = None
        labels: list[int] = []
        for cost, known in zip(costs.tolist(), (~np.isnan(costs[:, 0])).tolist(), strict=True):
            if known:
                memory = self._next(memory, cost)
            if memory is not None:
                labels.append(memory.index(0.0))
        if labels:
            result[len(values) - len(labels) :] = np.array(_LABELS)[names[labels]]
        return result

    def initial(self) -> Costs | None:
        """The memory before the first row."""
        return None

    def advance(self, memory: Costs | None, row: Mapping[str, float]) -> tuple[Costs | None, Probabilities | None]:
        """The next memory, and the probabilities of this row; None before the first complete row.

        The memory is what the cheapest path to each state has cost beyond the cheapest of all.
        """
        cost = self._costs(np.array([[row[name] for name in OBSERVED]], dtype=np.float64))[0]
        after = memory if np.isnan(cost[0]) else self._next(memory, cost.tolist())
        if after is None:
            return None, None
        return after, _LABELS[names_of_states(np.array(self.centres))[after.index(0.0)]]

    def _costs(self, values: Floats) -> Floats:
        return _distances(self.scale.apply(values), np.array(self.centres))

    def _next(self, last: Costs | None, cost: list[float]) -> Costs:
        """Cost of the cheapest path that ends in each state, over the cheapest: whatever stays or jumps here."""
        paths = cost if last is None else [min(old, self.penalty) + new for old, new in zip(last, cost, strict=True)]
        best = min(paths)
        return tuple(path - best for path in paths)

    def parameters(self) -> dict[str, Any]:
        """The model as JSON can hold it."""
        return {
            "model": "jump",
            "centre": list(self.scale.centre),
            "spread": list(self.scale.spread),
            "centres": [list(centre) for centre in self.centres],
            "penalty": self.penalty,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> JumpModel:
        """The model that `parameters` describe."""
        scale = RobustScale(tuple(parameters["centre"]), tuple(parameters["spread"]))
        return cls(scale, tuple(tuple(centre) for centre in parameters["centres"]), parameters["penalty"])


def _descend(scaled: Floats, centres: Floats, penalty: float) -> tuple[float, Floats]:
    """Labels and centres in turn until neither changes; the cost and the centres."""
    labels = np.full(len(scaled), -1)
    for _ in range(_MAX_ROUNDS):
        after, cost = _cheapest_path(_distances(scaled, centres), penalty)
        if np.array_equal(after, labels):
            break
        labels = after
        members = [scaled[labels == state] for state in range(len(centres))]
        centres = np.array([own.mean(axis=0) if len(own) else old for own, old in zip(members, centres, strict=True)])
    return cost, centres


def _cheapest_path(costs: Floats, penalty: float) -> tuple[NDArray[np.int64], float]:
    """The labels of the cheapest path through all rows, and what it costs."""
    # The four states are written out: most of a fit is spent in this loop.
    a, b, c, d = costs[0].tolist()
    paths = [(a, b, c, d)]
    for e, f, g, h in costs[1:].tolist():
        jump = min(a, b, c, d) + penalty
        a = (a if a <= jump else jump) + e
        b = (b if b <= jump else jump) + f
        c = (c if c <= jump else jump) + g
        d = (d if d <= jump else jump) + h
        paths.append((a, b, c, d))
    spent = np.array(paths)
    leaders = spent.argmin(axis=1)
    stays = (spent <= spent.min(axis=1, keepdims=True) + penalty).tolist()
    label = int(leaders[-1])
    labels = [label]
    for stay, leader in zip(stays[-2::-1], leaders[-2::-1].tolist(), strict=True):
        label = label if stay[label] else leader
        labels.append(label)
    return np.array(labels[::-1], dtype=np.int64), min(paths[-1])


def _distances(scaled: Floats, centres: Floats) -> Floats:
    """Half the squared distance of every row to every centre; summed column by column, one row like many."""
    total = np.zeros((len(scaled), len(centres)))
    for column in range(scaled.shape[1]):
        total += 0.5 * (scaled[:, column, None] - centres[None, :, column]) ** 2
    return total


def _four_quarters(scaled: Floats) -> Floats:
    """Means of the quiet and loud half of the persistent half of the data, and of the other half."""
    steady, loud = scaled[:, 2:].sum(axis=1), scaled[:, 0]
    persistent = steady > np.median(steady)
    centres = []
    for half in (persistent, ~persistent):
        chosen = half if half.any() else np.full(len(half), fill_value=True)
        above = loud > np.median(loud[chosen])
        for group in (chosen & above, chosen & ~above):
            centres.append(scaled[group if group.any() else chosen].mean(axis=0))  # noqa: PERF401  # two loops read better
    return np.array(centres)


def _random_rows(scaled: Floats, seed: tuple[int, int]) -> Floats:
    chosen: Floats = scaled[np.random.default_rng(seed).choice(len(scaled), size=_STATES, replace=False)]
    return chosen
