"""A run on the simulated exchange, in this process."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from weexctl.actions.context import NextCommand, Notice, Result
from weexctl.actions.halting import HaltSignal, halted_by
from weexctl.actions.run_changes import changes
from weexctl.actions.run_report import sum_up
from weexctl.actions.trade_call import DEFAULT_SEED, Input, TradeCall
from weexctl.actions.trade_notices import explaining, halted_result, run_notices
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile
from weexctl.errors import ConfigError
from weexctl.journal.upgrade import upgrade_journal
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Blocks
from weexctl.run.market_source import MarketSource, file_source, generated_source
from weexctl.run.schedule import SYNTHETIC_STEPS, Schedule, plan_schedule, wanted_history
from weexctl.trader.notify import find_notifier, telling_of_stop
from weexctl.trader.run_log import RunLog
from weexctl.trader.session import Earlier, Session, read_earlier
from weexctl.trader.session_report import SessionReport
from weexctl.trader.sim_venue import SimVenue

__all__ = ["trade_on_sim"]


def trade_on_sim(call: TradeCall) -> Result:
    """Trade on a generated market or on candle files, and sum up."""
    context, profile, path = call.context, call.profile, call.journal
    pipeline = build_pipeline(profile, call.offers)
    if not call.new:
        upgrade_journal(path, venue=SimVenue.name, account=SimVenue.account)
    earlier = None if call.new else read_earlier(path)
    history = wanted_history(pipeline)
    market = _market(call, earlier, history)
    _same_run(call.input, profile, market, earlier, history)
    schedule = _schedule(call, market, earlier, history)
    fits = sum(1 for _ in schedule.blocks()) * len(market.candles)
    signal = HaltSignal(call.kill_file, context.note)
    halted = signal.or_else(halted_by(call.environment, call.kill_file))
    log = RunLog(call.offers.observers)
    notifier = find_notifier(context.environment)
    should_stop = telling_of_stop(notifier, context.should_stop)
    with context.on_kill_signal(signal):
        with context.progress(fits or None, "fit") as track:
            session = Session(
                profile=profile,
                pipeline=pipeline,
                market=market,
                schedule=schedule,
                blocks=_blocks(pipeline, market, earlier, lambda symbol: track.advance(1, symbol)),
                journal_path=path,
                earlier=earlier,
                new=call.new,
                read_only=call.rehearsal,
                observer=log,
                halted=halted,
                on_refusals=log.refusals,
            )
            session.check()
        with context.progress(schedule.count, "trade") as track:
            log.started(profile=profile.name, venue=profile.venue.name.value, symbols=len(market.candles))
            notifier.ready(f"{profile.name} at {profile.venue.name.value}, {len(market.candles)} symbols")
            report = session.run(on_step=lambda note: track.advance(1, note), should_stop=should_stop)
    why = "asked to" if report.interrupted else "nothing left to decide"
    log.stopped(steps=report.made_steps, equity=str(report.balance.equity), why=why)
    return halted_result(_result(report, call, market, schedule), halted())


def _market(call: TradeCall, earlier: Earlier | None, history: int) -> MarketSource:
    symbols, timeframe = call.profile.venue.symbols, call.profile.venue.timeframe
    if call.input.data:
        return file_source(call.input.data, symbols, timeframe)
    known = earlier.run.seed if earlier is not None else None
    seed = next((seed for seed in (call.input.seed, known) if seed is not None), DEFAULT_SEED)
    done = earlier.run.steps if earlier is not None else 0
    return generated_source(seed, symbols, timeframe, history + 1 + done + (call.steps or SYNTHETIC_STEPS))


def _same_run(
    input: Input,  # noqa: A002
    profile: Profile,
    market: MarketSource,
    earlier: Earlier | None,
    history: int,
) -> None:
    """A run goes on only as what it was."""
    if earlier is None:
        return
    run = earlier.run
    start_ms = None if input.from_ms is None else _start(input, market, profile, history)
    changed = changes(run, profile, market, start_ms)
    if changed:
        raise ConfigError(
            f"the run {run.run_id} on record (profile {run.profile}, {run.source}) was made with"
            f" {' and '.join(changed)}; nothing was done",
            hint="add --new to archive it and begin again, or give what it was made with",
            code="ANOTHER_RUN",
        )


def _start(input: Input, market: MarketSource, profile: Profile, history: int) -> int:  # noqa: A002
    plan = plan_schedule(
        market,
        profile.venue.timeframe.ms,
        history=history,
        from_ms=input.from_ms,
        to_ms=None,
        steps=1,  # the start is all that is wanted
        run_from_ms=None,
        done_ms=None,
    )
    return plan.run_from_ms


def _schedule(call: TradeCall, market: MarketSource, earlier: Earlier | None, history: int) -> Schedule:
    return plan_schedule(
        market,
        call.profile.venue.timeframe.ms,
        history=history,
        from_ms=call.input.from_ms,
        to_ms=call.input.to_ms,
        steps=call.steps,
        run_from_ms=earlier.run.from_ms if earlier else None,
        done_ms=earlier.run.to_ms if earlier else None,
    )


def _blocks(pipeline: Pipeline, market: MarketSource, earlier: Earlier | None, on_fit: Callable[[str], None]) -> Blocks:
    return Blocks(pipeline, market.candles, stored=earlier.fits if earlier else None, on_fit=on_fit)


def _result(report: SessionReport, call: TradeCall, market: MarketSource, schedule: Schedule) -> Result:
    return Result(
        data=sum_up(
            report,
            synthetic=market.synthetic,
            not_modelled=market.between(report.run.from_ms, report.run.to_ms).not_modelled,
        ),
        warnings=tuple(_warnings(report, call, market, schedule)),
        next=tuple(_next(report, call, market)),
        venue=call.venue.value,
        profile=call.profile.name,
        resumable=report.interrupted,
    )


def _warnings(report: SessionReport, call: TradeCall, market: MarketSource, schedule: Schedule) -> list[Notice]:
    warnings = []
    if schedule.count == 0:
        until = "up to --to" if call.input.to_ms is not None else "of this market"
        warnings.append(
            Notice("NOTHING_LEFT", f"every candle {until} was decided on before, none was left; --new begins again")
        )
    if market.synthetic:
        warnings.append(Notice("SYNTHETIC", "the candles were generated; these results say nothing about a market"))
    return [*warnings, *run_notices(report, rehearsal=call.rehearsal)]


def _next(report: SessionReport, call: TradeCall, market: MarketSource) -> list[NextCommand]:
    commands = explaining(report)
    if not call.rehearsal and (market.seed is not None or report.run.to_ms < market.last_close_ms):
        commands.append(NextCommand(_again(call.input), "go on after the last closed candle"))
    return commands


def _again(input: Input) -> str:  # noqa: A002
    """The command that goes on with this run."""
    words = ["weexctl", "trade"]
    words += ["--profile", input.profile] if input.profile != "safe" else []
    words += [word for path in input.data for word in ("--data", path)]
    words += ["--symbols", ",".join(input.symbols)] if input.symbols else []
    return shlex.join(words)
