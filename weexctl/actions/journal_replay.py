"""A recorded run made again from its candles, and what differs."""

from __future__ import annotations

import json
import os

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.journal_place import read_journal
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.replay import Difference, Replay
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import recorded_profile
from weexctl.errors import ConfigError, RefusedError
from weexctl.journal.rows import RunRecord
from weexctl.model.candle import Timeframe
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers
from weexctl.run.recorded_market import recorded_market
from weexctl.run.schedule import Schedule

__all__ = ["Input", "Output", "run"]

_SHOWN = 200
_FOUND = 6
"""Exit code of a check that found something."""


class Input(BaseModel):
    """Which run, and where its candles are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str | None = None
    data: tuple[str, ...] = ()
    workers: int | None = Field(default=None, ge=1, le=256)


class Output(BaseModel):
    """What was compared, and what is not as it was recorded."""

    run_id: str
    profile: str
    steps: int
    compared: int
    """Decisions and closed trades that were made again."""
    differing: int
    other_plugins: list[str]
    """Plugins whose version is another one now."""
    differences: list[Difference]
    """The first ones, in the order of time."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Make every decision of a run again, and set it against the record."""
    with read_journal("sim", context, run=input.run) as journal:
        record = journal.runs.latest() if input.run is None else journal.runs.get(input.run)
        if record is None or not record.steps:
            raise ConfigError(
                "there is no run on record with a finished step; nothing was compared",
                hint="weexctl trade",
                code="NO_RUN",
            )
        backtest = _backtest(record, input, context)
        replay = Replay(journal, record.run_id)
        fits = sum(1 for _ in backtest.schedule.blocks()) * len(backtest.market.candles)
        with context.progress(fits, "fit") as track:
            prepared = backtest.prepare(
                workers=input.workers or os.cpu_count() or 1,
                on_fit=lambda symbol: track.advance(1, symbol),
                should_stop=context.should_stop,
            )
        with context.progress(backtest.schedule.count, "replay") as track:
            found = backtest.run(
                prepared,
                on_step=lambda count: track.advance(count),
                should_stop=context.should_stop,
                on_decisions=replay.decisions,
            )
        if not found.interrupted:
            replay.trades(found.trades)
    return _result(record, replay, backtest.pipeline, context, interrupted=found.interrupted)


def _backtest(record: RunRecord, input: Input, context: Context) -> Backtest:  # noqa: A002
    offers = load_offers(environ=context.environment)
    profile = recorded_profile(record.profile, json.loads(record.profile_json), offers=offers)
    candle_ms = Timeframe(record.timeframe).ms
    return Backtest(
        profile=profile,
        pipeline=build_pipeline(profile, offers),
        market=recorded_market(record, input.data),
        schedule=Schedule(record.from_ms, record.from_ms, record.to_ms, candle_ms),
    )


def _result(record: RunRecord, replay: Replay, pipeline: Pipeline, context: Context, *, interrupted: bool) -> Result:
    output = Output(
        run_id=record.run_id,
        profile=record.profile,
        steps=record.steps,
        compared=replay.compared,
        differing=replay.differing,
        other_plugins=_other_plugins(record, pipeline),
        differences=replay.found[:_SHOWN],
    )
    error = None
    if replay.differing:
        first = replay.found[0]
        error = RefusedError(
            f"{replay.differing} of {replay.compared} records are not what this version makes of the same candles,"
            f" the first: {first.record}, {first.field or 'all of it'}; nothing was changed",
            hint="orders by hand, a halt, or another version of a plugin make a run differ; see other_plugins",
            code="REPLAY_DIFFERS",
        )
    return Result(
        data=output,
        venue=asked_at("sim", context).venue.value,
        profile=record.profile,
        next=() if error else (NextCommand("weexctl journal verify", "whether the record itself is unchanged"),),
        error=error,
        exit_code=0 if error is None else _FOUND,
        resumable=interrupted,
    )


def _other_plugins(record: RunRecord, pipeline: Pipeline) -> list[str]:
    now = {(s.kind, s.name): f"{s.distribution} {s.version}" for s in pipeline.stages()}
    then = {(p["kind"], p["name"]): f"{p['distribution']} {p['version']}" for p in record.manifest.get("plugins", [])}
    return [
        f"{kind} {name}: {then[kind, name]}, now {version}"
        for (kind, name), version in now.items()
        if then.get((kind, name), version) != version
    ]
