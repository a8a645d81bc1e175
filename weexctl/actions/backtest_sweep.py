"""A search for settings: many trials of one profile over known candles."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from weexctl.actions.backtest_run import Input as RunInput
from weexctl.actions.backtest_run import market_warnings, must_agree, over_market, traded_profile
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.sweep_report import Output, report, warnings_of
from weexctl.backtest.bench import Bench, loaded_plugins
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import Crew, local_crew
from weexctl.backtest.dask_crew import on_cluster
from weexctl.backtest.sweep import Plan, Sweep, varies_regime
from weexctl.backtest.sweep_check import check_space, own_values
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.backtest.sweep_space import HINT, Params, Space, parse_setting, read_space
from weexctl.backtest.trial_ledger import Trial, add_trial, read_trials
from weexctl.config.compose import build_pipeline
from weexctl.config.paths import check_account, find_paths
from weexctl.config.profile import Profile
from weexctl.errors import LockHeldError, UsageError
from weexctl.journal.lock import AccountLock
from weexctl.plugin_host import load_offers
from weexctl.run.manifest import run_manifest

__all__ = [
    "Input",
    "Output",
    "best_so_far",
    "crew_of",
    "digest_of",
    "identity_of",
    "locked",
    "named",
    "plan_of",
    "remember",
    "run",
    "space_of",
    "words_of",
]

Metric = Literal["calmar", "sharpe", "cagr", "total_return"]


class Input(RunInput):
    """What is varied, over which candles, and who runs it."""

    space: Path | None = None
    set: tuple[str, ...] = ()
    trials: int = Field(default=50, ge=2, le=100_000)
    metric: Metric = "calmar"
    name: str | None = None
    batch: int = Field(default=16, ge=2, le=1024)
    search_seed: int = Field(default=1, ge=0, le=2**31 - 1)
    dask: str | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A sweep that can begin, or go on."""

    plan: Plan
    record: SweepRecord
    ledger: Path


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Search for settings."""
    must_agree(input)
    space = space_of(input, context)
    if not space.dimensions:
        raise UsageError("the sweep varies nothing; nothing was run", hint=HINT, code="EMPTY_SPACE")
    plan = plan_of(input, context, space)
    paths = find_paths(context.environment)
    identity = identity_of(plan)
    folder = paths.sweeps / named(input.name, "sweep", identity)
    with locked(folder):
        sweep = _Prepared(plan, SweepRecord(folder / "trials.jsonl", identity), paths.trials)
        before = len(sweep.record.trials)
        if plan.missing(sweep.record):
            _search(sweep, input, context)
    output = report(plan, sweep.record, read_trials(paths.trials), before=before, folder=folder)
    again = shlex.join(["weexctl", "backtest", "sweep", *words_of(input)])
    return Result(
        data=output,
        warnings=(*market_warnings(plan.bench.market), *_done_already(plan, before), *warnings_of(output)),
        next=(NextCommand(again, "goes on where it ended"),) if output.interrupted else (),
        venue="sim",
        profile=plan.profile.name,
    )


def plan_of(input: Input, context: Context, space: Space) -> Plan:  # noqa: A002
    """What is to be tried over all of the candles.

    Raises:
        UsageError: the profile does not take the space, or the span is empty.
        DataError: a file is not what it should be, or too short.
        ConfigError, UnknownOfferError: see `load_profile`.
    """
    offers = load_offers(environ=context.environment)

    def profile_of(params: Params) -> Profile:
        return traded_profile(input, context, offers, dict(params))

    profile = profile_of({})
    check_space(space, profile_of)
    pipeline = build_pipeline(profile, offers)
    market, schedule = over_market(input, profile, pipeline)
    return Plan(
        space=space,
        metric=input.metric,
        trials=input.trials,
        batch=input.batch,
        seed=input.search_seed,
        profile=profile,
        base=own_values(space, profile),
        profile_of=profile_of,
        composed=Composed.of(profile, pipeline),
        manifest=run_manifest(profile, pipeline, market),
        bench=Bench(market, schedule, loaded_plugins(context.environment)),
    )


def named(name: str | None, kind: str, identity: dict[str, Any]) -> str:
    """The folder's name: the one that was given, if it can be a folder anywhere, or one made from the identity.

    Raises:
        UsageError: it cannot.
    """
    if name is None:
        return f"{kind}-{digest_of(identity)}"
    try:
        return check_account(name)
    except UsageError as error:
        raise UsageError(f"{name!r} is no name of a {kind}; nothing was run", hint=error.hint) from error


def space_of(input: Input, context: Context) -> Space:  # noqa: A002
    """What `--set` and `--space` vary; the file's ranges first.

    Raises:
        UsageError: a range makes no sense, or the file cannot be read.
    """
    dimensions = tuple(parse_setting(text) for text in input.set)
    if input.space is not None:
        path = context.cwd / input.space
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"--space {input.space} cannot be read ({getattr(error, 'strerror', None) or 'no text'});"
                " nothing was run",
                hint="give a TOML file, or use --set",
            ) from error
        dimensions = (*read_space(text, str(input.space)), *dimensions)
    return Space(dimensions)


def identity_of(plan: Plan) -> dict[str, Any]:
    """All that decides what a trial is worth and which trials are made, in words for a refusal."""
    schedule = plan.bench.schedule
    return {
        "profile": plan.profile.digest,
        "candles": [plan.bench.market.source, *plan.bench.market.candles],
        "span": [schedule.first_ms, schedule.last_ms],
        "space": plan.space.digest,
        "metric": plan.metric,
        "batch": plan.batch,
        "search seed": plan.seed,
        "version of weexctl or of a plugin": [plan.manifest["weexctl"], plan.manifest["plugins"]],
    }


def digest_of(identity: dict[str, Any]) -> str:
    """Equal identities have equal digests."""
    return hashlib.blake2b(json.dumps(identity).encode(), digest_size=5).hexdigest()


def _search(sweep: _Prepared, input: Input, context: Context) -> None:  # noqa: A002
    """Make the trials that are missing."""
    plan, record = sweep.plan, sweep.record
    with crew_of(plan.bench, min(plan.batch, plan.trials), input, context) as crew:
        silent = Sweep(plan, record, on_trial=lambda _: None, should_stop=context.should_stop)
        fits = None
        if not varies_regime(plan.space):
            with context.progress(len(plan.bench.market.candles), "fit") as track:
                fits = silent.fits(crew, on_fit=lambda symbol: track.advance(1, symbol))
            if fits is None:
                return
        with context.progress(plan.trials, "sweep") as track:
            track.advance(plan.trials - plan.missing(record))
            known = partial(remember, sweep.ledger, plan)

            def on_trial(trial: TrialRecord) -> None:
                known(trial)
                track.advance(1, best_so_far(plan, record, trial))

            Sweep(plan, record, on_trial=on_trial, should_stop=context.should_stop).run(crew, fits)


def crew_of(bench: Bench, at_once: int, input: Input, context: Context) -> AbstractContextManager[Crew]:  # noqa: A002
    """Whoever was asked to run the trials, of which `at_once` at most are ever asked for together."""
    if input.dask is not None:
        return on_cluster(input.dask, bench)
    workers = min(input.workers or os.cpu_count() or 1, at_once)
    return local_crew(bench, workers, context.should_stop)


def remember(ledger: Path, plan: Plan, trial: TrialRecord) -> None:
    """Every configuration that somebody looked at goes into the ledger, once for the same candles."""
    if trial.failure or trial.config_hash in {known.config_hash for known in read_trials(ledger).trials}:
        return
    row = Trial(
        config_hash=trial.config_hash,
        metric="sharpe",
        value=trial.figures["sharpe"],
        date_ms=time.time_ns() // 1_000_000,
        profile=f"{plan.profile.name} {json.dumps(dict(trial.params))}",
    )
    add_trial(ledger, row)


def best_so_far(plan: Plan, record: SweepRecord, trial: TrialRecord) -> str:
    """The highest value up to this trial, for the progress bar."""
    values = [found.figures.get(plan.metric) for found in (*record.trials.values(), trial)]
    known = [value for value in values if value is not None]
    return f"best {plan.metric} {max(known):.3f}" if known else ""


def _done_already(plan: Plan, before: int) -> list[Notice]:
    if before < plan.trials:
        return []
    return [Notice("ALREADY_DONE", f"all {plan.trials} trials were made before; ask for more with --trials")]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process writes the records in a folder, which is made.

    Raises:
        LockHeldError: another process does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = AccountLock(folder / "lock")
    except LockHeldError as error:
        raise LockHeldError(
            f"{folder.name!r} is being run by another process; nothing was done",
            hint="wait for it, or choose another --name",
            details=error.details,
        ) from error
    try:
        yield
    finally:
        lock.release()


def words_of(input: Input) -> list[str]:  # noqa: A002
    """The flags that were given, for the command that goes on."""
    flags: list[tuple[str, Any]] = [
        ("profile", input.profile),
        *(("data", path) for path in input.data),
        ("symbols", ",".join(input.symbols) or None),
        ("from", input.from_ms),
        ("to", input.to_ms),
        ("steps", input.steps),
        ("seed", input.seed),
        ("space", input.space),
        *(("set", text) for text in input.set),
        ("trials", input.trials),
        ("metric", input.metric),
        ("name", input.name),
        ("batch", input.batch),
        ("search-seed", input.search_seed),
        ("workers", input.workers),
        ("dask", input.dask),
    ]
    return [word for flag, value in flags if value is not None for word in (f"--{flag}", str(value))]
