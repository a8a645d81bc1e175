"""Ablation: a profile without each of its parts, and against controls of the same size."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field

from weexctl.actions import backtest_run
from weexctl.actions.backtest_run import market_warnings, must_agree, over_market, traded_profile
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.backtest.ablation import Ablation, ArmOutcome, run_arms
from weexctl.backtest.ablation_evidence import Evidence, weigh
from weexctl.backtest.arm_run import Bench
from weexctl.backtest.arms import BUY_AND_HOLD, FULL, Arm, Group, LeftOut, arms_of, placebo_arms
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.buy_and_hold import buy_and_hold, held_metrics
from weexctl.backtest.claims import Claim, not_evaluated, nothing_looked_ahead
from weexctl.backtest.kept_run import keep_ablation, kept_ids
from weexctl.backtest.metrics import Metrics, YearMetrics, years_of
from weexctl.backtest.placebo import FEWEST_PLACEBOS, placebo_shifts
from weexctl.backtest.shared_columns import Composed, share
from weexctl.backtest.trial_ledger import Trial, TrialLedger, add_trial, read_trials
from weexctl.config.compose import build_pipeline
from weexctl.config.paths import find_paths
from weexctl.config.profile import Profile
from weexctl.errors import ConfigError, WeexctlError
from weexctl.model.candle import Candles
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers
from weexctl.run.manifest import run_manifest

__all__ = ["ArmRow", "Input", "Output", "run"]

_SEED = 7
"""Of the placebos' shifts."""
_SCORED = 900
"""Candles beyond warm-up and training on which it is tried whether a plugin looks ahead."""


class Input(backtest_run.Input):
    """Which profile, over which candles, and how many placebos."""

    placebos: int = Field(default=FEWEST_PLACEBOS, ge=FEWEST_PLACEBOS, le=1000)


class ArmRow(BaseModel):
    """One arm and its figures; figures are None when it failed, or when they have no value."""

    name: str
    title: str
    group: Group
    failure: str | None = None
    """Why there are no figures."""
    cagr: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    max_drawdown: float | None = None
    cvar95: float | None = None
    """Of a day."""
    calmar: float | None = None
    ulcer: float | None = None
    exposure: float | None = None
    turnover_per_year: float | None = None
    cost_drag: float | None = None
    trades: int | None = None
    end: float | None = None
    """Equity at the last mark, quote."""
    ruined_ms: int | None = None
    solved: float | None = None
    """The value that was found for the setting `solved_path`."""
    solved_path: str | None = None
    attempts: int = 1
    """Runs that this took."""
    digest: str | None = None
    """Of the arm's profile."""


class LeftOutRow(BaseModel):
    """An arm that this profile cannot have."""

    name: str
    reason: str


class Output(BaseModel):
    """The arms, and what they show."""

    from_ms: int
    """The first close that is measured: the profile's warm-up is done there."""
    to_ms: int
    symbols: list[str]
    synthetic: bool
    interrupted: bool
    arms: list[ArmRow]
    left_out: list[LeftOutRow]
    evidence: Evidence | None
    """None when the profile itself did not run."""
    years: list[YearMetrics]
    """Of the profile as it is."""
    not_modelled: list[str]
    manifest: dict[str, Any]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Run every arm, and weigh them against each other."""
    must_agree(input)
    offers = load_offers(environ=context.environment)
    profile = traded_profile(input, context, offers)
    market, schedule = over_market(input, profile)
    pipeline = build_pipeline(profile, offers)
    ours = Composed.of(profile, pipeline)

    def compose(overrides: Mapping[str, Any]) -> Composed:
        changed = traded_profile(input, context, offers, overrides)
        return Composed.of(changed, build_pipeline(changed, offers), window=ours.window)

    shifts = placebo_shifts(schedule.count, seed=_SEED, count=input.placebos)
    arms, left_out = arms_of(profile, offers)
    arms += placebo_arms(shifts.tolist())
    workers = input.workers or os.cpu_count() or 1
    with context.progress(len(market.candles), "fit") as track:
        shared = share(
            _distinct([ours, *_composed(arms, compose)]),
            market.candles,
            tuple(schedule.blocks()),
            workers=workers,
            on_fit=lambda symbol: track.advance(1, symbol),
            should_stop=context.should_stop,
        )
    bench = Bench.over(market, schedule, shared, ours, profile.simulator.start_equity)
    with context.progress(len(arms), "arms") as track:
        found = run_arms(
            bench,
            arms,
            compose,
            workers=workers,
            on_arm=lambda name: track.advance(1, name),
            should_stop=context.should_stop,
        )
    ledger = _remember(found, bench, profile, context)
    evidence = None
    if found.run(FULL) is not None:
        context.note("weighing the arms")
        target = getattr(profile.pipeline.sizer.settings, "annual_volatility", None)
        looked_ahead = _looked_ahead(pipeline, next(iter(market.candles.values())))
        evidence = weigh(found, bench, ours, target=target, ledger=ledger, looked_ahead=looked_ahead)
    output = _output(bench, profile, pipeline, found, left_out, evidence)
    run_id = Backtest(profile=profile, pipeline=pipeline, market=market, schedule=schedule).run_id
    return Result(
        data=output,
        warnings=(*market_warnings(market), *_warnings(found), *_keep(output, run_id, context)),
        next=tuple(_reported(run_id, context)),
        venue="sim",
        profile=profile.name,
    )


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


def _composed(arms: tuple[Arm, ...], compose: Any) -> Iterator[Composed]:
    """Every arm that can be composed; the others are reported when they are to run."""
    for arm in arms:
        if arm.group is not Group.PLACEBO:
            try:
                yield compose(arm.overrides)
            except WeexctlError:
                continue


def _distinct(composed: list[Composed]) -> list[Composed]:
    return list({one.digest: one for one in composed}.values())


def _remember(found: Ablation, bench: Bench, profile: Profile, context: Context) -> TrialLedger:
    """Every arm that somebody could choose goes into the ledger, once for the same candles."""
    path = find_paths(context.environment).trials
    known = {trial.config_hash for trial in read_trials(path).trials}
    place = f"{bench.market.source}|{bench.from_ms}|{bench.schedule.last_ms}"
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


def _output(
    bench: Bench,
    profile: Profile,
    pipeline: Pipeline,
    found: Ablation,
    left_out: tuple[LeftOut, ...],
    evidence: Evidence | None,
) -> Output:
    ours = found.run(FULL)
    return Output(
        from_ms=bench.from_ms,
        to_ms=bench.schedule.last_ms,
        symbols=list(bench.market.candles),
        synthetic=bench.market.synthetic,
        interrupted=found.interrupted,
        arms=[*map(_row, found.outcomes.values()), _market_row(bench, found)],
        left_out=[LeftOutRow(name=one.name, reason=one.reason) for one in left_out],
        evidence=evidence,
        years=[] if ours is None else list(years_of(ours.curve)),
        not_modelled=list(bench.market.not_modelled),
        manifest={
            "venue": "backtest",
            "profile": profile.name,
            "profile_digest": profile.digest,
            **run_manifest(profile, pipeline, bench.market),
        },
    )


def _row(outcome: ArmOutcome) -> ArmRow:
    arm, run_ = outcome.arm, outcome.run
    if run_ is None:
        words = outcome.failure or "not run: it was ended before"
        return ArmRow(name=arm.name, title=arm.title, group=arm.group, failure=words)
    return ArmRow(
        name=arm.name,
        title=arm.title,
        group=arm.group,
        solved=outcome.solved,
        solved_path=None if arm.match is None else arm.match.path,
        attempts=outcome.attempts,
        digest=run_.digest,
        **_figures(run_.metrics),
    )


def _market_row(bench: Bench, found: Ablation) -> ArmRow:
    """Buy and hold over the marks of ours; of the schedule when ours did not run."""
    import numpy as np

    title, step = "every symbol bought once as coins, equal weight, 1×", bench.schedule.candle_ms
    ours = found.run(FULL)
    times = np.arange(bench.from_ms, bench.schedule.last_ms + 1, step) if ours is None else ours.curve.time_ms
    try:
        held = buy_and_hold(bench.market, times, start=float(bench.start_equity))
    except WeexctlError as error:
        return ArmRow(name=BUY_AND_HOLD, title=title, group=Group.MARKET, failure=error.message)
    return ArmRow(name=BUY_AND_HOLD, title=title, group=Group.MARKET, **_figures(held_metrics(held)))


def _figures(metrics: Metrics) -> dict[str, Any]:
    return {
        "cagr": metrics.cagr,
        "volatility": metrics.volatility,
        "sharpe": metrics.sharpe,
        "max_drawdown": metrics.max_drawdown,
        "cvar95": metrics.cvar95,
        "calmar": metrics.calmar,
        "ulcer": metrics.ulcer,
        "exposure": metrics.mean_exposure,
        "turnover_per_year": metrics.turnover_per_year,
        "cost_drag": metrics.cost_drag,
        "trades": metrics.trades.count,
        "end": metrics.end,
        "ruined_ms": metrics.ruined_ms,
    }


def _warnings(found: Ablation) -> Iterator[Notice]:
    failed = [outcome.arm.name for outcome in found.outcomes.values() if outcome.failure]
    left = [outcome.arm.name for outcome in found.outcomes.values() if outcome.run is None and not outcome.failure]
    if failed:
        yield Notice("ARMS_FAILED", f"{len(failed)} arms failed: {', '.join(failed)}; the others are complete")
    if left:
        done = len(found.outcomes) - len(left) - len(failed)
        yield Notice("ARMS_MISSING", f"{done} of {len(found.outcomes)} arms were done before the end was asked for")
