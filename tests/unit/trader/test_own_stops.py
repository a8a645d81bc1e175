"""Where stops cannot be read: when the mark price has passed one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from weexctl.execution.open_trade import OpenTrade
from weexctl.model.side import PositionSide
from weexctl.trader.own_stops import OwnStops, passed

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def _trade(side: PositionSide, stop: str | None, target: str | None) -> OpenTrade:
    return OpenTrade(
        symbol="BTCUSDT",
        side=side,
        opened_ms=1,
        decision_id="d",
        entry_order_id="1",
        rule="trend",
        regime="trending",
        stop_price=None if stop is None else Decimal(stop),
        target_price=None if target is None else Decimal(target),
    )


@pytest.mark.parametrize(
    ("side", "mark", "reason"),
    [
        (LONG, "90", "STOP_HIT"),
        (LONG, "89", "STOP_HIT"),
        (LONG, "90.1", ""),
        (LONG, "109.9", ""),
        (LONG, "110", "TARGET_HIT"),
        (SHORT, "110", "STOP_HIT"),
        (SHORT, "111", "STOP_HIT"),
        (SHORT, "109.9", ""),
        (SHORT, "90", "TARGET_HIT"),
    ],
)
def test_a_price_at_or_beyond_stop_or_target_has_passed_it(side: PositionSide, mark: str, reason: str) -> None:
    stop, target = ("90", "110") if side is LONG else ("110", "90")
    assert passed(_trade(side, stop, target), Decimal(mark)) == reason


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_what_is_not_set_is_not_passed(side: PositionSide) -> None:
    assert passed(_trade(side, None, None), Decimal(1)) == ""


def test_a_stop_that_nobody_can_read_is_believed_and_moved_on_record_only() -> None:
    keeper, trade = OwnStops(), _trade(LONG, "90", None)
    assert keeper.ensure(trade, Decimal(1)).covered
    assert keeper.tighten(trade, Decimal(95)) == ""
    assert keeper.sweep("BTCUSDT", LONG) == ""
