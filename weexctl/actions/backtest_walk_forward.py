"""Walk-forward: settings are chosen on one stretch of candles and tried on the next, again and again."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from weexctl.actions import backtest_sweep
from weexctl.actions.backtest_run import kept, market_warnings, must_agree, reported, traded_profile
from weexctl.actions.backtest_sweep import (
    crew_of,
    digest_of,
    identity_of,
    locked,
    named,
    plan_of,
    remember,
    space_of,
    words_of,
)
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.walk_report import Output, Walked, report, warnings_of, with_flattery
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.engine import BacktestRun
from weexctl.backtest.fold_choice import Chooser, FoldChoice, train_plan
from weexctl.backtest.folds import Fold, FoldPlan, plan_folds
from weexctl.backtest.stints import StintSchedule, run_stints
from weexctl.backtest.sweep import Plan
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.backtest.trial_ledger import Trial, TrialLedger, add_trial, read_trials
from weexctl.backtest.worker import end_if_asked
from weexctl.config.compose import build_pipeline
from weexctl.config.paths import Paths, find_paths
from weexctl.errors import UsageError
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.identity import run_id
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers

__all__ = ["Input", "Output", "run"]

_KIND = "walk-forward"
_SYNTHETIC_FOLDS = 4
"""On the synthetic market unless told otherwise."""


class Input(backtest_sweep.Input):
    """Which windows, what is varied, over which candles, and who runs it."""

    train: int = Field(default=365, ge=1, le=36_500)
    test: int = Field(default=90, ge=1, le=36_500)
    anchored: bool = False
    purge: int = Field(default=24, ge=0, le=24 * 365)
    embargo: int = Field(default=48, ge=0, le=24 * 365)
    trials: int = Field(default=32, ge=2, le=100_000)

    @property
    def windows(self) -> FoldPlan:
        """What folds are asked for."""
        return FoldPlan(
            train_days=self.train,
            test_days=self.test,
            purge_hours=self.purge,
            embargo_hours=self.embargo,
            anchored=self.anchored,
        )


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk-forward that can begin, or go on."""

    plan: Plan
    folds: tuple[Fold, ...]
    pipeline: Pipeline
    """Of the profile as it is."""
    identity: dict[str, Any]
    folder: Path
    paths: Paths


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Choose and try, fold after fold."""
    must_agree(input)
    walk = _walk(input, context)
    with locked(walk.folder):
        records = {fold.number: _record(walk, fold) for fold in walk.folds}
        before = sum(len(record.trials) for record in records.values())
        choices = _choices(walk, records, input, context)
        if not choices:
            context.note("no fold is chosen yet; the trials that are done are kept, and the same command goes on")
            end_if_asked(context.should_stop)
        backtest, found = _out_of_sample(walk, choices, context)
    output = report(
        Walked(
            plan=walk.plan,
            windows=input.windows,
            folds=walk.folds,
            choices=choices,
            backtest=backtest,
            found=found,
            run_id=_run_id(walk),
            folder=walk.folder,
            trials=sum(len(record.trials) for record in records.values()),
            before=before,
        )
    )
    output = with_flattery(output, found.curve, _remember_whole(walk, output))
    output, unkept = kept(output, found, backtest.market.candles, context)
    again = shlex.join(["weexctl", "backtest", _KIND, *_words(input)])
    return Result(
        data=output,
        warnings=(*market_warnings(backtest.market), *warnings_of(output), *unkept),
        next=(
            *([NextCommand(again, "goes on where it ended")] if output.interrupted else []),
            *([] if unkept else [reported(output.run_id)]),
        ),
        venue="sim",
        profile=walk.plan.profile.name,
    )


def _walk(input: Input, context: Context) -> _Walk:  # noqa: A002
    space, windows = space_of(input, context), input.windows
    plan = plan_of(_with_steps(input, context), context, space)
    if not space.dimensions:  # the profile as it is, and nothing to choose from
        plan = replace(plan, trials=1)
    folds = plan_folds(windows, plan.bench.schedule)
    pipeline = build_pipeline(plan.profile, load_offers(environ=context.environment))
    _must_be_warm(plan, pipeline, folds[0])
    identity = {**identity_of(plan), "windows": asdict(windows)}
    paths = find_paths(context.environment)
    return _Walk(plan, folds, pipeline, identity, paths.walks / named(input.name, _KIND, identity), paths)


def _with_steps(input: Input, context: Context) -> Input:  # noqa: A002
    """On the synthetic market, as many candles as some folds need, unless somebody said how many."""
    if input.data or input.steps is not None:
        return input
    profile = traded_profile(input, context, load_offers(environ=context.environment))
    candle_ms = profile.venue.timeframe.ms
    return input.model_copy(update={"steps": input.windows.closes(_SYNTHETIC_FOLDS, candle_ms)})


def _must_be_warm(plan: Plan, pipeline: Pipeline, fold: Fold) -> None:
    """Refuse a first train window in which nothing can be decided."""
    candle_ms, wanted = plan.bench.schedule.candle_ms, pipeline.regime.plugin.min_train_candles
    for fitted_ms, _, last_ms in train_plan(plan, fold).bench.schedule.blocks():
        for candles in plan.bench.market.candles.values():
            fitted = len(candles.closed_by(fitted_ms - candle_ms)) >= wanted
            if fitted and len(candles.closed_by(last_ms)) > pipeline.warmup_candles:
                return
    raise UsageError(
        f"the first train window ends before the profile's warm-up does: a fit needs {wanted} candles before it, and a"
        f" decision {pipeline.warmup_candles}; nothing was run",
        hint="choose a later --from or leave it out, or a longer --train",
        code="TRAIN_TOO_SHORT",
    )


def _record(walk: _Walk, fold: Fold) -> SweepRecord:
    return SweepRecord(walk.folder / f"fold-{fold.number:03}.jsonl", identity_of(train_plan(walk.plan, fold)))


def _choices(walk: _Walk, records: dict[int, SweepRecord], input: Input, context: Context) -> list[FoldChoice]:  # noqa: A002
    """The folds that are chosen, oldest first; not all of them when somebody asked for an end."""
    plan = walk.plan
    missing = sum(train_plan(plan, fold).missing(records[fold.number]) for fold in walk.folds)
    at_once = max(min(plan.batch, plan.trials), len(plan.bench.market.candles))
    with (
        crew_of(plan.bench, at_once, input, context) as crew,
        context.progress(plan.trials * len(walk.folds), "choose") as track,
    ):
        track.advance(plan.trials * len(walk.folds) - missing)

        def on_trial(fold: Fold, part: Plan, trial: TrialRecord) -> None:
            if plan.space.dimensions:  # without, nothing is chosen, and the whole is one configuration
                remember(walk.paths.trials, part, trial)
            track.advance(1, f"fold {fold.number} of {len(walk.folds)}")

        chooser = Chooser(
            plan,
            records,
            crew,
            on_fit=lambda symbol: track.advance(0, f"fits of {symbol}"),
            on_trial=on_trial,
            should_stop=context.should_stop,
        )
        return list(chooser.choices(walk.folds))


def _out_of_sample(walk: _Walk, choices: Sequence[FoldChoice], context: Context) -> tuple[Backtest, BacktestRun]:
    """One account through the test windows of the folds that are chosen.

    When somebody asked for an end before, those that are chosen are run all the same.
    """
    plan, stints = walk.plan, [choice.stint() for choice in choices]
    schedule = StintSchedule.of(stints, plan.bench.schedule)
    backtest = Backtest(profile=plan.profile, pipeline=walk.pipeline, market=plan.bench.market, schedule=schedule)
    with context.progress(schedule.count, "out of sample") as track:
        found = run_stints(
            plan.bench.market,
            stints,
            schedule,
            start_equity=plan.profile.simulator.start_equity,
            identity=Identity(plan.profile.digest, plan.bench.market.source),
            run_id=_run_id(walk),
            on_step=lambda count: track.advance(count),
            should_stop=_never if context.should_stop() else context.should_stop,
        )
    return backtest, found


def _never() -> bool:
    return False


def _run_id(walk: _Walk) -> str:
    """The same profile, space, windows and candles have the same id."""
    market = walk.plan.bench.market
    identity = f"{digest_of(walk.identity)}:{walk.plan.trials}"
    return run_id(identity, market.source, _KIND, _KIND, walk.folds[0].test.first_ms, tuple(market.candles))


def _remember_whole(walk: _Walk, output: Output) -> TrialLedger:
    """The ledger, with this walk-forward as one more configuration that somebody looked at, once it is whole."""
    ledger = read_trials(walk.paths.trials)
    if output.interrupted or output.run_id in {known.config_hash for known in ledger.trials}:
        return ledger
    row = Trial(
        config_hash=output.run_id,
        metric="sharpe",
        value=output.metrics.sharpe,
        date_ms=time.time_ns() // 1_000_000,
        profile=f"{walk.plan.profile.name} {_KIND} {walk.folder.name}",
    )
    add_trial(walk.paths.trials, row)
    return read_trials(walk.paths.trials)


def _words(input: Input) -> list[str]:  # noqa: A002
    """The flags that were given."""
    numbers = ((name, getattr(input, name)) for name in ("train", "test", "purge", "embargo"))
    windows = [word for name, value in numbers for word in (f"--{name}", str(value))]
    return [*words_of(input), *windows, *(["--anchored"] if input.anchored else [])]
