"""The classifier `jump`: labels that hold on until the market has clearly moved on."""

from __future__ import annotations

import pandas as pd

from weexctl_regimes import JumpConfig
from weexctl_regimes.classifier import Model
from weexctl_regimes.jump_model import JumpModel
from weexctl_regimes.refitted import RefittedClassifier

__all__ = ["Jump"]


class Jump(RefittedClassifier[JumpConfig]):
    """The steadiest of the classifiers. Its unsmoothed probabilities are 0 and 1."""

    name = "jump"

    def fit_model(self, training: pd.DataFrame, old: Model | None) -> JumpModel:
        """The centres of these observations."""
        previous = old if isinstance(old, JumpModel) else None
        starts = self.config.restarts if previous is None else 1
        return JumpModel.fit(training, self.config.penalty, starts, self.config.seed, previous)
