"""Balance and positions, as the exchange last reported them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from weexctl.model.side import PositionSide

__all__ = ["AccountConfig", "Balance", "LeverageSetting", "MarginMode", "Position"]


class MarginMode(StrEnum):
    """Whether positions share the account's margin."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One coin of the futures account."""

    asset: str
    equity: Decimal
    """Wallet plus unrealised P&L (the API's `balance`; reliability D16)."""
    available: Decimal
    frozen: Decimal
    unrealised: Decimal

    @property
    def wallet(self) -> Decimal:
        """Equity without unrealised P&L."""
        return self.equity - self.unrealised


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """What the exchange says this key's account may do."""

    can_trade: bool
    can_withdraw: bool | None
    """None where the exchange does not say."""
    hedge_mode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageSetting:
    """Margin mode and leverage of one symbol."""

    symbol: str
    margin_mode: MarginMode
    cross: Decimal
    isolated_long: Decimal
    isolated_short: Decimal
    separated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A net holding on one side of one symbol."""

    position_id: str
    symbol: str
    side: PositionSide
    quantity: Decimal
    """Base units, never negative."""
    entry_price: Decimal
    """Quote per base, average over the fills that opened it."""
    leverage: Decimal
    margin: Decimal
    margin_mode: MarginMode
    unrealised: Decimal
    liquidation_price: Decimal | None
    """None when the exchange sees none at present."""
    funding: Decimal
    """Funding received (positive) or paid (negative) so far, quote."""
    opened_ms: int
    updated_ms: int
