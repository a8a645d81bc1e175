"""While the journal cannot be written: nothing opens, closing goes on, and the next start knows what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.execution.orders import NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import ScriptedExchange
from weexctl.errors import JournalUnavailableError
from weexctl.execution.executor import Executor
from weexctl.journal.database import Database
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal


@contextmanager
def _full_disk() -> Iterator[None]:
    """No transaction can be begun."""

    def refuse(*_: Any, **__: Any) -> None:
        raise JournalUnavailableError("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_begin", refuse)
        yield


def test_nothing_opens_and_nothing_is_raised(executor: Executor, exchange: ScriptedExchange, journal: Journal) -> None:
    with _full_disk():
        execution = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert execution.state is IntentState.REJECTED
    assert exchange.writes == []
    assert journal.intents.all() == []
    assert journal.emergency is not None
    assert journal.emergency.read_all() == []


def test_an_exit_is_sent_once_and_the_next_start_knows_of_it(
    executor: Executor, exchange: ScriptedExchange, journal: Journal, journal_path: Path
) -> None:
    entered = executor.execute(approved(an_entry()), a_book(), NO_FLOW)
    assert entered.state is IntentState.FILLED
    with _full_disk():
        executor.execute(approved(an_exit()), a_book(), NO_FLOW)
        executor.execute(approved(an_exit()), a_book(), NO_FLOW)  # the step that is done again
    assert exchange.quantity("BTCUSDT") == 0
    (_, left) = exchange.named("place_order")
    journal.close()
    with Journal.open(journal_path, venue="live", account="acc") as again:
        (attempt,) = [again.attempts.by_client_order_id(left.given.client_order_id)]
        assert attempt is not None
        assert attempt.order_id == str(exchange.last_id - 1)
        record = again.intents.get(attempt.intent_id)
        assert record is not None
        assert (record.decision_id, record.state) == ("d-exit", IntentState.ACCEPTED)
