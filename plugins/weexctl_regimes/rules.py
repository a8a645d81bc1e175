"""The classifier `rules`: percentiles of persistence and volatility. A serious competitor, and the fallback."""

from __future__ import annotations

import pandas as pd

from weexctl import Artefact
from weexctl_regimes import RulesConfig
from weexctl_regimes.artefacts import make_artefact
from weexctl_regimes.classifier import FittedClassifier, training_rows
from weexctl_regimes.observations import OBSERVATION_WARMUP
from weexctl_regimes.percentile_rule import PercentileRule

__all__ = ["Rules"]


class Rules(FittedClassifier[RulesConfig]):
    """Names each candle by two thresholds, taken from the quantiles of the training window."""

    name = "rules"

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:  # noqa: ARG002  # quantiles need no warm start
        """The thresholds of the newest `train_candles` candles.

        Raises:
            DataError: too few candles with complete observations.
        """
        used = candles.iloc[-(OBSERVATION_WARMUP + self.train_candles) :]
        training = training_rows(self.features(used), self.train_candles, self.min_train_candles, symbol)
        rule = PercentileRule.fit(training, self.config.persistence_percentile, self.config.volatility_percentile)
        return make_artefact(self.name, symbol, used, rule.parameters())
