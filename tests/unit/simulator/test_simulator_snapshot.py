"""State: saved and restored, reproducible, and balanced whatever is done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weexctl.errors import DataError
from weexctl.model.candle import Candles
from weexctl.simulator import Simulator, SimulatorSettings, generate_funding, generate_market

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

HOUR_MS = 3_600_000
BALANCE = "/capi/v3/account/balance"
SYMBOLS = ("BTCUSDT", "DOGEUSDT")
MARKET = generate_market(5, symbols=SYMBOLS, count=300)
FUNDING = generate_funding(5, MARKET)
START_MS = MARKET["BTCUSDT"].first_ms + 50 * HOUR_MS
SIZES = {"BTCUSDT": ("0.0100", "0.2500", "1.5000"), "DOGEUSDT": ("300", "20000", "900000")}

Command = tuple[str, str, str, int, int]


def _commands(desk: Desk, commands: Sequence[Command]) -> list[tuple[int, Any]]:
    """What the exchange answers to a list of commands; each row is verb, side, symbol, size, hours or distance."""
    answers = []
    for number, (verb, side, symbol, size, distance) in enumerate(commands):
        price = desk.simulator.venue.price(symbol)
        step = desk.simulator.venue.contracts[symbol].instrument.price_step
        quantity, client_id = SIZES[symbol][size], f"c{desk.simulator.now_ms}-{number}"
        members = desk.order_members(f"{verb} {side}", quantity, symbol=symbol, newClientOrderId=client_id)
        away = (price * distance / 200 / step).to_integral_value() * step
        if verb == "wait":
            desk.next_candle(distance)
            continue
        if verb == "open" and size == 0:
            members["slTriggerPrice"] = str(price - away if side == "long" else price + away)
        if verb == "open" and size == 1:
            limit = price - away if side == "long" else price + away
            members |= {"type": "LIMIT", "timeInForce": "GTC", "price": str(limit)}
        answers.append(desk.call("POST", "/capi/v3/order", **members))
    return answers


def _desk(open_desk: OpenDesk, simulator: Simulator) -> Desk:
    return type(open_desk([(1.0, 1.0, 1.0, 1.0)] * 2))(simulator)


def _simulator(start_equity: str = "10000") -> Simulator:
    return Simulator(MARKET, seed=9, start_ms=START_MS, start_equity=Decimal(start_equity), funding=FUNDING)


# The fixture only makes desks; no state of it is shared between examples.
EXAMPLES_OF_COMMANDS = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(("open", "open", "close", "wait")),
        st.sampled_from(("long", "short")),
        st.sampled_from(SYMBOLS),
        st.integers(0, 2),
        st.integers(1, 12),
    ),
    max_size=14,
)

MIXED: list[Command] = [
    ("open", "long", "BTCUSDT", 0, 4),
    ("open", "short", "DOGEUSDT", 1, 1),
    ("wait", "long", "BTCUSDT", 0, 9),
    ("open", "short", "BTCUSDT", 0, 6),
    ("close", "long", "BTCUSDT", 0, 1),
    ("open", "long", "DOGEUSDT", 1, 8),
]
LATER: list[Command] = [
    ("wait", "long", "BTCUSDT", 0, 12),
    ("open", "long", "BTCUSDT", 2, 3),
    ("wait", "long", "BTCUSDT", 0, 40),
    ("close", "short", "BTCUSDT", 1, 3),
    ("wait", "long", "BTCUSDT", 0, 60),
]


@EXAMPLES_OF_COMMANDS
@given(commands=COMMANDS)
def test_the_ledger_balances_whatever_is_done(open_desk: OpenDesk, commands: list[Command]) -> None:
    desk = _desk(open_desk, _simulator())
    answers = _commands(desk, commands)
    desk.next_candle(60)
    desk.assert_balanced()
    ledger = desk.simulator.ledger
    assert ledger.wallet >= 0 or ledger.positions
    assert all(status in (200, 400) for status, _ in answers)
    assert all(row.size > 0 and row.open_value > 0 for row in ledger.positions.values())
    if len(ledger.fills) < 60:
        liquidated = any(order.client_id == "burst_liquidate" for order in desk.simulator.venue.closed)
        assert liquidated or sum(fill.realised for fill in ledger.fills) == ledger.realised
        assert sum(fill.fee for fill in ledger.fills) == ledger.fees


@EXAMPLES_OF_COMMANDS
@given(commands=COMMANDS, split=st.integers(0, 14))
def test_a_restored_simulator_has_the_same_future(open_desk: OpenDesk, commands: list[Command], split: int) -> None:
    first = _desk(open_desk, _simulator())
    _commands(first, commands[:split])
    saved = json.loads(json.dumps(first.simulator.snapshot()))
    second = _desk(open_desk, Simulator.restore(MARKET, saved, funding=FUNDING))
    later = [*commands[split:], *LATER]
    assert _commands(first, later) == _commands(second, later)
    assert first.simulator.snapshot() == second.simulator.snapshot()


def test_a_restored_simulator_answers_every_question_the_same(open_desk: OpenDesk) -> None:
    first = _desk(open_desk, _simulator())
    first.post("account/marginType", symbol="DOGEUSDT", marginType="ISOLATED")
    first.post("account/leverage", symbol="DOGEUSDT", isolatedLongLeverage=7)
    _commands(first, MIXED)
    second = _desk(open_desk, Simulator.restore(MARKET, first.simulator.snapshot(), funding=FUNDING))
    paths = ("account/balance", "account/position/allPosition", "openOrders", "order/history", "userTrades")
    for path in (*paths, "openAlgoOrders", "allAlgoOrders", "account/symbolConfig"):
        assert first.get(path) == second.get(path)
    assert first.get("openAlgoOrders")
    assert first.get("openOrders")


def test_used_client_ids_and_request_counts_are_restored(open_desk: OpenDesk) -> None:
    chosen = SimulatorSettings(client_ids="ever", rate_limits=True, orders_per_second=2, weight_per_10s=12)
    first = _desk(open_desk, Simulator(MARKET, seed=9, start_ms=START_MS, settings=chosen))
    members = first.order_members("open long", "0.01", newClientOrderId="once")
    first.post("order", **members)
    assert first.refused("POST", "order", **members)[0] == -1054
    answers = []
    for simulator in (first.simulator, Simulator.restore(MARKET, first.simulator.snapshot())):
        desk = _desk(open_desk, simulator)
        busy = desk.call("POST", "/capi/v3/order", **members)
        desk.simulator.advance(desk.simulator.now_ms + 1_000)
        answers.append((busy, desk.call("POST", "/capi/v3/order", **members), desk.call("GET", BALANCE)))
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [429, 400, 429]


def test_a_snapshot_fits_a_longer_market(open_desk: OpenDesk) -> None:
    longer = generate_market(5, symbols=SYMBOLS, count=400)
    first = _desk(open_desk, Simulator(longer, seed=9, start_ms=START_MS))
    again = _desk(open_desk, Simulator(MARKET, seed=9, start_ms=START_MS))
    for desk in (first, again):
        _commands(desk, MIXED)
    resumed = _desk(open_desk, Simulator.restore(longer, again.simulator.snapshot()))
    assert _commands(first, LATER) == _commands(resumed, LATER)
    assert first.simulator.snapshot() == resumed.simulator.snapshot()


def test_a_snapshot_stays_small_and_holds_no_secret(open_desk: OpenDesk) -> None:
    desk = _desk(open_desk, _simulator("1000000"))
    for _ in range(80):
        _commands(desk, [("open", "long", "BTCUSDT", 0, 12), ("close", "long", "BTCUSDT", 0, 1)])
        desk.delete("algoOpenOrders")
    saved = desk.simulator.snapshot()
    assert {name: len(saved[name]) for name in ("closed", "fills", "bills")} == {"closed": 60, "fills": 60, "bills": 60}
    assert not {"key", "secret", "passphrase"} & set(saved["settings"])
    assert len(json.dumps(saved)) < 120_000


def test_a_snapshot_of_another_version_is_refused() -> None:
    saved = {**_simulator().snapshot(), "schema": 99}
    with pytest.raises(DataError, match="version 99"):
        Simulator.restore(MARKET, saved)


def test_a_snapshot_with_more_symbols_than_the_market_is_refused() -> None:
    with pytest.raises(DataError, match="DOGEUSDT"):
        Simulator.restore({"BTCUSDT": MARKET["BTCUSDT"]}, _simulator().snapshot())


def test_two_instances_with_one_seed_answer_the_same_bytes(open_desk: OpenDesk) -> None:
    runs = [_desk(open_desk, _simulator()) for _ in range(2)]
    assert _commands(runs[0], MIXED + LATER) == _commands(runs[1], MIXED + LATER)


def test_another_seed_gives_other_ids_over_the_same_market() -> None:
    ids = {Simulator(MARKET, seed=seed, start_ms=START_MS).venue.ids.next() for seed in range(50)}
    assert len(ids) == 50
    assert all(len(str(number)) == 18 and number % 2 for number in ids)


def test_the_simulator_stands_behind_an_httpx_client(open_desk: OpenDesk) -> None:
    simulator = _simulator()
    with httpx.Client(transport=httpx.MockTransport(simulator.handle), base_url="https://exchange.invalid") as client:
        answer = client.get("/capi/v3/market/klines", params={"symbol": "BTCUSDT", "interval": "1h", "limit": 2})
        missing = client.get("/capi/v3/account/balance")
    assert (answer.status_code, answer.headers["content-type"], len(answer.json())) == (200, "application/json", 2)
    assert (missing.status_code, missing.json()["code"]) == (400, -1040)


def test_a_market_of_eight_symbols_is_ready_for_a_run() -> None:
    market: dict[str, Candles] = generate_market(1, count=11_200)
    start_ms = market["BTCUSDT"].first_ms + 11_000 * HOUR_MS
    simulator = Simulator(market, seed=1, start_ms=start_ms, funding=generate_funding(1, market))
    assert simulator.now_ms == start_ms
    assert simulator.ledger.wallet == Decimal(10_000)
