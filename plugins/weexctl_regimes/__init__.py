"""Regime classifiers: the offers and their settings. The numbers live in the modules, imported when one is built."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from weexctl import Offer, PluginConfig, RegimeClassifier, hookimpl

__all__ = [
    "JointHmmConfig",
    "JumpConfig",
    "RefitConfig",
    "RulesConfig",
    "TwoFactorConfig",
    "ViewConfig",
    "build_joint_hmm",
    "build_jump",
    "build_rules",
    "build_two_factor",
    "offer_regimes",
]


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


class RefitConfig(ViewConfig):
    """What every classifier shares whose refits have to agree with the fit before."""

    seed: int = Field(default=7, ge=0, description="of the random starts of a fit")
    min_agreement: float = Field(default=0.70, ge=0, le=1, description="with the previous fit, or the refit is refused")


class TwoFactorConfig(RefitConfig):
    """Settings of `two-factor-hmm`."""

    restarts: int = Field(
        default=6, ge=1, le=50, description="cold starts of a first fit; a refit has two and a warm one"
    )
    kappa: float = Field(default=50, ge=0, description="pseudo-counts that favour staying in a state")
    temper: float = Field(default=1.0, ge=1, description="divides the log evidence of a candle; 1 takes it as it is")


class JointHmmConfig(RefitConfig):
    """Settings of `hmm3`."""

    restarts: int = Field(
        default=6, ge=1, le=50, description="cold starts of a first fit; a refit has two and a warm one"
    )
    kappa: float = Field(default=50, ge=0, description="pseudo-counts that favour staying in a state")


class JumpConfig(RefitConfig):
    """Settings of `jump`."""

    restarts: int = Field(default=3, ge=1, le=50, description="starts of a first fit; a refit has one and a warm one")
    penalty: float = Field(default=30, ge=0, description="price of a change of state, in half squared deviations")


def build_two_factor(config: TwoFactorConfig) -> RegimeClassifier:
    """The two-factor hidden Markov model."""
    from weexctl_regimes.two_factor_hmm import TwoFactorHmm

    return TwoFactorHmm(config)


def build_rules(config: RulesConfig) -> RegimeClassifier:
    """The percentile rule."""
    from weexctl_regimes.rules import Rules

    return Rules(config)


def build_joint_hmm(config: JointHmmConfig) -> RegimeClassifier:
    """The joint hidden Markov model."""
    from weexctl_regimes.joint_hmm import JointHmm

    return JointHmm(config)


def build_jump(config: JumpConfig) -> RegimeClassifier:
    """The jump model."""
    from weexctl_regimes.jump import Jump

    return Jump(config)


@hookimpl
def offer_regimes() -> list[Offer[Any]]:
    """All classifiers; the last two are there to be compared with."""
    return [
        Offer(
            "two-factor-hmm",
            TwoFactorConfig,
            build_two_factor,
            "Two small hidden Markov models: volatility, persistence.",
        ),
        Offer("rules", RulesConfig, build_rules, "Percentiles of persistence and volatility: baseline and fallback."),
        Offer("hmm3", JointHmmConfig, build_joint_hmm, "One hidden Markov model with three states, for comparison."),
        Offer("jump", JumpConfig, build_jump, "A jump model: labels that rarely change, for comparison."),
    ]
