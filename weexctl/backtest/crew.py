"""Who runs the tasks of a run, a sweep or an ablation: this process alone, processes of this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from ctypes import c_byte
from multiprocessing import active_children, get_context
from typing import Any, Generic, Protocol, TypeVar

from weexctl.backtest.bench import Bench
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.worker import settle_in, starting_workers
from weexctl.errors import ConfigError

__all__ = ["Crew", "CrewLostError", "Desk", "StoppedError", "Task", "answers", "go_on", "local_crew", "stopped"]

T = TypeVar("T")
Task = Callable[..., T]
"""Called with a bench, a shelf and its own arguments, and `should_stop`; it can be found by name in any process."""

_LOOK_S = 0.2
"""How often somebody who wants an end is noticed while tasks run."""


class StoppedError(Exception):
    """Somebody asked for an end in the middle of a task; there is nothing to keep of it."""


class CrewLostError(ConfigError):
    """Who ran the tasks is gone; what was answered before counts."""


def go_on(should_stop: Callable[[], bool]) -> None:
    """Nothing, or the end of a task.

    Raises:
        StoppedError: it was asked to stop.
    """
    if should_stop():
        raise StoppedError


class Crew(Protocol):
    """Takes tasks; the answers come in any order, and are the same whoever gives them."""

    @property
    def room(self) -> int:
        """Tasks to give at once: more would only stand before those that become possible later."""
        ...

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Have a task done."""
        ...

    def lost(self, error: BaseException) -> CrewLostError | None:
        """What to say when an answer did not come because of the crew, None when it was the task's own fault."""
        ...


class Desk(Generic[T]):
    """Hands tasks to a crew, and takes in what is done.

    Args:
        crew: who runs them.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._running: dict[Future[T], Any] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing is being done."""
        return not self._running

    @property
    def free(self) -> bool:
        """Whether there is room for another task."""
        return len(self._running) < self._crew.room

    def start(self, name: Any, task: Task[T], *arguments: Any) -> None:
        """Have a task done, and remember what it is called.

        Raises:
            CrewLostError: nobody is there to take it.
        """
        try:
            future = self._crew.submit(task, *arguments)
        except Exception as error:
            self._raise_if_lost(error)
            raise
        self._running[future] = name

    def done(self) -> Iterator[tuple[Any, Future[T]]]:
        """What is done now or within a moment, with its name; what has an answer comes first.

        Raises:
            CrewLostError: an answer will never come.
        """
        ready, _ = wait(self._running, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
        for future in sorted(ready, key=_failed):
            name = self._running.pop(future)
            if _failed(future):
                self._raise_if_lost(_error(future))
            yield name, future

    def drop(self) -> None:
        """Nobody waits for the rest."""
        for future in self._running:
            future.cancel()

    def _raise_if_lost(self, error: BaseException) -> None:
        lost = self._crew.lost(error)
        if lost is not None:
            raise lost from error


def stopped(future: Future[Any]) -> bool:
    """Whether a task was ended before it had an answer."""
    return _failed(future) and isinstance(_error(future), StoppedError)


def answers(
    crew: Crew, jobs: Iterable[tuple[Any, Task[T], tuple[Any, ...]]], should_stop: Callable[[], bool]
) -> Iterator[tuple[Any, T]]:
    """Each job's name with its answer, as the answers come; fewer when somebody asked for an end.

    Raises:
        CrewLostError: the crew is gone; what was answered has been yielded.
        Exception: what a task raised.
    """
    desk: Desk[T] = Desk(crew)
    waiting = iter(jobs)
    more = True
    try:
        while (more or not desk.idle) and not should_stop():
            while more and desk.free and not should_stop():
                job = next(waiting, None)
                more = job is not None
                if job is not None:
                    desk.start(job[0], job[1], *job[2])
            for name, future in desk.done():
                if not stopped(future):
                    yield name, future.result()
        if not desk.idle:  # an end was asked for: what is done is kept
            yield from ((name, future.result()) for name, future in desk.done() if not _failed(future))
    finally:
        desk.drop()


def local_crew(bench: Bench, workers: int, should_stop: Callable[[], bool]) -> AbstractContextManager[Crew]:
    """A crew of this machine: this process, or so many of its own.

    When the block is left they stop within a fit or a stretch of closes.
    """
    return _in_processes(bench, workers) if workers > 1 else nullcontext(_Alone(bench, should_stop))


class _Alone:
    room = 1

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

    def lost(self, error: BaseException) -> CrewLostError | None:  # noqa: ARG002  # nobody else is there
        """Never the crew's fault."""
        return None


class _Processes:
    def __init__(self, pool: ProcessPoolExecutor, room: int) -> None:
        self._pool, self.room = pool, room
        self._others = set(active_children())

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Have it done by whichever process is free."""
        with starting_workers():
            return self._pool.submit(_do, task, arguments)

    def lost(self, error: BaseException) -> CrewLostError | None:
        """A process died: too little memory, most of the time."""
        if not isinstance(error, BrokenProcessPool):
            return None
        # The pool waits for all of them, and has not told one to end that was being started just then.
        for process in set(active_children()) - self._others:
            process.terminate()
        return CrewLostError(
            "a worker process was killed from outside",
            hint="run the same command again, with fewer --workers if memory ran out",
            code="WORKER_LOST",
        )


@contextmanager
def _in_processes(bench: Bench, workers: int) -> Iterator[Crew]:
    context = get_context("spawn")
    stop = context.RawValue("b", 0)  # without a lock, which a worker that is killed would keep for ever
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_set_up, initargs=(bench, stop))
    try:
        yield _Processes(pool, workers)
    finally:
        stop.value = 1
        pool.shutdown(cancel_futures=True)  # waits: a process that has only begun to start needs what is here


class _Place:
    """This worker's bench, shelf and stop."""

    bench: Bench
    shelf: Shelf
    stop: c_byte


def _set_up(bench: Bench, stop: c_byte) -> None:
    settle_in()
    _Place.bench, _Place.shelf, _Place.stop = bench, Shelf(), stop


def _do(task: Task[T], arguments: tuple[Any, ...]) -> T:
    return task(_Place.bench, _Place.shelf, *arguments, should_stop=lambda: bool(_Place.stop.value))


def _failed(future: Future[Any]) -> bool:
    """Whether there is no answer."""
    return future.cancelled() or future.exception() is not None


def _error(future: Future[Any]) -> BaseException:
    return CancelledError() if future.cancelled() else future.exception() or CancelledError()
