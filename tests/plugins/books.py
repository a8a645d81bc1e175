"""Books, positions, intents and market columns by hand, for tests of account stages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from weexctl import (
    SYMBOLS,
    Book,
    ClosedTrade,
    HeldPosition,
    Leg,
    OrderIntent,
    PositionSide,
    Regime,
    RegimeView,
    Row,
    Signal,
)

__all__ = [
    "HOUR_MS",
    "NOW_MS",
    "make_book",
    "make_intent",
    "make_position",
    "make_row",
    "make_signal",
    "make_trade",
    "make_view",
]

HOUR_MS = 3_600_000
NOW_MS = 1_700_006_400_000
"""15 November 2023, 00:00 UTC."""


def make_book(**changes: Any) -> Book:
    """A flat book of the eight symbols with 10 000 USDT and nothing wished; `changes` replace any field."""
    values: dict[str, Any] = {
        "now_ms": NOW_MS,
        "candle_ms": HOUR_MS,
        "symbols": SYMBOLS,
        "equity": 10_000.0,
        "start_equity": 10_000.0,
        "peak_equity": 10_000.0,
        "day_start_equity": 10_000.0,
        "prices": dict.fromkeys(SYMBOLS, 100.0),
        "positions": {},
        "signals": {},
        "regimes": {},
        "max_leverage": 2.0,
    }
    return Book(**{**values, **changes})


def make_row(**values: Any) -> Row:
    """One row of a plugin's columns."""
    return Row({name: [value] for name, value in values.items()}, 0)


def make_signal(direction: int, strength: float = 1.0, *, entry: bool = True) -> Signal:
    """A wish of the rule `trend`."""
    return Signal(direction, strength, entry, "EMA_UP" if direction > 0 else "EMA_DOWN", "trend")


def make_view(trending: float, ranging: float, unstable: float, *, confidence: float = 0.9) -> RegimeView:
    """A regime view, named after its largest probability."""
    shares = {Regime.TRENDING: trending, Regime.RANGING: ranging, Regime.UNSTABLE: unstable}
    return RegimeView(trending, ranging, unstable, max(shares, key=lambda name: shares[name]), confidence)


def make_position(side: PositionSide = PositionSide.LONG, **changes: Any) -> HeldPosition:
    """A position in BTCUSDT, a day old, opened at 100, now at 100."""
    values: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": side,
        "quantity": 1.0,
        "exposure": 0.01 * side.sign,
        "entry_price": 100.0,
        "price": 100.0,
        "opened_ms": NOW_MS - 24 * HOUR_MS,
        "candles_held": 24,
        "best_price": 100.0,
        "stop": 100.0 - 10.0 * side.sign,
        "target": None,
        "rule": "trend",
        "regime": Regime.TRENDING,
        "decision_id": "d",
    }
    return HeldPosition(**{**values, **changes})


def make_trade(symbol: str, pnl: float, *, hours_ago: float, reason: str = "STOP_HIT") -> ClosedTrade:
    """A trade that ended some hours before now."""
    closed = NOW_MS - round(hours_ago * HOUR_MS)
    return ClosedTrade(
        symbol=symbol,
        side=PositionSide.LONG,
        opened_ms=closed - HOUR_MS,
        closed_ms=closed,
        pnl=pnl,
        exit_reason=reason,
        rule="trend",
    )


def make_intent(side: PositionSide = PositionSide.LONG, *, reduces: bool = False, **changes: Any) -> OrderIntent:
    """An entry of 500 USDT into BTCUSDT with its stop, or the order that closes it."""
    values: Mapping[str, Any] = {
        "decision_id": "d",
        "symbol": "BTCUSDT",
        "side": side.closing if reduces else side.opening,
        "position_side": side,
        "leg": Leg.EXIT if reduces else Leg.ENTRY,
        "quantity": Decimal(5),
        "reference_price": Decimal(100),
        "stop_price": None if reduces else Decimal(100 - 10 * side.sign),
    }
    return OrderIntent(**{**values, **changes})
