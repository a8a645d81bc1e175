"""Backtests: a profile over candles that are known already."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.market_flags import market_flags_agree
from weexctl.actions.run_report import OrderRow, Pnl, Span, open_row, trade_row
from weexctl.actions.run_report import Output as RunOutput
from weexctl.actions.trade_call import DEFAULT_SEED, MAX_SEED, MAX_STEPS
from weexctl.backtest.account import Executed
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.engine import BacktestRun
from weexctl.backtest.kept_run import keep_run
from weexctl.backtest.metrics import Metrics, YearMetrics, measure, years_of
from weexctl.backtest.worker import end_if_asked
from weexctl.config.compose import build_pipeline
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.errors import ConfigError
from weexctl.model.candle import Candles
from weexctl.model.instrument import normalise_symbol
from weexctl.model.order import OrderStatus
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import Offers, load_offers
from weexctl.run.manifest import run_manifest
from weexctl.run.market_source import MarketSource, file_source, generated_source
from weexctl.run.schedule import SYNTHETIC_STEPS, Schedule, plan_schedule, wanted_history

__all__ = [
    "Input",
    "Output",
    "kept",
    "market_warnings",
    "must_agree",
    "output_of",
    "over_market",
    "reported",
    "run",
    "traded_profile",
]


class Input(BaseModel):
    """Which profile, over which candles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "safe"
    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    steps: int | None = Field(default=None, ge=1, le=10 * MAX_STEPS)
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    workers: int | None = Field(default=None, ge=1, le=256)


class Output(RunOutput):
    """A backtest: what `trade` tells of a run, and its figures."""

    decided: int
    """Closes that were decided on; at the others nothing could have happened."""
    metrics: Metrics
    years: list[YearMetrics]
    kept: str | None = None
    """The folder that `backtest report` reads it from; None when it could not be written."""


AnyOutput = TypeVar("AnyOutput", bound=Output)


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Run a profile over known candles, and measure it."""
    must_agree(input)
    profile, backtest = _compose(input, context)
    fits = sum(1 for _ in backtest.schedule.blocks()) * len(backtest.market.candles)
    with context.progress(fits, "fit") as track:
        prepared = backtest.prepare(
            workers=input.workers or os.cpu_count() or 1,
            on_fit=lambda symbol: track.advance(1, symbol),
            should_stop=context.should_stop,
        )
    end_if_asked(context.should_stop)
    with context.progress(backtest.schedule.count, "backtest") as track:
        found = backtest.run(prepared, on_step=lambda count: track.advance(count), should_stop=context.should_stop)
    output, unkept = kept(output_of(backtest, found), found, backtest.market.candles, context)
    return Result(
        data=output,
        warnings=(*market_warnings(backtest.market), *_unfitted(backtest, found), *unkept),
        next=(
            *([] if unkept else [reported(backtest.run_id)]),
            NextCommand(_traded(input), "the same candles, order by order at the venue sim"),
        ),
        venue="sim",
        profile=profile.name,
        resumable=False,
    )


def must_agree(input: Input) -> None:  # noqa: A002
    """Refuse flags that contradict each other.

    Raises:
        UsageError: they do.
    """
    market_flags_agree(data=input.data, seed=input.seed, from_ms=input.from_ms, to_ms=input.to_ms)


def _compose(input: Input, context: Context) -> tuple[Profile, Backtest]:  # noqa: A002
    offers = load_offers(environ=context.environment)
    profile = traded_profile(input, context, offers)
    pipeline = build_pipeline(profile, offers)
    market, schedule = over_market(input, profile, pipeline)
    return profile, Backtest(profile=profile, pipeline=pipeline, market=market, schedule=schedule)


def traded_profile(
    input: Input,  # noqa: A002
    context: Context,
    offers: Offers,
    overrides: Mapping[str, Any] = MappingProxyType({}),
) -> Profile:
    """The profile at the venue sim with these symbols, and values laid over it.

    Raises:
        UsageError, ConfigError, UnknownOfferError: see `load_profile`.
    """
    laid: dict[str, Any] = {"venue.name": "sim", **overrides}
    if input.symbols:
        laid["venue.symbols"] = [normalise_symbol(symbol) for symbol in input.symbols]
    return load_profile(
        input.profile,
        offers=offers,
        overrides=laid,
        environment=read_environment(context.environment),
        paths=find_paths(context.environment),
        named_by="environment" if context.origins.get("profile") == "environment" else "flag",
    )


def over_market(
    input: Input,  # noqa: A002
    profile: Profile,
    pipeline: Pipeline,
) -> tuple[MarketSource, Schedule]:
    """The candles, and the closes to decide at.

    Raises:
        DataError: a file is not what it should be, or too short.
        UsageError: a symbol has no file, or the span is empty.
    """
    history = wanted_history(pipeline)
    market = _market(input, profile, history)
    schedule = plan_schedule(
        market,
        profile.venue.timeframe.ms,
        history=history,
        from_ms=input.from_ms,
        to_ms=input.to_ms,
        steps=input.steps,
        run_from_ms=None,
        done_ms=None,
    )
    return market.between(schedule.first_ms, schedule.last_ms), schedule


def _market(input: Input, profile: Profile, history: int) -> MarketSource:  # noqa: A002
    symbols, timeframe = profile.venue.symbols, profile.venue.timeframe
    if input.data:
        return file_source(input.data, symbols, timeframe)
    seed = DEFAULT_SEED if input.seed is None else input.seed
    return generated_source(seed, symbols, timeframe, history + 1 + (input.steps or SYNTHETIC_STEPS))


def output_of(backtest: Backtest, found: BacktestRun) -> Output:
    """What a run came to, as a document; it is kept nowhere yet."""
    profile, market, curve = backtest.profile, backtest.market, found.curve
    measured = measure(curve, found.trades, found.totals)
    return Output(
        run_id=backtest.run_id,
        from_ms=backtest.schedule.first_ms,
        to_ms=int(curve.time_ms[-1]),
        steps=len(curve.time_ms),
        interrupted=found.interrupted,
        synthetic=market.synthetic,
        equity=Span(start=found.start_equity, end=found.end_equity),
        pnl=Pnl(realised=found.realised, unrealised=found.unrealised, fees=found.fees, funding=found.funding),
        max_drawdown=measured.max_drawdown,
        exposure=measured.mean_exposure,
        orders=_order_rows(found.executed),
        orders_total=len(found.executed),
        trades=[trade_row(trade) for trade in found.trades],
        trades_total=len(found.trades),
        open_positions=[open_row(trade) for trade in found.open_trades],
        refusals=dict(sorted(found.refusals.items(), key=lambda item: -item[1])),
        not_modelled=list(market.not_modelled),
        manifest={
            "venue": "backtest",
            "profile": profile.name,
            "profile_digest": profile.digest,
            "symbols": list(market.candles),
            "timeframe": profile.venue.timeframe.value,
            "seed": market.seed,
            **run_manifest(profile, backtest.pipeline, market),
        },
        decided=found.decided,
        metrics=measured,
        years=list(years_of(curve)),
    )


def kept(
    output: AnyOutput, found: BacktestRun, candles: Mapping[str, Candles], context: Context
) -> tuple[AnyOutput, list[Notice]]:
    """Keep the run for reports; one that cannot be kept is a result all the same."""
    root = find_paths(context.environment).backtests
    output = output.model_copy(update={"kept": str(root / output.run_id)})
    try:
        keep_run(root, output.run_id, output.model_dump_json(), found, candles)
    except ConfigError as error:
        return output.model_copy(update={"kept": None}), [Notice(error.code, f"{error.message}; {error.hint}")]
    return output, []


def _unfitted(backtest: Backtest, found: BacktestRun) -> list[Notice]:
    """That nothing could happen in a symbol, because its candles were too few to fit on."""
    symbols = [symbol for symbol, regimes in found.regimes.items() if (regimes < 0).all()]
    if not symbols:
        return []
    wanted = backtest.pipeline.warmup_candles + int(backtest.pipeline.regime.plugin.min_train_candles)
    words = f"no regime of {', '.join(symbols)} at any close: a fit takes {wanted} candles before the first one"
    return [Notice("NOT_FITTED", f"{words}; give longer files or a later --from")]


def reported(run_id: str) -> NextCommand:
    """The command that makes a page of a kept run."""
    return NextCommand(f"weexctl backtest report {run_id}", "a page with charts, for a browser")


def _order_rows(executed: list[Executed]) -> list[OrderRow]:
    return [
        OrderRow(
            order_id=one.fill.order_id,
            client_order_id=one.client_order_id,
            decision_id=one.decision_id,
            symbol=one.fill.symbol,
            side=one.fill.side.value,
            position_side=one.fill.position_side.value,
            leg=one.leg.value,
            quantity=one.fill.quantity,
            filled_quantity=one.fill.quantity,
            price=one.fill.price,
            status=OrderStatus.FILLED.value,
            time_ms=one.fill.time_ms,
        )
        for one in executed
    ]


def market_warnings(market: MarketSource) -> list[Notice]:
    """What has to be said of these candles wherever their results are shown."""
    if market.synthetic:
        return [Notice("SYNTHETIC", "the candles were generated; these results say nothing about a market")]
    return []


def _traded(input: Input) -> str:  # noqa: A002
    """The command that trades the same candles at the venue sim."""
    words = ["weexctl", "trade", "--new", "--profile", input.profile]
    words += [word for path in input.data for word in ("--data", path)]
    words += ["--symbols", ",".join(input.symbols)] if input.symbols else []
    words += ["--steps", str(input.steps)] if input.steps is not None else []
    return shlex.join(words)
