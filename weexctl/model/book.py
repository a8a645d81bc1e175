"""One frozen view of account and market, shared by sizers, policies, guards and exits at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from weexctl.model.copying import copier, quick
from weexctl.model.regime import Regime, RegimeView
from weexctl.model.side import PositionSide
from weexctl.model.signal import Signal

__all__ = ["Book", "ClosedTrade", "HeldPosition", "Row"]


class Row(Mapping[str, Any]):
    """One row of a plugin's own columns: `row["atr"]`. Values are plain Python scalars."""

    __slots__ = ("_columns", "_index")

    def __init__(self, columns: Mapping[str, Any], index: int) -> None:
        self._columns = columns
        self._index = index

    def __getitem__(self, name: str) -> Any:
        value = self._columns[name][self._index]
        return value.item() if hasattr(value, "item") else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """A position as the pipeline sees it: what is held, by which rule, under which stop."""

    symbol: str
    side: PositionSide
    quantity: float
    """Base units, positive."""
    exposure: float
    """Signed notional over equity: +0.1 is a long of a tenth of equity."""
    entry_price: float
    price: float
    """Close of the newest candle."""
    opened_ms: int
    """Close of the candle whose decision opened it."""
    candles_held: int
    """Closed candles since it opened."""
    best_price: float
    """The close most in favour since it opened."""
    stop: float | None
    """The live protective stop; None only before the first one is known."""
    target: float | None
    rule: str
    """The strategy that opened it, whose exits it keeps."""
    regime: Regime
    """The regime it was opened in."""
    decision_id: str

    @property
    def gain(self) -> float:
        """Price move in favour, quote per base; negative when the position loses."""
        return (self.price - self.entry_price) * self.side.sign

    @property
    def best_gain(self) -> float:
        """Largest move in favour on closes since it opened, quote per base, never negative."""
        return max(0.0, (self.best_price - self.entry_price) * self.side.sign)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrade:
    """A position that ended."""

    symbol: str
    side: PositionSide
    opened_ms: int
    closed_ms: int
    pnl: float
    """Net of fees and funding, quote."""
    exit_reason: str
    rule: str


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Account and market at the close of one candle. Frozen; plugins read it and return values."""

    now_ms: int
    """Close of the newest candle."""
    candle_ms: int
    """Length of a candle."""
    symbols: tuple[str, ...]
    """Every symbol of the profile, in its order."""
    equity: float
    """Wallet plus unrealised P&L, quote."""
    start_equity: float
    """Equity at the start of the run."""
    peak_equity: float
    """Highest equity over the last 90 days."""
    day_start_equity: float
    """Equity at the last 00:00 UTC."""
    prices: Mapping[str, float]
    """Newest close of each symbol that has data."""
    positions: Mapping[str, HeldPosition]
    signals: Mapping[str, Signal]
    """The wish that counts for each symbol: the holding rule's, or that of the regime's rule when flat."""
    regimes: Mapping[str, RegimeView]
    rows: Mapping[str, Row] = field(default_factory=dict)
    """The current row of the asking plugin's own columns, by symbol."""
    trades: tuple[ClosedTrade, ...] = ()
    """Trades closed in the last 30 days, oldest first."""
    entries_ms: tuple[int, ...] = ()
    """Moments of new positions in the last 30 days, oldest first."""
    cooldowns: Mapping[str, int] = field(default_factory=dict)
    """Symbols that may not open before a moment."""
    suspended_until_ms: int = 0
    """No new position anywhere before this moment."""
    halted: str = ""
    """Why everything but closing is stopped; empty when it is not."""
    max_leverage: float = 1.0
    """The profile's leverage limit."""

    def for_plugin(self, rows: Mapping[str, Row]) -> Book:
        """The same book with one plugin's own rows."""
        return _copy(self, rows=rows)

    def with_market(self, regimes: Mapping[str, RegimeView], signals: Mapping[str, Signal]) -> Book:
        """The same book with what the market stages say."""
        return _copy(self, regimes=regimes, signals=signals)

    @property
    def drawdown(self) -> float:
        """Fall from the rolling peak of equity, positive fraction: 0.04 is 4 %."""
        return max(0.0, 1.0 - self.equity / self.peak_equity) if self.peak_equity > 0 else 1.0

    @property
    def day_loss(self) -> float:
        """Loss since 00:00 UTC as a fraction of the equity then; 0 in profit."""
        return max(0.0, 1.0 - self.equity / self.day_start_equity) if self.day_start_equity > 0 else 1.0

    @property
    def run_loss(self) -> float:
        """Loss since the start of the run as a fraction of the equity then; 0 in profit."""
        return max(0.0, 1.0 - self.equity / self.start_equity) if self.start_equity > 0 else 1.0

    def wanted(self, symbol: str) -> int:
        """The direction a symbol's exposure should have now: +1, -1, or 0 for none.

        A held position keeps its side while its own rule does; a flat symbol wants one only where a new position
        may open.
        """
        signal = self.signals.get(symbol)
        if signal is None:
            return 0
        held = self.positions.get(symbol)
        if held is not None:
            return held.side.sign if signal.direction == held.side.sign else 0
        return signal.direction if signal.entry else 0

    @property
    def gross_exposure(self) -> float:
        """Sum of absolute exposures."""
        return sum([abs(position.exposure) for position in self.positions.values()])


_copy = copier(Book)
