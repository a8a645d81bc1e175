"""The classifier `hmm3`: one hidden Markov model with three states over everything that is observed."""

from __future__ import annotations

import pandas as pd

from weexctl_regimes import JointHmmConfig
from weexctl_regimes.chain_fit import FitSettings
from weexctl_regimes.classifier import Model
from weexctl_regimes.joint_chain import JointChain
from weexctl_regimes.refitted import RefittedClassifier

__all__ = ["JointHmm"]

_REFIT_COLD_STARTS = 2


class JointHmm(RefittedClassifier[JointHmmConfig]):
    """What most people mean by a regime model, for comparison: its states are rather calm, medium and loud."""

    name = "hmm3"

    def fit_model(self, training: pd.DataFrame, old: Model | None) -> JointChain | None:
        """The chain of these observations."""
        previous = old if isinstance(old, JointChain) else None
        cold_starts = self.config.restarts if previous is None else _REFIT_COLD_STARTS
        return JointChain.fit(training, FitSettings(self.config.seed, cold_starts, self.config.kappa), previous)
