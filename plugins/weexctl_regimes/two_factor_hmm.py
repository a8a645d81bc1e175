"""The classifier `two-factor-hmm`: two small hidden Markov models, refitted with care."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from weexctl import Artefact, features
from weexctl_regimes import TwoFactorConfig
from weexctl_regimes.artefacts import make_artefact
from weexctl_regimes.chain_fit import FitSettings
from weexctl_regimes.classifier import FittedClassifier, Model, model_of, training_rows
from weexctl_regimes.observations import OBSERVATION_WARMUP
from weexctl_regimes.percentile_rule import PercentileRule
from weexctl_regimes.two_factors import TwoFactors
from weexctl_regimes.volatility_odds import VolatilityOdds

__all__ = ["TwoFactorHmm", "agreement"]

_DAY_MS = 86_400_000
_REFIT_COLD_STARTS = 2
_COMMON_CANDLES = 4000
_MAX_AGE = 3
"""Refits that may be refused in a row before the rule takes over."""
_FALLBACK_PERCENTILES = (0.5, 0.7)


class TwoFactorHmm(FittedClassifier[TwoFactorConfig]):
    """P(trending) is that of a persistent market; the rest is split by how loud it is.

    A refit that would rename too much of the recent past is refused: the previous fit stays (`kept`), and after three
    refusals in a row the percentile rule takes over (`fallback`) until a fit succeeds. Every new fit brings the odds of
    loud 24 hours with it, column p_vol.
    """

    name = "two-factor-hmm"

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        """Columns v, q, e48, e240 and the logs of past variances; NaN in warm-up and where a candle is missing."""
        past = features.log_variances(candles).where(candles["close"].notna())
        return super().features(candles).join(past)

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        """The models of the newest `train_candles` candles, or the previous ones when these cannot be trusted.

        Raises:
            DataError: too few candles with complete observations.
        """
        used = candles.iloc[-(OBSERVATION_WARMUP + self.train_candles) :]
        observed = self.features(used)
        training = training_rows(observed, self.train_candles, self.min_train_candles, symbol)
        old = self._model_to_keep(previous, symbol, used)
        new = TwoFactors.fit(training, self._fit_settings(old), self.config.temper, old)
        if new is not None and (old is None or self._continues(old, new, observed)):
            return make_artefact(self.name, symbol, used, {**new.parameters(), "p_vol": _odds(used, training)})
        age = previous.age + 1 if previous is not None else 0
        if previous is not None and old is not None and age <= _MAX_AGE:
            return replace(previous, status="kept", age=age)
        rule = PercentileRule.fit(training, *_FALLBACK_PERCENTILES)
        parameters = {**rule.parameters(), "p_vol": _odds(used, training)}
        return make_artefact(self.name, symbol, used, parameters, status="fallback", age=age)

    def _model_to_keep(self, previous: Artefact | None, symbol: str, candles: pd.DataFrame) -> TwoFactors | None:
        """The previous fit, if it is one of these models for this symbol and timeframe."""
        if previous is None or (previous.plugin, previous.symbol) != (self.name, symbol):
            return None
        if previous.parameters["candle_ms"] != features.candle_ms(candles):
            return None
        model = model_of(previous)
        return model if isinstance(model, TwoFactors) else None

    def _fit_settings(self, old: TwoFactors | None) -> FitSettings:
        cold_starts = self.config.restarts if old is None else _REFIT_COLD_STARTS
        return FitSettings(self.config.seed, cold_starts, self.config.kappa)

    def _continues(self, old: TwoFactors, new: TwoFactors, observed: pd.DataFrame) -> bool:
        return agreement(old, new, observed.iloc[-_COMMON_CANDLES:]) >= self.config.min_agreement


def _odds(candles: pd.DataFrame, training: pd.DataFrame) -> dict[str, Any]:
    """The odds of loud 24 hours, from the training rows alone, as JSON can hold them."""
    day = max(1, round(_DAY_MS / features.candle_ms(candles)))
    return VolatilityOdds.fit(training, day).parameters()


def agreement(one: Model, other: Model, observed: pd.DataFrame) -> float:
    """Share of rows to which both models give the same name; 0 when there are none to compare."""
    first, second = one.rows(observed), other.rows(observed)
    known = ~np.isnan(first[:, 0]) & ~np.isnan(second[:, 0])
    if not known.any():
        return 0.0
    return float((first[known].argmax(axis=1) == second[known].argmax(axis=1)).mean())
