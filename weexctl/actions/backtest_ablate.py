"""Ablation: a profile without each of its parts, and against controls of the same size."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weexctl.actions import backtest_run
from weexctl.actions.ablation_report import Output, report, warnings_of
from weexctl.actions.backtest_run import market_warnings, must_agree, over_market, traded_profile
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.backtest.ablation import Ablation, Compose, run_arms
from weexctl.backtest.ablation_evidence import Evidence, weigh
from weexctl.backtest.arm_run import Footing, score_odds
from weexctl.backtest.arms import FULL, Arm, Group, arms_of, null_arms, placebo_arms
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.bench import Bench, loaded_plugins
from weexctl.backtest.claims import Claim, not_evaluated, nothing_looked_ahead
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import Crew, CrewLostError, answers, local_crew
from weexctl.backtest.dask_crew import on_cluster
from weexctl.backtest.kept_run import keep_ablation, kept_ids
from weexctl.backtest.placebo import FEWEST_PLACEBOS, placebo_shifts
from weexctl.backtest.preparation import fit_symbols
from weexctl.backtest.stretch import Fits
from weexctl.backtest.trial_ledger import Trial, TrialLedger, add_trial, read_trials
from weexctl.config.compose import build_pipeline
from weexctl.config.paths import find_paths
from weexctl.config.profile import Profile
from weexctl.errors import ConfigError, DataError
from weexctl.model.candle import Candles
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Input", "Output", "run"]

_SEED = 7
"""Of the placebos' shifts."""
_SCORED = 900
"""Candles beyond warm-up and training on which it is tried whether a plugin looks ahead."""


class Input(backtest_run.Input):
    """Which profile, over which candles, and how many placebos."""

    placebos: int = Field(default=FEWEST_PLACEBOS, ge=FEWEST_PLACEBOS, le=1000)
    nulls: int = Field(default=5, ge=0, le=1000)
    dask: str | None = None


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Run every arm, and weigh them against each other."""
    must_agree(input)
    offers = load_offers(environ=context.environment)
    profile = traded_profile(input, context, offers)
    pipeline = build_pipeline(profile, offers)
    market, schedule = over_market(input, profile, pipeline)
    ours = Composed.of(profile, pipeline)

    def compose(overrides: Mapping[str, Any]) -> Composed:
        changed = traded_profile(input, context, offers, overrides)
        return Composed.of(changed, build_pipeline(changed, offers), window=ours.window)

    arms, left_out = arms_of(profile, offers)
    arms += null_arms(input.nulls, seed=_SEED)
    arms += placebo_arms(placebo_shifts(schedule.count, seed=_SEED, count=input.placebos).tolist())
    bench = Bench(market, schedule, loaded_plugins(context.environment))
    with _crew(bench, len(arms), input, context) as crew:
        fits = _fits(ours, bench, crew, context)
        footing = Footing.on(bench, ours, fits, profile.simulator.start_equity)
        found = _ablated(crew, footing, arms, compose, context)
        ledger = _remember(found, bench, footing, profile, context)
        evidence = None if found.run(FULL) is None else _weighed(found, bench, footing, crew, ledger, profile, context)
    output = report(bench, footing, profile, pipeline, found, left_out, evidence)
    run_id = Backtest(profile=profile, pipeline=pipeline, market=market, schedule=schedule).run_id
    return Result(
        data=output,
        warnings=(*market_warnings(market), *warnings_of(found), *_keep(output, run_id, context)),
        next=tuple(_reported(run_id, context)),
        venue="sim",
        profile=profile.name,
        **_end(found),
    )


def _crew(bench: Bench, arms: int, input: Input, context: Context) -> AbstractContextManager[Crew]:  # noqa: A002
    if input.dask is not None:
        return on_cluster(input.dask, bench)
    return local_crew(bench, min(input.workers or os.cpu_count() or 1, arms), context.should_stop)


def _fits(ours: Composed, bench: Bench, crew: Crew, context: Context) -> Fits:
    with context.progress(len(bench.market.candles), "fit") as track:
        try:
            fits = fit_symbols(
                ours,
                bench,
                crew,
                on_symbol=lambda symbol: track.advance(1, symbol),
                should_stop=context.should_stop,
            )
        except CrewLostError as lost:
            raise CrewLostError(f"{lost.message}; no arm was run", hint=lost.hint, code=lost.code) from lost
    if fits is None:
        raise KeyboardInterrupt
    return fits


def _ablated(crew: Crew, footing: Footing, arms: Sequence[Arm], compose: Compose, context: Context) -> Ablation:
    with context.progress(len(arms), "arms") as track:
        return run_arms(
            crew,
            footing,
            arms,
            compose,
            on_arm=lambda name: track.advance(1, name),
            should_stop=context.should_stop,
        )


def _weighed(
    found: Ablation,
    bench: Bench,
    footing: Footing,
    crew: Crew,
    ledger: TrialLedger,
    profile: Profile,
    context: Context,
) -> Evidence:
    context.note("weighing the arms")
    return weigh(
        found,
        bench,
        from_ms=footing.from_ms,
        odds=lambda symbol: _odds(symbol, footing, crew, found, context),
        target=getattr(profile.pipeline.sizer.settings, "annual_volatility", None),
        ledger=ledger,
        looked_ahead=_looked_ahead(footing.ours.pipeline, next(iter(bench.market.candles.values()))),
    )


def _odds(symbol: str, footing: Footing, crew: Crew, found: Ablation, context: Context) -> NDArray[np.float64]:
    """The scores of our odds of a loud day."""
    if not found.interrupted:  # of a crew that is lost nobody answers
        jobs = [(symbol, score_odds, (footing.ours, footing.fits, symbol))]
        for _, scores in answers(crew, jobs, context.should_stop):
            return scores
    raise DataError("it was ended before; nothing was scored", hint="run it to its end")


def _end(found: Ablation) -> dict[str, Any]:
    """How the command ends: a crew that was lost is an error, and what was done is there all the same."""
    lost = found.lost
    if lost is None:
        return {}
    done = sum(1 for outcome in found.outcomes.values() if outcome.run is not None or outcome.failure)
    words = f"{lost.message}; {done} of {len(found.outcomes)} arms are in this answer, and the rest was not run"
    return {"error": CrewLostError(words, hint=lost.hint, code=lost.code), "exit_code": lost.exit_code}


def _keep(output: Output, run_id: str, context: Context) -> Iterator[Notice]:
    """Keep it for the report of its run; one that was ended early takes no place of a whole one."""
    if output.interrupted:
        return
    try:
        keep_ablation(find_paths(context.environment).backtests, run_id, output.model_dump_json())
    except ConfigError as error:
        yield Notice(error.code, f"{error.message}; {error.hint}")


def _reported(run_id: str, context: Context) -> Iterator[NextCommand]:
    if run_id in kept_ids(find_paths(context.environment).backtests):
        yield NextCommand(f"weexctl backtest report {run_id}", "a page of the run with the ablation in it")


def _remember(found: Ablation, bench: Bench, footing: Footing, profile: Profile, context: Context) -> TrialLedger:
    """Every arm that somebody could choose goes into the ledger, once for the same candles."""
    path = find_paths(context.environment).trials
    known = {trial.config_hash for trial in read_trials(path).trials}
    place = f"{bench.market.source}|{footing.from_ms}|{bench.schedule.last_ms}"
    for outcome in found.outcomes.values():
        if outcome.run is None or outcome.arm.group is not Group.ARM:
            continue
        digest = hashlib.blake2b(f"{outcome.run.digest}|{place}".encode(), digest_size=10).hexdigest()
        if digest not in known:
            add_trial(
                path,
                Trial(
                    config_hash=digest,
                    metric="sharpe",
                    value=outcome.run.metrics.sharpe,
                    date_ms=time.time_ns() // 1_000_000,
                    profile=f"{profile.name} {outcome.arm.name}",
                ),
            )
    return read_trials(path)


def _looked_ahead(pipeline: Pipeline, candles: Candles) -> Claim:
    """C7, tried on the newest candles of one symbol."""
    from weexctl.testing.conformance import check_plugin

    wanted = pipeline.warmup_candles + int(pipeline.regime.plugin.min_train_candles) + _SCORED
    frame = candles.rows(len(candles) - wanted, len(candles)).frame()
    checked: dict[str, str] = {}
    for stage in pipeline.stages():
        report = check_plugin(stage.kind, stage.plugin, name=stage.name, candles=frame, checks=("prefix",))
        if report.untested:
            return not_evaluated("C7", f"{stage.kind} {stage.name}: {report.untested[0].message}")
        checked[f"{stage.kind} {stage.name}"] = "; ".join(str(finding) for finding in report.broken)
    return nothing_looked_ahead(checked)
