"""Where an order whose outcome is unknown is looked for, and what else speaks against its absence."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import START_MS, ScriptedClock, ScriptedExchange
from weexctl.errors import OutcomeUnknownError
from weexctl.execution.executor import APART_MS, HORIZON_MS, Executor
from weexctl.execution.gate import Gate
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import PositionRecord
from weexctl.model.side import PositionSide

LOST = OutcomeUnknownError("no answer", order_state="unknown")


@pytest.mark.parametrize("ahead_ms", [-30_000, 30_000])
def test_an_order_is_found_although_the_exchanges_clock_is_another(tmp_path: Path, ahead_ms: int) -> None:
    exchange = ScriptedExchange(ScriptedClock(START_MS + ahead_ms))
    with Journal.open(tmp_path / "journal.sqlite", venue="live", account="acc") as journal:
        executor = Executor(exchange, Gate(exchange, LIMITS), journal, ScriptedClock(), account="acc")
        exchange.lose_answer("place_order", LOST)
        execution = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert execution.state is IntentState.FILLED


def _looks_twice(executor: Executor, clock: ScriptedClock) -> tuple[IntentState, str]:
    """What a search after the horizon and another come to."""
    clock.sleep_ms(HORIZON_MS)
    executor.settle_unknown()
    clock.sleep_ms(APART_MS)
    (execution,) = executor.settle_unknown()
    return execution.state, execution.reason


def test_a_larger_position_whose_fills_are_hidden_is_no_proof_of_absence(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.fail("place_order", LOST)
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    exchange.fill_lag_ms = 10 * HORIZON_MS
    exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=True)
    assert _looks_twice(executor, clock) == (IntentState.UNKNOWN, "0.02 is held and 0 is on record")


def test_a_position_that_only_shrank_says_nothing_about_an_entry(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.act_by_hand("BTCUSDT", PositionSide.SHORT, "0.02", opens=True)
    exchange.fail("place_order", LOST)
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert _looks_twice(executor, clock)[0] is IntentState.NOT_PLACED


def test_an_exit_is_not_absent_while_less_is_held_than_the_books_say(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, journal: Journal
) -> None:
    journal.positions.put(_held("0.02"))
    exchange.fail("place_order", LOST)
    executor.execute(approved(an_exit()), a_book(), NO_FLOW)
    assert _looks_twice(executor, clock) == (IntentState.UNKNOWN, "0 is held and 0.02 is on record")


@pytest.mark.parametrize(("client", "state"), [("web", IntentState.NOT_PLACED), ("", IntentState.UNKNOWN)])
def test_fills_of_an_order_with_another_client_id_are_explained_and_those_without_one_are_not(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock, client: str, state: IntentState
) -> None:
    exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=True)
    exchange.fail("place_order", LOST)
    executor.execute(approved(an_exit()), a_book(), NO_FLOW)
    exchange.act_by_hand("BTCUSDT", PositionSide.LONG, "0.02", opens=False, client=client)
    assert _looks_twice(executor, clock)[0] is state


def _held(quantity: str) -> PositionRecord:
    return PositionRecord(
        symbol="BTCUSDT",
        position_side=PositionSide.LONG,
        quantity=Decimal(quantity),
        entry_price=Decimal(50_000),
        opened_ms=START_MS,
        decision_id="d",
        rule="trend",
        regime="trending",
        stop_price=Decimal(48_000),
        target_price=None,
        parameters={},
    )


def test_a_request_that_arrives_after_half_a_minute_is_found_by_somebody_who_looks_all_the_time(
    executor: Executor, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.landing_ms = 29_900
    exchange.lose_answer("place_order", LOST)
    executor.send(approved(an_entry()), a_book(), NO_FLOW)
    seen = []
    for _ in range(20):
        clock.sleep_ms(3_000)
        seen += [execution.state for execution in executor.settle_unknown()]
    assert seen == [IntentState.UNKNOWN] * 9 + [IntentState.FILLED]
