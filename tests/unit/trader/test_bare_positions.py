"""Stops of positions while nothing can be recorded: placed once, on record aside, and only for what is ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, approved
from tests.unit.execution.scripted_exchange import ScriptedExchange
from tests.unit.trader.desk import Desk
from weexctl.errors import JournalUnavailableError, OutcomeUnknownError, UnavailableError
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.reading import Unavailable
from weexctl.journal.database import Database
from weexctl.journal.journal import Journal
from weexctl.model.order import Leg
from weexctl.model.side import PositionSide
from weexctl.trader.bare_positions import BarePositions

BTC = ("BTCUSDT", PositionSide.LONG.value)
TIMEOUT = OutcomeUnknownError("no answer")


@contextmanager
def full_disk() -> Iterator[None]:
    """No transaction can be begun."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise JournalUnavailableError("no room left", code="DISK_FULL")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_begin", refuse)
        yield


def unbooked(desk: Desk, quantity: str = "0.02") -> None:
    """An entry that the exchange has taken and filled, and of which the journal knows only that it was accepted."""
    intent = an_entry(quantity=Decimal(quantity), created_ms=desk.now_ms)
    desk._decide(intent)
    desk.orders.executor.send(approved(intent), a_book(), NO_FLOW)


def bare(desk: Desk, journal: Journal | None = None) -> BarePositions:
    """A new process, as far as it remembers anything."""
    gate = Gate(desk.exchange, LIMITS)
    guardian = Guardian(desk.exchange, gate, journal or desk.journal, desk.clock, account="acc")
    return BarePositions(desk.exchange, guardian, journal or desk.journal, desk.clock)


def stops_over(exchange: ScriptedExchange) -> Decimal:
    return sum((order.quantity for order in exchange.fetch_conditional_orders("BTCUSDT")), Decimal(0))


def test_a_position_whose_entry_is_not_booked_gets_its_stop_once(desk: Desk) -> None:
    unbooked(desk)
    desk.exchange.remove_stops()
    with full_disk():
        for _ in range(3):
            assert bare(desk).look() == (BTC,)
    assert stops_over(desk.exchange) == Decimal("0.02")
    (call,) = desk.exchange.named("place_stop")
    assert call.given.trigger_price == an_entry().stop_price


def test_the_next_look_with_a_journal_has_it_on_record(desk: Desk) -> None:
    unbooked(desk)
    desk.exchange.remove_stops()
    with full_disk():
        bare(desk).look()
    view = desk.next_hour()
    assert (view.external, view.unsettled) == ((), ())
    assert desk.trade.quantity == Decimal("0.02")
    (call,) = desk.exchange.named("place_stop")
    attempt = desk.journal.attempts.by_client_order_id(call.given.client_order_id)
    assert attempt is not None
    assert (attempt.outcome, [attempt.order_id]) == ("accepted", desk.stops)
    assert desk.journal.emergency is not None
    assert desk.journal.emergency.empty


def test_another_process_gives_the_next_stop_another_name(desk: Desk) -> None:
    desk.enter()
    with full_disk():
        for _ in range(2):
            desk.exchange.remove_stops()
            bare(desk).look()
    names = [call.given.client_order_id for call in desk.exchange.named("place_stop")]
    assert len(names) == len(set(names)) == 2
    desk.next_hour()
    record = desk.journal.intents.of_leg("d-entry", Leg.STOP)
    assert record is not None
    assert [a.client_order_id for a in desk.journal.attempts.of_intent(record.intent_id)] == names


def test_what_an_unbooked_order_added_is_covered_too(desk: Desk) -> None:
    desk.enter()
    intent = an_entry(decision_id="d-add", quantity=Decimal("0.01"), created_ms=desk.now_ms)
    desk._decide(intent)
    desk.orders.executor.send(approved(intent), a_book(), NO_FLOW)
    desk.exchange.remove_stops()
    with full_disk():
        bare(desk).look()
    assert stops_over(desk.exchange) == Decimal("0.03")


def test_no_stop_is_larger_than_what_is_held(desk: Desk) -> None:
    unbooked(desk)
    desk.exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.015", opens=False)
    desk.exchange.remove_stops()
    with full_disk():
        bare(desk).look()
    assert stops_over(desk.exchange) == Decimal("0.005")


def test_somebody_elses_position_beside_a_lost_entry_is_left_alone(desk: Desk) -> None:
    desk.exchange.fail("place_order", TIMEOUT)
    unbooked(desk)
    desk.exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=True)
    with full_disk():
        assert bare(desk).look() == ()
    assert desk.exchange.named("place_stop") == []


def test_a_lost_answer_is_looked_for_before_anything_is_placed(desk: Desk) -> None:
    desk.exchange.landing_ms = 1
    desk.exchange.lose_answer("place_order", TIMEOUT)
    unbooked(desk)
    desk.clock.sleep_ms(1_000)
    desk.exchange.fetch_positions()
    desk.exchange.remove_stops()
    with full_disk():
        assert bare(desk).look() == (BTC,)
    assert stops_over(desk.exchange) == Decimal("0.02")


@pytest.mark.parametrize("name", ["fetch_open_orders", "fetch_conditional_orders", "fetch_positions"])
def test_a_failed_read_places_nothing_and_is_not_flat(desk: Desk, name: str) -> None:
    desk.enter()
    desk.exchange.remove_stops()
    desk.exchange.always_fail(name, UnavailableError("busy"))
    with full_disk():
        assert isinstance(bare(desk).look(), Unavailable)
    assert desk.exchange.named("place_stop") == []


def test_a_position_on_record_that_is_gone_is_not_ours_any_more(desk: Desk) -> None:
    desk.enter()
    desk.exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=False)
    desk.exchange.remove_stops()
    with full_disk():
        assert bare(desk).look() == ()
    assert desk.exchange.named("place_stop") == []


def test_a_journal_that_is_only_read_serves_as_well(desk: Desk, tmp_path: Path) -> None:
    desk.enter()
    desk.exchange.remove_stops()
    desk.journal.close()
    with Journal.aside(tmp_path / "journal.sqlite") as journal:
        bare(desk, journal).look()
    (call,) = desk.exchange.named("place_stop")
    with Journal.open(tmp_path / "journal.sqlite", venue="live", account="acc") as again:
        attempt = again.attempts.by_client_order_id(call.given.client_order_id)
        assert attempt is not None
        assert attempt.outcome == "accepted"


def test_a_position_that_was_to_have_no_stop_gets_none(desk: Desk) -> None:
    desk.enter()
    desk.exchange.remove_stops()
    row = desk.journal.positions.all()[0]
    desk.journal.positions.put(replace(row, stop_price=None))
    with full_disk():
        assert bare(desk).look() == (BTC,)  # a position without a stop of its own asks for none
    assert desk.exchange.named("place_stop") == []
