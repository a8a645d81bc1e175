"""What breakers are told. Each is one observation; its moment comes with `Breakers.take`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "AuthFailed",
    "BreakerEvent",
    "ClockMeasured",
    "DataAged",
    "EquityMarked",
    "LedgerChecked",
    "MarketMeasured",
    "OrderAccepted",
    "OrderAsked",
    "OrderRejected",
    "PositionChanged",
    "ProbeAnswered",
    "Reconciled",
    "RequestFailed",
    "Resumed",
    "SettingsChanged",
    "UnknownCounted",
]


@dataclass(frozen=True, slots=True)
class EquityMarked:
    """The account was valued."""

    equity: float
    """Wallet and unrealised result, USDT; what is not finite counts as unknown."""


@dataclass(frozen=True, slots=True)
class OrderAsked:
    """Somebody wanted an order, whether or not it went out."""

    symbol: str


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The exchange took an order."""

    symbol: str


@dataclass(frozen=True, slots=True)
class OrderRejected:
    """The exchange understood an order and refused it."""

    symbol: str


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """A request had no answer in time, or one of 5xx."""


@dataclass(frozen=True, slots=True)
class ProbeAnswered:
    """The one read that is tried while the way to the exchange is off."""

    answered: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Journal and exchange were compared."""

    agreed: bool


@dataclass(frozen=True, slots=True)
class AuthFailed:
    """The exchange did not accept who was asking."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class DataAged:
    """How old the newest closed candle of a symbol is, from its close."""

    symbol: str
    age_ms: int
    limit_ms: int
    """From the profile: `max_data_age_candles` candles."""


@dataclass(frozen=True, slots=True)
class ClockMeasured:
    """How well the exchange's time is known."""

    uncertainty_ms: float


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A position differs from what the journal's fills explain."""

    symbol: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Leverage, margin mode, position mode or the contract's rules are not what they were set to."""

    symbol: str
    """Empty for something of the whole account."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MarketMeasured:
    """How unusual a symbol's market is."""

    symbol: str
    spread_ratio: float
    """Spread over its own median."""
    minute_move: float
    """Return of the last minute, a signed fraction."""


@dataclass(frozen=True, slots=True)
class LedgerChecked:
    """Start + realised − fees + funding, against the wallet."""

    difference: float
    """A fraction of the wallet."""


@dataclass(frozen=True, slots=True)
class UnknownCounted:
    """How many intents have an outcome that nobody knows yet."""

    by_symbol: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A person at a terminal let the account go on. The only thing that clears a latch."""


BreakerEvent = (
    EquityMarked
    | OrderAsked
    | OrderAccepted
    | OrderRejected
    | RequestFailed
    | ProbeAnswered
    | Reconciled
    | AuthFailed
    | DataAged
    | ClockMeasured
    | PositionChanged
    | SettingsChanged
    | MarketMeasured
    | LedgerChecked
    | UnknownCounted
    | Resumed
)
