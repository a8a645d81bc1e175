"""A third-party plugin that trades at nearly every candle."""

from __future__ import annotations

from typing import Any

from tests.unit.trader.small_pipeline import Bracket, Breathing, HalfRegime, Swing
from weexctl import Offer, PluginConfig, hookimpl


class Config(PluginConfig):
    """Nothing to set."""


@hookimpl
def offer_regimes() -> list[Offer[Any]]:
    return [Offer("busy-regime", Config, lambda config: HalfRegime(), "Half of the time trending.")]


@hookimpl
def offer_strategies() -> list[Offer[Any]]:
    return [Offer("busy-rule", Config, lambda config: Swing(), "With the last hours.")]


@hookimpl
def offer_sizers() -> list[Offer[Any]]:
    return [Offer("busy-sizer", Config, lambda config: Breathing(), "Another size every hour.")]


@hookimpl
def offer_exits() -> list[Offer[Any]]:
    return [Offer("busy-exit", Config, lambda config: Bracket(), "A stop and a target.")]
