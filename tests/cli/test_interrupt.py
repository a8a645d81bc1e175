"""The first signal asks, the second insists."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from weexctl.actions.context import Context, Result
from weexctl.actions.halting import HaltSignal
from weexctl.cli.interrupt import Interrupt, on_kill_signal


class Steps(BaseModel):
    steps: int


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_sets_the_flag_and_says_so(number: signal.Signals) -> None:
    said: list[str] = []
    with Interrupt(said.append) as interrupt:
        assert not interrupt.should_stop()
        send(number)
        assert interrupt.should_stop()
    assert len(said) == 1
    assert "Ctrl-C again" in said[0]


def test_the_second_signal_ends_at_once() -> None:
    with Interrupt(lambda text: None):
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_the_handlers_from_before_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupt(lambda text: None):
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_outside_the_main_thread_no_handler_is_touched() -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with Interrupt(lambda text: None) as interrupt:
                assert not interrupt.should_stop()
        except BaseException as error:  # noqa: BLE001  # handed to the test's own thread
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures == []


def test_a_run_that_ends_early_keeps_its_result_and_exits_130(made_up: Any) -> None:
    def body(given: object, context: Context) -> Result:
        for step in range(10):
            if context.should_stop():
                return Result(data=Steps(steps=step))
            if step == 3:
                send(signal.SIGINT)
        return Result(data=Steps(steps=10))

    ran = made_up(body)
    assert ran.code == 130
    assert ran.document["data"] == {"steps": 4}
    assert [notice["code"] for notice in ran.document["warnings"]] == ["INTERRUPTED"]


@pytest.mark.parametrize(
    ("number", "resumable", "code"),
    [(signal.SIGTERM, True, 0), (signal.SIGTERM, False, 130), (signal.SIGINT, True, 130)],
)
def test_only_a_service_manager_that_ends_what_goes_on_later_is_told_of_success(
    made_up: Any, number: signal.Signals, resumable: bool, code: int
) -> None:
    def body(given: object, context: Context) -> Result:
        send(number)
        assert context.should_stop()
        return Result(data=Steps(steps=1), resumable=resumable)

    assert made_up(body).code == code


def test_the_kill_signal_acts_at_once_and_only_inside_its_block() -> None:
    before, pulled = signal.getsignal(signal.SIGUSR2), []
    with on_kill_signal(lambda: pulled.append(1)):
        send(signal.SIGUSR2)
        assert pulled == [1]
    assert signal.getsignal(signal.SIGUSR2) == before


def test_a_halt_whose_file_cannot_be_made_halts_this_run_and_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "main").touch()
    halt = HaltSignal(tmp_path / "main" / "KILL", said.append)
    halted = halt.or_else(lambda: "")
    assert halted() == ""
    halt()
    assert halted() == "SIGUSR2 was received"
    assert "for this run only" in said[0]


def test_a_run_that_was_done_before_it_could_look_exits_normally(made_up: Any) -> None:
    def body(given: object, context: Context) -> Result:
        send(signal.SIGINT)
        return Result(data=Steps(steps=10))

    assert made_up(body).code == 0
