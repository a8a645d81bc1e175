"""First-party sizers: how large a wish may be at most. Settings and offers only; cheap to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from weexctl import Offer, PluginConfig, hookimpl

if TYPE_CHECKING:
    from weexctl import Sizer

__all__ = ["FixedFractionConfig", "VolatilityTargetConfig", "build_fixed_fraction", "build_volatility_target"]


class VolatilityTargetConfig(PluginConfig):
    """Settings of `volatility-target`. Volatilities are annual fractions: 0.08 is 8 % a year."""

    annual_volatility: float = Field(default=0.08, gt=0, le=1, description="What the whole book may swing in a year.")
    forecast: Literal["ewma", "har"] = Field(default="ewma", description="Moving average, or regression on the past.")
    half_life_hours: float = Field(default=48, ge=1, le=2_000, description="Memory of the moving average.")
    train_days: int = Field(default=360, ge=30, le=1_800, description="What the regression learns from; steps of 30.")
    correlation: float = Field(default=0.65, ge=0, le=1, description="Assumed correlation of any two symbols.")
    volatility_floor: float = Field(default=0.20, gt=0, description="A calmer symbol counts as this volatile.")
    volatility_cap: float = Field(default=2.50, gt=0, description="A wilder symbol counts as this volatile.")

    @model_validator(mode="after")
    def _floor_below_cap(self) -> Self:
        if self.volatility_floor > self.volatility_cap:
            raise ValueError("volatility_floor has to be at most volatility_cap")
        return self


class FixedFractionConfig(PluginConfig):
    """Settings of `fixed-fraction`."""

    fraction: float = Field(default=0.10, gt=0, le=1, description="Fraction of equity per position at full strength.")


def build_volatility_target(config: VolatilityTargetConfig) -> Sizer:
    """The sizer that gives every position the same risk."""
    from weexctl_sizers.volatility_target import VolatilityTarget

    return VolatilityTarget(config)


def build_fixed_fraction(config: FixedFractionConfig) -> Sizer:
    """The sizer that gives every position the same notional."""
    from weexctl_sizers.fixed_fraction import FixedFraction

    return FixedFraction(config)


@hookimpl
def offer_sizers() -> list[Offer[Any]]:
    """volatility-target and fixed-fraction."""
    return [
        Offer(
            "volatility-target",
            VolatilityTargetConfig,
            build_volatility_target,
            "Equal risk per position, the whole book held to one annual volatility.",
        ),
        Offer("fixed-fraction", FixedFractionConfig, build_fixed_fraction, "The same fraction of equity per position."),
    ]
