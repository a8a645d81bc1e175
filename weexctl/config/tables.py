"""The tables of a profile, one model each; an unknown key is an error.

Defaults are those of the built-in profile `safe`: a line that is left out falls back to caution, never to no limit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from weexctl.config.venue import Venue
from weexctl.errors import UsageError
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS, normalise_symbol
from weexctl.model.limits import HARD_MAX_LEVERAGE, Limits

__all__ = [
    "Document",
    "LimitsTable",
    "PipelineTable",
    "PluginEntry",
    "SimulatorTable",
    "StrategiesTable",
    "Table",
    "VenueTable",
]

Fraction = Annotated[float, Field(gt=0, lt=1)]
Money = Annotated[Decimal, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Table(BaseModel):
    """Base of every table: frozen, finite numbers only, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class VenueTable(Table):
    """`[venue]`: where and what to trade."""

    name: Venue = Venue.SIM
    api: Literal["v3", "v2"] = Field(default="v3", description="v2 for the season-1 endpoints.")
    symbols: tuple[str, ...] = Field(default=SYMBOLS, min_length=1)
    timeframe: Timeframe = Timeframe.H1

    @field_validator("symbols")
    @classmethod
    def _known_once(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        try:
            names = tuple(normalise_symbol(symbol) for symbol in symbols)
        except UsageError as error:
            raise ValueError(f"{error.message.partition(';')[0]}; {error.hint}") from error
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is listed more than once")
        return names


class PluginEntry(BaseModel):
    """One plugin of the pipeline: `use` is the offer's name, every other key is one of its settings."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str

    @property
    def settings(self) -> dict[str, Any]:
        """Every key but `use`, as it came; the offer's own model checks them."""
        return dict(self.model_extra or {})


class StrategiesTable(Table):
    """`strategies`: the one rule that may open in each regime. `use = "flat"` opens nothing."""

    trending: PluginEntry
    ranging: PluginEntry
    unstable: PluginEntry


class PipelineTable(Table):
    """`[pipeline]`: the plugins, in the order they are asked."""

    regime: PluginEntry
    strategies: StrategiesTable
    sizer: PluginEntry
    risk: tuple[PluginEntry, ...] = ()
    guards: tuple[PluginEntry, ...] = ()
    exits: tuple[PluginEntry, ...] = Field(min_length=1, description="At least one: positions need a stop.")
    rebalance_band: float = Field(
        default=0.5, ge=0, le=1, description="An order is due when |target - held| exceeds this share of the larger."
    )


class LimitsTable(Table):
    """`[limits]`: the essential limits. A profile may tighten them and can remove none. Fractions are of equity."""

    max_leverage: int = Field(
        default=2, ge=1, description=f"Set at the exchange; {HARD_MAX_LEVERAGE} is the most for anybody."
    )
    max_order_notional: Money = Field(default=Decimal(2000), description="Quote, per order.")
    max_gross_exposure: float = Field(default=0.75, gt=0)
    max_symbol_exposure: float = Field(default=0.15, gt=0)
    max_margin_per_position: Fraction = 0.10
    per_trade_risk: Fraction = Field(default=0.003, description="Largest loss at the initial stop.")
    max_positions_long: int = Field(default=4, ge=0)
    max_positions_short: int = Field(default=4, ge=0)
    daily_loss: Fraction = Field(default=0.013, description="Since 00:00 UTC; then only reductions until the next day.")
    kill_drawdown: Fraction = Field(default=0.10, description="Since the start of the run; then everything is closed.")
    max_orders_per_minute: Count = 60
    max_orders_per_hour: Count = 240
    max_data_age_candles: float = Field(default=3.0, gt=0)

    @field_validator("max_leverage")
    @classmethod
    def _below_the_hard_limit(cls, leverage: int) -> int:
        if leverage > HARD_MAX_LEVERAGE:
            raise ValueError(f"{leverage} is above {HARD_MAX_LEVERAGE}, the highest leverage any profile may use")
        return leverage

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max_gross_exposure > self.max_leverage:
            raise ValueError(
                f"max_gross_exposure {self.max_gross_exposure:g} cannot be held at max_leverage {self.max_leverage}: "
                "lower the exposure or raise the leverage"
            )
        if self.max_symbol_exposure > self.max_gross_exposure:
            raise ValueError(
                f"max_symbol_exposure {self.max_symbol_exposure:g} is above max_gross_exposure "
                f"{self.max_gross_exposure:g}, which holds for all symbols together"
            )
        return self

    def limits(self) -> Limits:
        """The same values as the core takes them."""
        return Limits(**dict(self))


class SimulatorTable(Table):
    """`[simulator]`: the account of the venue `sim`."""

    start_equity: Money = Field(default=Decimal(10_000), description="USDT.")


class Document(Table):
    """A whole profile, before its plugin settings are checked."""

    schema_version: Literal[1] = Field(alias="schema")
    description: str = ""
    venue: VenueTable = VenueTable()
    pipeline: PipelineTable
    limits: LimitsTable = LimitsTable()
    simulator: SimulatorTable = SimulatorTable()
