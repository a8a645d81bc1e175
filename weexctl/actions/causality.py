"""Whether a plugin or a whole pipeline knows anything of the future."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.causality_market import CheckedMarket, market_for
from weexctl.actions.causality_report import FAILED, Output, Row, exit_code_of, failure_of, row_of
from weexctl.actions.context import Context, NextCommand, Result, Track
from weexctl.actions.spelling import did_you_mean
from weexctl.config.causality_pass import PipelineIdentity, forget_pass, identify, record_pass
from weexctl.config.compose import build_pipeline
from weexctl.config.environment import read_environment
from weexctl.config.paths import Paths, find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.errors import UsageError
from weexctl.model.candle import Timeframe
from weexctl.pipeline.stage import Stage
from weexctl.plugin_host import LoadedOffer, Offers, build, load_offers
from weexctl.simulator.instruments import CONTRACTS
from weexctl.testing.causality import own_candle
from weexctl.testing.conformance import CAUSALITY, causality_checks, prepare, run_check
from weexctl.testing.pipeline_causality import PIPELINE_CHECKS, run_pipeline_check
from weexctl.testing.pipeline_subject import PipelineSubject, wanted_candles
from weexctl.testing.subject import Subject, wanted_rows

__all__ = ["Input", "Output", "run"]

_DEFAULT_SEED = 7


class Input(BaseModel):
    """What to check, and on which candles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str | None = None
    plugin: str | None = None
    data: tuple[str, ...] = ()
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Check a profile's pipeline, or every plugin of a name.

    Raises:
        UsageError: nobody offers the plugin, or the flags contradict each other.
        ConfigError, DataError, PluginError: the profile, the candles or a plugin cannot be used; nothing was checked.
    """
    _must_agree(input, context)
    offers = load_offers(environ=context.environment)
    if input.plugin is not None and context.origins.get("profile") != "given":
        return _check_plugin(input.plugin, input, context, offers)
    return _check_profile(input, context, offers)


def _must_agree(input: Input, context: Context) -> None:  # noqa: A002
    if input.plugin is not None and input.profile is not None and context.origins.get("profile") != "environment":
        raise UsageError(
            "--profile checks a pipeline, --plugin one plugin; nothing was checked", hint="leave one of them out"
        )
    if input.data and input.seed is not None:
        raise UsageError(
            "--seed makes a synthetic market, --data names candles; nothing was checked", hint="leave one of them out"
        )


def _check_plugin(name: str, input: Input, context: Context, offers: Offers) -> Result:  # noqa: A002
    offered = _offered(name, offers)
    stages, market = _over(offered, input, Timeframe.H1)
    if (timeframe := market.timeframe) is not Timeframe.H1:
        stages, market = _over(offered, input, timeframe)  # longer or shorter candles may need more of them
    with context.progress(len(stages) * len(CAUSALITY), "check causality") as track:
        rows = list(_checked_stages(stages, market, context, track))
    target = f"plugin {name}"
    error = failure_of(rows, target)
    whole = not context.should_stop()
    output = _output(target, market, rows, whole=whole)
    return Result(data=output, error=error, exit_code=exit_code_of(error, whole=whole))


def _over(
    offered: Sequence[LoadedOffer],
    input: Input,  # noqa: A002
    timeframe: Timeframe,
) -> tuple[list[Stage[Any]], CheckedMarket]:
    stages = [_stage(loaded, timeframe) for loaded in offered]
    return stages, market_for(input.data, _seed(input), max(wanted_rows(stage.kind, stage.plugin) for stage in stages))


def _check_profile(input: Input, context: Context, offers: Offers) -> Result:  # noqa: A002
    paths = find_paths(context.environment)
    profile = load_profile(
        input.profile or "safe",
        offers=offers,
        environment=read_environment(context.environment),
        paths=paths,
        named_by="environment" if context.origins.get("profile") == "environment" else "flag",
    )
    pipeline = build_pipeline(profile, offers)
    identity = identify(profile, pipeline, offers)
    market = market_for(input.data, _seed(input), wanted_candles(pipeline), venue=profile.venue)
    stages = list(pipeline.stages())
    with context.progress(len(stages) * len(CAUSALITY) + len(PIPELINE_CHECKS), "check causality") as track:
        rows = list(_checked_stages(stages, market, context, track))
        rows.append(_checked_pipeline(profile, offers, market, context, track))
    target = f"profile {profile.name}"
    error = failure_of(rows, target)
    whole = not context.should_stop()
    output = _output(target, market, rows, identity, whole=whole)
    if error is not None and error.code == FAILED:
        forget_pass(identity, paths=paths)
    elif output.passed:
        output = output.model_copy(update={"recorded": _record(identity, market, paths)})
    return Result(
        data=output,
        error=error,
        profile=profile.name,
        exit_code=exit_code_of(error, whole=whole),
        next=()
        if not output.passed
        else (NextCommand(f"weexctl profile arm {input.profile or 'safe'}", "let it trade live"),),
    )


def _seed(input: Input) -> int:  # noqa: A002
    return _DEFAULT_SEED if input.seed is None else input.seed


def _record(identity: PipelineIdentity, market: CheckedMarket, paths: Paths) -> str:
    return str(record_pass(identity, market=market.source, checked_ms=time.time_ns() // 1_000_000, paths=paths))


def _offered(name: str, offers: Offers) -> list[LoadedOffer]:
    """Every plugin of this name, whatever its kind."""
    kinds = {row["kind"] for row in offers.rows() if row["name"] == name}
    if not kinds:
        names = sorted({found for _, found in offers.loaded})
        raise UsageError(
            f"no plugin is called {name!r}; nothing was checked", hint=did_you_mean(name, names), code="UNKNOWN_PLUGIN"
        )
    return [offers.get(kind or "strategy", name) for kind in sorted(kinds)]


def _stage(loaded: LoadedOffer, timeframe: Timeframe) -> Stage[Any]:
    """The plugin with its default settings.

    Raises:
        UsageError: it has settings without a default.
    """
    try:
        settings = loaded.offer.config()
    except ValueError as error:
        raise UsageError(
            f"the {loaded.kind} {loaded.offer.name!r} has settings without a default; nothing was checked",
            hint="check it in a profile that gives them: weexctl check causality --profile NAME",
        ) from error
    plugin = build(loaded, settings, candle_ms=timeframe.ms)
    return Stage(loaded.kind, loaded.offer.name, loaded.distribution, loaded.version, plugin)


def _checked_stages(
    stages: Iterable[Stage[Any]], market: CheckedMarket, context: Context, track: Track
) -> Iterator[Row]:
    for stage in stages:
        if context.should_stop():
            return
        frame = market.frame(wanted_rows(stage.kind, stage.plugin))
        subject, findings = prepare(stage.kind, stage.plugin, frame, 0)
        made, found = [], list(findings)
        if subject is not None:
            for check in causality_checks(subject):
                if context.should_stop():
                    break
                found += run_check(check, subject)
                made.append(check)
                track.advance(1, f"{stage.kind} {stage.name}: {check}")
        own = _own_candle(subject) if subject is not None and "own-candle" in made else []
        track.advance(len(CAUSALITY) - len(made), f"{stage.kind} {stage.name}")
        yield row_of(stage, made, found, own, frame.index.tolist())


def _own_candle(subject: Subject) -> list[str]:
    try:
        return own_candle(subject)
    except Exception:  # noqa: BLE001  # the check of that name has told it
        return []


def _checked_pipeline(profile: Profile, offers: Offers, market: CheckedMarket, context: Context, track: Track) -> Row:
    """The pipeline as a whole, built once more: it has seen nothing yet."""
    pipeline = build_pipeline(profile, offers)
    subject = PipelineSubject(pipeline, market.candles, {s: CONTRACTS[s].instrument for s in market.candles})
    made, found = [], []
    for check in PIPELINE_CHECKS:
        if context.should_stop():
            break
        found += run_pipeline_check(check, subject)
        made.append(check)
        track.advance(1, f"pipeline: {check}")
    whole: Stage[Any] = Stage("pipeline", profile.name, "", "", None)
    return row_of(whole, made, found, [], subject.first.open_time_ms.tolist())


def _output(
    target: str, market: CheckedMarket, rows: list[Row], identity: PipelineIdentity | None = None, *, whole: bool
) -> Output:
    return Output(
        passed=whole and all(row.state == "ok" for row in rows),
        target=target,
        market=market.source,
        synthetic=market.synthetic,
        symbols=list(market.candles),
        candles=market.count,
        rows=rows,
        digest=identity.digest if identity else None,
        recorded=None,
    )
