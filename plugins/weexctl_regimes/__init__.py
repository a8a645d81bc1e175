"""Regime classifiers: the offers and their settings. The numbers live in the modules, imported when one is built."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from weexctl import Offer, PluginConfig, RegimeClassifier, hookimpl

__all__ = ["RulesConfig", "TwoFactorConfig", "ViewConfig", "build_rules", "build_two_factor", "offer_regimes"]


class ViewConfig(PluginConfig):
    """What every classifier here does with its probabilities, and how much history it is fitted on."""

    smoothing_hours: float = Field(default=48, gt=0, description="half-life of the smoothed probabilities, hours")
    switch_probability: float = Field(default=0.65, ge=0.5, lt=1, description="a new name needs more than this")
    confirm_candles: int = Field(default=12, ge=1, description="for so many candles in a row")
    confirm_unstable_candles: int = Field(default=2, ge=1, description="the same into unstable, the careful direction")
    train_candles: int = Field(default=8760, ge=500, description="candles a fit looks at")
    min_train_candles: int = Field(default=2160, ge=500, description="fewer than this and nothing is fitted")


class RulesConfig(ViewConfig):
    """Settings of `rules`."""

    persistence_percentile: float = Field(default=0.5, gt=0, lt=1, description="above it the market is trending")
    volatility_percentile: float = Field(default=0.7, gt=0, lt=1, description="above it, and not trending: unstable")


class TwoFactorConfig(ViewConfig):
    """Settings of `two-factor-hmm`."""

    seed: int = Field(default=7, ge=0, description="of the random starts of a fit")
    restarts: int = Field(
        default=6, ge=1, le=50, description="cold starts of a first fit; a refit has two and a warm one"
    )
    kappa: float = Field(default=50, ge=0, description="pseudo-counts that favour staying in a state")
    temper: float = Field(default=1.0, ge=1, description="divides the log evidence of a candle; 1 takes it as it is")
    min_agreement: float = Field(default=0.70, ge=0, le=1, description="with the previous fit, or the refit is refused")


def build_two_factor(config: TwoFactorConfig) -> RegimeClassifier:
    """The two-factor hidden Markov model."""
    from weexctl_regimes.two_factor_hmm import TwoFactorHmm

    return TwoFactorHmm(config)


def build_rules(config: RulesConfig) -> RegimeClassifier:
    """The percentile rule."""
    from weexctl_regimes.rules import Rules

    return Rules(config)


@hookimpl
def offer_regimes() -> list[Offer[Any]]:
    """Both classifiers."""
    return [
        Offer(
            "two-factor-hmm",
            TwoFactorConfig,
            build_two_factor,
            "Two small hidden Markov models: volatility, persistence.",
        ),
        Offer("rules", RulesConfig, build_rules, "Percentiles of persistence and volatility: baseline and fallback."),
    ]
