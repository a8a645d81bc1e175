"""Cancelling: asked for once, over when a read shows it; races with fills, lost answers, and stops that stay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, approved
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.errors import (
    ExchangeError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
)
from weexctl.execution.canceller import Canceller
from weexctl.execution.executor import Executor
from weexctl.execution.following import follow
from weexctl.execution.gate import Gate
from weexctl.journal.intent_state import IntentState
from weexctl.model.order import ConditionalOrder, Leg, Order, OrderStatus, OrderType, StopRequest, TimeInForce
from weexctl.model.scope import Scope
from weexctl.model.side import PositionSide

D = Decimal
LOST = OutcomeUnknownError("no answer in 8 s", order_state="unknown")


@pytest.fixture
def canceller(exchange: ScriptedExchange, gate: Gate, clock: ScriptedClock) -> Canceller:
    return Canceller(exchange, gate, clock)


@pytest.fixture
def resting(executor: Executor) -> str:
    """The id of a limit order that waits."""
    limit = an_entry(type=OrderType.LIMIT, price=D(49_000), time_in_force=TimeInForce.GTC)
    done = executor.execute(approved(limit), a_book(), NO_FLOW)
    assert done.order is not None
    return done.order.order_id


def test_a_cancel_is_sent_once_and_read_back(canceller: Canceller, exchange: ScriptedExchange, resting: str) -> None:
    end = canceller.resting(resting)
    assert (end.proven, end.status) == (True, OrderStatus.CANCELLED)
    assert len(exchange.named("cancel_order")) == 1


@pytest.mark.parametrize("lost", [LOST, UnavailableError("reset"), ExchangeError("?")])
def test_a_lost_answer_is_settled_by_reading_and_never_sent_again(
    canceller: Canceller, exchange: ScriptedExchange, resting: str, lost: ExchangeError
) -> None:
    exchange.lose_answer("cancel_order", lost)
    assert canceller.resting(resting).status is OrderStatus.CANCELLED
    assert len(exchange.named("cancel_order")) == 1


@pytest.mark.parametrize("lost", [LOST, UnavailableError("reset")])
def test_a_lost_request_leaves_the_end_unproven(
    canceller: Canceller, exchange: ScriptedExchange, resting: str, lost: ExchangeError
) -> None:
    exchange.fail("cancel_order", lost)
    end = canceller.resting(resting)
    assert (end.proven, end.reason) == (False, lost.message)
    assert len(exchange.named("cancel_order")) == 1


def test_an_exchange_that_says_yes_and_does_nothing_has_proven_nothing(
    canceller: Canceller, exchange: ScriptedExchange, resting: str
) -> None:
    exchange.ignores_cancels = True
    end = canceller.resting(resting)
    assert (end.proven, end.order is not None) == (False, True)


def test_an_order_that_was_filled_first_is_told_as_filled(
    canceller: Canceller, exchange: ScriptedExchange, resting: str
) -> None:
    exchange.on_call["cancel_order"] = lambda: exchange.fill_limit(resting)
    assert canceller.resting(resting).status is OrderStatus.FILLED


def test_a_part_that_was_filled_stays_filled(canceller: Canceller, exchange: ScriptedExchange, resting: str) -> None:
    exchange.fill_limit(resting, "0.005")
    end = canceller.resting(resting)
    assert end.order is not None
    assert (end.status, end.order.filled_quantity) == (OrderStatus.CANCELLED, D("0.005"))


@pytest.mark.parametrize("error", [NotSentError("no route"), RateLimitedError("slow"), UnauthorisedError("who")])
def test_what_is_known_not_to_have_happened_is_said_at_once(
    canceller: Canceller, exchange: ScriptedExchange, resting: str, error: ExchangeError
) -> None:
    exchange.fail("cancel_order", error)
    exchange.calls.clear()
    with pytest.raises(type(error)):
        canceller.resting(resting)
    assert [call.name for call in exchange.calls] == ["cancel_order"]


def test_a_refusal_that_a_read_confirms_is_a_refusal(
    canceller: Canceller, exchange: ScriptedExchange, resting: str
) -> None:
    exchange.fail("cancel_order", RejectedError("not now"))
    with pytest.raises(RejectedError, match="not now"):
        canceller.resting(resting)


def test_reads_that_fail_for_a_while_prove_nothing_until_one_works(
    canceller: Canceller, exchange: ScriptedExchange, resting: str
) -> None:
    exchange.fail("fetch_order", *(UnavailableError("down") for _ in range(3)))
    assert canceller.resting(resting).proven


@pytest.mark.parametrize("may", [{"read_only": True}, {"scope": Scope.PROPOSE}], ids=["read-only", "propose"])
def test_a_gate_that_may_not_write_cancels_nothing(
    exchange: ScriptedExchange, clock: ScriptedClock, resting: str, may: dict[str, Any]
) -> None:
    gate = Gate(exchange, LIMITS, **may)
    exchange.calls.clear()
    with pytest.raises(RefusedError):
        Canceller(exchange, gate, clock).resting(resting)
    assert exchange.calls == []


def open_long(executor: Executor, exchange: ScriptedExchange) -> ConditionalOrder:
    executor.execute(approved(an_entry(target_price=D(60_000))), a_book(), NO_FLOW)
    return next(order for order in exchange.fetch_conditional_orders() if order.leg is Leg.STOP)


def test_the_stop_of_a_position_is_not_taken_away_by_hand(
    executor: Executor, canceller: Canceller, exchange: ScriptedExchange
) -> None:
    stop = open_long(executor, exchange)
    with pytest.raises(RefusedError) as caught:
        canceller.waiting(stop)
    assert (caught.value.code, exchange.named("cancel_conditional_order")) == ("STOP_NEEDED", [])
    assert "weexctl close BTCUSDT" in caught.value.hint


def test_nobody_takes_a_stop_away_while_positions_cannot_be_read(
    executor: Executor, canceller: Canceller, exchange: ScriptedExchange
) -> None:
    stop = open_long(executor, exchange)
    exchange.always_fail("fetch_positions", UnavailableError("down"))
    end = canceller.waiting(stop)
    assert (end.proven, exchange.named("cancel_conditional_order")) == (False, [])


def test_a_target_goes_and_so_does_a_stop_whose_position_is_gone(
    executor: Executor, canceller: Canceller, exchange: ScriptedExchange, gate: Gate
) -> None:
    open_long(executor, exchange)
    target = next(order for order in exchange.fetch_conditional_orders() if order.leg is Leg.TARGET)
    assert canceller.waiting(target).status is OrderStatus.CANCELLED
    gate.protect(
        StopRequest(
            symbol="ETHUSDT",
            position_side=PositionSide.LONG,
            trigger_price=D(48_000),
            quantity=D(1),
            client_order_id="wx00orphan",
        )
    )
    [orphan] = exchange.fetch_conditional_orders("ETHUSDT")
    assert canceller.waiting(orphan).status is OrderStatus.CANCELLED


def test_a_cancelled_order_is_taken_in_by_the_next_look(executor: Executor, canceller: Canceller, resting: str) -> None:
    canceller.resting(resting)
    [done] = executor.settle_unknown()
    assert (done.state, executor.frozen_symbols()) == (IntentState.CANCELLED, {})


def test_following_tells_every_change_and_ends_at_the_end(
    exchange: ScriptedExchange, clock: ScriptedClock, resting: str
) -> None:
    told: list[str] = []
    looks = iter(range(100))

    def market() -> None:
        look = next(looks)
        if look in (2, 4):
            exchange.fill_limit(resting, "0.005" if look == 2 else None)

    def tell(order: Order) -> None:
        told.append(f"{order.status.value} {order.filled_quantity}")

    exchange.on_call["fetch_order"] = market
    until = clock.now_ms() + 60_000
    followed = follow(exchange, clock, resting, until_ms=until, should_stop=lambda: False, on_change=tell)
    assert (followed.ended, told) == ("final", ["open 0", "open 0.005", "filled 0.020"])
    assert [(row.status, row.filled) for row in followed.stations] == [
        ("open", D(0)), ("open", D("0.005")), ("filled", D("0.020")),
    ]  # fmt: skip


def test_following_stops_at_its_time_and_not_a_moment_later(
    exchange: ScriptedExchange, clock: ScriptedClock, resting: str
) -> None:
    until = clock.now_ms() + 2_500
    followed = follow(exchange, clock, resting, until_ms=until, should_stop=lambda: False, on_change=lambda _: None)
    assert (followed.ended, clock.now_ms()) == ("timeout", until)


def test_following_ends_when_somebody_asks_and_survives_a_read_that_fails(
    exchange: ScriptedExchange, clock: ScriptedClock, resting: str
) -> None:
    answers = iter([False, False, True])
    looked = exchange.fetch_order(resting)
    assert looked.status is OrderStatus.OPEN

    def stumble() -> None:
        exchange.fail("fetch_order", UnavailableError("down"))
        exchange.on_call.pop("fetch_order")

    exchange.on_call["fetch_order"] = stumble
    with pytest.raises(UnavailableError):  # the first look tells whether there is such an order at all
        follow(exchange, clock, resting, until_ms=2**60, should_stop=lambda: True, on_change=lambda _: None)
    followed = follow(
        exchange,
        clock,
        resting,
        until_ms=2**60,
        should_stop=lambda: next(answers),
        on_change=lambda _: exchange.fail("fetch_order", UnavailableError("down")),
    )
    assert followed.ended == "stopped"
