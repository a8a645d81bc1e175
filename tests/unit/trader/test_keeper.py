"""Between two candles: what a look mends, what it leaves alone for a while, and what it writes down."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.execution.orders import LIMITS, a_book
from tests.unit.execution.scripted_exchange import ScriptedExchange
from tests.unit.trader.desk import Desk
from weexctl.errors import OutcomeUnknownError, RejectedError
from weexctl.execution.differences import Kind
from weexctl.execution.gate import Gate
from weexctl.execution.reading import Unavailable
from weexctl.journal.intent_state import IntentState
from weexctl.model.fill import Fill
from weexctl.model.order import Leg, OrderStatus, StopRequest
from weexctl.model.side import PositionSide
from weexctl.trader.keeper import SURPLUS_MS, Keeper, Watch

LONG = PositionSide.LONG


@pytest.fixture
def keeper(desk: Desk) -> Keeper:
    return a_keeper(desk)


def a_keeper(desk: Desk) -> Keeper:
    return Keeper(
        desk.exchange,
        Gate(desk.exchange, LIMITS),
        desk.orders,
        desk.sync,
        desk.journal,
        desk.clock,
        ("BTCUSDT", "ETHUSDT"),
        book_of=lambda _: a_book(),
    )


def looked(keeper: Keeper) -> Watch:
    watch = keeper.look()
    assert not isinstance(watch, Unavailable)
    return watch


def second_stop(desk: Desk, price: str = "48000") -> str:
    """A stop that is not needed beside the one of the entry; its id."""
    return desk.exchange.place_stop(
        StopRequest(
            symbol="BTCUSDT",
            position_side=LONG,
            trigger_price=Decimal(price),
            quantity=Decimal("0.02"),
            client_order_id="wxacaaaaaaaaaaaaaaaas02",
        )
    ).order_id


def test_a_missing_stop_is_placed_and_on_record(desk: Desk, keeper: Keeper) -> None:
    desk.enter()
    desk.exchange.remove_stops()
    watch = looked(keeper)
    assert [d.kind for d in watch.found] == [Kind.STOP_MISSING]
    assert watch.whole
    (stop,) = desk.stops
    row = desk.journal.orders.get(stop)
    assert row is not None
    assert (row.kind, row.status) == ("stop", OrderStatus.UNTRIGGERED)
    assert desk.trade.stop_order_ids == (stop,)


def test_a_stop_that_only_just_seems_unneeded_stays(desk: Desk, keeper: Keeper) -> None:
    desk.enter()
    second_stop(desk)
    watch = looked(keeper)
    assert [d.kind for d in watch.left] == [Kind.STOP_SURPLUS]
    assert watch.whole  # it keeps nothing back
    desk.clock.sleep_ms(SURPLUS_MS - 1)
    looked(keeper)
    assert len(desk.stops) == 2
    desk.clock.sleep_ms(1)
    looked(keeper)
    assert len(desk.stops) == 1


def test_a_stop_that_was_needed_meanwhile_begins_anew(desk: Desk, keeper: Keeper) -> None:
    desk.enter()
    second_stop(desk)
    looked(keeper)
    desk.clock.sleep_ms(SURPLUS_MS)
    desk.exchange.cancel_conditional_order(desk.stops[1])  # by hand: the other one is needed now
    looked(keeper)
    second_stop(desk)
    looked(keeper)
    assert len(desk.stops) == 2


def test_a_stop_beside_an_order_whose_end_is_unknown_is_no_orphan(desk: Desk, keeper: Keeper) -> None:
    desk.exchange.lose_answer("place_order", OutcomeUnknownError("no answer"))
    desk.exchange.always_fail("fetch_order_history", OutcomeUnknownError("no answer"))
    desk.exchange.always_fail("fetch_fills", OutcomeUnknownError("no answer"))
    desk.enter()
    assert desk.sync.trades == {}
    looked(keeper)
    assert len(desk.stops) == 1


def test_the_row_of_a_stop_that_is_gone_ends_after_two_looks_apart(desk: Desk, keeper: Keeper) -> None:
    desk.enter()
    looked(keeper)
    (stop,) = desk.stops
    desk.clock.sleep_ms(60_000)
    desk.exchange.act_by_hand("BTCUSDT", LONG, "0.02", opens=False)
    desk.exchange.remove_stops()
    desk.orders.sync.trades.clear()  # nobody sweeps: only the rows are looked at
    status = []
    for _ in range(2):
        looked(keeper)
        row = desk.journal.orders.get(stop)
        assert row is not None
        status.append(row.status)
        desk.clock.sleep_ms(4_000)
    assert status == [OrderStatus.UNTRIGGERED, OrderStatus.CANCELLED]


def test_a_stop_whose_answer_was_lost_is_settled_by_the_list_that_shows_it(desk: Desk, keeper: Keeper) -> None:
    desk.enter()
    desk.exchange.remove_stops()
    desk.exchange.lose_answer("place_stop", OutcomeUnknownError("no answer"))
    assert looked(keeper).whole
    record = desk.journal.intents.of_leg("d-entry", Leg.STOP)
    assert record is not None
    assert record.state is IntentState.ACCEPTED
    assert [a.order_id for a in desk.journal.attempts.of_intent(record.intent_id)] == desk.stops


def test_a_stop_that_never_came_to_light_is_settled_after_the_horizon(desk: Desk) -> None:
    desk.enter()
    desk.exchange.remove_stops()
    desk.exchange.always_fail("place_stop", OutcomeUnknownError("no answer"))
    desk.orders.guardian.ensure(desk.trade, desk.trade.quantity)
    desk.exchange.always_fail("place_stop", None)
    desk.clock.sleep_ms(90_000)
    looked(a_keeper(desk))
    desk.leave()
    desk.clock.sleep_ms(90_000)
    looked(a_keeper(desk))
    record = desk.journal.intents.of_leg("d-entry", Leg.STOP)
    assert record is not None
    assert record.state not in (IntentState.UNKNOWN, IntentState.SENDING)
    assert "" not in {a.outcome for a in desk.journal.attempts.of_intent(record.intent_id)}


def test_a_fill_that_shows_late_is_taken_in_all_the_same(
    desk: Desk, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enter()
    looked(keeper)
    desk.clock.sleep_ms(600_000)
    desk.exchange.act_by_hand("BTCUSDT", LONG, "0.005", opens=False)
    desk.clock.sleep_ms(300_000)
    desk.exchange.act_by_hand("BTCUSDT", LONG, "0.005", opens=False)
    hidden = desk.exchange.fetch_fills("BTCUSDT", start_ms=0, end_ms=desk.clock.now_ms())[-2]
    original = ScriptedExchange.fetch_fills

    def without(exchange: ScriptedExchange, symbol: str | None, **span: Any) -> list[Fill]:
        return [fill for fill in original(exchange, symbol, **span) if fill.fill_id != hidden.fill_id]

    with monkeypatch.context() as patch:
        patch.setattr(ScriptedExchange, "fetch_fills", without)
        assert Kind.FILLS_MISSING in {d.kind for d in looked(keeper).left}
    assert looked(keeper).whole
    assert desk.trade.quantity == Decimal("0.010")


def test_a_symbol_that_was_delisted_hides_nothing_of_the_others(
    desk: Desk, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.enter()
    looked(keeper)
    desk.exchange.act_by_hand("BTCUSDT", LONG, "0.02", opens=False)
    original = ScriptedExchange.fetch_fills

    def gone(exchange: ScriptedExchange, symbol: str | None, **span: Any) -> list[Fill]:
        if symbol == "BTCUSDT":
            raise RejectedError("the symbol is unknown", code="UNKNOWN_SYMBOL")
        return original(exchange, symbol, **span)

    monkeypatch.setattr(ScriptedExchange, "fetch_fills", gone)
    assert looked(keeper).whole
    assert desk.sync.trades == {}


def test_an_exit_is_under_way_until_it_is_settled(desk: Desk, keeper: Keeper) -> None:
    """A position whose stop cannot be proven is closed once, however often it is looked at."""
    desk.enter()
    desk.exchange.remove_stops()
    desk.exchange.always_fail("place_stop", RejectedError("the price is beyond it"))
    desk.exchange.fail("place_order", OutcomeUnknownError("no answer"))
    for _ in range(3):
        looked(keeper)
        desk.clock.sleep_ms(4_000)
    assert len([call for call in desk.exchange.named("place_order") if call.given.side is LONG.closing]) == 1
    assert desk.state.locked == {"BTCUSDT": "STOP_UNPROVEN"}
    assert replace(desk.trade, stop_order_ids=()).quantity == Decimal("0.02")


def test_a_symbol_is_free_again_when_what_was_left_behind_is_gone(desk: Desk, keeper: Keeper) -> None:
    desk.enter()
    desk.exchange.ignores_cancels = True
    desk.leave()
    assert desk.state.locked == {"BTCUSDT": "LEFTOVER_STOPS"}
    looked(keeper)
    assert desk.state.locked == {"BTCUSDT": "LEFTOVER_STOPS"}
    desk.exchange.ignores_cancels = False
    assert looked(keeper).whole
    assert (desk.state.locked, desk.stops) == ({}, [])
    for _ in range(2):
        desk.clock.sleep_ms(30_000)
        looked(keeper)
    assert desk.journal.orders.open() == []
