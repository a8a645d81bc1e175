"""A two-state hidden Markov chain with independent Gaussian observations, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLIP", "RobustScale", "TwoStateChain", "stationary"]

Pair = tuple[float, float]

CLIP = 5.0
"""Scaled observations are cut off at ±5: the cheapest cure for heavy tails."""


@dataclass(frozen=True, slots=True)
class RobustScale:
    """Centre and spread of each observed column of a training set: median, and 1.4826 · median absolute deviation."""

    centre: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> RobustScale:
        """The scale of training rows, shape (rows, columns), without NaN.

        A column whose deviation has median 0 falls back to its standard deviation, and a constant one to 1.
        """
        centre = np.median(values, axis=0)
        spread = 1.4826 * np.median(np.abs(values - centre), axis=0)
        spread = np.where(spread > 0, spread, values.std(axis=0))
        return cls(tuple(centre.tolist()), tuple(np.where(spread > 0, spread, 1.0).tolist()))

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scaled values, clipped; NaN stays NaN."""
        scaled = (values - np.array(self.centre)) / np.array(self.spread)
        clipped: NDArray[np.float64] = np.clip(scaled, -CLIP, CLIP)
        return clipped


@dataclass(frozen=True, slots=True)
class TwoStateChain:
    """State 1 is the one the chain is about: turbulent, or persistent. Means and variances are in scaled units."""

    columns: tuple[str, ...]
    """The observations it reads."""
    scale: RobustScale
    transition: tuple[Pair, Pair]
    """transition[i][j]: probability of going from state i to state j in one candle."""
    means: tuple[tuple[float, ...], tuple[float, ...]]
    variances: tuple[tuple[float, ...], tuple[float, ...]]
    start: Pair
    """Probabilities before the first observation."""

    def swapped(self) -> TwoStateChain:
        """The same chain with its states in the other order."""
        (same0, other0), (other1, same1) = self.transition
        return replace(
            self,
            transition=((same1, other1), (other0, same0)),
            means=(self.means[1], self.means[0]),
            variances=(self.variances[1], self.variances[0]),
            start=(self.start[1], self.start[0]),
        )

    def ordered(self, by: tuple[str, ...]) -> TwoStateChain:
        """The chain whose state 1 has the larger mean, summed over the columns `by`."""
        chosen = [self.columns.index(name) for name in by]
        low, high = (sum(mean[i] for i in chosen) for mean in self.means)
        return self if high >= low else self.swapped()

    def rescaled(self, scale: RobustScale) -> TwoStateChain:
        """The same chain in the units of another scale."""
        old_centre, old_spread = np.array(self.scale.centre), np.array(self.scale.spread)
        centre, spread = np.array(scale.centre), np.array(scale.spread)
        means = (np.array(self.means) * old_spread + old_centre - centre) / spread
        variances = np.array(self.variances) * (old_spread / spread) ** 2
        return replace(self, scale=scale, means=_rows(means), variances=_rows(variances))

    def parameters(self) -> dict[str, Any]:
        """The chain as JSON can hold it."""
        return {
            "columns": list(self.columns),
            "centre": list(self.scale.centre),
            "spread": list(self.scale.spread),
            "transition": [list(row) for row in self.transition],
            "means": [list(row) for row in self.means],
            "variances": [list(row) for row in self.variances],
            "start": list(self.start),
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> TwoStateChain:
        """The chain that `parameters` describe."""
        (a, b), (c, d) = parameters["transition"]
        return cls(
            columns=tuple(parameters["columns"]),
            scale=RobustScale(tuple(parameters["centre"]), tuple(parameters["spread"])),
            transition=((a, b), (c, d)),
            means=_rows(np.array(parameters["means"], dtype=np.float64)),
            variances=_rows(np.array(parameters["variances"], dtype=np.float64)),
            start=(parameters["start"][0], parameters["start"][1]),
        )


def stationary(transition: tuple[Pair, Pair]) -> Pair:
    """The share of time a chain with these transitions spends in each state."""
    leave0, leave1 = transition[0][1], transition[1][0]
    total = leave0 + leave1
    return (leave1 / total, leave0 / total) if total > 0 else (0.5, 0.5)


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    first, second = matrix.tolist()
    return tuple(first), tuple(second)
