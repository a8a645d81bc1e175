"""All arms of an ablation, run: in this process or in several, with the same result."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from weexctl.backtest.arm_run import ArmRun, Bench, Job, run_arm, run_job, set_up_worker
from weexctl.backtest.arms import FULL, Arm
from weexctl.backtest.controls import ScaleSearch, mean_exposure, realised_volatility
from weexctl.backtest.shared_columns import Composed
from weexctl.errors import DataError, WeexctlError

__all__ = ["Ablation", "ArmOutcome", "Compose", "run_arms"]

TOLERANCE = 0.01
"""How far from its target a control may stay, as a part of it."""
_LOOK_S = 0.25
"""How often it is asked whether to stop."""

Compose = Callable[[Mapping[str, Any]], Composed]
"""The pipeline of the profile with values laid over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmOutcome:
    """One arm, and what came of it."""

    arm: Arm
    run: ArmRun | None = None
    failure: str = ""
    """Why there is no run; empty when there is one, or when nobody waited for it."""
    solved: float | None = None
    """The value of the setting that was solved."""
    attempts: int = 1
    """Runs that this took."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """Every arm in its order."""

    outcomes: Mapping[str, ArmOutcome] = field(repr=False)
    interrupted: bool = False

    def run(self, name: str) -> ArmRun | None:
        """The run of an arm; None when there is no such arm, or it failed."""
        outcome = self.outcomes.get(name)
        return None if outcome is None else outcome.run


def run_arms(
    bench: Bench,
    arms: Sequence[Arm],
    compose: Compose,
    *,
    workers: int = 1,
    on_arm: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Ablation:
    """Run these arms, those that are scaled to ours after it.

    An arm that fails is reported as such and the others go on. When someone asks for an end, the arms that are done
    are kept and the rest is left.

    Args:
        bench: candles, schedule and columns.
        arms: what to run.
        compose: makes the pipeline of an arm.
        workers: processes to use; the result is the same for any number.
        on_arm: is told of each arm that is done.
        should_stop: asked now and then.
    """
    with _crew(bench, min(workers, len(arms)), should_stop) as crew:
        return _Rounds(arms, compose, crew, on_arm, should_stop).run()


class _Crew(Protocol):
    """Who runs jobs."""

    @property
    def room(self) -> int:
        """Jobs to give at once: more would only stand before those that become possible later."""
        ...

    def start(self, job: Job) -> Future[ArmRun]:
        """Run a job, now or later."""
        ...


class _Alone:
    """This process runs each job at once."""

    room = 1

    def __init__(self, bench: Bench, should_stop: Callable[[], bool]) -> None:
        self._bench, self._should_stop = bench, should_stop

    def start(self, job: Job) -> Future[ArmRun]:
        done: Future[ArmRun] = Future()
        try:
            done.set_result(run_arm(self._bench, job, self._should_stop))
        except Exception as error:  # noqa: BLE001  # whatever an arm raises is the arm's failure
            done.set_exception(error)
        return done


@dataclass(frozen=True, slots=True)
class _Processes:
    """Worker processes, each with a bench of its own."""

    pool: ProcessPoolExecutor
    room: int

    def start(self, job: Job) -> Future[ArmRun]:
        try:
            return self.pool.submit(run_job, job)
        except BrokenExecutor as error:  # a worker died, and took the pool with it
            lost: Future[ArmRun] = Future()
            lost.set_exception(error)
            return lost


def _crew(bench: Bench, workers: int, should_stop: Callable[[], bool]) -> AbstractContextManager[_Crew]:
    return _processes(bench, workers) if workers > 1 else nullcontext(_Alone(bench, should_stop))


@contextmanager
def _processes(bench: Bench, workers: int) -> Iterator[_Crew]:
    context = get_context("spawn")
    stop = context.Event()
    with tempfile.TemporaryDirectory(prefix="weexctl-ablate-") as folder:
        path = Path(folder) / "bench.pickle"
        with path.open("wb") as file:
            pickle.dump(bench, file, protocol=pickle.HIGHEST_PROTOCOL)
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=set_up_worker, initargs=(path, stop))
        try:
            yield _Processes(pool, workers)
        finally:
            stop.set()  # what still runs ends after its stretch
            pool.shutdown(cancel_futures=True)


class _Rounds:
    """Starts what can be started, and takes in what is done."""

    def __init__(
        self,
        arms: Sequence[Arm],
        compose: Compose,
        crew: _Crew,
        on_arm: Callable[[str], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._arms, self._compose, self._crew = arms, compose, crew
        self._on_arm, self._should_stop = on_arm, should_stop
        self._done: dict[str, ArmOutcome] = {}
        self._running: dict[Future[ArmRun], Arm] = {}
        self._searches: dict[str, tuple[ScaleSearch, int]] = {}
        self._waiting = list(arms)

    def run(self) -> Ablation:
        """All arms, in their order."""
        stopped = False
        while (self._waiting or self._running) and not (stopped := self._should_stop()):
            self._start_some()
            ready, _ = wait(self._running, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
            for future in ready:
                self._take_in(self._running.pop(future), future)
        outcomes = {arm.name: self._done.get(arm.name) or ArmOutcome(arm=arm) for arm in self._arms}
        interrupted = stopped or any(o.run is None and not o.failure for o in outcomes.values())
        return Ablation(outcomes, interrupted=interrupted)

    def _start_some(self) -> None:
        """As many as there is room for, of those that need not wait for another arm."""
        for arm in list(self._waiting):
            if len(self._running) >= self._crew.room:
                return
            if arm.match is None or {FULL, arm.match.like} <= self._settled():
                self._waiting.remove(arm)
                self._start(arm)

    def _settled(self) -> set[str]:
        """Arms that are done, failed, or not among those to run."""
        return set(self._done) | ({FULL, *(a.match.like for a in self._arms if a.match)} - {a.name for a in self._arms})

    def _start(self, arm: Arm) -> None:
        try:
            overrides = dict(arm.overrides)
            if arm.match is not None:
                search, tried = self._search(arm)
                self._searches[arm.name] = search, tried + 1
                overrides = _with(overrides, arm.match.path, arm.match.start * search.scale)
            composed = self._compose(overrides)
        except WeexctlError as error:
            self._finish(ArmOutcome(arm=arm, failure=error.message))
            return
        job = Job(arm.name, composed, delay=arm.delay, shift=arm.shift, costs=arm.costs)
        self._running[self._crew.start(job)] = arm

    def _search(self, arm: Arm) -> tuple[ScaleSearch, int]:
        """How far the search for an arm's size is.

        Raises:
            DataError: what it is to be as large as did not run.
        """
        if arm.name in self._searches:
            return self._searches[arm.name]
        ours = self._done[FULL].run if FULL in self._done else None
        if ours is None or arm.match is None:
            raise DataError(f"{FULL} did not run, and this arm is made as large as it", hint="see why it did not")
        target, like = _figure(arm, ours), self._done.get(arm.match.like)
        size = _figure(arm, like.run) if like is not None and like.run is not None else 0.0
        return ScaleSearch(target, tolerance=TOLERANCE, first=target / size if size > 0 else 1.0), 0

    def _take_in(self, arm: Arm, future: Future[ArmRun]) -> None:
        error = future.exception()
        if error is not None:
            words = error.message if isinstance(error, WeexctlError) else f"{type(error).__name__}: {error}"
            self._finish(ArmOutcome(arm=arm, failure=words))
            return
        run = future.result()
        if run.interrupted:
            return
        if arm.match is None:
            self._finish(ArmOutcome(arm=arm, run=run))
            return
        search, tried = self._searches[arm.name]
        try:
            found = search.found(_figure(arm, run))
        except WeexctlError as refused:
            self._finish(ArmOutcome(arm=arm, failure=refused.message, attempts=tried))
            return
        if found:
            solved = arm.match.start * search.scale
            self._finish(ArmOutcome(arm=arm, run=run, solved=solved, attempts=tried))
        else:
            self._start(arm)

    def _finish(self, outcome: ArmOutcome) -> None:
        self._done[outcome.arm.name] = outcome
        self._on_arm(outcome.arm.name)


def _with(overrides: Mapping[str, Any], path: str, value: float) -> dict[str, Any]:
    """The overrides with one setting changed, also where it lies within a table that is laid over as a whole."""
    table, _, key = path.rpartition(".")
    if table in overrides:
        return {**overrides, table: {**overrides[table], key: value}}
    return {**overrides, path: value}


def _figure(arm: Arm, run: ArmRun) -> float:
    """What an arm is matched by, of this run."""
    assert arm.match is not None  # noqa: S101  # only matched arms are asked about
    return mean_exposure(run.curve) if arm.match.figure == "exposure" else realised_volatility(run.curve)
