"""Trade a profile on a venue."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import check_alias
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.halting import HaltSignal, halted_by
from weexctl.actions.run_changes import changes
from weexctl.actions.run_report import Output, sum_up
from weexctl.config.access import require_key
from weexctl.config.arming import require_armed
from weexctl.config.compose import build_pipeline
from weexctl.config.environment import Environment, read_environment
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, HaltedError, UsageError
from weexctl.journal.upgrade import upgrade_journal
from weexctl.model.instrument import normalise_symbol
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import Offers, load_offers
from weexctl.trader.fitting import Blocks
from weexctl.trader.market_source import MarketSource, file_source, generated_source
from weexctl.trader.notify import find_notifier, telling_of_stop
from weexctl.trader.run_log import RunLog
from weexctl.trader.schedule import HISTORY_CANDLES, SYNTHETIC_STEPS, Schedule, plan_schedule
from weexctl.trader.session import Earlier, Session, SessionReport, read_earlier
from weexctl.trader.sim_venue import SimVenue

__all__ = ["Input", "Output", "run"]

DEFAULT_SEED = 7
MAX_SEED = 2**63 - 1
"""A journal keeps it as a whole number of 64 bits."""
MAX_STEPS = 200_000
"""Of one call: 22 years of hourly candles, which still fit into memory."""


class Input(BaseModel):
    """What to trade, where, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "safe"
    venue: Literal["sim", "paper", "demo", "live"] | None = None
    account: str | None = None
    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    steps: int | None = Field(default=None, ge=1, le=MAX_STEPS)
    once: bool = False
    new: bool = False
    dry_run: bool = False
    read_only: bool = False
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call of `trade`: what was asked for, and the world it was asked in."""

    input: Input
    context: Context
    environment: Environment
    paths: Paths

    @property
    def rehearsal(self) -> bool:
        """True when no order may leave."""
        return self.input.dry_run or self.input.read_only or self.environment.read_only

    @property
    def account(self) -> str:
        """A rehearsal has a journal of its own, so that it leaves the account's alone."""
        return "rehearsal" if self.rehearsal else "sim"

    @property
    def new(self) -> bool:
        """True when an earlier run is put aside; a rehearsal always begins anew."""
        return self.input.new or self.rehearsal

    @property
    def steps(self) -> int | None:
        """How many closes to decide on at most; None for all there are."""
        if self.input.once:
            return 1
        return SYNTHETIC_STEPS if self.input.steps is None and not self.input.data else self.input.steps


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Trade, and sum up."""
    asked = _Asked(input, context, read_environment(context.environment), find_paths(context.environment))
    _must_agree(input)
    offers = load_offers(environ=context.environment)
    profile = _profile(asked, offers)
    _must_be_ready(asked, profile)
    pipeline = build_pipeline(profile, offers)
    path = asked.paths.journal(profile.venue.name, asked.account)
    if not asked.new:
        upgrade_journal(path, venue=SimVenue.name, account=SimVenue.account)
    earlier = None if asked.new else read_earlier(path)
    market = _market(asked, profile, earlier)
    _same_run(input, profile, market, earlier)
    schedule = _schedule(asked, profile, market, earlier)
    fits = sum(1 for _ in schedule.blocks()) * len(market.candles)
    kill_file = asked.paths.kill_file(profile.venue.name, asked.account)
    signal = HaltSignal(kill_file, context.note)
    halted = signal.or_else(halted_by(asked.environment, kill_file))
    log = RunLog(offers.observers)
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
                new=asked.new,
                read_only=asked.rehearsal,
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
    return _halted(_result(report, asked, market, profile, schedule), halted())


def _must_agree(input: Input) -> None:  # noqa: A002
    """Refuse flags that contradict each other."""
    if input.once and input.steps is not None:
        raise UsageError("--once is one step, --steps says how many; nothing was done", hint="leave one of them out")
    if input.data and input.seed is not None:
        raise UsageError(
            "--seed makes a synthetic market, --data names candles; nothing was done", hint="leave one of them out"
        )
    if input.from_ms is not None and not input.data:
        raise UsageError(
            "--from chooses a start in your own candles; the synthetic market has one of its own; nothing was done",
            hint="add --data PATH, or leave --from out",
        )
    if input.from_ms is not None and input.to_ms is not None and input.to_ms < input.from_ms:
        raise UsageError("--to lies before --from; nothing was done", hint="exchange them")


def _profile(asked: _Asked, offers: Offers) -> Profile:
    overrides: dict[str, Any] = {}
    if asked.input.venue is not None:
        overrides["venue.name"] = asked.input.venue
    if asked.input.symbols:
        overrides["venue.symbols"] = [normalise_symbol(symbol) for symbol in asked.input.symbols]
    return load_profile(
        asked.input.profile,
        offers=offers,
        overrides=overrides,
        environment=asked.environment,
        paths=asked.paths,
        named_by="environment" if asked.context.origins.get("profile") == "environment" else "flag",
    )


def _must_be_ready(asked: _Asked, profile: Profile) -> None:
    """Refuse the venues that are not open: keys first, then arming."""
    venue, account = profile.venue.name, asked.input.account
    check_alias(venue, account)
    if venue is Venue.SIM:
        return
    if asked.input.data:
        raise UsageError(
            f"--data is for the venue sim, and {venue.value} trades at the exchange's prices; nothing was done",
            hint="leave --data out, or add --venue sim",
        )
    if venue.needs_keys:
        require_key(venue, account, environ=asked.context.environment, vault=Vault(asked.paths.vault))
    if venue is Venue.LIVE:
        require_armed(profile, account or DEFAULT_ACCOUNT, paths=asked.paths)
    raise ConfigError(
        f"this version trades at the venue sim only, not at {venue.value}; nothing was sent",
        hint="weexctl trade --venue sim, or weexctl test-connection to check the way to the exchange",
        code="VENUE_NOT_AVAILABLE",
    )


def _market(asked: _Asked, profile: Profile, earlier: Earlier | None) -> MarketSource:
    symbols, timeframe = profile.venue.symbols, profile.venue.timeframe
    if asked.input.data:
        return file_source(asked.input.data, symbols, timeframe)
    known = earlier.run.seed if earlier is not None else None
    seed = next((seed for seed in (asked.input.seed, known) if seed is not None), DEFAULT_SEED)
    done = earlier.run.steps if earlier is not None else 0
    return generated_source(seed, symbols, timeframe, HISTORY_CANDLES + 1 + done + (asked.steps or SYNTHETIC_STEPS))


def _same_run(input: Input, profile: Profile, market: MarketSource, earlier: Earlier | None) -> None:  # noqa: A002
    """A run goes on only as what it was."""
    if earlier is None:
        return
    run = earlier.run
    start_ms = None if input.from_ms is None else _start(input, market, profile)
    changed = changes(run, profile, market, start_ms)
    if changed:
        raise ConfigError(
            f"the run {run.run_id} on record (profile {run.profile}, {run.source}) was made with"
            f" {' and '.join(changed)}; nothing was done",
            hint="add --new to archive it and begin again, or give what it was made with",
            code="ANOTHER_RUN",
        )


def _start(input: Input, market: MarketSource, profile: Profile) -> int:  # noqa: A002
    plan = plan_schedule(
        market,
        profile.venue.timeframe.ms,
        history=HISTORY_CANDLES,
        from_ms=input.from_ms,
        to_ms=None,
        steps=None,
        run_from_ms=None,
        done_ms=None,
    )
    return plan.run_from_ms


def _schedule(asked: _Asked, profile: Profile, market: MarketSource, earlier: Earlier | None) -> Schedule:
    return plan_schedule(
        market,
        profile.venue.timeframe.ms,
        history=HISTORY_CANDLES,
        from_ms=asked.input.from_ms,
        to_ms=asked.input.to_ms,
        steps=asked.steps,
        run_from_ms=earlier.run.from_ms if earlier else None,
        done_ms=earlier.run.to_ms if earlier else None,
    )


def _blocks(pipeline: Pipeline, market: MarketSource, earlier: Earlier | None, on_fit: Callable[[str], None]) -> Blocks:
    return Blocks(pipeline, market.candles, stored=earlier.fits if earlier else None, on_fit=on_fit)


def _result(report: SessionReport, asked: _Asked, market: MarketSource, profile: Profile, schedule: Schedule) -> Result:
    return Result(
        data=sum_up(report, market),
        warnings=tuple(_warnings(report, asked, market, schedule)),
        next=tuple(_next(report, asked, market)),
        venue=profile.venue.name.value,
        profile=profile.name,
        resumable=report.interrupted,
    )


def _halted(result: Result, why: str) -> Result:
    """The result of a run that was halted at its end; one that was ended early keeps the exit code for that."""
    if not why:
        return result
    text = f"{why}: no new position is opened; stops, exits and closing by hand still work"
    notice = Notice("HALTED", text)
    return replace(
        result, warnings=(notice, *result.warnings), exit_code=0 if result.resumable else HaltedError.exit_code
    )


def _warnings(report: SessionReport, asked: _Asked, market: MarketSource, schedule: Schedule) -> list[Notice]:
    warnings = []
    if schedule.count == 0:
        until = "up to --to" if asked.input.to_ms is not None else "of this market"
        warnings.append(
            Notice("NOTHING_LEFT", f"every candle {until} was decided on before, none was left; --new begins again")
        )
    if market.synthetic:
        warnings.append(Notice("SYNTHETIC", "the candles were generated; these results say nothing about a market"))
    if asked.rehearsal:
        warnings.append(Notice("REHEARSAL", "no order was sent: decisions were made and recorded, and that is all"))
    if report.state.locked:
        locked = ", ".join(f"{symbol} ({code})" for symbol, code in report.state.locked.items())
        warnings.append(Notice("LOCKED", f"no entries until a person looks: {locked}"))
    return warnings


def _next(report: SessionReport, asked: _Asked, market: MarketSource) -> list[NextCommand]:
    commands = []
    entries = [order for order, _ in report.orders if order.kind == "entry"]
    if entries:
        commands.append(NextCommand(f"weexctl explain {entries[-1].order_id}", "why this order was sent"))
    elif report.run.steps:
        symbol = report.run.symbols[0]
        commands.append(NextCommand(f"weexctl explain --why-not {symbol}", f"why {symbol} was left alone"))
    if not asked.rehearsal and (market.seed is not None or report.run.to_ms < market.last_close_ms):
        commands.append(NextCommand(_again(asked.input), "go on after the last closed candle"))
    return commands


def _again(input: Input) -> str:  # noqa: A002
    """The command that goes on with this run."""
    words = ["weexctl", "trade"]
    words += ["--profile", input.profile] if input.profile != "safe" else []
    words += [word for path in input.data for word in ("--data", path)]
    words += ["--symbols", ",".join(input.symbols)] if input.symbols else []
    return shlex.join(words)
