"""Candles in which nothing can happen: what is known of them holds until something changes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.simulator.conftest import EXACT, HOUR_MS, START_MS, Row, candles
from weexctl.model.order import OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side
from weexctl.simulator import Simulator
from weexctl.simulator.book import book_of, market_price
from weexctl.simulator.orders import Preset, SimOrder
from weexctl.simulator.placing import place
from weexctl.simulator.quiet import first_busy_ms, is_quiet
from weexctl.simulator.venue import Venue

ROWS = 700
DIP = 620
"""The candle that falls to 80."""


def _rows() -> list[Row]:
    rows: list[Row] = [(100.0, 101.0, 99.0, 100.0)] * ROWS
    rows[300] = (100.0, 101.0, 90.0, 100.0)
    rows[DIP] = (100.0, 101.0, 80.0, 100.0)
    return rows


def _venue(*, quantity: str = "1", stop: str | None = "85", target: str | None = None, equity: int = 10_000) -> Venue:
    simulator = Simulator(
        {"BTCUSDT": candles("BTCUSDT", _rows())},
        seed=1,
        start_ms=START_MS + HOUR_MS,
        start_equity=Decimal(equity),
        settings=EXACT,
    )
    venue = simulator.venue
    place(
        venue,
        SimOrder(
            id=0,
            client_id="a",
            symbol="BTCUSDT",
            side=Side.BUY,
            position_side=PositionSide.LONG,
            type=OrderType.MARKET,
            time_in_force=TimeInForce.IOC,
            quantity=Decimal(quantity),
            price=None,
            created_ms=venue.now_ms,
            updated_ms=venue.now_ms,
            stop=None if stop is None else Preset(price=Decimal(stop), source=TriggerSource.MARK),
            target=None if target is None else Preset(price=Decimal(target), source=TriggerSource.MARK),
        ),
    )
    return venue


def _opens(row: int) -> int:
    return START_MS + row * HOUR_MS


def test_the_candle_that_reaches_the_stop_is_found_far_ahead() -> None:
    assert first_busy_ms(_venue(), _opens(1), _opens(ROWS)) == _opens(DIP)


def test_what_was_found_is_asked_for_again_from_any_candle_before_it() -> None:
    venue = _venue()
    first_busy_ms(venue, _opens(1), _opens(ROWS))
    known = venue.calm
    assert [first_busy_ms(venue, _opens(row), _opens(ROWS)) for row in (2, 300, DIP)] == [_opens(DIP)] * 3
    assert venue.calm is known
    assert is_quiet(venue, _opens(DIP - 1))
    assert not is_quiet(venue, _opens(DIP))


def test_a_search_that_ended_early_goes_on_where_it_ended() -> None:
    venue = _venue()
    assert first_busy_ms(venue, _opens(1), _opens(40)) == _opens(40)
    assert not is_quiet(venue, _opens(40))
    assert first_busy_ms(venue, _opens(10), _opens(ROWS)) == _opens(DIP)
    assert is_quiet(venue, _opens(1))


def test_a_stop_that_is_moved_makes_it_look_again() -> None:
    venue = _venue()
    first_busy_ms(venue, _opens(1), _opens(ROWS))
    (stop,) = venue.orders("BTCUSDT")
    assert stop.trigger is not None
    stop.trigger.move(Decimal(95))
    venue.version += 1
    assert not is_quiet(venue, _opens(2))
    assert first_busy_ms(venue, _opens(1), _opens(ROWS)) == _opens(300)


def test_an_earlier_candle_than_was_looked_at_is_looked_at() -> None:
    venue = _venue()
    first_busy_ms(venue, _opens(400), _opens(500))
    (stop,) = venue.orders("BTCUSDT")
    assert first_busy_ms(venue, _opens(1), _opens(500)) == _opens(500)
    assert not is_quiet(venue, _opens(0))
    assert stop.waiting


@pytest.mark.parametrize("span", [2, 60])
def test_a_candle_that_may_liquidate_is_looked_at_though_it_reaches_no_order(span: int) -> None:
    venue = _venue(quantity="100", stop=None, equity=2_000)  # five times the account: half of it is gone at 90
    found = first_busy_ms(venue, _opens(300 - span + 1), _opens(300 + span))
    assert found == _opens(300)


@pytest.mark.parametrize("span", [3, 64, 699])
def test_a_target_and_a_stop_are_both_seen(span: int) -> None:
    venue = _venue(stop="85", target="100.5")
    assert first_busy_ms(venue, _opens(1), _opens(1 + span)) == _opens(1)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("mid", [None, Decimal("101.3")])
@pytest.mark.parametrize("quantity", ["0.01", "7", "90000"])
def test_a_market_price_is_that_of_the_whole_book(side: Side, mid: Decimal | None, quantity: str) -> None:
    venue = Simulator({"BTCUSDT": candles("BTCUSDT", _rows())}, seed=1, start_ms=START_MS + HOUR_MS).venue
    whole = book_of(venue, "BTCUSDT", mid).taker_price(side, Decimal(quantity))
    assert market_price(venue, "BTCUSDT", side, Decimal(quantity), mid) == whole
