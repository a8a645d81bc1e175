"""A run at the exchange: live, or its demo account. It goes on until somebody ends it."""

from __future__ import annotations

import shlex

from weexctl.actions.context import NextCommand, Notice, Result
from weexctl.actions.halting import HaltSignal, halted_by
from weexctl.actions.key_notice import note_where_key_goes
from weexctl.actions.run_report import sum_up
from weexctl.actions.trade_call import Input, TradeCall
from weexctl.actions.trade_notices import explaining, halted_result, run_notices
from weexctl.config.access import Access, open_access
from weexctl.config.causality_pass import identify, require_pass
from weexctl.config.compose import build_pipeline
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.errors import RefusedError, UsageError
from weexctl.journal.upgrade import upgrade_journal
from weexctl.model.scope import Scope
from weexctl.run.schedule import wanted_history
from weexctl.trader.live_session import LiveSession
from weexctl.trader.notify import find_notifier, telling_of_stop
from weexctl.trader.run_log import RunLog
from weexctl.trader.run_pulse import RunPulse
from weexctl.trader.session_report import SessionReport
from weexctl.trader.wire_venue import WireVenue, open_wire_venue

__all__ = ["trade_at_wire"]

_NOT_TOLD_BY_DEMO = (
    "stops: the demo account can neither list nor cancel them, so none is sent; they are watched while the run lasts",
    "funding: the demo account does not list it",
    "fees: those of the contract, which the demo account does not confirm",
)


def trade_at_wire(call: TradeCall) -> Result:
    """Trade until asked to stop, or as long as was asked for, and sum up.

    Raises:
        MissingCredentialsError, ConfigError: the key cannot be used, the run on record is another one, or at live the
            pipeline has no pass of the check of causality.
        RefusedError: the key reaches no orders.
        LockHeldError: another process trades on this account.
        ExchangeError: the market could not be read; nothing was sent.
    """
    if call.input.from_ms is not None:
        raise UsageError(
            f"--from chooses a start in your own candles, and {call.venue.value} begins now; nothing was done",
            hint="leave --from out, or add --venue sim --data PATH",
        )
    pipeline = build_pipeline(call.profile, call.offers)
    if call.venue is Venue.LIVE and not call.rehearsal:
        require_pass(identify(call.profile, pipeline, call.offers), named=call.input.profile, paths=call.paths)
    access = _access(call)
    if not call.new:
        upgrade_journal(call.journal, venue=call.venue.value, account=call.account)
    note_where_key_goes(call.context, call.environment.api_base, access.credentials)
    venue = open_wire_venue(
        call.venue,
        access,
        account=call.account,
        base_url=call.environment.api_base,
        timeout_s=call.environment.api_timeout_s,
    )
    try:
        signal = HaltSignal(call.kill_file, call.context.note)
        halted = signal.or_else(halted_by(call.environment, call.kill_file))
        log = RunLog(call.offers.observers)
        session = LiveSession(
            profile=call.profile,
            pipeline=pipeline,
            history=wanted_history(pipeline),
            venue=venue,
            journal_path=call.journal,
            new=call.new,
            read_only=call.rehearsal,
            observer=log,
            halted=halted,
            guardian=venue.guardian,
            tempo=venue.tempo,
            on_breakers=log.breakers,
            pulse=RunPulse(find_notifier(call.context.environment), log),
        )
        with call.context.on_kill_signal(signal):
            report = _run(call, session, log)
    finally:
        venue.close()
    return halted_result(_result(report, call, venue), halted())


def _access(call: TradeCall) -> Access:
    access = open_access(
        call.venue,
        call.input.account,
        environ=call.context.environment,
        environment=call.environment,
        vault=Vault(call.paths.vault),
        ask=call.context.ask_secret,
    )
    if not call.rehearsal and not access.scope.covers(Scope.REDUCE):
        raise RefusedError(
            f"the key {access.account} may {access.scope.value}, and a run has to send stops; nothing was sent",
            hint="use a key with the scope trade, or add --read-only; `weexctl keys list` shows the scopes",
            code="SCOPE",
        )
    return access


def _run(call: TradeCall, session: LiveSession, log: RunLog) -> SessionReport:
    context, symbols = call.context, call.profile.venue.symbols
    should_stop = telling_of_stop(find_notifier(context.environment), context.should_stop)
    steps = 1 if call.input.once else call.input.steps
    log.started(profile=call.profile.name, venue=call.venue.value, symbols=len(symbols))
    with context.progress(steps, "trade") as track:
        report = session.run(
            steps=steps,
            until_ms=call.input.to_ms,
            on_fetch=lambda symbol: track.advance(0, f"candles of {symbol}"),
            on_step=lambda note: track.advance(1, note),
            should_stop=should_stop,
        )
    why = "asked to" if report.interrupted else "as long as asked for"
    log.stopped(steps=report.made_steps, equity=str(report.balance.equity), why=why)
    return report


def _result(report: SessionReport, call: TradeCall, venue: WireVenue) -> Result:
    warnings = run_notices(report, rehearsal=call.rehearsal)
    if not call.rehearsal and not venue.scope.covers(Scope.TRADE):
        warnings.append(Notice("SCOPE", "the key may only reduce: nothing was opened"))
    return Result(
        data=sum_up(report, synthetic=False, not_modelled=() if venue.proves_stops else _NOT_TOLD_BY_DEMO),
        warnings=tuple(warnings),
        next=(*explaining(report), NextCommand(_again(call.input, call.venue.value), "go on")),
        venue=call.venue.value,
        profile=call.profile.name,
        resumable=report.interrupted,
    )


def _again(input: Input, venue: str) -> str:  # noqa: A002
    """The command that goes on with this run."""
    words = ["weexctl", "trade", "--venue", venue]
    words += ["--profile", input.profile] if input.profile != "safe" else []
    words += ["--account", input.account] if input.account else []
    words += ["--symbols", ",".join(input.symbols)] if input.symbols else []
    words += ["--read-only"] if input.read_only or input.dry_run else []
    return shlex.join(words)
