"""First-party risk policies: what shrinks a wish. Settings and offers only; cheap to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from weexctl import Offer, PluginConfig, hookimpl

if TYPE_CHECKING:
    from weexctl import RiskPolicy

__all__ = [
    "DrawdownBrakeConfig",
    "RegimeBudgetConfig",
    "TradeClusteringConfig",
    "build_drawdown_brake",
    "build_regime_budget",
    "build_trade_clustering",
]

Share = Annotated[float, Field(ge=0, le=1)]


class RegimeBudgetConfig(PluginConfig):
    """Settings of `regime-budget`: the share of a full position that each regime may have."""

    trending: Share = 1.0
    ranging: Share = 0.35
    unstable: Share = 0.0
    unsure_below: Share = Field(default=0.55, description="Below this confidence stops are tightened.")
    unsure_stop: float = Field(default=0.8, gt=0, le=1, description="Stop distance is then multiplied by this.")


class DrawdownBrakeConfig(PluginConfig):
    """Settings of `drawdown-brake`. Drawdowns are fractions of the 90-day peak: 0.06 is 6 %."""

    soft: float = Field(default=0.06, gt=0, lt=1, description="Up to here nothing happens.")
    max: float = Field(default=0.16, gt=0, le=1, description="From here on no new positions for a while.")
    floor: float = Field(default=0.25, gt=0, le=1, description="Never less than this, or the book could not recover.")
    suspend_hours: float = Field(default=24, ge=0, description="How long nothing opens once `max` is reached.")
    repeat_days: float = Field(default=30, ge=0, description="After a suspension, not another one within these days.")
    braking_stop: float = Field(
        default=0.8, gt=0, le=1, description="Stop distance while braking is multiplied by this."
    )

    @model_validator(mode="after")
    def _soft_before_max(self) -> Self:
        if self.soft >= self.max:
            raise ValueError("soft has to be below max, as in soft = 0.06, max = 0.16")
        return self


class TradeClusteringConfig(PluginConfig):
    """Settings of `trade-clustering`. It concerns new positions only."""

    max_entries_per_day: int = Field(default=3, ge=1, le=1_000, description="New positions in 24 hours, whole book.")
    cooldown_hours: float = Field(default=24, ge=0, description="A symbol rests this long after its stop was hit.")
    cooldown_after_exit_hours: float = Field(default=6, ge=0, description="And this long after any other exit.")
    loss_probability: float = Field(
        default=0.65, gt=0, lt=1, description="Share of trades that lose when the rule is healthy."
    )
    review_trades: int = Field(default=100, ge=2, le=100_000, description="Trades in a review period.")
    suspend_hours: float = Field(default=24, ge=0, description="How long nothing opens after too long a losing streak.")


def build_regime_budget(config: RegimeBudgetConfig) -> RiskPolicy:
    """The policy that weighs budgets with regime probabilities."""
    from weexctl_risk.regime_budget import RegimeBudget

    return RegimeBudget(config)


def build_drawdown_brake(config: DrawdownBrakeConfig) -> RiskPolicy:
    """The policy that shrinks with the drawdown."""
    from weexctl_risk.drawdown_brake import DrawdownBrake

    return DrawdownBrake(config)


def build_trade_clustering(config: TradeClusteringConfig) -> RiskPolicy:
    """The policy that spaces entries out."""
    from weexctl_risk.trade_clustering import TradeClustering

    return TradeClustering(config)


@hookimpl
def offer_risk() -> list[Offer[Any]]:
    """regime-budget, drawdown-brake and trade-clustering."""
    return [
        Offer("regime-budget", RegimeBudgetConfig, build_regime_budget, "Size by the probability of each regime."),
        Offer(
            "drawdown-brake", DrawdownBrakeConfig, build_drawdown_brake, "Smaller as the drawdown grows, with a floor."
        ),
        Offer(
            "trade-clustering",
            TradeClusteringConfig,
            build_trade_clustering,
            "Few entries a day, a rest after exits, a pause after an unlikely losing streak.",
        ),
    ]
