"""Where nobody knows how WEEX behaves, the simulator gives either answer: each setting does what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.errors import UsageError
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.settings import CHECKS

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.model.candle import Candles

FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
FALL = (50_000.0, 50_000.0, 44_000.0, 50_000.0)
MakeDesk = Callable[..., "Desk"]


@pytest.fixture
def desk_with(open_desk: OpenDesk, exact: SimulatorSettings) -> MakeDesk:
    """Makes a desk at a market that falls by 12 % within the first hour, with some settings changed."""
    return lambda **changes: open_desk([FLAT, FALL, *[FLAT] * 4], settings=replace(exact, **changes))


def _plans(desk: Desk) -> list[tuple[str, str]]:
    return sorted((row["orderType"], row["quantity"]) for row in desk.get("openAlgoOrders"))


def _ask(desk: Desk, **members: Any) -> dict[str, Any]:
    """A stop of the long position."""
    base = {"symbol": "BTCUSDT", "clientAlgoId": "s", "planType": "STOP_LOSS", "positionSide": "LONG"}
    return {**base, "triggerPrice": "45000", "quantity": "0.1", **members}


# The client's id.


@pytest.mark.parametrize(
    ("rule", "while_open", "afterwards"), [("open", 400, 200), ("ever", 400, 400), ("free", 200, 200)]
)
def test_when_a_client_id_may_come_again(desk_with: MakeDesk, rule: str, while_open: int, afterwards: int) -> None:
    desk = desk_with(client_ids=rule)
    members = {"type": "LIMIT", "timeInForce": "GTC", "price": "40000", "newClientOrderId": "mine"}
    desk.order("open long", "0.1", **members)
    again = desk.order_members("open long", "0.1", **members)
    assert desk.call("POST", "/capi/v3/order", **again)[0] == while_open
    desk.delete("allOpenOrders")
    assert desk.call("POST", "/capi/v3/order", **again)[0] == afterwards


def test_one_order_is_asked_for_by_the_client_s_id_only_where_that_is_so(desk_with: MakeDesk) -> None:
    for known in (False, True):
        desk = desk_with(order_by_client_id=known)
        order_id = desk.order("open long", "0.1", newClientOrderId="mine")
        status, answer = desk.call("GET", "/capi/v3/order", origClientOrderId="mine")
        assert (status, answer.get("code", str(answer.get("orderId")))) == ((200, order_id) if known else (400, -1141))


# Presets.


@pytest.mark.parametrize(("covers", "quantity"), [("filled", "0.4000"), ("order", "2.0000")])
def test_what_the_preset_of_a_partly_filled_order_closes(open_desk: OpenDesk, covers: str, quantity: str) -> None:
    # What rests at the best price is worth 20 002, and so a little more than 0.4; the rest of the order waits.
    settings = SimulatorSettings(preset_covers=covers, spread_bps=0, touch_minutes=20_002 / (1e9 * 50_000 / 60))
    desk = open_desk([FLAT] * 4, settings=settings, equity="100000")
    desk.limit("open long", "2", "50000", slTriggerPrice="45000")
    assert _plans(desk) == [("STOP_MARKET", quantity)]


def test_presets_of_market_orders_work_or_not(desk_with: MakeDesk) -> None:
    for works, plans in ((True, 2), (False, 0)):
        desk = desk_with(presets_on_market=works)
        desk.order("open long", "0.1", slTriggerPrice="45000", tpTriggerPrice="60000")
        assert len(_plans(desk)) == plans


def test_preset_stops_work_or_not(desk_with: MakeDesk) -> None:
    desk = desk_with(preset_stops=False)
    desk.order("open long", "0.1", slTriggerPrice="45000", tpTriggerPrice="60000")
    assert _plans(desk) == [("TAKE_PROFIT_MARKET", "0.1000")]


def test_presets_survive_their_position_or_not(desk_with: MakeDesk) -> None:
    for survive, left in ((True, 3), (False, 1)):
        desk = desk_with(presets_survive=survive)
        desk.order("open long", "0.1", slTriggerPrice="45000", tpTriggerPrice="60000")
        desk.post("placeTpSlOrder", **_ask(desk))
        desk.order("close long", "0.05")
        assert len(_plans(desk)) == 3
        desk.order("close long", "0.05")
        assert len(_plans(desk)) == left


def test_presets_of_a_liquidated_position_survive_it_or_not(desk_with: MakeDesk) -> None:
    for survive, left in ((True, 1), (False, 0)):
        desk = desk_with(presets_survive=survive)
        desk.post("account/leverage", symbol="BTCUSDT", marginType="ISOLATED", isolatedLongLeverage=10)
        desk.order("open long", "0.1", tpTriggerPrice="60000")
        desk.next_candle()
        assert (desk.positions(), len(_plans(desk))) == ({}, left)


def test_the_presets_of_other_separated_positions_stay(desk_with: MakeDesk) -> None:
    desk = desk_with(presets_survive=False)
    desk.post("account/marginType", symbol="BTCUSDT", marginType="CROSSED", separatedType="SEPARATED")
    for size in ("0.1", "0.2"):
        desk.order("open long", size, slTriggerPrice="45000")
    desk.order("close long", "0.1")
    assert _plans(desk) == [("STOP_MARKET", "0.2000")]


def test_an_orphaned_stop_ends_or_opens_the_other_side(desk_with: MakeDesk) -> None:
    for opens, held in ((False, []), (True, [("BTCUSDT", "SHORT")])):
        desk = desk_with(orphan_opens=opens)
        desk.order("open long", "0.1", slTriggerPrice="45000")
        desk.order("close long", "0.1")
        desk.next_candle()
        assert list(desk.positions()) == held
        desk.assert_balanced()


def test_closing_positions_cancels_their_plans_or_not(desk_with: MakeDesk) -> None:
    for cancels, left in ((False, 2), (True, 1)):
        desk = desk_with(close_cancels_plans=cancels)
        desk.order("open long", "0.1", slTriggerPrice="45000")
        entry = desk.order_members("open long", "0.1", type="STOP_MARKET", triggerPrice="51000", clientAlgoId="e")
        desk.post("algoOrder", **entry)
        desk.post("closePositions", symbol="BTCUSDT")
        assert len(_plans(desk)) == left


def test_a_stop_is_moved_in_place_or_made_anew(desk_with: MakeDesk) -> None:
    for in_place in (True, False):
        desk = desk_with(modify_in_place=in_place, visibility_delay_ms=1_000)
        desk.order("open long", "0.1")
        (placed,) = desk.post("placeTpSlOrder", **_ask(desk))
        desk.simulator.advance(desk.simulator.now_ms + 1_000)
        assert desk.post("modifyTpSlOrder", orderId=placed["orderId"], triggerPrice="46000") == {"success": True}
        assert len(desk.get("openAlgoOrders")) == (1 if in_place else 0)
        assert desk.status(placed["orderId"]) == ("UNTRIGGERED" if in_place else "CANCELED")
        desk.simulator.advance(desk.simulator.now_ms + 1_000)
        (row,) = desk.get("openAlgoOrders")
        assert (row["triggerPrice"], row["clientAlgoId"]) == ("46000.0", "s")
        assert (row["algoId"] == placed["orderId"]) is in_place
        desk.next_candle()
        assert desk.get("userTrades")[0]["price"] == "46000.0"


# Prices.


@pytest.mark.parametrize(
    ("direction", "inside", "outside"), [("open long", "50500", "50500.1"), ("open short", "49500", "49499.9")]
)
def test_the_band_of_limit_prices_is_enforced_or_not(
    desk_with: MakeDesk, direction: str, inside: str, outside: str
) -> None:
    desk_with().limit(direction, "0.1", outside)
    desk = desk_with(price_band=True)
    desk.limit(direction, "0.1", inside)
    members = desk.order_members(direction, "0.1", type="LIMIT", timeInForce="GTC", price=outside)
    code, words = desk.refused("POST", "order", **members)
    assert (code, "price must not be" in words) == (-1054, True)


# What is seen late.


def test_orders_are_unknown_for_a_while(desk_with: MakeDesk) -> None:
    desk = desk_with(order_delay_ms=600)
    resting, done = desk.limit("open long", "0.1", "40000"), desk.order("open long", "0.1")
    asked = {"orderId": done}
    assert desk.refused("GET", "order", **asked)[0] == -3200
    assert desk.refused_v2("GET", "order/detail", **asked)[0] == "50005"
    assert [desk.get("openOrders"), desk.get("order/history")] == [[], []]
    assert [desk.v2("GET", "order/current"), desk.v2("GET", "order/history")] == [[], []]
    desk.simulator.advance(desk.simulator.now_ms + 600)
    assert desk.status(done) == "FILLED"
    assert [str(row["orderId"]) for row in desk.get("openOrders")] == [resting]
    assert [row["order_id"] for row in desk.v2("GET", "order/history")] == [done]


def test_an_unseen_order_can_be_cancelled(desk_with: MakeDesk) -> None:
    desk = desk_with(order_delay_ms=60_000)
    assert desk.delete("order", orderId=desk.limit("open long", "0.1", "40000"))["success"] is True


def test_fills_are_listed_late(desk_with: MakeDesk) -> None:
    desk = desk_with(fill_delay_ms=600)
    desk.order("open long", "0.1")
    assert (desk.get("userTrades"), desk.v2("GET", "order/fills")["list"]) == ([], [])
    desk.simulator.advance(desk.simulator.now_ms + 600)
    assert len(desk.get("userTrades")) == len(desk.v2("GET", "order/fills")["list"]) == 1


def test_positions_are_listed_as_they_were(desk_with: MakeDesk, make_candles: Callable[..., Candles]) -> None:
    desk = desk_with(position_delay_ms=1_000)

    def sizes() -> list[str]:
        rows = desk.get("account/position/allPosition")
        assert [row["size"] for row in desk.v2("GET", "account/position/singlePosition", symbol="cmt_btcusdt")] == [
            row["size"] for row in rows
        ]
        return [row["size"] for row in rows]

    desk.order("open long", "0.1")
    assert sizes() == []
    desk.simulator.advance(desk.simulator.now_ms + 1_000)
    assert sizes() == ["0.1000"]
    desk.order("open long", "0.2")
    desk.simulator.advance(desk.simulator.now_ms + 500)
    desk.post("closePositions")
    assert sizes() == ["0.1000"]
    market = {"BTCUSDT": make_candles("BTCUSDT", [FLAT, FALL, *[FLAT] * 4])}
    saved = json.loads(json.dumps(desk.simulator.snapshot()))
    desk.simulator = Simulator.restore(market, saved)
    desk.simulator.advance(desk.simulator.now_ms + 450)
    assert sizes() == ["0.3000"]
    desk.simulator.advance(desk.simulator.now_ms + 500)
    assert sizes() == []


# Requests.


def test_the_order_of_checks_is_chosen(desk_with: MakeDesk) -> None:
    wrong: dict[str, str | None] = {"ACCESS-KEY": "other", "ACCESS-SIGN": "wrong"}
    path = "/capi/v3/account/balance"
    assert desk_with().raw("GET", path, headers=wrong)[1]["code"] == -1044
    reordered = ("signature", *(name for name in CHECKS if name != "signature"))
    assert desk_with(check_order=reordered).raw("GET", path, headers=wrong)[1]["code"] == -1047
    early = ("address", *(name for name in CHECKS if name != "address"))
    assert desk_with(check_order=early, ip_allowed=False).raw("GET", path, headers=wrong)[0] == 521


def test_an_unpermitted_request_counts_against_the_limit_or_not(desk_with: MakeDesk) -> None:
    for order, last in ((CHECKS, 200), (("rate", *CHECKS[:-1]), 429)):
        desk = desk_with(check_order=order, rate_limits=True, weight_per_10s=5)
        desk.raw("GET", "/capi/v3/account/balance", headers={"ACCESS-KEY": "other"})
        assert desk.raw("GET", "/capi/v3/account/balance")[0] == last


@pytest.mark.parametrize("changes", [{"check_order": CHECKS[1:]}, {"client_ids": "never"}, {"preset_covers": "all"}])
def test_words_that_mean_nothing_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(changes))):
        replace(SimulatorSettings(), **changes)


@pytest.mark.parametrize("status", [503, 521])
def test_an_outage_answers_everything_with_a_page(desk_with: MakeDesk, status: int) -> None:
    simulator = desk_with(outage_status=status).simulator
    for path in ("/capi/v3/market/time", "/capi/v2/account/assets", "/nowhere"):
        found, headers, body = simulator.answer("GET", path)
        assert (found, headers["content-type"], body[:6]) == (status, "text/html", b"<html>")


def test_what_was_counted_is_told_in_headers_or_not(desk_with: MakeDesk) -> None:
    assert "x-used-weight-1m" not in desk_with().simulator.answer("GET", "/capi/v3/market/time")[1]
    desk = desk_with(count_headers=True)
    for _ in range(2):
        desk.order("open long", "0.1")
    desk.get("account/balance")
    headers = desk.simulator.answer("GET", "/capi/v3/market/time")[1]
    assert {name: headers[name] for name in headers if name.startswith("x-")} == {
        "x-used-weight-1m": "6",
        "x-order-count-10s": "2",
        "x-order-count-1m": "2",
    }


# Bills.


def test_bills_are_read_page_by_page(desk_with: MakeDesk) -> None:
    desk = desk_with()
    for _ in range(5):
        desk.order("open long", "0.1")
    everything = [row["billId"] for row in desk.post("account/income")["items"]]
    found: list[int] = []
    key: dict[str, Any] = {}
    for expected in (2, 2, 1):
        page = desk.post("account/income", limit=2, **key)
        assert len(page["items"]) == expected
        assert page["hasNextPage"] is (page["nextKey"] is not None)
        found += [row["billId"] for row in page["items"]]
        key = page["nextKey"] or {}
    assert (found, key) == (everything, {})
    assert desk.post("account/income", asset="BTC")["items"] == []
