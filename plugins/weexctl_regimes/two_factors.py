"""Two chains and one product rule: how loud the market is, and how directional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl_regimes.chain_fit import FitSettings, fit_chain
from weexctl_regimes.forward_filter import filter_rows, filter_step
from weexctl_regimes.observations import PERSISTENCE, TURBULENCE
from weexctl_regimes.two_state_chain import TwoStateChain

__all__ = ["TwoFactors"]

Memory = tuple[float | None, float | None]
Probabilities = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class TwoFactors:
    """a is the probability of turbulence and b that of persistence; the regimes are their products.

    trending = b, unstable = a(1 - b), ranging = (1 - a)(1 - b). The names come from one ordering rule per chain, never
    from the order in which a fit happened to find its states.
    """

    turbulence: TwoStateChain
    persistence: TwoStateChain
    temper: float = 1.0

    @classmethod
    def named(cls, turbulence: TwoStateChain, persistence: TwoStateChain, temper: float = 1.0) -> TwoFactors:
        """The pair with state 1 turbulent (larger mean of v) and persistent (larger mean of e48 + e240)."""
        return cls(turbulence.ordered(("v",)), persistence.ordered(PERSISTENCE), temper)

    @classmethod
    def fit(
        cls, observed: pd.DataFrame, settings: FitSettings, temper: float, previous: TwoFactors | None
    ) -> TwoFactors | None:
        """The pair fitted on these rows; None when either fit was refused."""
        chains = []
        for columns, old in (
            (TURBULENCE, previous.turbulence if previous else None),
            (PERSISTENCE, previous.persistence if previous else None),
        ):
            values = observed[list(columns)].to_numpy(dtype=np.float64)
            chain = fit_chain(values, columns, settings, old)
            if chain is None:
                return None
            chains.append(chain)
        return cls.named(chains[0], chains[1], temper)

    def rows(self, observed: pd.DataFrame) -> NDArray[np.float64]:
        """Filtered probabilities of trending, ranging, unstable, shape (rows, 3); NaN before the first complete row."""
        loud, steady = (
            filter_rows(chain, observed[list(chain.columns)].to_numpy(dtype=np.float64), self.temper)[0]
            for chain in (self.turbulence, self.persistence)
        )
        known = ~np.isnan(loud)
        return np.stack([np.where(known, steady, np.nan), (1.0 - loud) * (1.0 - steady), loud * (1.0 - steady)], axis=1)

    def initial(self) -> Memory:
        """The memory before the first row: neither chain has seen anything."""
        return None, None

    def advance(self, memory: Memory, row: Mapping[str, float]) -> tuple[Memory, Probabilities | None]:
        """The next memory, and the probabilities of this row; None before both chains have seen a complete row."""
        loud, _ = filter_step(self.turbulence, memory[0], row, self.temper)
        steady, _ = filter_step(self.persistence, memory[1], row, self.temper)
        if loud is None or steady is None:
            return (loud, steady), None
        return (loud, steady), (steady, (1.0 - loud) * (1.0 - steady), loud * (1.0 - steady))

    def parameters(self) -> dict[str, Any]:
        """The pair as JSON can hold it."""
        return {
            "model": "two-factors",
            "turbulence": self.turbulence.parameters(),
            "persistence": self.persistence.parameters(),
            "temper": self.temper,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> TwoFactors:
        """The pair that `parameters` describe."""
        turbulence, persistence = (
            TwoStateChain.from_parameters(parameters[name]) for name in ("turbulence", "persistence")
        )
        return cls(turbulence, persistence, parameters["temper"])
