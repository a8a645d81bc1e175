"""Tasks are handed out as there is room, and what is answered counts whatever comes after."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backtest.small_bench import a_bench
from weexctl.backtest.bench import Bench
from weexctl.backtest.crew import CrewLostError, answers, go_on, local_crew
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.worker import end_if_asked
from weexctl.errors import UsageError


def never() -> bool:
    return False


def double(_: Bench, __: Shelf, number: int, *, should_stop: Callable[[], bool]) -> int:
    go_on(should_stop)
    if number < 0:
        raise UsageError("no number; nothing was doubled", hint="a larger one")
    return 2 * number


def wait_for_the_end(_: Bench, __: Shelf, begun: Path, number: int, *, should_stop: Callable[[], bool]) -> None:
    """Goes on for ever, unless it is asked to stop."""
    (begun / f"{number}").touch()
    while not should_stop():
        os.sched_yield()
    (begun / f"{number}-stopped").touch()


def die(_: Bench, __: Shelf, *, should_stop: Callable[[], bool]) -> None:
    """As when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_each_answer_counts_before_the_next_task_is_begun() -> None:
    events: list[Any] = []

    def jobs() -> Any:
        for number in range(3):
            events.append(f"ask {number}")
            yield number, double, (number,)

    with local_crew(a_bench(), 1, never) as crew:
        events.extend(answers(crew, jobs(), never))

    assert events == ["ask 0", (0, 0), "ask 1", (1, 2), "ask 2", (2, 4)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_raises_comes_after_what_was_answered(workers: int) -> None:
    found: list[tuple[int, int]] = []
    with (
        pytest.raises(UsageError, match="nothing was doubled") as caught,
        local_crew(a_bench(), workers, never) as crew,
    ):
        found.extend(answers(crew, [(n, double, (n,)) for n in (1, 2, -1, 3)], never))

    # With two, the second may be slower than what is asked after the first, and the last as quick as what fails.
    assert set(found) <= ({(1, 2), (2, 4)} if workers == 1 else {(1, 2), (2, 4), (3, 6)})
    assert found

    assert caught.value.hint == "a larger one"


def test_a_task_that_was_ended_has_no_answer() -> None:
    found: dict[int, int] = {}
    asked = iter([False] * 6)

    def ended() -> bool:
        return next(asked, True)

    with local_crew(a_bench(), 1, ended) as crew:
        found |= answers(crew, [(n, double, (n,)) for n in range(9)], ended)

    assert 1 <= len(found) < 9
    assert list(found) == list(range(len(found)))


def test_who_wants_an_end_gets_it_and_the_workers_hear_of_it(tmp_path: Path) -> None:
    def both_begun() -> bool:
        return len(list(tmp_path.iterdir())) == 2

    with local_crew(a_bench(), 2, both_begun) as crew:
        assert list(answers(crew, [(n, wait_for_the_end, (tmp_path, n)) for n in (1, 2)], both_begun)) == []

    assert {path.name for path in tmp_path.iterdir()} == {"1", "2", "1-stopped", "2-stopped"}


def test_a_process_that_is_killed_is_told() -> None:
    with pytest.raises(CrewLostError) as caught, local_crew(a_bench(), 2, never) as crew:
        list(answers(crew, [("dies", die, ())], never))

    assert caught.value.code == "WORKER_LOST"
    assert caught.value.hint


def test_an_end_that_nobody_wants_is_none() -> None:
    end_if_asked(never)
    with pytest.raises(KeyboardInterrupt):
        end_if_asked(lambda: True)
