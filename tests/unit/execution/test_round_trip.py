"""The smallest complete trade, at a scripted exchange and at the simulator."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.execution.orders import LIMITS
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.errors import OutcomeUnknownError, RejectedError, WeexctlError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.round_trip import RoundTrip, quantity_for, round_trip
from weexctl.journal.journal import Journal
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import Instrument
from weexctl.ports import Clock, Exchange
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.generator import generate_market
from weexctl.simulator.instruments import CONTRACTS
from weexctl.trader.sim_venue import SimulatedClock

BITCOIN = CONTRACTS["BTCUSDT"].instrument


def _go(exchange: Exchange, clock: Clock, journal: Journal, price: Decimal = Decimal(50_000)) -> RoundTrip:
    gate = Gate(exchange, LIMITS)
    executor = Executor(exchange, gate, journal, clock, account="acc")
    guardian = Guardian(exchange, gate, journal, clock, account="acc")
    return round_trip(executor, guardian, clock, BITCOIN, price, exchange.fetch_balance(), max_leverage=3)


def test_it_opens_closes_and_leaves_nothing(exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal) -> None:
    trip = _go(exchange, clock, journal)
    assert trip.leftover == ""
    assert exchange.quantity("BTCUSDT") == 0
    assert exchange.fetch_conditional_orders() == []
    assert [call.name for call in exchange.writes] == ["place_order", "place_order", "cancel_conditional_order"]


def test_a_stop_that_shows_up_after_the_close_is_swept_too(
    exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    exchange.stop_lag_ms = 5_000
    assert _go(exchange, clock, journal).leftover == ""
    clock.sleep_ms(60_000)
    assert exchange.fetch_conditional_orders() == []


def test_a_close_that_leaves_a_part_open_leaves_its_stop_too(
    exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    def half_from_now_on() -> None:
        if len(exchange.named("place_order")) == 2:
            exchange.fill_share = Decimal("0.5")

    exchange.on_call["place_order"] = half_from_now_on
    assert _go(exchange, clock, journal).leftover == "NOT_CLOSED"
    assert exchange.quantity("BTCUSDT") > 0
    assert len(exchange.fetch_conditional_orders()) == 1


def test_a_close_of_unknown_outcome_is_said_to_be_open(
    exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    def lose_the_second() -> None:
        if len(exchange.named("place_order")) == 2:
            exchange.fail("place_order", OutcomeUnknownError("no answer"))

    exchange.on_call["place_order"] = lose_the_second
    assert _go(exchange, clock, journal).leftover == "NOT_CLOSED"
    assert len(exchange.fetch_conditional_orders()) == 1


def test_an_entry_that_is_refused_says_that_nothing_is_open(
    exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    exchange.fail("place_order", RejectedError("no", code="REJECTED"))
    with pytest.raises(WeexctlError, match="nothing is open"):
        _go(exchange, clock, journal)
    assert exchange.quantity("BTCUSDT") == 0


@pytest.mark.parametrize(
    "late",
    [(), ("visibility",), ("order",), ("fill",), ("position",), ("visibility", "order", "fill", "position")],
    ids=str,
)
@pytest.mark.parametrize("late_ms", [600, 6_000])
def test_the_simulator_agrees(tmp_path: Path, late: tuple[str, ...], late_ms: int) -> None:
    market = generate_market(3, timeframe=Timeframe.H1, count=48)
    delays: dict[str, Any] = {f"{what}_delay_ms": late_ms for what in late}
    settings = replace(SimulatorSettings(), **delays)
    start_ms = market["BTCUSDT"].last_close_ms - Timeframe.H1.ms
    simulator = Simulator(market, seed=3, start_ms=start_ms, settings=settings)
    clock = SimulatedClock(simulator)
    exchange = connect(
        credentials=Credentials("sim", "sim", "sim"),
        transport=httpx.MockTransport(simulator.handle),
        clock=clock,
        limiter=Unlimited(),
    )
    with Journal.open(tmp_path / "journal.sqlite", venue="sim", account="acc") as journal:
        trip = _go(exchange, clock, journal, BITCOIN.round_price(exchange.fetch_mark_price("BTCUSDT")))
    exchange.close()
    assert trip.leftover == ""
    assert simulator.ledger.positions == {}
    assert simulator.venue.live == {}
    cost = sum((fill.fee - fill.realised for fill in (*trip.entry.fills, *trip.exit.fills)), Decimal(0))
    assert simulator.ledger.wallet == Decimal(10_000) - cost


@pytest.mark.parametrize(("price", "quantity"), [("50000", "0.0002"), ("30000", "0.0003"), ("10000000", "0.0001")])
def test_the_quantity_is_the_step_nearest_to_ten_and_never_below_the_minimum(price: str, quantity: str) -> None:
    assert isinstance(BITCOIN, Instrument)
    assert quantity_for(BITCOIN, Decimal(price)) == Decimal(quantity)
