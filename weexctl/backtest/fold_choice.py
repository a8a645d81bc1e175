"""What each fold of a walk-forward chooses: settings that were best on its train window, and the fits they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import Crew
from weexctl.backtest.fold_window import WindowCrew, cut_bench, fits_within
from weexctl.backtest.folds import Closes, Fold
from weexctl.backtest.stints import Stint
from weexctl.backtest.stretch import Fits
from weexctl.backtest.sweep import Plan, Sweep, varies_regime
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile
from weexctl.errors import UsageError
from weexctl.plugin_host import load_offers

__all__ = ["Chooser", "FoldChoice", "OnTrial", "train_plan"]

OnTrial = Callable[[Fold, Plan, TrialRecord], None]
"""Is told of each trial right before it is kept: its fold, what is tried there, and the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldChoice:
    """A fold whose settings are chosen."""

    fold: Fold
    chosen: TrialRecord
    """The trial on the train window with the highest value, the earlier of equal ones; the profile as it is when none
    has a value.
    """
    profile: Profile
    """With these settings."""
    composed: Composed
    """Its pipeline."""
    trials: int
    """Made on the train window."""
    failed: int
    fits: Fits = field(repr=False)

    def stint(self) -> Stint:
        """The test window under these settings."""
        return Stint(self.fold.test, self.composed, self.fits)


def train_plan(plan: Plan, fold: Fold) -> Plan:
    """What is tried on a fold's train window; candles that close later are not in it."""
    return replace(plan, bench=cut_bench(plan.bench, fold.train))


class Chooser:
    """Chooses for one fold after another. What is on record is not made again.

    Args:
        plan: what is tried, over everything.
        records: what was tried on each train window, by the fold's number.
        crew: who runs the trials; it has the whole bench.
        on_fit: is told of each symbol whose fits are made.
        on_trial: is told of each trial.
        should_stop: asked now and then.
    """

    def __init__(
        self,
        plan: Plan,
        records: Mapping[int, SweepRecord],
        crew: Crew,
        *,
        on_fit: Callable[[str], None],
        on_trial: OnTrial,
        should_stop: Callable[[], bool],
    ) -> None:
        self._plan, self._records, self._crew = plan, records, crew
        self._on_fit, self._on_trial, self._should_stop = on_fit, on_trial, should_stop

    def choices(self, folds: Sequence[Fold]) -> Iterator[FoldChoice]:
        """The choice of each fold, in order; ends early when asked to.

        Raises:
            UsageError: no trial of a fold could be run.
            PluginContractError: a classifier broke its promise.
            ConfigError: a library is missing, the crew is lost or a record cannot be written.
        """
        shared, fits = not varies_regime(self._plan.space), None
        if shared:
            fits = self._fits(self._plan, folds[0], self._crew)
        for fold in folds:
            if shared and fits is None:
                return
            chosen = self._search(fold, fits)
            if chosen is None:
                return
            profile = self._plan.profile_of(chosen.params) if chosen.number else self._plan.profile
            composed = Composed.of(profile, build_pipeline(profile, load_offers(environ=self._plan.bench.plugins)))
            own = fits if shared else self._fits_of(fold, composed)
            if own is None:
                return
            yield self._choice(fold, chosen, profile, composed, own)

    def _search(self, fold: Fold, fits: Fits | None) -> TrialRecord | None:
        """The best trial of a train window; None when somebody asked for an end."""
        plan, record = train_plan(self._plan, fold), self._records[fold.number]
        within = None if fits is None else fits_within(fits, self._plan.bench.schedule, fold.train)
        sweep = Sweep(
            plan,
            record,
            on_trial=lambda trial: self._on_trial(fold, plan, trial),
            should_stop=self._should_stop,
        )
        sweep.run(WindowCrew(self._crew, fold.train), within)
        return None if plan.missing(record) else _best(plan, record)

    def _fits_of(self, fold: Fold, composed: Composed) -> Fits | None:
        """The fits of a classifier that was chosen; they begin with those of the train window, as the search's did."""
        closes = Closes(fold.train.first_ms, fold.test.last_ms)
        plan = replace(self._plan, composed=composed, bench=cut_bench(self._plan.bench, closes))
        return self._fits(plan, fold, WindowCrew(self._crew, closes))

    def _fits(self, plan: Plan, fold: Fold, crew: Crew) -> Fits | None:
        """Every fit of the plan's own profile; None when somebody asked for an end."""
        record = self._records[fold.number]
        sweep = Sweep(plan, record, on_trial=lambda _: None, should_stop=self._should_stop)
        return sweep.fits(crew, on_fit=self._on_fit)

    def _choice(self, fold: Fold, chosen: TrialRecord, profile: Profile, composed: Composed, fits: Fits) -> FoldChoice:
        made = [self._records[fold.number].trials[number] for number in range(self._plan.trials)]
        return FoldChoice(
            fold=fold,
            chosen=chosen,
            profile=profile,
            composed=composed,
            trials=len(made),
            failed=sum(1 for trial in made if trial.failure),
            fits=fits,
        )


def _best(plan: Plan, record: SweepRecord) -> TrialRecord:
    """The best trial of a train window.

    Raises:
        UsageError: not one of them could be run.
    """
    made = [record.trials[number] for number in range(plan.trials)]
    ran = [trial for trial in made if not trial.failure]
    if not ran:
        raise UsageError(
            f"no trial of a train window could be run, so nothing was tried out of sample: {made[0].failure}",
            hint="look at the profile with `weexctl backtest run`",
            code="NO_TRIAL_RAN",
        )
    valued = [(value, trial) for trial in ran if (value := trial.figures.get(plan.metric)) is not None]
    return min(valued, key=lambda row: (-row[0], row[1].number))[1] if valued else ran[0]
