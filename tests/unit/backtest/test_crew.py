"""Tasks are handed out as there is room, and what is answered counts whatever comes after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.backtest.small_bench import a_bench
from weexctl.backtest.bench import Bench
from weexctl.backtest.crew import answers, go_on, local_crew
from weexctl.backtest.shelf import Shelf
from weexctl.errors import UsageError


def never() -> bool:
    return False


def double(_: Bench, __: Shelf, number: int, *, should_stop: Callable[[], bool]) -> int:
    go_on(should_stop)
    if number < 0:
        raise UsageError("no number; nothing was doubled", hint="a larger one")
    return 2 * number


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

    assert set(found) <= {(1, 2), (2, 4)}  # the second of two may be slower than what is asked after the first
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
