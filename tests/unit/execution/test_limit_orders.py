"""Limit orders on their way: what rests, what is filled at once, what comes to nothing, and what a crash leaves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.execution.orders import NO_FLOW, a_book, an_entry, approved
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.errors import OutcomeUnknownError
from weexctl.execution.execution import Execution
from weexctl.execution.executor import Executor
from weexctl.execution.order_watch import REST_MS
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.model.order import OrderIntent, OrderStatus, OrderType, TimeInForce

D = Decimal
LOW, HIGH = D(49_000), D(50_100)
"""A buy that waits, and one that crosses; the market is at 50 000."""


def a_limit(price: Decimal = LOW, force: TimeInForce = TimeInForce.GTC, **changes: Any) -> OrderIntent:
    return an_entry(type=OrderType.LIMIT, price=price, time_in_force=force, **changes)


def send(executor: Executor, intent: OrderIntent) -> Execution:
    return executor.execute(approved(intent), a_book(), NO_FLOW)


def test_an_order_that_waits_is_seen_to_rest_and_not_watched_for_longer(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    began = clock.now_ms()
    done = send(executor, a_limit())
    assert (done.rests, done.state, done.code, done.fills) == (True, IntentState.ACCEPTED, "", ())
    assert clock.now_ms() - began <= 2 * REST_MS
    assert executor.frozen_symbols() == {"BTCUSDT": "RESTING_ORDER"}
    assert done.order is not None
    record = journal.orders.get(done.order.order_id)
    assert record is not None
    assert (record.status, record.price) == (OrderStatus.OPEN, LOW)


def test_the_request_carries_price_and_time_in_force(executor: Executor, exchange: ScriptedExchange) -> None:
    send(executor, a_limit(force=TimeInForce.POST_ONLY))
    [call] = exchange.named("place_order")
    sent = call.given
    assert (sent.type, sent.price, sent.time_in_force) == (OrderType.LIMIT, LOW, TimeInForce.POST_ONLY)


def test_one_that_crosses_is_filled_at_once(executor: Executor, exchange: ScriptedExchange) -> None:
    done = send(executor, a_limit(HIGH))
    assert (done.rests, done.state) == (False, IntentState.FILLED)
    assert exchange.quantity("BTCUSDT") == done.intent.quantity


@pytest.mark.parametrize(
    ("price", "force"), [(LOW, TimeInForce.IOC), (LOW, TimeInForce.FOK), (HIGH, TimeInForce.POST_ONLY)]
)
def test_one_that_may_not_wait_or_may_not_take_comes_to_nothing(
    executor: Executor, exchange: ScriptedExchange, price: Decimal, force: TimeInForce
) -> None:
    done = send(executor, a_limit(price, force))
    assert (done.rests, done.state, done.fills) == (False, IntentState.CANCELLED, ())
    assert executor.frozen_symbols() == {}


def test_a_later_look_takes_in_what_was_filled_meanwhile(executor: Executor, exchange: ScriptedExchange) -> None:
    first = send(executor, a_limit())
    assert first.order is not None
    exchange.fill_limit(first.order.order_id, "0.005")
    [part] = executor.settle_unknown()
    assert (part.rests, sum(fill.quantity for fill in part.fills)) == (True, D("0.005"))
    exchange.fill_limit(first.order.order_id)
    [whole] = executor.settle_unknown()
    assert (whole.rests, whole.state) == (False, IntentState.FILLED)
    assert sum(fill.quantity for fill in whole.fills) == first.intent.quantity
    assert executor.settle_unknown() == []


def test_looking_at_a_resting_order_takes_one_read_and_no_time(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    send(executor, a_limit())
    exchange.calls.clear()
    before = clock.now_ms()
    executor.settle_unknown()
    assert ([call.name for call in exchange.calls], clock.now_ms()) == (["fetch_order"], before)


def test_an_order_that_shows_late_is_waited_for(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.order_lag_ms = 3_000
    assert send(executor, a_limit()).rests


def test_a_lost_answer_is_found_among_the_resting_orders_and_never_sent_again(
    executor: Executor, exchange: ScriptedExchange
) -> None:
    exchange.lose_answer("place_order", OutcomeUnknownError("no answer", order_state="unknown"))
    done = send(executor, a_limit())
    assert done.rests
    assert len(exchange.named("place_order")) == 1


def test_a_lost_order_is_not_taken_for_one_that_rests(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.fail("place_order", OutcomeUnknownError("no answer", order_state="unknown"))
    done = send(executor, a_limit())
    assert (done.rests, done.code) == (False, "OUTCOME_UNKNOWN")
    assert executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}


def test_two_prices_have_two_digests(executor: Executor, journal: Journal) -> None:
    digests = set()
    for n, price in enumerate((LOW, LOW - 1)):
        done = send(executor, a_limit(price, decision_id=f"d-{n}"))
        digests |= {attempt.request_digest for attempt in journal.attempts.of_intent(done.intent_id or 0)}
    assert len(digests) == 2
