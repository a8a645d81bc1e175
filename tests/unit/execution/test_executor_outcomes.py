"""What each answer makes of an order: only proof of absence is absence, and nothing is ever sent twice."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.unit.execution.orders import NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.errors import (
    ExchangeError,
    InsufficientMarginError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
    WireError,
)
from weexctl.execution.execution import Execution
from weexctl.execution.executor import APART_MS, HORIZON_MS, MOST_LOOKS_MS, Executor
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal

TIMEOUT = OutcomeUnknownError("no answer in 8 s", order_state="unknown")
SERVER = OutcomeUnknownError("HTTP 503", http_status=503, order_state="unknown")


def _enter(executor: Executor) -> Execution:
    return executor.execute(approved(an_entry()), a_book(), NO_FLOW)


def _state(journal: Journal, execution: Execution) -> IntentState:
    record = journal.intents.get(execution.intent_id or 0)
    assert record is not None
    return record.state


@pytest.mark.parametrize(
    ("error", "state", "outcome"),
    [
        (NotSentError("no route"), IntentState.NOT_PLACED, "not_sent"),
        (RejectedError("no", exchange_code="-1128"), IntentState.REJECTED, "rejected"),
        (InsufficientMarginError("too poor"), IntentState.REJECTED, "rejected"),
        (UnauthorisedError("who are you"), IntentState.REJECTED, "rejected"),
        (RateLimitedError("too many"), IntentState.REJECTED, "rejected"),
    ],
)
def test_a_proof_of_absence_ends_the_intent(
    executor: Executor,
    exchange: ScriptedExchange,
    journal: Journal,
    error: ExchangeError,
    state: IntentState,
    outcome: str,
) -> None:
    exchange.fail("place_order", error)
    execution = _enter(executor)
    assert (execution.state, execution.code) == (state, error.code)
    assert _state(journal, execution) is state
    (attempt,) = journal.attempts.of_intent(execution.intent_id or 0)
    assert attempt.outcome == outcome
    assert executor.frozen_symbols() == {}
    assert len(exchange.named("place_order")) == 1


@pytest.mark.parametrize(
    "error", [TIMEOUT, SERVER, WireError("not JSON"), UnavailableError("reset"), ExchangeError("?")]
)
def test_anything_else_is_unknown_freezes_the_symbol_and_is_not_sent_again(
    executor: Executor, exchange: ScriptedExchange, journal: Journal, error: ExchangeError
) -> None:
    exchange.fail("place_order", error)
    execution = _enter(executor)
    assert (execution.state, execution.code) == (IntentState.UNKNOWN, "OUTCOME_UNKNOWN")
    assert _state(journal, execution) is IntentState.UNKNOWN
    assert executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}
    executor.settle_unknown()
    assert len(exchange.named("place_order")) == 1


def test_an_order_whose_answer_was_lost_is_found_by_its_client_id(
    executor: Executor, exchange: ScriptedExchange, journal: Journal
) -> None:
    exchange.lose_answer("place_order", TIMEOUT)
    execution = _enter(executor)
    assert execution.state is IntentState.FILLED
    assert [fill.quantity for fill in execution.fills] == [Decimal("0.02")]
    (attempt,) = journal.attempts.of_intent(execution.intent_id or 0)
    assert (attempt.outcome, attempt.order_id) == ("accepted", execution.order.order_id if execution.order else "")
    assert len(exchange.named("place_order")) == 1


@pytest.mark.parametrize("shown_after_ms", [1, 900, 2_500, 4_900])
def test_it_is_looked_for_until_it_is_listed(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, shown_after_ms: int
) -> None:
    exchange.landing_ms = shown_after_ms
    exchange.lose_answer("place_order", TIMEOUT)
    began_ms = clock.now_ms()
    assert _enter(executor).state is IntentState.FILLED
    assert clock.now_ms() - began_ms <= shown_after_ms + 1_000
    assert len(exchange.named("place_order")) == 1


def test_it_is_not_looked_for_longer_than_the_others_can_wait(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.fail("place_order", TIMEOUT)
    began_ms = clock.now_ms()
    assert _enter(executor).state is IntentState.UNKNOWN
    assert clock.now_ms() - began_ms == MOST_LOOKS_MS
    assert exchange.named("fetch_fills", "fetch_positions") == []  # no proof can be had so early


def test_another_order_of_the_same_size_is_not_taken_for_ours(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.act_by_hand("BTCUSDT", an_entry().position_side, "0.02", opens=True)
    exchange.fail("place_order", TIMEOUT)
    assert _enter(executor).state is IntentState.UNKNOWN


def test_absent_before_the_horizon_stays_unknown(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.fail("place_order", TIMEOUT)
    executor.send(approved(an_entry()), a_book(), NO_FLOW)
    clock.sleep_ms(HORIZON_MS - 1)
    (execution,) = executor.settle_unknown()
    assert execution.state is IntentState.UNKNOWN
    assert executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}


def test_absent_after_the_horizon_is_proven_not_placed(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    exchange.fail("place_order", TIMEOUT)
    entered = executor.send(approved(an_entry()), a_book(), NO_FLOW)
    assert isinstance(entered, Execution)
    clock.sleep_ms(HORIZON_MS)
    (once,) = executor.settle_unknown()
    clock.sleep_ms(APART_MS - 1)
    (twice,) = executor.settle_unknown()
    assert (once.state, twice.state) == (IntentState.UNKNOWN, IntentState.UNKNOWN)
    clock.sleep_ms(1)
    (execution,) = executor.settle_unknown()
    assert execution.state is IntentState.NOT_PLACED
    (attempt,) = journal.attempts.of_intent(entered.intent_id or 0)
    assert attempt.outcome == "not_placed"
    assert [at - attempt.signed_ms for at in json.loads(attempt.evidence)["absent_ms"]] == [
        HORIZON_MS,
        HORIZON_MS + APART_MS,
    ]
    assert _state(journal, entered) is IntentState.NOT_PLACED
    assert executor.frozen_symbols() == {}
    assert executor.settle_unknown() == []


@pytest.mark.parametrize("failing", ["fetch_open_orders", "fetch_order_history", "fetch_fills", "fetch_positions"])
def test_a_failed_read_never_means_absent(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, failing: str
) -> None:
    exchange.fail("place_order", TIMEOUT)
    exchange.always_fail(failing, UnavailableError("down"))
    _enter(executor)
    clock.sleep_ms(100 * HORIZON_MS)
    (execution,) = executor.settle_unknown()
    assert execution.state is IntentState.UNKNOWN


def test_a_quantity_that_nothing_explains_is_no_proof_of_absence(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.fail("place_order", TIMEOUT)
    _enter(executor)
    exchange.act_by_hand("BTCUSDT", an_entry().position_side, "0.02", opens=True)
    for pause_ms in (HORIZON_MS, APART_MS):
        clock.sleep_ms(pause_ms)
        (execution,) = executor.settle_unknown()
        assert execution.state is IntentState.UNKNOWN
    assert execution.reason == "0.02 is held and 0 is on record"


def test_the_horizon_counts_from_the_signature_and_not_from_the_record(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    late = OutcomeUnknownError("no answer in 8 s", order_state="unknown")
    late.signed_ms = clock.now_ms() + 9_000
    exchange.fail("place_order", late)
    entered = _enter(executor)
    (attempt,) = journal.attempts.of_intent(entered.intent_id or 0)
    assert attempt.signed_ms == late.signed_ms
    clock.sleep_ms(HORIZON_MS)
    executor.settle_unknown()
    clock.sleep_ms(APART_MS)
    (execution,) = executor.settle_unknown()
    assert execution.state is IntentState.UNKNOWN


def test_too_many_requests_is_believed_only_after_a_look(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.lose_answer("place_order", RateLimitedError("too many"))
    assert _enter(executor).state is IntentState.FILLED
    assert len(exchange.named("place_order")) == 1


def test_too_many_requests_without_a_look_is_unknown(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.fail("place_order", RateLimitedError("too many"))
    exchange.always_fail("fetch_order_history", UnavailableError("down"))
    assert _enter(executor).state is IntentState.UNKNOWN


def test_our_own_rate_limit_means_that_nothing_left(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.fail("place_order", RateLimitedError("used up", code="OWN_RATE_LIMIT"))
    assert _enter(executor).state is IntentState.NOT_PLACED
    assert exchange.named("fetch_order_history") == []


def test_a_request_that_lands_late_is_found_and_never_doubled(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.landing_ms = 29_000
    exchange.lose_answer("place_order", TIMEOUT)
    assert _enter(executor).state is IntentState.UNKNOWN
    clock.sleep_ms(29_000)
    (execution,) = executor.settle_unknown()
    assert execution.state is IntentState.FILLED
    assert exchange.quantity("BTCUSDT") == Decimal("0.02")
    assert len(exchange.named("place_order")) == 1


def test_a_new_attempt_after_the_proof_carries_the_next_number(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.fail("place_order", TIMEOUT)
    _enter(executor)
    for pause_ms in (HORIZON_MS, APART_MS):
        clock.sleep_ms(pause_ms)
        executor.settle_unknown()
    assert _enter(executor).state is IntentState.FILLED
    first, second = (call.given.client_order_id for call in exchange.named("place_order"))
    assert (first[:-2], first[-2:], second[-2:]) == (second[:-2], "01", "02")


def test_an_order_that_is_not_shown_for_six_seconds_is_waited_for(
    executor: Executor, exchange: ScriptedExchange
) -> None:
    exchange.order_lag_ms = 6_000
    assert _enter(executor).state is IntentState.FILLED


def test_fills_that_are_not_shown_for_six_seconds_are_waited_for(
    executor: Executor, exchange: ScriptedExchange
) -> None:
    exchange.fill_lag_ms = 6_000
    assert len(_enter(executor).fills) == 1


def test_an_accepted_order_that_cannot_be_read_freezes_the_symbol_until_it_can(
    executor: Executor, exchange: ScriptedExchange, journal: Journal
) -> None:
    exchange.always_fail("fetch_order", UnavailableError("down"))
    execution = _enter(executor)
    assert (execution.state, execution.code, execution.accepted) == (IntentState.ACCEPTED, "NOT_SEEN", False)
    assert executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}
    exchange.always_fail("fetch_order", None)
    (settled,) = executor.settle_unknown()
    assert (settled.state, len(settled.fills)) == (IntentState.FILLED, 1)
    assert _state(journal, execution) is IntentState.FILLED
    assert executor.frozen_symbols() == {}


def test_an_order_is_not_at_its_end_before_its_fills_are_there(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    exchange.fill_lag_ms = 60_000
    execution = _enter(executor)
    assert (execution.state, execution.fills) == (IntentState.ACCEPTED, ())
    assert executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}
    clock.sleep_ms(60_000)
    (settled,) = executor.settle_unknown()
    assert (settled.state, len(settled.fills)) == (IntentState.FILLED, 1)
    assert _state(journal, execution) is IntentState.FILLED


def test_a_partial_fill_ends_with_what_was_filled(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.fill_share = Decimal("0.5")
    execution = _enter(executor)
    assert execution.state is IntentState.FILLED
    assert sum(fill.quantity for fill in execution.fills) == Decimal("0.01")


def test_an_order_that_finds_nothing_ends_cancelled_without_fills(
    executor: Executor, exchange: ScriptedExchange
) -> None:
    exchange.fill_share = Decimal(0)
    execution = _enter(executor)
    assert (execution.state, execution.fills) == (IntentState.CANCELLED, ())


def test_an_exit_is_not_held_back_by_an_unknown_entry(executor: Executor, exchange: ScriptedExchange) -> None:
    _enter(executor)
    exchange.fail("place_order", TIMEOUT)
    executor.execute(approved(an_entry(decision_id="d-add")), a_book(), NO_FLOW)
    execution = executor.execute(approved(an_exit()), a_book(), NO_FLOW)
    assert execution.state is IntentState.FILLED
    assert exchange.quantity("BTCUSDT") == 0


def test_an_id_beyond_the_precision_of_a_float_survives(
    executor: Executor, exchange: ScriptedExchange, journal: Journal
) -> None:
    exchange.last_id = 9_007_199_254_740_993_000
    execution = _enter(executor)
    (attempt,) = journal.attempts.of_intent(execution.intent_id or 0)
    assert attempt.order_id == "9007199254740993001"
    assert [fill.order_id for fill in execution.fills] == ["9007199254740993001"]
    assert journal.orders.get("9007199254740993001") is not None
