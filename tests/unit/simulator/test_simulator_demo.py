"""The demo account: a ledger of its own on the same market."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.simulator import Simulator, SimulatorSettings

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
HIGHER = (51_000.0, 51_000.0, 51_000.0, 51_000.0)
DIP = (50_000.0, 50_000.0, 44_000.0, 46_000.0)
LOWER = (46_000.0, 46_000.0, 46_000.0, 46_000.0)
EXACT = {"spread_bps": 0.0, "slippage_bps": 0.0, "slippage_minor_bps": 0.0, "impact": 0.0}


def demo_order(desk: Desk, direction: str, quantity: str, **members: Any) -> str:
    """The id of a demo order that must be taken."""
    wanted = desk.order_members(direction, quantity, symbol="BTCSUSDT", **members)
    return str(desk.post("sim/order", **wanted)["orderId"])


def test_it_trades_apart_from_the_real_account(calm_desk: Desk) -> None:
    order_id = demo_order(calm_desk, "open long", "0.1")
    (position,) = calm_desk.get("sim/position/allPosition")
    assert (position["symbol"], position["asset"], position["size"]) == ("BTCSUSDT", "SUSDT", "0.1000")
    [row] = calm_desk.get("sim/order/history")
    assert (str(row["orderId"]), row["symbol"], row["status"]) == (order_id, "BTCSUSDT", "FILLED")
    assert calm_desk.positions() == {}
    assert calm_desk.get("order/history") == []
    assert calm_desk.get("account/balance")[0]["balance"] == "10000.00000000"


def test_its_balance_is_in_its_own_money(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, HIGHER], settings=SimulatorSettings(**EXACT))  # type: ignore[arg-type]  # floats only
    demo_order(desk, "open long", "0.1")
    desk.next_candle()
    [row] = desk.get("sim/balance")
    # A fee of 4, and a gain of 100 while time goes on for both accounts.
    assert (row["asset"], row["balance"], row["unrealizePnl"]) == ("SUSDT", "10096.00000000", "100.00000000")


def test_closing_books_on_its_own_ledger(calm_desk: Desk) -> None:
    demo_order(calm_desk, "open long", "0.1")
    demo_order(calm_desk, "close long", "0.1")
    demo = calm_desk.simulator.venue.demo
    assert demo is not None
    ledger = demo.ledger
    assert ledger.start + ledger.realised - ledger.fees + ledger.funding == ledger.wallet
    assert str(ledger.fees) == "8.00000000"
    assert calm_desk.simulator.ledger.fees == 0


def test_symbols_of_the_one_are_unknown_to_the_other(calm_desk: Desk) -> None:
    real = calm_desk.order_members("open long", "0.1")
    assert calm_desk.refused("POST", "sim/order", **real)[0] == -1121
    assert calm_desk.refused("POST", "order", **{**real, "symbol": "BTCSUSDT"})[0] == -1121
    assert calm_desk.refused("GET", "sim/order/history", symbol="BTCUSDT")[0] == -1121


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "sim/order"), ("GET", "sim/order"), ("POST", "sim/balance")],
)
def test_a_verb_it_does_not_have_is_refused(calm_desk: Desk, method: str, path: str) -> None:
    assert calm_desk.refused(method, path)[0] == -1150


@pytest.mark.parametrize("path", ["sim/account/leverage", "sim/openOrders", "sim/userTrades"])
def test_nothing_else_is_there(calm_desk: Desk, path: str) -> None:
    assert calm_desk.call("GET", f"/capi/v3/{path}")[0] == 404


def test_it_needs_the_key_like_everything_else(calm_desk: Desk) -> None:
    status, answer = calm_desk.raw("GET", "/capi/v3/sim/balance", headers={"ACCESS-KEY": "other"})
    assert (status, answer["code"]) == (400, -1044)


def test_funding_is_settled_on_it_too(open_desk: OpenDesk, make_settlements: Any) -> None:
    desk = open_desk([FLAT] * 10, funding={"BTCUSDT": make_settlements("BTCUSDT", {2: 0.001})})
    demo_order(desk, "open long", "0.1")
    desk.next_candle(2)
    assert desk.get("sim/position/allPosition")[0]["fundingFee"] == "-5.00000000"
    assert desk.simulator.ledger.funding == 0


def test_with_a_demo_key_conditional_orders_are_the_demo_accounts(open_desk: OpenDesk) -> None:
    settings = SimulatorSettings(demo_key=True, **EXACT)  # type: ignore[arg-type]  # floats only
    desk = open_desk([FLAT, FLAT, DIP, LOWER], settings=settings)
    demo_order(desk, "open long", "0.1", newClientOrderId="mine", slTriggerPrice="45000")
    [plan] = desk.get("openAlgoOrders")
    assert (plan["symbol"], plan["clientAlgoId"]) == ("BTCSUSDT", "minesl")
    assert desk.refused("GET", "openAlgoOrders", symbol="BTCSUSDT")[0] == -1142
    desk.next_candle(2)
    assert desk.get("sim/position/allPosition") == []
    assert desk.get("openAlgoOrders") == []


def test_it_survives_a_snapshot(calm_desk: Desk) -> None:
    demo_order(calm_desk, "open long", "0.1", slTriggerPrice="45000")
    simulator = calm_desk.simulator
    saved = json.loads(json.dumps(simulator.snapshot()))
    again = type(calm_desk)(Simulator.restore(_market(calm_desk), saved))
    for path in ("sim/balance", "sim/position/allPosition", "sim/order/history"):
        assert again.get(path) == calm_desk.get(path)
    assert again.simulator.version == simulator.version
    assert demo_order(again, "close long", "0.1") == demo_order(calm_desk, "close long", "0.1")


def test_a_demo_order_is_a_reason_to_save(calm_desk: Desk) -> None:
    before = calm_desk.simulator.version
    demo_order(calm_desk, "open long", "0.1")
    assert calm_desk.simulator.version > before


def test_its_ids_are_no_others(calm_desk: Desk) -> None:
    assert demo_order(calm_desk, "open long", "0.1") != calm_desk.order("open long", "0.1")


def test_candles_that_become_known_late_reach_its_stops(open_desk: OpenDesk, make_candles: Any) -> None:
    desk = open_desk([FLAT, FLAT], settings=SimulatorSettings(**EXACT))  # type: ignore[arg-type]  # floats only
    demo_order(desk, "open long", "0.1", slTriggerPrice="45000")
    desk.next_candle(2)
    assert len(desk.get("sim/position/allPosition")) == 1
    desk.simulator.extend({"BTCUSDT": make_candles("BTCUSDT", [FLAT, FLAT, DIP, LOWER])})
    assert desk.get("sim/position/allPosition") == []


def test_it_follows_a_market_that_grows(open_desk: OpenDesk, make_candles: Any) -> None:
    desk = open_desk([FLAT, FLAT], settings=SimulatorSettings(**EXACT))  # type: ignore[arg-type]  # floats only
    demo_order(desk, "open long", "0.1")
    desk.simulator.extend({"BTCUSDT": make_candles("BTCUSDT", [FLAT, FLAT, HIGHER])})
    desk.next_candle()
    assert desk.get("sim/balance")[0]["unrealizePnl"] == "100.00000000"


def _market(desk: Desk) -> Any:
    import numpy as np

    from weexctl.model.candle import Candles, Timeframe

    tape = desk.simulator.venue.market.tapes["BTCUSDT"]
    opened, high, low, close, volume = (
        np.asarray(row) for row in (tape.open, tape.high, tape.low, tape.close, tape.volume)
    )
    times = np.asarray(tape.times, dtype=np.int64)
    return {"BTCUSDT": Candles("BTCUSDT", Timeframe.H1, times, opened, high, low, close, volume, synthetic=True)}
