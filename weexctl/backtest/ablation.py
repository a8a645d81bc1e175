"""All arms of an ablation, run by whoever is there, with the same result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from weexctl.backtest.arm_run import ArmRun, Footing, run_arm
from weexctl.backtest.arms import FULL, Arm
from weexctl.backtest.composed import Composed
from weexctl.backtest.controls import ScaleSearch, mean_exposure, realised_volatility
from weexctl.backtest.crew import Crew, CrewLostError, Desk, stopped
from weexctl.errors import DataError, PluginContractError, WeexctlError

__all__ = ["Ablation", "ArmOutcome", "Compose", "run_arms"]

TOLERANCE = 0.01
"""How far from its target a control may stay, as a part of it."""

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
    """Whether arms are missing, because an end was asked for or the crew was lost."""
    lost: CrewLostError | None = None

    def run(self, name: str) -> ArmRun | None:
        """The run of an arm; None when there is no such arm, or it failed."""
        outcome = self.outcomes.get(name)
        return None if outcome is None else outcome.run


def run_arms(
    crew: Crew,
    footing: Footing,
    arms: Sequence[Arm],
    compose: Compose,
    *,
    on_arm: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Ablation:
    """Run these arms, those that are scaled to ours after it.

    An arm that fails is reported as such and the others go on. When someone asks for an end or the crew is lost, the
    arms that are done are kept and the rest is left.

    Args:
        crew: who runs them; the result is the same for any.
        footing: what they have in common.
        arms: what to run.
        compose: makes the pipeline of an arm.
        on_arm: is told of each arm that is done.
        should_stop: asked now and then.

    Raises:
        PluginContractError: a plugin of the profile as it is broke its promise.
    """
    return _Rounds(crew, footing, arms, compose, on_arm, should_stop).run()


class _Rounds:
    """Starts what can be started, and takes in what is done."""

    def __init__(
        self,
        crew: Crew,
        footing: Footing,
        arms: Sequence[Arm],
        compose: Compose,
        on_arm: Callable[[str], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._desk: Desk[ArmRun] = Desk(crew)
        self._footing, self._arms, self._compose = footing, arms, compose
        self._on_arm, self._should_stop = on_arm, should_stop
        self._done: dict[str, ArmOutcome] = {}
        self._searches: dict[str, tuple[ScaleSearch, int]] = {}
        self._waiting = list(arms)

    def run(self) -> Ablation:
        """All arms, in their order."""
        lost = None
        try:
            while (self._waiting or not self._desk.idle) and not self._should_stop():
                self._start_some()
                for arm, future in self._desk.done():
                    self._take_in(arm, future)
        except CrewLostError as error:
            lost = error
        finally:
            self._desk.drop()
        outcomes = {arm.name: self._done.get(arm.name) or ArmOutcome(arm=arm) for arm in self._arms}
        interrupted = any(o.run is None and not o.failure for o in outcomes.values())
        return Ablation(outcomes, interrupted=interrupted, lost=lost)

    def _start_some(self) -> None:
        """As many as there is room for, of those that need not wait for another arm."""
        for arm in list(self._waiting):
            if not self._desk.free:
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
        self._desk.start(arm, run_arm, self._footing.job(arm, composed))

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
        if stopped(future):
            return
        error = future.exception()
        if error is not None:
            if arm.name == FULL and isinstance(error, PluginContractError):
                raise error
            words = error.message if isinstance(error, WeexctlError) else f"{type(error).__name__}: {error}"
            self._finish(ArmOutcome(arm=arm, failure=words))
            return
        run = future.result()
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
