"""Stops: read back, placed when missing, tightened in place, swept when the position is gone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.execution.orders import NO_FLOW, a_book, an_entry, approved
from tests.unit.execution.scripted_exchange import START_MS, ScriptedClock, ScriptedExchange
from weexctl.errors import (
    DuplicateClientOrderIdError,
    NotSentError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
)
from weexctl.execution.executor import Executor
from weexctl.execution.guardian import FRESH_MS, PATIENCE_MS, Guardian
from weexctl.execution.open_trade import OpenTrade
from weexctl.model.side import PositionSide

QUANTITY = Decimal("0.02")


def _trade(**changes: object) -> OpenTrade:
    values: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": PositionSide.LONG,
        "opened_ms": 0,
        "decision_id": "d-entry",
        "entry_order_id": "1",
        "rule": "trend",
        "regime": "trending",
        "stop_price": Decimal(48_000),
        "target_price": None,
        "last_fill_ms": START_MS,
    }
    return OpenTrade(**values | changes)  # type: ignore[arg-type]  # fields of the trade, by name


@pytest.fixture
def held(executor: Executor, exchange: ScriptedExchange) -> OpenTrade:
    """A long of 0.02 whose stop came with its entry."""
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    exchange.calls.clear()
    return _trade()


def _stop_ids(exchange: ScriptedExchange) -> tuple[str, ...]:
    return tuple(stop.order_id for stop in exchange.fetch_conditional_orders("BTCUSDT"))


def test_a_stop_that_came_with_the_entry_is_proven_by_reading(guardian: Guardian, held: OpenTrade) -> None:
    proof = guardian.prove(held, QUANTITY)
    assert proof.covered
    assert [stop.trigger_price for stop in proof.stops] == [Decimal(48_000)]


def test_a_target_is_no_stop(executor: Executor, guardian: Guardian, exchange: ScriptedExchange) -> None:
    executor.execute(approved(an_entry(target_price=Decimal(55_000))), a_book(), NO_FLOW)
    exchange.cancel_conditional_order(_stop_ids(exchange)[0])
    proof = guardian.prove(_trade(), QUANTITY)
    assert not proof.covered
    assert [target.trigger_price for target in proof.targets] == [Decimal(55_000)]


@pytest.mark.parametrize("lag_ms", [1_000, 2_000, 6_000])
def test_a_stop_that_shows_up_late_is_waited_for(
    executor: Executor, guardian: Guardian, exchange: ScriptedExchange, lag_ms: int
) -> None:
    exchange.stop_lag_ms = lag_ms
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert guardian.ensure(_trade(), QUANTITY).covered
    assert exchange.named("place_stop") == []


def test_a_missing_stop_is_placed(guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade) -> None:
    exchange.remove_stops()
    assert guardian.ensure(held, QUANTITY).covered
    (call,) = exchange.named("place_stop")
    assert (call.given.trigger_price, call.given.quantity) == (Decimal(48_000), QUANTITY)


def test_a_stop_that_covers_a_part_is_completed(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.01", opens=True)
    assert guardian.ensure(held, Decimal("0.03")).covered
    assert len(exchange.named("place_stop")) == 1


def test_the_stop_of_the_other_side_protects_nothing(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.act_by_hand("BTCUSDT", PositionSide.SHORT, "0.02", opens=True)
    assert not guardian.prove(_trade(side=PositionSide.SHORT), QUANTITY).covered


def test_a_stop_that_does_not_get_through_is_tried_again(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.remove_stops()
    exchange.fail("place_stop", OutcomeUnknownError("HTTP 502"), NotSentError("no route"))
    assert guardian.ensure(held, QUANTITY).covered
    numbers = [call.given.client_order_id[-2:] for call in exchange.named("place_stop")]
    assert numbers == ["01", "02", "03"]


def test_a_stop_whose_answer_was_lost_is_found_and_not_doubled(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.remove_stops()
    exchange.lose_answer("place_stop", OutcomeUnknownError("no answer"))
    assert guardian.ensure(held, QUANTITY).covered
    assert len(_stop_ids(exchange)) == 1


def test_a_stop_that_cannot_be_placed_is_not_claimed(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.remove_stops()
    exchange.always_fail("place_stop", UnavailableError("down"))
    assert not guardian.ensure(held, QUANTITY).covered
    assert len(exchange.named("place_stop")) == 3


def test_a_stop_that_the_exchange_refuses_is_not_tried_again(
    guardian: Guardian, exchange: ScriptedExchange, clock: ScriptedClock, held: OpenTrade
) -> None:
    exchange.remove_stops()
    clock.sleep_ms(PATIENCE_MS)
    exchange.always_fail("place_stop", RejectedError("would trigger at once"))
    before = clock.now_ms()
    proof = guardian.ensure(held, QUANTITY)
    assert (proof.covered, proof.refused) == (False, "would trigger at once")
    assert len(exchange.named("place_stop")) == 1
    assert clock.now_ms() == before


def test_a_number_that_an_earlier_stop_used_up_is_passed_over(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.remove_stops()
    exchange.fail("place_stop", DuplicateClientOrderIdError("used"), DuplicateClientOrderIdError("used"))
    assert guardian.ensure(held, QUANTITY).covered
    assert [call.given.client_order_id[-2:] for call in exchange.named("place_stop")] == ["01", "02", "03"]


def test_a_stop_that_went_missing_later_is_replaced_without_waiting(
    guardian: Guardian, exchange: ScriptedExchange, clock: ScriptedClock, held: OpenTrade
) -> None:
    clock.sleep_ms(PATIENCE_MS)
    exchange.remove_stops()
    before = clock.now_ms()
    assert guardian.ensure(held, QUANTITY).covered
    assert clock.now_ms() == before


def test_a_stop_that_cannot_be_read_is_not_proven(
    guardian: Guardian, exchange: ScriptedExchange, clock: ScriptedClock, held: OpenTrade
) -> None:
    exchange.always_fail("fetch_conditional_orders", UnavailableError("down"))
    before = clock.now_ms()
    assert not guardian.prove(held, QUANTITY).covered
    assert clock.now_ms() - before >= FRESH_MS


def test_tightening_changes_the_stop_in_place(guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade) -> None:
    ids = _stop_ids(exchange)
    exchange.calls.clear()
    assert guardian.tighten(_trade(stop_order_ids=ids), Decimal(49_000)) == ""
    assert [call.name for call in exchange.writes] == ["modify_stop"]
    assert _stop_ids(exchange) == ids
    assert exchange.fetch_conditional_orders("BTCUSDT")[0].trigger_price == Decimal(49_000)


def test_a_stop_that_is_gone_is_reported_and_the_others_are_moved(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    (known,) = _stop_ids(exchange)
    assert guardian.tighten(_trade(stop_order_ids=("1", known)), Decimal(49_000)) == "ORDER_NOT_FOUND"
    assert exchange.fetch_conditional_orders("BTCUSDT")[0].trigger_price == Decimal(49_000)


def test_sweeping_cancels_until_a_read_shows_nothing(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    assert guardian.sweep("BTCUSDT", PositionSide.LONG) == ""
    names = [call.name for call in exchange.calls]
    assert names == ["fetch_conditional_orders", "cancel_conditional_order", "fetch_conditional_orders"]


def test_sweeping_leaves_the_other_side_and_other_symbols_alone(
    executor: Executor, guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    other = an_entry(symbol="ETHUSDT", decision_id="d-eth", stop_price=Decimal(48_000))
    executor.execute(approved(other), a_book(), NO_FLOW)
    guardian.sweep("BTCUSDT", PositionSide.SHORT)
    guardian.sweep("BTCUSDT", PositionSide.LONG)
    assert [stop.symbol for stop in exchange.fetch_conditional_orders()] == ["ETHUSDT"]


def test_a_cancel_that_changes_nothing_is_found_out(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.ignores_cancels = True
    assert guardian.sweep("BTCUSDT", PositionSide.LONG) == "LEFTOVER_STOPS"


def test_leftovers_that_cannot_be_read_are_not_called_clean(
    guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade
) -> None:
    exchange.always_fail("fetch_conditional_orders", UnavailableError("down"))
    assert guardian.sweep("BTCUSDT", PositionSide.LONG) == "LEFTOVER_STOPS"


def test_a_refused_cancel_is_tried_again(guardian: Guardian, exchange: ScriptedExchange, held: OpenTrade) -> None:
    exchange.fail("cancel_conditional_order", RejectedError("busy"))
    assert guardian.sweep("BTCUSDT", PositionSide.LONG) == ""
    assert _stop_ids(exchange) == ()


def test_an_empty_list_proves_nothing_while_a_stop_may_still_be_hidden(
    executor: Executor, guardian: Guardian, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.stop_lag_ms = 6_000
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert guardian.sweep("BTCUSDT", PositionSide.LONG, hidden_until_ms=clock.now_ms() + 6_000) == ""
    clock.sleep_ms(60_000)
    assert _stop_ids(exchange) == ()
