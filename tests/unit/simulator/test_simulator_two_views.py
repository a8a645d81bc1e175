"""One account, two generations: whatever is done through either, both tell the same, and the ledger balances."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from weexctl.model.account import MarginMode
from weexctl.simulator import CONTRACTS, Simulator, generate_funding, generate_market
from weexctl.simulator.margin import cross_wallet, is_isolated

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

HOUR_MS = 3_600_000
SYMBOLS = ("BTCUSDT", "DOGEUSDT")
MARKET = generate_market(11, symbols=SYMBOLS, count=300)
FUNDING = generate_funding(11, MARKET)
START_MS = MARKET["BTCUSDT"].first_ms + 50 * HOUR_MS
LEVERAGES_V2 = ("cross_leverage", "isolated_long_leverage", "isolated_short_leverage")
SIZES = {"BTCUSDT": ("0.0100", "0.2500", "1.5000"), "DOGEUSDT": ("300", "20000", "900000")}
VERBS = (
    "market", "limit", "take", "plan", "protect", "preset", "close", "close all", "cancel", "cancel all", "leverage",
    "isolated leverage", "mode", "move margin", "auto append", "wait",
)  # fmt: skip

Command = tuple[str, str, str, str, int, int]
"""Verb, generation, symbol, position side, size, distance."""

# The fixture only makes desks; no state of it is shared between examples.
EXAMPLES = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
RUIN: list[Command] = [
    ("leverage", "v2", "BTCUSDT", "long", 0, 12),
    ("market", "v3", "BTCUSDT", "long", 2, 1),
    ("market", "v2", "BTCUSDT", "long", 2, 1),
    ("wait", "v2", "BTCUSDT", "long", 0, 24),
]
"""Ends in a liquidation."""
APART: list[Command] = [
    ("mode", "v2", "BTCUSDT", "short", 1, 3),
    ("isolated leverage", "v3", "BTCUSDT", "long", 0, 2),
    ("preset", "v3", "BTCUSDT", "long", 1, 12),
    ("market", "v2", "BTCUSDT", "long", 0, 1),
    ("market", "v2", "BTCUSDT", "short", 1, 1),
    ("move margin", "v2", "BTCUSDT", "long", 0, 4),
    ("auto append", "v3", "BTCUSDT", "long", 0, 1),
    ("market", "v3", "DOGEUSDT", "long", 1, 1),
    ("wait", "v3", "BTCUSDT", "long", 0, 12),
    ("close", "v3", "BTCUSDT", "long", 0, 1),
    ("wait", "v3", "BTCUSDT", "long", 0, 30),
]
"""Isolated and separated BTC on both sides, beside a cross position."""
COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(("market", "market", "preset", "mode", "wait", "wait", *VERBS)),
        st.sampled_from(("v2", "v3")),
        st.sampled_from(SYMBOLS),
        st.sampled_from(("long", "short")),
        st.integers(0, 2),
        st.integers(1, 12),
    ),
    max_size=20,
)


class Trader:
    """Someone who says the same in either generation's words."""

    def __init__(self, desk: Desk, number: int, command: Command) -> None:
        self.desk, self.number = desk, number
        self.verb, self.api, self.symbol, self.side, size, self.distance = command
        self.quantity = SIZES[self.symbol][size]
        self.client_id = f"c{number}-{desk.simulator.now_ms}"
        self.old_symbol = f"cmt_{self.symbol.lower()}"

    def away(self, direction: int) -> str:
        """A price some per mille below (-1) or above (1) the market, on the step."""
        step = CONTRACTS[self.symbol].instrument.price_step
        price = self.desk.simulator.venue.price(self.symbol)
        return str(price + direction * (price * self.distance / 200 / step).to_integral_value() * step)

    def act(self) -> tuple[int, Any]:
        """The exchange's answer."""
        act = getattr(self, f"_{self.verb.replace(' ', '_')}")
        answer: tuple[int, Any] = act()
        return answer

    def _market(self) -> tuple[int, Any]:
        return self._order("open")

    def _close(self) -> tuple[int, Any]:
        return self._order("close")

    def _limit(self) -> tuple[int, Any]:
        price = self.away(-1 if self.side == "long" else 1)
        if self.api == "v2":
            return self._order("open", match_price="0", price=price)
        return self._order("open", type="LIMIT", timeInForce="GTC", price=price)

    def _order(self, verb: str, **members: Any) -> tuple[int, Any]:
        if self.api == "v2":
            told = self.desk.members_v2(f"{verb} {self.side}", self.quantity, symbol=self.old_symbol, **members)
            return self.desk.call("POST", "/capi/v2/order/placeOrder", **{**told, "client_oid": self.client_id})
        told = self.desk.order_members(f"{verb} {self.side}", self.quantity, symbol=self.symbol, **members)
        return self.desk.call("POST", "/capi/v3/order", **{**told, "newClientOrderId": self.client_id})

    def _plan(self) -> tuple[int, Any]:
        trigger = self.away(1 if self.side == "long" else -1)
        if self.api == "v2":
            told = self.desk.members_v2(f"open {self.side}", self.quantity, symbol=self.old_symbol)
            more = {"match_type": "1", "execute_price": "0", "trigger_price": trigger, "client_oid": self.client_id}
            return self.desk.call("POST", "/capi/v2/order/plan_order", **{**told, **more})
        told = self.desk.order_members(f"open {self.side}", self.quantity, symbol=self.symbol)
        more = {"type": "STOP_MARKET", "triggerPrice": trigger, "clientAlgoId": self.client_id}
        return self.desk.call("POST", "/capi/v3/algoOrder", **{**told, **more})

    def _protect(self) -> tuple[int, Any]:
        trigger = self.away(-1 if self.side == "long" else 1)
        if self.api == "v2":
            told = {"symbol": self.old_symbol, "planType": "loss_plan", "positionSide": self.side}
            more = {"triggerPrice": trigger, "size": self.quantity, "clientOrderId": self.client_id}
            return self.desk.call("POST", "/capi/v2/order/placeTpSlOrder", **told, **more)
        told = {"symbol": self.symbol, "planType": "STOP_LOSS", "positionSide": self.side.upper()}
        more = {"triggerPrice": trigger, "quantity": self.quantity, "clientAlgoId": self.client_id}
        return self.desk.call("POST", "/capi/v3/placeTpSlOrder", **told, **more)

    def _close_all(self) -> tuple[int, Any]:
        path = "/capi/v2/order/closePositions" if self.api == "v2" else "/capi/v3/closePositions"
        return self.desk.call("POST", path)

    def _cancel(self) -> tuple[int, Any]:
        live = [order.id for order in self.desk.simulator.venue.orders() if not order.waiting]
        order_id = str(live[self.distance % len(live)]) if live else "700000000000000001"
        if self.api == "v2":
            return self.desk.call("POST", "/capi/v2/order/cancel_order", orderId=order_id)
        return self.desk.call("DELETE", "/capi/v3/order", orderId=order_id)

    def _cancel_all(self) -> tuple[int, Any]:
        if self.api == "v2":
            return self.desk.call("POST", "/capi/v2/order/cancelAllOrders", cancelOrderType="plan")
        return self.desk.call("DELETE", "/capi/v3/algoOpenOrders")

    def _leverage(self) -> tuple[int, Any]:
        value = str(5 * self.distance)
        if self.api == "v2":
            told = {"symbol": self.old_symbol, "marginMode": 1, "longLeverage": value, "shortLeverage": value}
            return self.desk.call("POST", "/capi/v2/account/leverage", **told)
        # The older generation must name the mode, and only the present one is right.
        mode = {"marginType": "WRONG"} if self._isolated() else {}
        return self.desk.call("POST", "/capi/v3/account/leverage", symbol=self.symbol, crossLeverage=value, **mode)

    def _preset(self) -> tuple[int, Any]:
        stop = self.away(-1 if self.side == "long" else 1)
        name = "presetStopLossPrice" if self.api == "v2" else "slTriggerPrice"
        return self._order("open", **{name: stop})

    def _take(self) -> tuple[int, Any]:
        # Post-only, fill-or-kill and immediate-or-cancel, some way into the book.
        price, force = self.away(1 if self.side == "long" else -1), self.distance % 3
        if self.api == "v2":
            return self._order("open", match_price="0", price=price, order_type=str(force + 1))
        return self._order("open", type="LIMIT", price=price, timeInForce=("POST_ONLY", "FOK", "IOC")[force])

    def _isolated_leverage(self) -> tuple[int, Any]:
        long, short = str(5 * self.distance), str(2 * self.distance)
        if self.api == "v2":
            told = {"symbol": self.old_symbol, "marginMode": 3, "longLeverage": long, "shortLeverage": short}
            return self.desk.call("POST", "/capi/v2/account/leverage", **told)
        sides = {"isolatedLongLeverage": long, "isolatedShortLeverage": short}
        mode = {"marginType": "ISOLATED"} if self._isolated() else {"marginType": "WRONG"}
        return self.desk.call("POST", "/capi/v3/account/leverage", symbol=self.symbol, **mode, **sides)

    def _mode(self) -> tuple[int, Any]:
        isolated, apart = self.distance % 4 != 0, self.side == "short"
        if self.api == "v2":
            told = {"symbol": self.old_symbol, "marginMode": 3 if isolated else 1, "separatedMode": 2 if apart else 1}
            return self.desk.call("POST", "/capi/v2/account/position/changeHoldModel", **told)
        kinds = {"marginType": "ISOLATED" if isolated else "CROSSED", "separatedType": ("COMBINED", "SEPARATED")[apart]}
        return self.desk.call("POST", "/capi/v3/account/marginType", symbol=self.symbol, **kinds)

    def _move_margin(self) -> tuple[int, Any]:
        amount, adds = str(20 * self.distance), self.side == "long"
        if self.api == "v2":
            told = {"isolatedPositionId": self._position_id(), "collateralAmount": amount if adds else f"-{amount}"}
            return self.desk.call("POST", "/capi/v2/account/adjustMargin", **told)
        told = {"isolatedPositionId": self._position_id(), "amount": amount, "type": 1 if adds else 2}
        return self.desk.call("POST", "/capi/v3/account/positionMargin", **told)

    def _auto_append(self) -> tuple[int, Any]:
        told = {"positionId": self._position_id(), "autoAppendMargin": self.side == "long"}
        return self.desk.call("POST", f"/capi/{self.api}/account/modifyAutoAppendMargin", **told)

    def _position_id(self) -> int:
        ids = [row.id for row in self.desk.simulator.ledger.positions.values()]
        return ids[self.distance % len(ids)] if ids else 1

    def _isolated(self) -> bool:
        return self.desk.simulator.venue.leverages[self.symbol].mode is MarginMode.ISOLATED

    def _wait(self) -> tuple[int, Any]:
        self.desk.next_candle(5 * self.distance)
        return 200, None


def _run(desk: Desk, commands: list[Command]) -> list[tuple[int, Any]]:
    return [Trader(desk, number, command).act() for number, command in enumerate(commands)]


def _assert_views_agree(desk: Desk) -> None:
    """Balance, positions, orders, plans, fills, bills and leverages, number by number."""
    (old,), (new,) = desk.v2("GET", "account/assets"), desk.get("account/balance")
    named = {"equity": "balance", "available": "availableBalance", "frozen": "frozen", "unrealizePnl": "unrealizePnl"}
    assert {new_name: old[name] for name, new_name in named.items()} == {k: new[k] for k in named.values()}
    assert _positions_v2(desk) == _positions_v3(desk)
    assert _orders_v2(desk) == _orders_v3(desk)
    assert _plans_v2(desk) == _plans_v3(desk)
    assert _fills_v2(desk) == _fills_v3(desk)
    bills = [(row["billId"], row["amount"]) for row in desk.v2("POST", "account/bills", limit=100)["items"]]
    assert bills == [(row["billId"], row["income"]) for row in desk.post("account/income", limit=100)["items"]]
    old_told = desk.v2("GET", "account/settings")
    for row in desk.get("account/symbolConfig"):
        said = old_told[f"cmt_{row['symbol'].lower()}"]
        members = ("crossLeverage", "isolatedLongLeverage", "isolatedShortLeverage")
        assert [row[name] for name in members] == list(map(said.get, LEVERAGES_V2))


def _positions_v2(desk: Desk) -> list[tuple[Any, ...]]:
    members = (
        "id", "side", "size", "open_value", "open_fee", "funding_fee", "marginSize", "unrealizePnl", "leverage",
        "isolated_margin", "separated_mode", "separated_open_order_id", "is_auto_append_isolated_margin",
    )  # fmt: skip
    rows = desk.v2("GET", "account/position/allPosition")
    return [(row["symbol"][4:].upper(), *(row[name] for name in members), row["liquidatePrice"]) for row in rows]


def _positions_v3(desk: Desk) -> list[tuple[Any, ...]]:
    members = (
        "id", "side", "size", "openValue", "openFee", "fundingFee", "marginSize", "unrealizePnl", "leverage",
        "isolatedMargin", "separatedMode", "separatedOpenOrderId", "isAutoAppendIsolatedMargin",
    )  # fmt: skip
    rows = desk.get("account/position/allPosition")
    return [(row["symbol"], *(row[name] for name in members), row["liquidatePrice"]) for row in rows]


def _orders_v2(desk: Desk) -> list[tuple[Any, ...]]:
    rows = desk.v2("GET", "order/current")
    members = ("client_oid", "size", "filled_qty", "price")
    return [(int(row["order_id"]), *(row[name] for name in members)) for row in rows]


def _orders_v3(desk: Desk) -> list[tuple[Any, ...]]:
    members = ("orderId", "clientOrderId", "origQty", "executedQty", "price")
    return [tuple(row[name] for name in members) for row in desk.get("openOrders")]


def _plans_v2(desk: Desk) -> list[tuple[Any, ...]]:
    rows = desk.v2("GET", "order/currentPlan")
    return [(int(row["order_id"]), row["client_oid"], row["size"], row["triggerPrice"], row["status"]) for row in rows]


def _plans_v3(desk: Desk) -> list[tuple[Any, ...]]:
    members = ("algoId", "clientAlgoId", "quantity", "triggerPrice", "algoStatus")
    return [tuple(row[name] for name in members) for row in desk.get("openAlgoOrders")]


def _fills_v2(desk: Desk) -> list[tuple[Any, ...]]:
    rows = desk.v2("GET", "order/fills", startTime=_since_ms(desk))["list"]
    # What a liquidation costs is a fee of its own in V2.
    return [
        (row["tradeId"], row["orderId"], row["fillSize"], row["fillValue"], row["realizePnl"], _cost(row))
        for row in rows
    ]


def _since_ms(desk: Desk) -> int:
    # V3 answers for a week at most.
    return max(START_MS, desk.simulator.now_ms - 6 * 24 * HOUR_MS)


def _cost(row: dict[str, Any]) -> Decimal:
    return Decimal(row["fillFee"]) + Decimal(row["liquidateFee"])


def _fills_v3(desk: Desk) -> list[tuple[Any, ...]]:
    rows = desk.get("userTrades", startTime=_since_ms(desk), endTime=desk.simulator.now_ms + HOUR_MS)
    members = ("id", "orderId", "qty", "quoteQty", "realizedPnl")
    return [(*(row[name] for name in members), Decimal(row["commission"])) for row in rows]


def _desk(open_desk: OpenDesk) -> Desk:
    simulator = Simulator(MARKET, seed=3, start_ms=START_MS, start_equity=Decimal(4_000), funding=FUNDING)
    return type(open_desk([(1.0, 1.0, 1.0, 1.0)] * 2))(simulator)


@EXAMPLES
@given(commands=COMMANDS)
@example(commands=RUIN)
@example(commands=APART)
def test_both_views_agree_and_the_ledger_balances(open_desk: OpenDesk, commands: list[Command]) -> None:
    desk = _desk(open_desk)
    answers = []
    for number, command in enumerate(commands):
        answers.append(Trader(desk, number, command).act())
        desk.assert_balanced()
        _assert_margins_add_up(desk)
        if command[0] == "wait":
            _assert_nothing_is_beyond_its_margin(desk)
    assert {status for status, _ in answers} <= {200, 400}
    _assert_views_agree(desk)
    _assert_positions_are_the_sum_of_fills(desk)
    # A text code belongs to the older generation, a number to the newer one.
    for (status, answer), command in zip(answers, commands, strict=True):
        assert status == 200 or isinstance(answer["code"], str if command[1] == "v2" else int)


def _assert_margins_add_up(desk: Desk) -> None:
    """No margin is made or lost: the wallet is what is shared and what isolated positions hold."""
    venue = desk.simulator.venue
    rows = venue.ledger.positions.values()
    assert all(is_isolated(venue, row) or not row.margin for row in rows)
    assert abs(cross_wallet(venue) + sum(row.margin for row in rows) - venue.ledger.wallet) < Decimal("1e-8")
    assert all((row.opened_by > 0) is venue.leverages[row.symbol].separated for row in rows)
    assert Decimal(desk.get("account/balance")[0]["availableBalance"]) >= 0


def _assert_nothing_is_beyond_its_margin(desk: Desk) -> None:
    """What does not cover its maintenance margin when a candle opens has been liquidated: nothing is left to owe."""
    venue = desk.simulator.venue
    shared = cross_wallet(venue)
    needed: dict[str, Decimal] = {}
    for row in venue.ledger.positions.values():
        mark = venue.price(row.symbol)
        if is_isolated(venue, row):
            value = row.size * mark
            assert row.margin + row.unrealised(mark) > value * venue.settings.maintenance_rate(value)
        else:
            shared += row.unrealised(mark)
            needed[row.symbol] = needed.get(row.symbol, Decimal(0)) + row.size * mark
    total = sum((value * venue.settings.maintenance_rate(value) for value in needed.values()), Decimal(0))
    assert shared > total if needed else shared >= 0


def _assert_positions_are_the_sum_of_fills(desk: Desk) -> None:
    ledger = desk.simulator.ledger
    if len(ledger.fills) == ledger.fills.maxlen:
        return
    sums: dict[tuple[str, str], Decimal] = {}
    for fill in ledger.fills:
        key = (fill.symbol, fill.position_side.value.upper())
        sign = 1 if fill.side is fill.position_side.opening else -1
        sums[key] = sums.get(key, Decimal(0)) + sign * fill.quantity
    held: dict[tuple[str, str], Decimal] = {}
    for row in ledger.positions.values():
        key = (row.symbol, row.side.value.upper())
        held[key] = held.get(key, Decimal(0)) + row.size
    assert {key: size for key, size in sums.items() if size} == held


@EXAMPLES
@given(commands=COMMANDS)
def test_either_generation_leads_to_the_same_account(open_desk: OpenDesk, commands: list[Command]) -> None:
    states = []
    for api in ("v2", "v3"):
        desk = _desk(open_desk)
        _run(desk, [(verb, api, symbol, side, size, away) for verb, _, symbol, side, size, away in commands])
        states.append(json.dumps(desk.simulator.snapshot(), sort_keys=True))
    first, second = (json.loads(state) for state in states)
    # The budgets are counted under the names of the endpoints, and the older one also by account.
    first.pop("rate"), second.pop("rate")
    assert first == second


def test_the_ruinous_example_is_one(open_desk: OpenDesk) -> None:
    desk = _desk(open_desk)
    _run(desk, RUIN)
    assert desk.v2("GET", "order/fills")["list"][0]["liquidateType"] == "FORCE_LIQUIDATE"
