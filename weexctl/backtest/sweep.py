"""A sweep: batch after batch of trials, each kept as soon as it is done.

Within a batch the trials may be done in any order; the next batch is asked for when all of them are in, and sees them
in the order of their numbers. So the result depends neither on who runs the trials nor on how many do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import Crew, CrewLostError, answers
from weexctl.backtest.preparation import fit_symbols
from weexctl.backtest.stretch import Fits
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.backtest.sweep_search import propose
from weexctl.backtest.sweep_space import Params, Space
from weexctl.backtest.sweep_trial import Outcome, run_trial
from weexctl.config.profile import Profile
from weexctl.errors import UsageError, WeexctlError

__all__ = ["Plan", "Sweep", "varies_regime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be tried."""

    space: Space
    metric: str
    """One of `FIGURES`; more is better."""
    trials: int
    """How many in all; the first one is the profile as it is."""
    batch: int
    """Trials that are asked for at a time."""
    seed: int
    profile: Profile
    """As it is."""
    composed: Composed
    """Its pipeline."""
    base: Params
    """Its own values of what is varied."""
    profile_of: Callable[[Params], Profile]
    """The profile with these values, checked as ever; raises what its checks say."""
    manifest: Mapping[str, Any]
    """What the profile is made from, as plain data."""
    bench: Bench

    def batches(self) -> Iterator[tuple[int, range]]:
        """Number of each batch, and the numbers of its trials."""
        for number, first in enumerate(range(0, self.trials, self.batch)):
            yield number, range(first, min(first + self.batch, self.trials))

    def missing(self, record: SweepRecord) -> int:
        """Trials that are not made yet."""
        return sum(1 for number in range(self.trials) if number not in record.trials)

    def config_hash(self, profile: Profile) -> str:
        """Digest of the profile, the candles and the span."""
        market, schedule = self.bench.market, self.bench.schedule
        text = f"{profile.digest}|{market.source}|{schedule.first_ms}|{schedule.last_ms}"
        return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def varies_regime(space: Space) -> bool:
    """Whether the classifier changes, so that trials cannot share its fits."""
    return any(path == "pipeline.regime" or path.startswith("pipeline.regime.") for path in space.paths)


class Sweep:
    """Makes the trials that a record lacks.

    Args:
        plan: what is to be tried.
        record: what was tried already, and where trials are kept.
        on_trial: is told of each trial right before it is kept.
        should_stop: asked now and then.
    """

    def __init__(
        self,
        plan: Plan,
        record: SweepRecord,
        *,
        on_trial: Callable[[TrialRecord], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._plan, self._record = plan, record
        self._on_trial, self._should_stop = on_trial, should_stop

    def fits(self, crew: Crew, *, on_fit: Callable[[str], None]) -> Fits | None:
        """The fits that all trials share, each symbol's made by whoever is free; None when somebody asked for an end.

        Raises:
            PluginContractError: the classifier broke its promise.
            CrewLostError: the crew is lost.
        """
        plan = self._plan
        with self._saying_what_is_kept():
            return fit_symbols(plan.composed, plan.bench, crew, on_symbol=on_fit, should_stop=self._should_stop)

    def run(self, crew: Crew, fits: Fits | None) -> None:
        """Make what is missing; ends early when asked to.

        Args:
            crew: who runs the trials.
            fits: those that all trials share; None where the classifier is varied.

        Raises:
            UsageError: no trial of the first batch could be run.
            CrewLostError: the crew is lost.
            ConfigError: a library is missing, or the record cannot be written.
        """
        for number, numbers in self._plan.batches():
            if any(trial not in self._record.trials for trial in numbers):
                self._batch(number, numbers, crew, fits)
            if self._should_stop():
                return
            if not number:
                self._must_have_worked(numbers)

    def _batch(self, number: int, numbers: range, crew: Crew, fits: Fits | None) -> None:
        settings = self._settings(number, numbers)
        known = {trial.config_hash: trial for trial in self._record.trials.values()}
        profiles: dict[int, Profile] = {}
        for trial, params in settings.items():
            if trial not in self._record.trials and (found := self._profile(trial, params)) is not None:
                digest = self._plan.config_hash(found)
                if digest in known:  # the same configuration again
                    self._keep(replace(known[digest], number=trial, params=params, seconds=0.0))
                else:
                    profiles[trial] = found
        jobs = [(trial, run_trial, (found, fits)) for trial, found in profiles.items()]
        with self._saying_what_is_kept():
            for trial, outcome in answers(crew, jobs, self._should_stop):
                digest = self._plan.config_hash(profiles[trial])
                self._keep(_recorded(trial, settings[trial], digest, outcome))

    def _profile(self, trial: int, params: Params) -> Profile | None:
        """The profile of a trial; None for one that its checks refuse, which is kept as such."""
        if not trial:
            return self._plan.profile
        try:
            return self._plan.profile_of(params)
        except WeexctlError as error:
            digest = hashlib.blake2b(json.dumps(dict(params)).encode(), digest_size=10).hexdigest()
            self._keep(TrialRecord(number=trial, params=params, config_hash=digest, failure=error.message))
            return None

    def _settings(self, batch: int, numbers: range) -> dict[int, Params]:
        """What each trial of a batch tries."""
        seen = [self._record.trials[n] for n in range(numbers.start)]
        wanted = len(numbers) - (1 if batch == 0 else 0)
        proposed = propose(
            self._plan.space,
            [(trial.params, trial.figures.get(self._plan.metric)) for trial in seen],
            wanted,
            seed=self._plan.seed,
            batch=batch,
        )
        return dict(zip(numbers, [self._plan.base, *proposed] if batch == 0 else proposed, strict=True))

    def _keep(self, trial: TrialRecord) -> None:
        self._on_trial(trial)
        self._record.add(trial)

    @contextmanager
    def _saying_what_is_kept(self) -> Iterator[None]:
        """A crew that is lost takes no trial with it that is done."""
        try:
            yield
        except CrewLostError as lost:
            words = f"{lost.message}; {len(self._record.trials)} of {self._plan.trials} trials are kept"
            raise CrewLostError(words, hint=f"{lost.hint}: it goes on from there", code=lost.code) from lost

    def _must_have_worked(self, numbers: range) -> None:
        tried = [self._record.trials[number] for number in numbers]
        if len(tried) > 1 and all(trial.failure for trial in tried[1:]):
            raise UsageError(
                f"none of the first {len(tried) - 1} trials could be run, so no more were tried: {tried[1].failure}",
                hint="narrow the ranges to values that the profile takes together, and choose another --name",
                code="NO_TRIAL_RAN",
            )


def _recorded(number: int, params: Params, digest: str, outcome: Outcome) -> TrialRecord:
    return TrialRecord(
        number=number,
        params=params,
        config_hash=digest,
        figures=outcome.figures,
        trades=outcome.trades,
        moments=outcome.moments,
        failure=outcome.failure,
        seconds=outcome.seconds,
    )
