"""The essential limits of a profile. They belong to the core and no profile can drop them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["HARD_MAX_LEVERAGE", "Limits"]

HARD_MAX_LEVERAGE = 20
"""No profile may go above (WEEX AI Wars rules, weex-api 11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Hard bounds on every order and position. Fractions are of equity."""

    max_leverage: int
    """Set at the exchange for each symbol before the first entry."""
    max_order_notional: Decimal
    """Quote."""
    max_gross_exposure: float
    max_symbol_exposure: float
    max_margin_per_position: float
    per_trade_risk: float
    """Largest loss at the initial stop."""
    max_positions_long: int
    max_positions_short: int
    daily_loss: float
    """Since 00:00 UTC; beyond it only reductions until the next day."""
    kill_drawdown: float
    """Since the start of the run; beyond it everything is closed and nothing opens."""
    max_orders_per_minute: int = 60
    max_orders_per_hour: int = 240
    max_data_age_candles: float = 3.0
    """A symbol whose newest candle is older takes no entries."""
