"""The outbox: stops are written ahead like orders, and while the journal cannot be written closing goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import START_MS, ScriptedClock, ScriptedExchange
from weexctl.errors import JournalUnavailableError, OutcomeUnknownError, RejectedError
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.leverage import LeverageCheck
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.model.order import Leg
from weexctl.model.side import PositionSide

TRADE = OpenTrade(
    symbol="BTCUSDT",
    side=PositionSide.LONG,
    opened_ms=0,
    decision_id="d-entry",
    entry_order_id="1",
    rule="trend",
    regime="trending",
    stop_price=Decimal(48_000),
    target_price=None,
    last_fill_ms=START_MS - 60_000,
)
LOT = Decimal("0.02")


@contextmanager
def full_disk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing can be written to the journal within the block; what was made beforehand still can."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise JournalUnavailableError("no room left", code="DISK_FULL")

    with monkeypatch.context() as patch:
        patch.setattr(journal._database, "transaction", refuse)  # what every table writes through
        patch.setattr(journal._database, "write", refuse)  # as above
        yield


@pytest.fixture
def held(executor: Executor, exchange: ScriptedExchange) -> None:
    """A long of 0.02 whose stop has vanished."""
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    exchange.remove_stops()


def test_a_stop_is_on_record_when_its_request_leaves(
    guardian: Guardian,
    exchange: ScriptedExchange,
    journal_path: Path,
    held: None,  # the position
) -> None:
    seen: list[tuple[str, str]] = []

    def look() -> None:
        with Journal.read(journal_path) as journal:
            record = journal.intents.of_leg("d-entry", Leg.STOP)
            assert record is not None
            seen.extend((record.state.value, a.client_order_id) for a in journal.attempts.of_intent(record.intent_id))

    exchange.on_call["place_stop"] = look
    assert guardian.ensure(TRADE, LOT).covered
    (call,) = exchange.named("place_stop")
    assert seen == [("sending", call.given.client_order_id)]


def test_each_stop_of_a_position_has_an_attempt_of_its_own(
    guardian: Guardian,
    exchange: ScriptedExchange,
    journal: Journal,
    held: None,  # the position
) -> None:
    guardian.ensure(TRADE, LOT)
    exchange.remove_stops()
    guardian.ensure(TRADE, LOT)
    record = journal.intents.of_leg("d-entry", Leg.STOP)
    assert record is not None
    names = [call.given.client_order_id for call in exchange.named("place_stop")]
    assert [a.client_order_id for a in journal.attempts.of_intent(record.intent_id)] == names
    assert len(set(names)) == 2
    assert record.state is IntentState.ACCEPTED


@pytest.mark.parametrize(
    ("error", "state", "outcome"),
    [
        (RejectedError("the price is beyond it"), IntentState.NOT_PLACED, "rejected"),
        (OutcomeUnknownError("no answer"), IntentState.UNKNOWN, "unknown"),
    ],
)
def test_what_became_of_a_stop_is_on_record(
    guardian: Guardian,
    exchange: ScriptedExchange,
    journal: Journal,
    error: RejectedError | OutcomeUnknownError,
    state: IntentState,
    outcome: str,
    held: None,  # the position
) -> None:
    exchange.always_fail("place_stop", error)
    assert not guardian.ensure(TRADE, LOT).covered
    record = journal.intents.of_leg("d-entry", Leg.STOP)
    assert record is not None
    assert record.state is state
    assert {a.outcome for a in journal.attempts.of_intent(record.intent_id)} == {outcome}


def test_a_stop_that_may_exist_keeps_no_entry_back_and_is_not_looked_for_among_orders(
    guardian: Guardian,
    executor: Executor,
    exchange: ScriptedExchange,
    held: None,  # the position
) -> None:
    exchange.always_fail("place_stop", OutcomeUnknownError("no answer"))
    guardian.ensure(TRADE, LOT)
    exchange.calls.clear()
    assert (executor.frozen_symbols(), executor.settle_unknown(), exchange.calls) == ({}, [], [])


def test_with_a_full_disk_nothing_opens(
    executor: Executor, exchange: ScriptedExchange, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(journal, monkeypatch):
        execution = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert (execution.code, execution.intent_id) == ("DISK_FULL", None)
    assert exchange.named("place_order") == []


def test_with_a_full_disk_closing_goes_on_and_is_in_the_journal_at_the_next_start(
    executor: Executor,
    exchange: ScriptedExchange,
    journal: Journal,
    journal_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    held: None,  # the position
) -> None:
    with full_disk(journal, monkeypatch):
        first = executor.execute(approved(an_exit()), a_book(), NO_FLOW)
        again = executor.execute(approved(an_exit()), a_book(), NO_FLOW)
    assert (first.state, first.code) == (IntentState.ACCEPTED, "JOURNAL_UNAVAILABLE")
    assert again.code == "DUPLICATE"
    assert exchange.quantity("BTCUSDT") == 0
    journal.close()
    with Journal.open(journal_path, venue="live", account="acc") as reopened:
        record = reopened.intents.of_leg("d-exit", Leg.EXIT)
        assert record is not None
        (attempt,) = reopened.attempts.of_intent(record.intent_id)
    assert (record.state, attempt.outcome) == (IntentState.ACCEPTED, "accepted")
    assert attempt.order_id is not None


def test_with_a_full_disk_a_stop_is_placed_once(
    guardian: Guardian,
    exchange: ScriptedExchange,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    held: None,  # the position
) -> None:
    with full_disk(journal, monkeypatch):
        assert guardian.ensure(TRADE, LOT).covered
    assert len(exchange.named("place_stop")) == 1


@pytest.fixture
def leverage(exchange: ScriptedExchange, gate: Gate) -> LeverageCheck:
    exchange.leverages["BTCUSDT"] = 3
    return LeverageCheck(exchange, gate, LIMITS.max_leverage)


def test_a_leverage_that_somebody_raised_is_set_back_before_anything_opens(
    leverage: LeverageCheck, exchange: ScriptedExchange
) -> None:
    exchange.leverages["BTCUSDT"] = 50
    assert leverage.refusal("BTCUSDT", flat=True) == ""
    assert exchange.leverages["BTCUSDT"] == LIMITS.max_leverage


def test_beside_a_position_a_raised_leverage_is_left_alone_and_nothing_opens(
    leverage: LeverageCheck, exchange: ScriptedExchange
) -> None:
    exchange.leverages["BTCUSDT"] = 50
    assert leverage.refusal("BTCUSDT", flat=False) == "MAX_LEVERAGE"
    assert exchange.named("set_leverage") == []


def test_a_leverage_that_cannot_be_read_or_set_keeps_entries_back(
    leverage: LeverageCheck, exchange: ScriptedExchange, clock: ScriptedClock
) -> None:
    exchange.leverages["BTCUSDT"] = 50
    exchange.fail("set_leverage", RejectedError("not now", code="BAD_COMBINATION"))
    assert leverage.refusal("BTCUSDT", flat=True) == "BAD_COMBINATION"
    exchange.fail("fetch_leverage", OutcomeUnknownError("no answer"))
    assert leverage.refusal("BTCUSDT", flat=True) == "UNAVAILABLE"
    assert clock.now_ms() == START_MS


def test_a_stop_is_not_tried_more_often_than_it_can_be_named(
    guardian: Guardian,
    exchange: ScriptedExchange,
    held: None,
) -> None:
    exchange.always_fail("place_stop", OutcomeUnknownError("no answer"))
    for _ in range(40):
        assert not guardian.ensure(TRADE, LOT).covered
    names = [call.given.client_order_id for call in exchange.named("place_stop")]
    assert len(names) == len(set(names)) == 99


def test_what_was_written_aside_comes_into_the_journal_as_soon_as_it_can_be_written(
    executor: Executor,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    held: None,
) -> None:
    with full_disk(journal, monkeypatch):
        executor.execute(approved(an_exit()), a_book(), NO_FLOW)
    (settled,) = executor.settle_unknown()
    assert (settled.state, settled.intent.decision_id) == (IntentState.FILLED, "d-exit")
    record = journal.intents.of_leg("d-exit", Leg.EXIT)
    assert record is not None
    assert record.state is IntentState.FILLED
    assert journal.emergency is not None
    assert journal.emergency.read_all() == []


def test_an_answer_that_was_written_aside_comes_into_the_journal_too(
    executor: Executor, exchange: ScriptedExchange, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as disk:
        # The entry can be written down, and what becomes of it cannot.
        exchange.on_call["place_order"] = lambda: disk.enter_context(full_disk(journal, monkeypatch))
        executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    (settled,) = executor.settle_unknown()
    assert settled.state is IntentState.FILLED
