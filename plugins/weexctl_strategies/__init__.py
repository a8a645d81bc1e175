"""First-party strategies: the three rules that give a direction. Settings and offers only; cheap to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from weexctl import Offer, PluginConfig, hookimpl

if TYPE_CHECKING:
    from weexctl import Strategy

__all__ = ["FlatConfig", "ReversionConfig", "TrendConfig", "build_flat", "build_reversion", "build_trend"]

Span = Annotated[int, Field(ge=2, le=5_000)]


class TrendConfig(PluginConfig):
    """Settings of `trend`. Spans and windows count candles."""

    pairs: tuple[tuple[Span, Span], ...] = Field(
        default=((48, 192), (96, 384), (240, 960)),
        min_length=1,
        description="Fast and slow span of each pair of averages; every pair has one vote.",
    )
    vwap_window: Span = Field(default=168, description="Entries need the close on the trend's side of this VWAP.")

    @model_validator(mode="after")
    def _fast_before_slow(self) -> Self:
        if any(fast >= slow for fast, slow in self.pairs):
            raise ValueError("each pair is [fast, slow] with fast below slow, as in [48, 192]")
        return self


class ReversionConfig(PluginConfig):
    """Settings of `reversion`. Spans and windows count candles.

    There is no holding time here: a rule's columns do not know when a position opened. The exit `time-limit` ends a
    pullback that does not come back (`candles = 72` is the horizon this rule is made for).
    """

    window: Span = Field(default=72, description="Window of the Bollinger z.")
    entry_z: float = Field(default=2.0, gt=0, le=10, description="How far against the trend a pullback has to be.")
    exit_z: float = Field(default=0.3, ge=0, description="A position goes once z has come back this close to 0.")
    fast: Span = Field(default=240, description="Fast span of the slow trend that a pullback has to agree with.")
    slow: Span = Field(default=960, description="Slow span of that trend.")
    strength: float = Field(default=1 / 3, gt=0, le=1, description="Share of a full trend position.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.exit_z >= self.entry_z:
            raise ValueError("exit_z has to be below entry_z, or a position would close as it opens")
        if self.fast >= self.slow:
            raise ValueError("fast has to be below slow, as in fast = 240, slow = 960")
        return self


class FlatConfig(PluginConfig):
    """`flat` has no settings."""


def build_trend(config: TrendConfig) -> Strategy:
    """The trend rule."""
    from weexctl_strategies.trend import Trend

    return Trend(config)


def build_reversion(config: ReversionConfig) -> Strategy:
    """The pullback rule."""
    from weexctl_strategies.reversion import Reversion

    return Reversion(config)


def build_flat(config: FlatConfig) -> Strategy:
    """The rule that stays out."""
    from weexctl_strategies.flat import Flat

    return Flat(config)


@hookimpl
def offer_strategies() -> list[Offer[Any]]:
    """trend, reversion and flat."""
    return [
        Offer("trend", TrendConfig, build_trend, "Follow the vote of three pairs of moving averages."),
        Offer(
            "reversion",
            ReversionConfig,
            build_reversion,
            "Buy pullbacks of a slow up-trend, sell those of a down-trend.",
        ),
        Offer("flat", FlatConfig, build_flat, "Never want a position."),
    ]
