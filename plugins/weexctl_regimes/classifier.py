"""What the classifiers share once they are fitted: columns in bulk, and the same thing candle by candle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import pandas as pd

from weexctl import Artefact, DataError, PluginContractError, RegimeView
from weexctl import features as causal
from weexctl_regimes import ViewConfig
from weexctl_regimes.joint_chain import JointChain
from weexctl_regimes.jump_model import JumpModel
from weexctl_regimes.observations import OBSERVATION_WARMUP, OBSERVED, observations
from weexctl_regimes.percentile_rule import PercentileRule
from weexctl_regimes.regime_views import HOUR_MS, UNKNOWN_VIEW, RegimeViews, ViewState
from weexctl_regimes.two_factors import TwoFactors
from weexctl_regimes.volatility_odds import VolatilityOdds

__all__ = ["ClassifierState", "FittedClassifier", "Model", "model_of", "training_rows"]

Model = TwoFactors | PercentileRule | JointChain | JumpModel
C = TypeVar("C", bound=ViewConfig)

_MODELS: dict[str, type[Model]] = {
    "two-factors": TwoFactors,
    "percentile-rule": PercentileRule,
    "joint-chain": JointChain,
    "jump": JumpModel,
}
_FILTER_WARMUP = 480
"""Rows within which a filter forgets its start, and by which some name has been confirmed."""


@dataclass(frozen=True, slots=True)
class ClassifierState:
    """Everything that one candle hands on to the next."""

    model: Model
    views: RegimeViews
    memory: Any
    odds: VolatilityOdds | None
    view: ViewState | None = None
    p_vol: float | None = None


class FittedClassifier(Generic[C]):
    """Scoring with a fitted artefact. A subclass brings `fit`."""

    own_candle: tuple[str, ...] = ("close", "volume")

    def __init__(self, config: C) -> None:
        self.config = config
        self.train_candles = config.train_candles
        self.min_train_candles = config.min_train_candles
        self.at_timeframe(HOUR_MS)

    def at_timeframe(self, candle_ms: int) -> None:
        """Count the warm-up for candles of this length: the half-life is given in hours."""
        smoothing = math.ceil(20 * self.config.smoothing_hours * HOUR_MS / candle_ms)
        self.warmup_candles = OBSERVATION_WARMUP + _FILTER_WARMUP + smoothing

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        """Columns v, q, e48, e240, one causal row per candle; NaN in warm-up and where a candle is missing."""
        return observations(candles)

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        """Columns trending, ranging, unstable, name, confidence, one causal row per candle; NaN and "" in warm-up.

        And p_vol, if the fit has it.

        Raises:
            DataError: the candles have another length than those of the fit.
        """
        spacing = artefact.parameters["candle_ms"]
        if len(candles) > 2 and causal.candle_ms(candles) != spacing:
            raise DataError(
                f"the classifier was fitted on candles of {spacing} ms and got others; nothing was scored",
                hint="fit it again on this timeframe",
            )
        observed = self.features(candles)
        columns = RegimeViews.of(self.config, spacing).columns(model_of(artefact).rows(observed), candles.index)
        if (odds := _odds_of(artefact)) is not None:
            columns["p_vol"] = odds.rows(observed)
        return columns

    def start(self, artefact: Artefact) -> ClassifierState:
        """The state before the first row."""
        model, views = model_of(artefact), RegimeViews.of(self.config, artefact.parameters["candle_ms"])
        return ClassifierState(model, views, model.initial(), _odds_of(artefact))

    def step(self, state: ClassifierState, row: Mapping[str, float]) -> tuple[ClassifierState, RegimeView]:
        """The next state and view, given one row of `features`. Before the first complete row all is NaN."""
        memory, probabilities = state.model.advance(state.memory, row)
        after, view = state.view, UNKNOWN_VIEW
        if probabilities is not None:
            after, view = state.views.advance(state.view, probabilities)
        p_vol = state.odds.advance(state.p_vol, row) if state.odds else None
        return replace(state, memory=memory, view=after, p_vol=p_vol), replace(view, p_vol=p_vol)


def model_of(artefact: Artefact) -> Model:
    """The model an artefact holds.

    Raises:
        PluginContractError: it is of no kind known here.
    """
    kind = artefact.parameters.get("model")
    model = _MODELS.get(str(kind))
    if model is not None:
        return model.from_parameters(artefact.parameters)
    raise PluginContractError(
        f"artefact {artefact.id} of {artefact.plugin} holds no model known here ({kind!r}); nothing was scored",
        hint="fit the classifier again",
    )


def _odds_of(artefact: Artefact) -> VolatilityOdds | None:
    """The odds an artefact holds beside its model, if it holds any."""
    held = artefact.parameters.get("p_vol")
    return None if held is None else VolatilityOdds.from_parameters(held)


def training_rows(observed: pd.DataFrame, wanted: int, needed: int, symbol: str) -> pd.DataFrame:
    """The newest `wanted` rows of observations.

    Raises:
        DataError: fewer than `needed` of them are complete.
    """
    training = observed.iloc[-wanted:]
    complete = int(training[list(OBSERVED)].notna().all(axis=1).sum())
    if complete < needed:
        raise DataError(
            f"{symbol}: {complete} usable candles, a fit needs {needed}; no classifier was fitted",
            hint=f"give at least {needed + 701} candles without gaps",
        )
    return training
