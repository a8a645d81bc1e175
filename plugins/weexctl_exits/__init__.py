"""First-party exits: what ends a position. Settings and offers only; cheap to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from weexctl import Offer, PluginConfig, hookimpl

if TYPE_CHECKING:
    from weexctl import Exit

__all__ = [
    "AtrStopConfig",
    "EarlyFailureConfig",
    "TimeLimitConfig",
    "build_atr_stop",
    "build_early_failure",
    "build_time_limit",
]


class AtrStopConfig(PluginConfig):
    """Settings of `atr-stop`. The average true range is that of rolling blocks of `block` candles."""

    multiple: float = Field(default=3.0, gt=0, le=50, description="Distance of the stop in average true ranges.")
    trailing: bool = Field(default=True, description="Whether the stop follows the newest close.")
    block: int = Field(default=24, ge=1, le=1_000)
    half_life: float = Field(default=168, ge=1, le=5_000, description="Memory of the average, candles.")


class EarlyFailureConfig(PluginConfig):
    """Settings of `early-failure`. Gains and losses count in average true ranges of `block` candles."""

    candles: int = Field(default=24, ge=1, description="How long a position may take to show that it works.")
    min_gain: float = Field(default=0.25, ge=0, description="Best gain so far that clears it for good.")
    max_loss: float = Field(default=0.5, ge=0, description="Open loss that it may have without being closed.")
    block: int = Field(default=24, ge=1, le=1_000)
    half_life: float = Field(default=168, ge=1, le=5_000, description="Memory of the average, candles.")


class TimeLimitConfig(PluginConfig):
    """Settings of `time-limit`."""

    candles: int = Field(
        default=480, ge=1, description="Candles after which a position is closed; 480 hours are 20 days."
    )


def build_atr_stop(config: AtrStopConfig) -> Exit:
    """The stop that keeps its distance in average true ranges."""
    from weexctl_exits.atr_stop import AtrStop

    return AtrStop(config)


def build_early_failure(config: EarlyFailureConfig) -> Exit:
    """The exit of positions that never worked."""
    from weexctl_exits.early_failure import EarlyFailure

    return EarlyFailure(config)


def build_time_limit(config: TimeLimitConfig) -> Exit:
    """The exit of positions that took too long."""
    from weexctl_exits.time_limit import TimeLimit

    return TimeLimit(config)


@hookimpl
def offer_exits() -> list[Offer[Any]]:
    """atr-stop, early-failure and time-limit."""
    return [
        Offer("atr-stop", AtrStopConfig, build_atr_stop, "A stop some average true ranges away, trailing or not."),
        Offer("early-failure", EarlyFailureConfig, build_early_failure, "Close what has not worked after a day."),
        Offer("time-limit", TimeLimitConfig, build_time_limit, "Close what is held too long."),
    ]
