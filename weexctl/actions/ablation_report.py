"""What an ablation answers: its arms one below the other, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from weexctl.actions.context import Notice
from weexctl.backtest.ablation import Ablation, ArmOutcome
from weexctl.backtest.ablation_evidence import Evidence
from weexctl.backtest.arm_run import Footing
from weexctl.backtest.arms import BUY_AND_HOLD, FULL, Group, LeftOut
from weexctl.backtest.bench import Bench
from weexctl.backtest.buy_and_hold import buy_and_hold, held_metrics
from weexctl.backtest.metrics import Metrics, YearMetrics, years_of
from weexctl.config.profile import Profile
from weexctl.errors import WeexctlError
from weexctl.pipeline.stage import Pipeline
from weexctl.run.manifest import run_manifest

__all__ = ["ArmRow", "LeftOutRow", "Output", "report", "warnings_of"]


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


def report(
    bench: Bench,
    footing: Footing,
    profile: Profile,
    pipeline: Pipeline,
    found: Ablation,
    left_out: tuple[LeftOut, ...],
    evidence: Evidence | None,
) -> Output:
    """The answer of an ablation, whatever came out."""
    ours = found.run(FULL)
    return Output(
        from_ms=footing.from_ms,
        to_ms=bench.schedule.last_ms,
        symbols=list(bench.market.candles),
        synthetic=bench.market.synthetic,
        interrupted=found.interrupted,
        arms=[*map(_row, found.outcomes.values()), _market_row(bench, footing, found)],
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


def _market_row(bench: Bench, footing: Footing, found: Ablation) -> ArmRow:
    """Buy and hold over the marks of ours; of the schedule when ours did not run."""
    import numpy as np

    title, step = "every symbol bought once as coins, equal weight, 1×", bench.schedule.candle_ms
    ours = found.run(FULL)
    times = np.arange(footing.from_ms, bench.schedule.last_ms + 1, step) if ours is None else ours.curve.time_ms
    try:
        held = buy_and_hold(bench.market, times, start=float(footing.start_equity))
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


def warnings_of(found: Ablation) -> Iterator[Notice]:
    """Which arms failed, and which are missing."""
    failed = [outcome.arm.name for outcome in found.outcomes.values() if outcome.failure]
    left = [outcome.arm.name for outcome in found.outcomes.values() if outcome.run is None and not outcome.failure]
    if failed:
        yield Notice("ARMS_FAILED", f"{len(failed)} arms failed: {', '.join(failed)}; the others are complete")
    if left:
        done = len(found.outcomes) - len(left) - len(failed)
        yield Notice("ARMS_MISSING", f"{done} of {len(found.outcomes)} arms were done before it was ended")
