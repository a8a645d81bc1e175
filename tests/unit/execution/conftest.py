"""The order path over a scripted exchange and a real journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.execution.orders import LIMITS
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.journal.journal import Journal


@pytest.fixture
def clock() -> ScriptedClock:
    return ScriptedClock()


@pytest.fixture
def exchange(clock: ScriptedClock) -> ScriptedExchange:
    return ScriptedExchange(clock)


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(journal_path: Path) -> Iterator[Journal]:
    with Journal.open(journal_path, venue="live", account="acc") as opened:
        yield opened


@pytest.fixture
def gate(exchange: ScriptedExchange) -> Gate:
    return Gate(exchange, LIMITS)


@pytest.fixture
def executor(exchange: ScriptedExchange, gate: Gate, journal: Journal, clock: ScriptedClock) -> Executor:
    return Executor(exchange, gate, journal, clock, account="acc")


@pytest.fixture
def guardian(exchange: ScriptedExchange, gate: Gate, journal: Journal, clock: ScriptedClock) -> Guardian:
    return Guardian(exchange, gate, journal, clock, account="acc")
