"""What a run logs: changes, at levels that mean something, and nothing else."""

from __future__ import annotations

import logging

import pytest

from weexctl.execution.breaker_events import (
    AuthFailed,
    BreakerEvent,
    LedgerChecked,
    ProbeAnswered,
    Reconciled,
    RequestFailed,
    Resumed,
)
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import Breakers
from weexctl.trader.run_log import RunLog


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="weexctl")
    return caplog


def test_only_a_change_of_a_refusal_is_said(said: pytest.LogCaptureFixture) -> None:
    log = RunLog()
    for code in ("", "COOLDOWN", "COOLDOWN", "DAILY_LOSS", "", ""):
        log.refusals({"BTCUSDT": code})

    assert said.messages == ["refused: COOLDOWN", "refused: DAILY_LOSS", "refused no longer"]


def test_breakers_are_said_when_they_open_and_close_and_a_halt_is_an_error(said: pytest.LogCaptureFixture) -> None:
    log, breakers = RunLog(), Breakers(BreakerSettings(daily_loss=0.1, drawdown=0.2))
    events: list[BreakerEvent] = [AuthFailed("bad key"), AuthFailed("bad key"), LedgerChecked(0.5)]
    events += [*[RequestFailed()] * 6, ProbeAnswered(answered=True)]
    events += [Reconciled(agreed=True), Resumed()]
    for number, event in enumerate(events):
        before, breakers = breakers, breakers.take(event, number * 2_000)
        log.breakers(before, breakers)

    levels = [(record.levelname, record.getMessage().split(" (")[0]) for record in said.records]
    assert levels[:3] == [
        ("WARNING", "breaker opened: AUTH_FAILED: bad key"),
        ("ERROR", "breaker opened: LEDGER_BROKEN: the wallet is +50.00% away from what the journal adds up to"),
        ("WARNING", "the way to the exchange is open"),
    ]
    assert [text for _, text in levels[-2:]] == ["breaker closed: AUTH_FAILED", "breaker closed: LEDGER_BROKEN"]


def test_a_comparison_that_differs_is_a_warning(said: pytest.LogCaptureFixture) -> None:
    RunLog().reconciled(True)
    RunLog().reconciled(False, "BTCUSDT: 0.1 here, 0.2 there")

    assert [record.levelname for record in said.records] == ["INFO", "WARNING"]
