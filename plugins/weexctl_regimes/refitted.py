"""Refits that are only accepted when they go on with the story of the fit before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from weexctl import Artefact
from weexctl import features as causal
from weexctl_regimes import RefitConfig
from weexctl_regimes.artefacts import make_artefact
from weexctl_regimes.classifier import FittedClassifier, Model, model_of, training_rows
from weexctl_regimes.observations import OBSERVATION_WARMUP
from weexctl_regimes.percentile_rule import PercentileRule

__all__ = ["RefittedClassifier", "agreement"]

C = TypeVar("C", bound=RefitConfig)

_COMMON_CANDLES = 4000
_MAX_AGE = 3
"""Refits that may be refused in a row before the rule takes over."""
_FALLBACK_PERCENTILES = (0.5, 0.7)


class RefittedClassifier(FittedClassifier[C], ABC):
    """A classifier whose refits are refused when they would rename too much of the recent past.

    The previous fit then stays (`kept`), and after three refusals in a row the percentile rule takes over (`fallback`)
    until a fit succeeds. A subclass has a `name` and brings `fit_model`.
    """

    name: str

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        """The model of the newest `train_candles` candles, or the previous one when it cannot be trusted.

        Raises:
            DataError: too few candles with complete observations.
        """
        used = candles.iloc[-(OBSERVATION_WARMUP + self.train_candles) :]
        observed = self.features(used)
        training = training_rows(observed, self.train_candles, self.min_train_candles, symbol)
        old = self._model_to_keep(previous, symbol, used)
        new = self.fit_model(training, old)
        if new is not None and (old is None or self._continues(old, new, observed)):
            return make_artefact(self.name, symbol, used, {**new.parameters(), **self.extras(used, training)})
        age = previous.age + 1 if previous is not None else 0
        if previous is not None and old is not None and age <= _MAX_AGE:
            return replace(previous, status="kept", age=age)
        parameters = PercentileRule.fit(training, *_FALLBACK_PERCENTILES).parameters()
        parameters |= self.extras(used, training)
        return make_artefact(self.name, symbol, used, parameters, status="fallback", age=age)

    @abstractmethod
    def fit_model(self, training: pd.DataFrame, old: Model | None) -> Model | None:
        """The model of these observations, beginning at the previous one if there is one; None when none was found."""
        ...

    def extras(self, candles: pd.DataFrame, training: pd.DataFrame) -> dict[str, Any]:  # noqa: ARG002  # for subclasses
        """Whatever else belongs into the artefact."""
        return {}

    def _model_to_keep(self, previous: Artefact | None, symbol: str, candles: pd.DataFrame) -> Model | None:
        """The previous fit, if it is one of these models for this symbol and timeframe."""
        if previous is None or (previous.plugin, previous.symbol) != (self.name, symbol):
            return None
        if previous.parameters["candle_ms"] != causal.candle_ms(candles):
            return None
        model = model_of(previous)
        return None if isinstance(model, PercentileRule) else model

    def _continues(self, old: Model, new: Model, observed: pd.DataFrame) -> bool:
        return agreement(old, new, observed.iloc[-_COMMON_CANDLES:]) >= self.config.min_agreement


def agreement(one: Model, other: Model, observed: pd.DataFrame) -> float:
    """Share of rows to which both models give the same name; 0 when there are none to compare."""
    first, second = one.rows(observed), other.rows(observed)
    known = ~np.isnan(first[:, 0]) & ~np.isnan(second[:, 0])
    if not known.any():
        return 0.0
    return float((first[known].argmax(axis=1) == second[known].argmax(axis=1)).mean())
