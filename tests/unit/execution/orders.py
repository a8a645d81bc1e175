"""Intents, limits and a book to try the order path with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weexctl.model.book import Book
from weexctl.model.limits import Limits
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.side import PositionSide
from weexctl.pipeline.guards import Flow, Reviewed

__all__ = ["CLOSE_MS", "LIMITS", "NO_FLOW", "a_book", "an_entry", "an_exit", "approved"]

CLOSE_MS = 1_704_067_200_000
NO_FLOW = Flow()
LIMITS = Limits(
    max_leverage=3,
    max_order_notional=Decimal(2_000),
    max_gross_exposure=1.0,
    max_symbol_exposure=0.5,
    max_margin_per_position=0.5,
    per_trade_risk=0.05,
    max_positions_long=4,
    max_positions_short=4,
    daily_loss=0.1,
    kill_drawdown=0.3,
)


def an_entry(**changes: Any) -> OrderIntent:
    """A long of 0.02 BTC under a stop."""
    values: dict[str, Any] = {
        "decision_id": "d-entry",
        "symbol": "BTCUSDT",
        "side": PositionSide.LONG.opening,
        "position_side": PositionSide.LONG,
        "leg": Leg.ENTRY,
        "quantity": Decimal("0.02"),
        "reference_price": Decimal(50_000),
        "stop_price": Decimal(48_000),
        "reason": "ENTRY",
        "rule": "trend",
        "created_ms": CLOSE_MS,
    }
    return OrderIntent(**values | changes)


def an_exit(**changes: Any) -> OrderIntent:
    """The end of that long."""
    values: dict[str, Any] = {
        "decision_id": "d-exit",
        "side": PositionSide.LONG.closing,
        "leg": Leg.EXIT,
        "stop_price": None,
        "reason": "DIRECTION_FLIP",
    }
    return an_entry(**values | changes)


def approved(intent: OrderIntent) -> Reviewed:
    """An intent that no guard of the profile objected to."""
    return Reviewed(intent, ())


def a_book(**changes: Any) -> Book:
    """An account of 10 000 USDT that holds nothing."""
    values: dict[str, Any] = {
        "now_ms": CLOSE_MS,
        "candle_ms": 3_600_000,
        "symbols": ("BTCUSDT", "ETHUSDT"),
        "equity": 10_000.0,
        "start_equity": 10_000.0,
        "peak_equity": 10_000.0,
        "day_start_equity": 10_000.0,
        "prices": {"BTCUSDT": 50_000.0, "ETHUSDT": 50_000.0},  # as the scripted exchange: one price for all
        "positions": {},
        "signals": {},
        "regimes": {},
        "max_leverage": 3,
    }
    return Book(**values | changes)
