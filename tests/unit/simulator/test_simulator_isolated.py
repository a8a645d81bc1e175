"""Isolated positions stand and fall by their own margin; separated ones are held apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.simulator import Simulator, SimulatorSettings

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.model.candle import Candles
    from weexctl.model.funding import FundingHistory

FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
RISE = (50_000.0, 55_000.0, 50_000.0, 55_000.0)
HIGH = (55_000.0, 55_000.0, 55_000.0, 55_000.0)
FALL = (50_000.0, 50_000.0, 40_000.0, 45_000.0)


def _mode(desk: Desk, kind: str = "ISOLATED", apart: str = "COMBINED", leverage: int = 10) -> None:
    desk.post("account/marginType", symbol="BTCUSDT", marginType=kind, separatedType=apart)
    sides = {f"isolated{side}Leverage": leverage for side in ("Long", "Short")}
    desk.post("account/leverage", symbol="BTCUSDT", crossLeverage=leverage, **sides)


def _free(desk: Desk) -> Decimal:
    return Decimal(desk.get("account/balance")[0]["availableBalance"])


def _rows(desk: Desk) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = desk.get("account/position/allPosition")
    return rows


# Isolated: liquidation.


def test_an_isolated_long_is_liquidated_where_its_own_margin_is_used_up(open_desk: OpenDesk) -> None:
    # 0.5 BTC at 50 000 with leverage 10: margin 2500; maintenance 0.5 % of what is below 50 000 USDT.
    # 2500 + 0.5 (p - 50 000) = 0.005 * 0.5 p  at  p = 22 500 / 0.4975 = 45 226.13..
    desk = open_desk([FLAT, FALL, FLAT])
    _mode(desk)
    desk.order("open long", "0.5")
    (row,) = _rows(desk)
    assert (row["isolatedMargin"], row["liquidatePrice"]) == ("2500.00000", "45226.1")
    desk.next_candle()
    assert _rows(desk) == []
    assert desk.get("userTrades")[0]["price"] == "45226.1"
    # The fee for opening, 20, and the liquidation: a loss of 2386.95, and 1 % of 22 613.05, more than is left of 2500.
    assert desk.simulator.ledger.wallet == Decimal(10_000) - 20 - 2500
    desk.assert_balanced()


def test_a_liquidated_position_takes_no_other_along(open_desk: OpenDesk) -> None:
    desk = open_desk({"BTCUSDT": [FLAT, FALL, FLAT], "ETHUSDT": [(2_000.0,) * 4] * 3})
    _mode(desk)
    desk.order("open long", "0.5")
    desk.order("open short", "0.5")
    desk.order("open long", "1", symbol="ETHUSDT")
    resting = desk.limit("open short", "0.1", "60000")
    ours = desk.limit("open long", "0.1", "30000")
    desk.next_candle()
    assert {(row["symbol"], row["side"]) for row in _rows(desk)} == {("BTCUSDT", "SHORT"), ("ETHUSDT", "LONG")}
    assert (desk.status(resting), desk.status(ours)) == ("NEW", "CANCELED")


def test_long_and_short_of_one_symbol_count_separately(open_desk: OpenDesk) -> None:
    # A candle that goes both ways takes both; a cross account would have been hedged.
    wide = (50_000.0, 60_000.0, 40_000.0, 50_000.0)
    desk = open_desk([FLAT, wide, FLAT])
    _mode(desk)
    desk.order("open long", "0.5")
    desk.order("open short", "0.5")
    # 2500 + 0.5 (50 000 - p) = 0.005 * 0.5 p  at  p = 27 500 / 0.5025 = 54 726.37
    assert [row["liquidatePrice"] for row in _rows(desk)] == ["45226.1", "54726.4"]
    desk.next_candle()
    assert _rows(desk) == []
    assert desk.simulator.ledger.wallet == Decimal(10_000) - 40 - 5000


def test_a_cross_account_that_falls_leaves_isolated_margin_alone(open_desk: OpenDesk) -> None:
    desk = open_desk({"BTCUSDT": [FLAT, FLAT, FALL, FLAT], "ETHUSDT": [(2_000.0,) * 4] * 4})
    desk.post("account/leverage", symbol="ETHUSDT", marginType="ISOLATED", isolatedLongLeverage=1)
    desk.order("open long", "1", symbol="ETHUSDT")
    desk.order("open long", "2")
    desk.next_candle(2)
    (row,) = _rows(desk)
    assert (row["symbol"], row["isolatedMargin"]) == ("ETHUSDT", "2000.00000")
    assert desk.simulator.ledger.wallet == 2000
    desk.assert_balanced()


def test_a_stop_before_the_liquidation_price_saves_the_position(open_desk: OpenDesk) -> None:
    for trigger, price in (("46000", "46000.0"), ("45000", "45226.1")):
        desk = open_desk([FLAT, FALL, FLAT])
        _mode(desk)
        desk.order("open long", "0.5", slTriggerPrice=trigger)
        desk.next_candle()
        assert desk.get("userTrades")[0]["price"] == price


def test_added_margin_moves_the_liquidation_price_away(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FALL, FLAT])
    _mode(desk)
    desk.order("open long", "0.5")
    (row,) = _rows(desk)
    desk.post("account/positionMargin", isolatedPositionId=row["id"], amount="3000", type=1)
    # (25 000 - 5500) / 0.4975 = 39 195.98: beyond the candle's low.
    assert _rows(desk)[0]["liquidatePrice"] == "39196.0"
    desk.next_candle()
    assert len(_rows(desk)) == 1


def test_a_position_that_asks_for_it_takes_margin_from_the_account_instead_of_falling(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FALL, FLAT])
    _mode(desk)
    desk.order("open long", "0.5")
    (row,) = _rows(desk)
    desk.post("account/modifyAutoAppendMargin", positionId=row["id"], autoAppendMargin=True)
    desk.next_candle()
    (row,) = _rows(desk)
    # At 45 226.13 it is brought back to a tenth of its value, 2261.31, and the loss of 2386.93. With 4648.24 it falls
    # at (25 000 - 4648.24) / 0.4975 = 40 908.06 and asks again: 2045.40 and the loss of 4545.97.
    assert Decimal(row["isolatedMargin"]) == pytest.approx(Decimal("6591.37"), abs=Decimal("0.01"))
    assert desk.simulator.ledger.wallet == Decimal(10_000) - 20
    desk.assert_balanced()


def test_a_position_whose_account_has_nothing_to_give_falls(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FALL, FLAT], equity="2521")
    _mode(desk)
    desk.order("open long", "0.5")
    (row,) = _rows(desk)
    desk.post("account/modifyAutoAppendMargin", positionId=row["id"], autoAppendMargin=True)
    desk.next_candle()
    assert _rows(desk) == []
    # The one dollar that was left would have been too little at the low, but it was taken on the way.
    assert desk.simulator.ledger.wallet == 0


# Isolated: what is free.


def test_the_gain_of_an_isolated_position_is_not_free_before_it_is_taken(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, RISE, HIGH])
    _mode(desk)
    desk.order("open long", "0.5")
    before = _free(desk)
    desk.next_candle()
    assert desk.get("account/balance")[0]["unrealizePnl"] == "2500.00000000"
    assert _free(desk) == before == Decimal(10_000) - 20 - 2500
    desk.order("close long", "0.5")
    assert _free(desk) == Decimal(10_000) - 20 + 2500 - 22


def test_funding_is_paid_out_of_the_position_s_margin(
    open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]
) -> None:
    desk = open_desk([FLAT] * 4, funding={"BTCUSDT": make_settlements("BTCUSDT", {2: 0.001})})
    _mode(desk)
    desk.order("open long", "0.5")
    before = _free(desk)
    desk.next_candle(2)
    assert _rows(desk)[0]["isolatedMargin"] == "2475.00000"
    assert _free(desk) == before


def test_margin_that_a_loss_has_used_cannot_be_moved_out(open_desk: OpenDesk) -> None:
    lower = (49_000.0, 49_000.0, 49_000.0, 49_000.0)
    desk = open_desk([FLAT, FLAT, lower, lower])
    _mode(desk)
    desk.order("open long", "0.5")
    (row,) = _rows(desk)
    desk.post("account/positionMargin", isolatedPositionId=row["id"], amount="600", type=1)
    desk.next_candle(2)
    # 3100 less the loss of 500, less a tenth of 24 500: 150.
    members = {"isolatedPositionId": row["id"], "type": 2}
    assert (
        "Move out available amount is 150.00000000"
        in desk.refused("POST", "account/positionMargin", **members, amount="150.01")[1]
    )
    desk.post("account/positionMargin", **members, amount="150")


def test_less_leverage_takes_margin_and_more_gives_it_back(calm_desk: Desk) -> None:
    _mode(calm_desk)
    calm_desk.order("open long", "0.5")
    for leverage, margin in ((5, "5000.00000"), (20, "1250.00000")):
        calm_desk.post("account/leverage", symbol="BTCUSDT", isolatedLongLeverage=leverage)
        assert _rows(calm_desk)[0]["isolatedMargin"] == margin
    code, words = calm_desk.refused("POST", "account/leverage", symbol="BTCUSDT", isolatedLongLeverage=2)
    assert (code, "amount not enough" in words) == (-1054, True)
    assert _rows(calm_desk)[0]["leverage"] == "20.00"


def test_the_mode_does_not_change_under_a_position_by_way_of_the_leverage(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    members = {"symbol": "BTCUSDT", "marginType": "ISOLATED", "isolatedLongLeverage": 3}
    assert "cannot be changed with an open position" in calm_desk.refused("POST", "account/leverage", **members)[1]
    (row,) = calm_desk.get("account/symbolConfig")
    assert (row["marginType"], row["isolatedLongLeverage"]) == ("CROSSED", "20.00")


# Separated.


def test_each_order_opens_a_position_of_its_own_when_they_are_separated(calm_desk: Desk) -> None:
    _mode(calm_desk, "CROSSED", "SEPARATED")
    first, second = calm_desk.order("open long", "0.1"), calm_desk.order("open long", "0.2")
    rows = _rows(calm_desk)
    assert [(row["size"], row["separatedMode"], str(row["separatedOpenOrderId"])) for row in rows] == [
        ("0.1000", "SEPARATED", first),
        ("0.2000", "SEPARATED", second),
    ]
    old = calm_desk.v2("GET", "account/position/allPosition")
    assert [(row["separated_mode"], str(row["separated_open_order_id"])) for row in old] == [
        ("SEPARATED", first),
        ("SEPARATED", second),
    ]


def test_a_closing_order_takes_the_oldest_separated_position_first(calm_desk: Desk) -> None:
    _mode(calm_desk, "CROSSED", "SEPARATED")
    for size in ("0.1", "0.2"):
        calm_desk.order("open long", size)
    closing = calm_desk.order("close long", "0.15")
    assert [row["size"] for row in _rows(calm_desk)] == ["0.1500"]
    fills = calm_desk.get("userTrades", orderId=closing)
    assert [row["qty"] for row in fills] == ["0.0500", "0.1000"]
    assert calm_desk.status(closing) == "FILLED"


def test_a_preset_belongs_to_the_position_its_order_opened(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FALL, FLAT])
    _mode(desk, "CROSSED", "SEPARATED")
    desk.order("open long", "0.1")
    desk.order("open long", "0.2", slTriggerPrice="45000")
    desk.next_candle()
    assert [row["size"] for row in _rows(desk)] == ["0.1000"]


def test_one_separated_position_is_closed_by_its_id(calm_desk: Desk) -> None:
    _mode(calm_desk, "CROSSED", "SEPARATED")
    for size in ("0.1", "0.2"):
        calm_desk.order("open long", size)
    (row,) = calm_desk.post("closePositions", positionId=_rows(calm_desk)[1]["id"])
    assert row["success"] is True
    assert [row["size"] for row in _rows(calm_desk)] == ["0.1000"]


def test_separated_isolated_positions_fall_one_by_one(open_desk: OpenDesk) -> None:
    dip = (50_000.0, 50_000.0, 44_000.0, 50_000.0)
    desk = open_desk([FLAT, dip, FLAT])
    _mode(desk, "ISOLATED", "SEPARATED")
    desk.order("open long", "0.1")
    kept = desk.order("open long", "0.1")
    second = _rows(desk)[1]
    desk.post("account/positionMargin", isolatedPositionId=second["id"], amount="500", type=1)
    desk.next_candle()
    (row,) = _rows(desk)
    assert (str(row["separatedOpenOrderId"]), row["isolatedMargin"]) == (kept, "1000.00000")


def test_positions_are_not_taken_apart_while_there_are_any(calm_desk: Desk) -> None:
    calm_desk.order("open long", "0.1")
    members = {"symbol": "BTCUSDT", "marginType": "CROSSED", "separatedType": "SEPARATED"}
    assert "cannot be changed" in calm_desk.refused("POST", "account/marginType", **members)[1]
    assert (
        "cannot be changed"
        in calm_desk.refused_v2(
            "POST", "account/position/changeHoldModel", symbol="cmt_btcusdt", marginMode=1, separatedMode=2
        )[1]
    )


def test_the_older_generation_takes_positions_apart_too(calm_desk: Desk) -> None:
    calm_desk.v2("POST", "account/position/changeHoldModel", symbol="cmt_btcusdt", marginMode=3, separatedMode=2)
    calm_desk.order_v2("open long", "0.1")
    calm_desk.order_v2("open long", "0.1")
    rows = calm_desk.v2("GET", "account/position/allPosition")
    assert [(row["margin_mode"], row["separated_mode"]) for row in rows] == [("ISOLATED", "SEPARATED")] * 2
    assert calm_desk.v2("GET", "account/getAccounts")["account"]["modeSetting"][0]["separatedMode"] == "SEPARATED"


def test_a_restored_simulator_knows_its_separated_positions(
    open_desk: OpenDesk, make_candles: Callable[..., Candles], exact: SimulatorSettings
) -> None:
    desk = open_desk([FLAT] * 5)
    _mode(desk, "ISOLATED", "SEPARATED")
    for size in ("0.1", "0.2"):
        desk.order("open long", size, slTriggerPrice="45000")
    market = {"BTCUSDT": make_candles("BTCUSDT", [FLAT] * 5)}
    again = Simulator.restore(market, json.loads(json.dumps(desk.simulator.snapshot())), settings=exact)
    assert _rows(type(desk)(again)) == _rows(desk)
