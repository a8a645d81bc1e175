"""The percentile rule: persistent, else loud, else quiet, each against its own training window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl_regimes.observations import PERSISTENCE
from weexctl_regimes.two_state_chain import RobustScale

__all__ = ["PercentileRule"]

_TRENDING, _RANGING, _UNSTABLE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
Probabilities = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PercentileRule:
    """Trending when scaled e48 + e240 exceed a quantile of the training window; else unstable when v exceeds its own;
    else ranging. Its probabilities are 0 and 1."""

    scale: RobustScale
    """Of e48 and e240."""
    persistence_limit: float
    volatility_limit: float

    @classmethod
    def fit(cls, observed: pd.DataFrame, persistence: float, volatility: float) -> PercentileRule:
        """The rule with the quantiles of these rows; incomplete rows are left out."""
        values = observed[[*PERSISTENCE, "v"]].dropna().to_numpy(dtype=np.float64)
        scale = RobustScale.of(values[:, :2])
        level = scale.apply(values[:, :2]).sum(axis=1)
        return cls(scale, float(np.quantile(level, persistence)), float(np.quantile(values[:, 2], volatility)))

    def rows(self, observed: pd.DataFrame) -> NDArray[np.float64]:
        """Probabilities of trending, ranging, unstable, shape (rows, 3); NaN before the first complete row.

        A later incomplete row repeats the one before it.
        """
        level = self.scale.apply(observed[list(PERSISTENCE)].to_numpy(dtype=np.float64)).sum(axis=1)
        volatility = observed["v"].to_numpy(dtype=np.float64)
        trending = level > self.persistence_limit
        unstable = ~trending & (volatility > self.volatility_limit)
        labels = np.stack([trending, ~trending & ~unstable, unstable], axis=1).astype(np.float64)
        labels[np.isnan(level) | np.isnan(volatility)] = np.nan
        return pd.DataFrame(labels).ffill().to_numpy(dtype=np.float64)

    def initial(self) -> Probabilities | None:
        """The memory before the first row."""
        return None

    def advance(
        self, memory: Probabilities | None, row: Mapping[str, float]
    ) -> tuple[Probabilities | None, Probabilities | None]:
        """The next memory, and the probabilities of this row; None before the first complete row."""
        values = np.array([[row[name] for name in PERSISTENCE]], dtype=np.float64)
        level, volatility = float(self.scale.apply(values).sum()), row["v"]
        if level != level or volatility != volatility:  # NaN: nothing new is known
            return memory, memory
        if level > self.persistence_limit:
            return _TRENDING, _TRENDING
        label = _UNSTABLE if volatility > self.volatility_limit else _RANGING
        return label, label

    def parameters(self) -> dict[str, Any]:
        """The rule as JSON can hold it."""
        return {
            "model": "percentile-rule",
            "centre": list(self.scale.centre),
            "spread": list(self.scale.spread),
            "persistence_limit": self.persistence_limit,
            "volatility_limit": self.volatility_limit,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> PercentileRule:
        """The rule that `parameters` describe."""
        scale = RobustScale(tuple(parameters["centre"]), tuple(parameters["spread"]))
        return cls(scale, parameters["persistence_limit"], parameters["volatility_limit"])
