"""Who runs the trials of a sweep: this process alone, or processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from typing import Any, Protocol, TypeVar

from weexctl.backtest.shared_fits import Shelf
from weexctl.backtest.sweep_trial import Bench
from weexctl.backtest.worker import settle_in, starting_workers
from weexctl.errors import ConfigError

__all__ = ["Crew", "Task", "alone", "in_processes"]

T = TypeVar("T")
Task = Callable[..., T]
"""Called with a bench, a shelf and its own arguments, and `should_stop`; it can be found by name in any process."""


class Crew(Protocol):
    """Takes tasks; the answers come in any order, and are the same whoever gives them."""

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Have a task done."""
        ...

    def lost(self, error: Exception) -> ConfigError | None:
        """What to say when an answer did not come because of the crew, None when it was the task's own fault."""
        ...


class _Alone:
    def __init__(self, bench: Bench, should_stop: Callable[[], bool]) -> None:
        self._bench, self._should_stop, self._shelf = bench, should_stop, Shelf()

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Do it now."""
        future: Future[T] = Future()
        try:
            future.set_result(task(self._bench, self._shelf, *arguments, should_stop=self._should_stop))
        except Exception as error:  # noqa: BLE001  # whoever asks for the answer gets it
            future.set_exception(error)
        return future

    def lost(self, error: Exception) -> ConfigError | None:  # noqa: ARG002  # nobody else is there
        """Never the crew's fault."""
        return None


class _Processes:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Have it done by whichever process is free."""
        with starting_workers():
            return self._pool.submit(_do, task, arguments)

    def lost(self, error: Exception) -> ConfigError | None:
        """A process died: too little memory, most of the time."""
        if not isinstance(error, BrokenProcessPool):
            return None
        return ConfigError(
            "a process of the sweep was killed from outside",
            hint="run the same command again, with fewer --workers if memory ran out: it goes on from there",
            code="WORKER_LOST",
        )


@contextmanager
def alone(bench: Bench, should_stop: Callable[[], bool]) -> Iterator[Crew]:
    """A crew of this process only."""
    yield _Alone(bench, should_stop)


@contextmanager
def in_processes(bench: Bench, workers: int) -> Iterator[Crew]:
    """A crew of this many processes. When the block is left they stop within a fit or a stretch of closes."""
    context = get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_set_up, initargs=(bench, stop))
    try:
        yield _Processes(pool)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


class _Place:
    """This worker's bench, shelf and stop."""

    bench: Bench
    shelf: Shelf
    stop: Event


def _set_up(bench: Bench, stop: Event) -> None:
    settle_in()
    _Place.bench, _Place.shelf, _Place.stop = bench, Shelf(), stop


def _do(task: Task[T], arguments: tuple[Any, ...]) -> T:
    return task(_Place.bench, _Place.shelf, *arguments, should_stop=_Place.stop.is_set)
