"""Builds the pipeline a profile names."""

from __future__ import annotations

from typing import Any

from weexctl.config.choice import Choice
from weexctl.config.profile import Profile
from weexctl.model.regime import REGIMES
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.plugin_host import Offers, build

__all__ = ["build_pipeline"]


def build_pipeline(profile: Profile, offers: Offers) -> Pipeline:
    """Every stage of the profile, built once. One strategy with the same settings in several regimes is one object.

    Raises:
        PluginLoadError: the numbers behind a plugin could not be imported.
        PluginContractError: a plugin could not be built, or is not what its kind has to be.
    """
    pipeline = profile.pipeline
    candle_ms = profile.venue.timeframe.ms
    rules: list[tuple[Choice, Stage[Any]]] = []
    for regime in REGIMES:
        choice = pipeline.strategies[regime]
        if all(choice != known for known, _ in rules):
            rules.append((choice, _stage(choice, offers, candle_ms)))
    return Pipeline(
        regime=_stage(pipeline.regime, offers, candle_ms),
        strategies={
            regime: next(stage for known, stage in rules if known == pipeline.strategies[regime]) for regime in REGIMES
        },
        sizer=_stage(pipeline.sizer, offers, candle_ms),
        risk=tuple(_stage(choice, offers, candle_ms) for choice in pipeline.risk),
        guards=tuple(_stage(choice, offers, candle_ms) for choice in pipeline.guards),
        exits=tuple(_stage(choice, offers, candle_ms) for choice in pipeline.exits),
        rebalance_band=pipeline.rebalance_band,
        limits=profile.limits,
    )


def _stage(choice: Choice, offers: Offers, candle_ms: int) -> Stage[Any]:
    loaded = offers.get(choice.kind, choice.use)
    plugin = build(loaded, choice.settings, candle_ms=candle_ms)
    return Stage(choice.kind, choice.use, loaded.distribution, loaded.version, plugin)
