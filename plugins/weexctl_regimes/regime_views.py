"""From filtered probabilities to what the pipeline sees: smoothed probabilities, a steady name, a confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl import REGIMES, Regime, RegimeView
from weexctl_regimes import ViewConfig
from weexctl_regimes.hysteresis import Hysteresis, NameState

__all__ = ["HOUR_MS", "UNKNOWN_VIEW", "RegimeViews", "ViewState"]

HOUR_MS = 3_600_000
_NAMES = np.array([*(regime.value for regime in REGIMES), ""], dtype=object)
Probabilities = tuple[float, float, float]

UNKNOWN_VIEW = RegimeView(float("nan"), float("nan"), float("nan"), Regime.UNSTABLE, float("nan"))
"""Before anything is known the probabilities are NaN, and the name is the one that risks least."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """Smoothed probabilities and the state of the name."""

    smoothed: Probabilities
    name: NameState


@dataclass(frozen=True, slots=True)
class RegimeViews:
    """Smoothing and naming. The name follows the unsmoothed probabilities, sizes follow the smoothed ones."""

    keep: float
    """Share of the old smoothed value that stays after one candle."""
    hysteresis: Hysteresis

    @classmethod
    def of(cls, config: ViewConfig, candle_ms: int) -> RegimeViews:
        """The views that these settings ask for, on candles of this length."""
        half_life = config.smoothing_hours * HOUR_MS / candle_ms
        hysteresis = Hysteresis(config.switch_probability, config.confirm_candles, config.confirm_unstable_candles)
        return cls(0.5 ** (1.0 / half_life), hysteresis)

    def columns(self, rows: NDArray[np.float64], index: pd.Index) -> pd.DataFrame:
        """Columns trending, ranging, unstable, name, confidence; NaN and "" where `rows` are NaN."""
        smoothed = pd.DataFrame(rows).ewm(alpha=1.0 - self.keep, adjust=False).mean().to_numpy(dtype=np.float64)
        names = self.hysteresis.names(rows)
        confidence = np.where(names >= 0, np.take_along_axis(smoothed, names[:, None] % 3, axis=1)[:, 0], np.nan)
        columns = {regime.value: smoothed[:, i] for i, regime in enumerate(REGIMES)}
        return pd.DataFrame({**columns, "name": _NAMES[names], "confidence": confidence}, index=index)

    def advance(self, state: ViewState | None, row: Probabilities) -> tuple[ViewState, RegimeView]:
        """The next state and view, given the unsmoothed probabilities of one candle."""
        a, b, c = row
        if state is not None:
            (x, y, z), keep, take = state.smoothed, self.keep, 1.0 - self.keep
            a, b, c = keep * x + take * a, keep * y + take * b, keep * z + take * c
        name = self.hysteresis.advance(state.name if state else None, row)
        view = RegimeView(a, b, c, REGIMES[name.name], (a, b, c)[name.name])
        return ViewState((a, b, c), name), view
