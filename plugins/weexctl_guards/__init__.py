"""First-party guards: what refuses an order. Settings and offers only; cheap to import."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from weexctl import Offer, PluginConfig, hookimpl

if TYPE_CHECKING:
    from weexctl import Guard

__all__ = ["CompetitionRulesConfig", "VolatilityAnomalyConfig", "build_competition_rules", "build_volatility_anomaly"]


class VolatilityAnomalyConfig(PluginConfig):
    """Settings of `volatility-anomaly`. A z is a return in robust standard deviations of the week before it."""

    level1_z: float = Field(default=6.0, gt=0, description="A caution: no entries against the move.")
    level2_z: float = Field(default=10.0, gt=0, description="A shock: no entries at all in this symbol.")
    expansion_quantile: float = Field(default=0.99, gt=0.5, lt=1, description="Rarest share of volatility expansion.")
    volume_z: float = Field(default=5.0, gt=0, description="Unusual volume, which needs volume_move_z beside it.")
    volume_move_z: float = Field(default=3.0, gt=0)
    range_multiple: float = Field(default=4.0, gt=0, description="True range of a candle over the ATR before it.")
    level1_hours: float = Field(default=6, gt=0, le=168)
    level2_hours: float = Field(default=24, gt=0, le=168)
    book_share: float = Field(
        default=1 / 3, gt=0, le=1, description="Share of symbols moving against a side that stops it everywhere."
    )

    @model_validator(mode="after")
    def _levels_in_order(self) -> Self:
        if self.level1_z >= self.level2_z:
            raise ValueError("level1_z has to be below level2_z, as in level1_z = 6, level2_z = 10")
        return self


class CompetitionRulesConfig(PluginConfig):
    """Settings of `competition-rules`. They can be stricter than the rules of WEEX AI Wars, not looser."""

    max_leverage: int = Field(default=20, ge=1, le=20)
    min_notional: Decimal = Field(default=Decimal(10), ge=0, description="Smallest entry worth its fees, USDT.")


def build_volatility_anomaly(config: VolatilityAnomalyConfig) -> Guard:
    """The guard against entries into an extreme move."""
    from weexctl_guards.volatility_anomaly import VolatilityAnomaly

    return VolatilityAnomaly(config)


def build_competition_rules(config: CompetitionRulesConfig) -> Guard:
    """The guard that keeps to the competition's rules."""
    from weexctl_guards.competition_rules import CompetitionRules

    return CompetitionRules(config)


@hookimpl
def offer_guards() -> list[Offer[Any]]:
    """volatility-anomaly and competition-rules."""
    return [
        Offer(
            "volatility-anomaly",
            VolatilityAnomalyConfig,
            build_volatility_anomaly,
            "No entries against an extreme move, none at all after a shock.",
        ),
        Offer(
            "competition-rules",
            CompetitionRulesConfig,
            build_competition_rules,
            "Eight pairs, at most 20× leverage, no entry without a stop.",
        ),
    ]
