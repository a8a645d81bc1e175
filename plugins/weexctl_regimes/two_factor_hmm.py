"""The classifier `two-factor-hmm`: two small hidden Markov models, refitted with care."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weexctl import features
from weexctl_regimes import TwoFactorConfig
from weexctl_regimes.chain_fit import FitSettings
from weexctl_regimes.classifier import Model
from weexctl_regimes.refitted import RefittedClassifier
from weexctl_regimes.two_factors import TwoFactors
from weexctl_regimes.volatility_odds import VolatilityOdds

__all__ = ["TwoFactorHmm"]

_REFIT_COLD_STARTS = 2
_DAY_MS = 86_400_000


class TwoFactorHmm(RefittedClassifier[TwoFactorConfig]):
    """P(trending) is that of a persistent market; the rest is split by how loud it is.

    Every new fit brings the odds of loud 24 hours with it, column p_vol.
    """

    name = "two-factor-hmm"
    own_candle = ("high", "low", "close", "volume")

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        """Columns v, q, e48, e240 and the logs of past variances; NaN in warm-up and where a candle is missing."""
        past = features.log_variances(candles).where(candles["close"].notna())
        return super().features(candles).join(past)

    def fit_model(self, training: pd.DataFrame, old: Model | None) -> TwoFactors | None:
        """Both chains of these observations."""
        previous = old if isinstance(old, TwoFactors) else None
        cold_starts = self.config.restarts if previous is None else _REFIT_COLD_STARTS
        settings = FitSettings(self.config.seed, cold_starts, self.config.kappa)
        return TwoFactors.fit(training, settings, self.config.temper, previous)

    def extras(self, candles: pd.DataFrame, training: pd.DataFrame) -> dict[str, Any]:
        """The odds of loud 24 hours, from the training rows alone."""
        day = max(1, round(_DAY_MS / features.candle_ms(candles)))
        return {"p_vol": VolatilityOdds.fit(training, day).parameters()}
