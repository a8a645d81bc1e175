"""Equity curves and closed trades by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np
import pytest

from weexctl.backtest.equity_curve import EquityCurve
from weexctl.journal.rows import TradeRecord
from weexctl.model.side import PositionSide

DAY_MS = 86_400_000
MIDNIGHT_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC."""


@pytest.fixture
def curve() -> Callable[..., EquityCurve]:
    """An equity curve with one mark every `step_ms`."""

    def make(
        equity: Sequence[float], exposure: float = 0.5, *, step_ms: int = DAY_MS, start_ms: int = MIDNIGHT_MS
    ) -> EquityCurve:
        times = start_ms + step_ms * np.arange(len(equity), dtype=np.int64)
        return EquityCurve(times, np.array(equity, dtype=float), np.full(len(equity), exposure))

    return make


@pytest.fixture
def trade() -> Callable[..., TradeRecord]:
    """A closed trade of which only what counts here is said."""

    def make(net: str, day: int = 0, **changes: str) -> TradeRecord:
        words = {"symbol": "BTCUSDT", "regime": "trending", "rule": "trend", "exit_reason": "STOP", **changes}
        return TradeRecord(
            trade_id=f"t{day:05}",
            run_id="r",
            symbol=words["symbol"],
            position_side=PositionSide.LONG,
            opened_ms=MIDNIGHT_MS + day * DAY_MS - 3_600_000,
            closed_ms=MIDNIGHT_MS + day * DAY_MS,
            quantity=Decimal(1),
            entry_price=Decimal(100),
            exit_price=Decimal(101),
            gross=Decimal(net),
            fees=Decimal(0),
            funding=Decimal(0),
            net=Decimal(net),
            exit_reason=words["exit_reason"],
            rule=words["rule"],
            regime=words["regime"],
            entry_decision_id="d",
            exit_decision_id=None,
            entry_order_id="1",
            exit_order_id="2",
        )

    return make
