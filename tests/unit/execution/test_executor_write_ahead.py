"""What is on record before a request leaves, and what it is called."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.errors import OutcomeUnknownError, WeexctlError
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.journal.rows import AttemptRecord, IntentRecord
from weexctl.model.order import Leg
from weexctl.model.verdict import ALLOW, Verdict
from weexctl.pipeline.guards import ESSENTIAL_GUARDS, Flow, Reviewed


class Witness:
    """Reads the journal from outside at the moment a request leaves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.intents: list[IntentRecord] = []
        self.attempts: list[AttemptRecord] = []
        self.verdicts: list[str] = []

    def look(self) -> None:
        with Journal.read(self.path) as seen:
            self.intents = seen.intents.in_states(*IntentState)
            self.attempts = [a for record in self.intents for a in seen.attempts.of_intent(record.intent_id)]
            rows = [v for record in self.intents for v in seen.verdicts.of_decision(record.decision_id)]
            self.verdicts = [row.guard for row in rows]


@pytest.fixture
def witness(exchange: ScriptedExchange, journal_path: Path) -> Witness:
    witness = Witness(journal_path)
    exchange.on_call["place_order"] = witness.look
    return witness


def test_intent_and_attempt_are_on_record_before_the_request_leaves(
    executor: Executor, exchange: ScriptedExchange, witness: Witness
) -> None:
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    (intent,), (attempt,) = witness.intents, witness.attempts
    (call,) = exchange.named("place_order")
    assert intent.state is IntentState.SENDING
    assert intent.order_intent() == an_entry()
    assert attempt.outcome == ""
    assert attempt.client_order_id == call.given.client_order_id
    assert attempt.signed_ms == call.at_ms


def test_every_guards_answer_is_on_record_before_the_request_leaves(executor: Executor, witness: Witness) -> None:
    own = Verdict(guard="volatility-anomaly")
    executor.execute(Reviewed(an_entry(), (own,)), a_book(), NO_FLOW)
    assert witness.verdicts == ["volatility-anomaly", *ESSENTIAL_GUARDS]


def test_the_write_ahead_refuses_a_transaction_that_is_not_durable(
    executor: Executor, journal: Journal, exchange: ScriptedExchange
) -> None:
    with pytest.raises(WeexctlError) as raised, journal.transaction():
        executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert raised.value.code == "NOT_DURABLE"
    assert exchange.writes == []


def test_an_accepted_order_ends_filled_with_its_fills(executor: Executor, journal: Journal) -> None:
    execution = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert execution.state is IntentState.FILLED
    assert sum(fill.quantity for fill in execution.fills) == Decimal("0.02")
    record = journal.intents.get(execution.intent_id or 0)
    assert record is not None
    assert record.state is IntentState.FILLED
    assert execution.order is not None
    assert journal.orders.get(execution.order.order_id) is not None


def test_the_stop_and_the_target_leave_with_the_entry(executor: Executor, exchange: ScriptedExchange) -> None:
    executor.execute(approved(an_entry(target_price=Decimal(55_000))), a_book(), NO_FLOW)
    (call,) = exchange.named("place_order")
    assert (call.given.stop_price, call.given.target_price) == (Decimal(48_000), Decimal(55_000))


def _client_id(folder: Path, *, account: str = "acc", decision: str = "d-1", leg: Leg = Leg.ENTRY) -> str:
    clock = ScriptedClock()
    exchange = ScriptedExchange(clock)
    folder.mkdir(exist_ok=True)
    intent = an_entry(decision_id=decision) if leg is Leg.ENTRY else an_exit(decision_id=decision)
    with Journal.open(folder / f"{account}-{decision}-{leg}.sqlite", venue="live", account=account) as journal:
        gate = Gate(exchange, LIMITS)
        Executor(exchange, gate, journal, clock, account=account).execute(approved(intent), a_book(), NO_FLOW)
    return str(exchange.named("place_order")[0].given.client_order_id)


def test_the_client_id_is_a_function_of_account_decision_and_leg(tmp_path: Path) -> None:
    first = _client_id(tmp_path / "a")
    assert _client_id(tmp_path / "b") == first
    others = [
        _client_id(tmp_path / "a", account="other"),
        _client_id(tmp_path / "a", decision="d-2"),
        _client_id(tmp_path / "a", leg=Leg.EXIT),
    ]
    assert len({first, *others}) == 4
    assert all(re.fullmatch(r"wx[a-z0-9]{21}", name) for name in (first, *others))


def test_a_decision_that_is_carried_out_again_sends_nothing(executor: Executor, exchange: ScriptedExchange) -> None:
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    again = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert (again.code, again.intent_id) == ("DUPLICATE", None)
    assert len(exchange.named("place_order")) == 1


def test_a_decision_whose_outcome_is_unknown_is_not_sent_again(executor: Executor, exchange: ScriptedExchange) -> None:
    exchange.fail("place_order", OutcomeUnknownError("no answer"))
    executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    again = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert again.code == "DUPLICATE"
    assert len(exchange.named("place_order")) == 1


def test_a_refused_intent_is_neither_written_down_nor_sent(
    executor: Executor, exchange: ScriptedExchange, journal: Journal
) -> None:
    execution = executor.execute(approved(an_entry(stop_price=None)), a_book(), NO_FLOW)
    assert (execution.code, execution.intent_id) == ("STOP_REQUIRED", None)
    assert journal.intents.in_states(*IntentState) == []
    assert exchange.calls == []


def test_a_guard_of_the_profile_that_changed_its_mind_is_heard(executor: Executor, exchange: ScriptedExchange) -> None:
    flow = Flow(sent=frozenset({("d-entry", "entry", "BTCUSDT")}))
    execution = executor.execute(Reviewed(an_entry(), (ALLOW,)), a_book(), flow)
    assert execution.code == "DUPLICATE"
    assert exchange.calls == []


def test_what_was_being_sent_when_the_process_ended_counts_as_unknown(
    executor: Executor, exchange: ScriptedExchange, journal: Journal
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    exchange.on_call["place_order"] = die
    with pytest.raises(KeyboardInterrupt):
        executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    (record,) = journal.intents.in_states(IntentState.SENDING)
    assert executor.frozen_symbols() == {"BTCUSDT": "OUTCOME_UNKNOWN"}
    executor.mark_interrupted()
    again = journal.intents.get(record.intent_id)
    assert again is not None
    assert again.state is IntentState.UNKNOWN
