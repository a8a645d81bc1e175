"""Whether exchange and journal say the same, and what brings them together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pydantic import BaseModel

from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, RefusedError, UsageError, WeexctlError
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.journal.lock import holder
from weexctl.journal.place import require_place
from weexctl.journal.rows import RunRecord
from weexctl.journal.upgrade import upgrade_journal
from weexctl.model.instrument import normalise_symbol
from weexctl.trader.account_plan import CLOCK, LEVERAGE, Gap, Plan
from weexctl.trader.reconciler import Carried, Reconciler
from weexctl.trader.sim_account import require_run, resumed_venue, run_market
from weexctl.trader.venue import Venue as Account

__all__ = ["DifferenceRow", "Input", "Output", "PhaseRow", "run"]

_POSITIONS = ("FILLS_MISSING", "EXTERNAL_POSITION")
_ORDERS = ("UNSETTLED", "STRAY_ORDER", "EXTERNAL_ORDER")
_STOPS = ("STOP_MISSING", "STOP_LOOSE", "STOP_SURPLUS", "STOP_ORPHANED")


class Input(AccountInput):
    """Which account, and whether anything is to be done about it."""

    apply: bool = False
    release: str | None = None
    reason: str = ""
    dry_run: bool = False
    read_only: bool = False


class PhaseRow(BaseModel):
    """One part of the comparison."""

    name: str
    state: str
    """`ok`, `differs` or `not_tested`."""
    text: str


class DifferenceRow(BaseModel):
    """One thing about which exchange and journal differ."""

    kind: str
    symbol: str
    side: str
    """Empty when it is about no position."""
    order_id: str
    """The order it is about; empty when it is about none."""
    exchange: str
    record: str
    remedy: str
    state: str
    """`planned`, `done`, or `left` when it was tried or nobody but a person can do it."""
    blocks: bool
    """True when nothing opens on the symbol while it lasts."""


class Output(BaseModel):
    """The comparison, part by part, and every difference."""

    account: str
    run_id: str
    applied: bool
    phases: list[PhaseRow]
    differences: list[DifferenceRow]
    remaining: int
    """Differences that are still there."""
    locked: dict[str, str]
    """Symbols that take no entries until a person releases them, with the code of why."""
    released: str = ""
    """The symbol that was released just now."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Compare; with --apply mend what is safe; with --release open a symbol's lock.

    Raises:
        ConfigError: there is no run on record, the account is out of reach, or it was traded at another place.
        LockHeldError: a run is under way, and something was to be done.
        RefusedError: read-only, or the symbol to release still differs.
        UsageError: the symbol is not locked, or nobody is at the terminal.
    """
    symbol = None if input.release is None else normalise_symbol(input.release)
    asked = asked_at(input.venue, context, input.account)
    writes = (input.apply or symbol is not None) and not input.dry_run
    if writes:
        asked.must_not_be_read_only(input.read_only)
    with _reconciler(asked, input, writes=writes) as (reconciler, run_record, place):
        reason = _confirmed(reconciler, symbol, input.reason, context) if writes and symbol is not None else ""
        made = _made(reconciler, input.apply and writes, context)
        released = ""
        if isinstance(made, Carried) and writes and symbol is not None:
            reconciler.release(symbol, made.after, reason=reason, now_ms=time.time_ns() // 1_000_000)
            released = symbol
        locked = dict(reconciler.state.locked)
    output = Output(
        account=asked.account,
        run_id=run_record.run_id,
        applied=input.apply and writes,
        phases=[PhaseRow(name="journal", state="ok", text=place), *_phases(made)],
        differences=_rows(made, tried=input.apply and writes),
        remaining=len(made.after.gaps) if isinstance(made, Carried) else 0,
        locked=locked,
        released=released,
    )
    return _result(output, made, asked, run_record.profile)


@contextmanager
def _reconciler(asked: Asked, input: Input, *, writes: bool) -> Iterator[tuple[Reconciler, RunRecord, str]]:  # noqa: A002
    """The account beside its journal, the newest run, and where the journal stands."""
    with ExitStack() as stack:
        account: Account
        if asked.venue is Venue.SIM:
            if writes:
                upgrade_journal(asked.journal, venue=asked.venue.value, account=asked.account)
            market = run_market(require_run(asked.journal), input.data)
            journal = stack.enter_context(_journal(asked, writes=writes))
            account = resumed_venue(market, require_run(asked.journal))  # again, now that nobody can move it
            stack.callback(account.close)
        else:
            account = wired = stack.enter_context(asked.wired(input.data))
            journal = stack.enter_context(_journal(asked, writes=writes))
            require_place(journal, wired.address.place)
        latest = journal.runs.latest()
        if latest is None:
            raise ConfigError(
                f"no run is on record for {asked.venue.value}/{asked.account}; nothing was read",
                hint="the account is compared with its run: `weexctl trade` begins one",
                code="NO_RUN",
            )
        head = journal.head
        place = f"run {latest.run_id}, profile {latest.profile}, {head.seq} links, head {head.hash[:12]}"
        yield Reconciler(journal, account, latest, halted=asked.halted), latest, place


def _journal(asked: Asked, *, writes: bool) -> Journal:
    if not writes or not asked.journal.exists():  # reading one that is not there says so
        return Journal.read(asked.journal)
    return Journal.open(asked.journal, venue=asked.venue.value, account=asked.account)


def _confirmed(reconciler: Reconciler, symbol: str, reason: str, context: Context) -> str:
    """Why a symbol may be traded again, once a person has typed it."""
    code = reconciler.must_be_locked(symbol)
    typed = context.ask(f"{symbol} is locked ({code}). Type {symbol} to let it take entries again: ")
    if typed.strip().upper() != symbol:
        raise UsageError(f"that is not {symbol}; it stays locked", hint="run it again", code="NOT_CONFIRMED")
    reason = reason.strip() or context.ask("What was it, and why is it safe now? ").strip()
    if not reason:
        raise UsageError("no reason was given; it stays locked", hint="add --reason TEXT", code="NO_REASON")
    return reason


def _made(reconciler: Reconciler, applies: bool, context: Context) -> Carried | Unavailable:
    if applies:
        return reconciler.carry_out(should_stop=context.should_stop)
    plan = reconciler.plan()
    return plan if isinstance(plan, Unavailable) else Carried(before=plan, after=plan)


def _phases(made: Carried | Unavailable) -> list[PhaseRow]:
    if isinstance(made, Unavailable):
        return [PhaseRow(name="exchange", state="not_tested", text=f"{made.what}: {made.error.message}")]
    plan = made.after
    stops = "conditional orders cannot be read there" if plan.conditional is None else f"{plan.conditional} conditional"
    return [
        PhaseRow(name="exchange", state="ok", text=f"{plan.positions} positions, {plan.orders} orders, {stops}"),
        _phase("clock", plan, (CLOCK,), f"{plan.clock_ms:+d} ms"),
        _phase("orders", plan, _ORDERS, f"{plan.unsettled} of ours open"),
        _phase("positions", plan, _POSITIONS, f"{plan.positions} held"),
        _phase("stops", plan, _STOPS, stops),
        _phase("leverage", plan, (LEVERAGE,), "as the profile has it"),
    ]


def _phase(name: str, plan: Plan, kinds: tuple[str, ...], text: str) -> PhaseRow:
    count = sum(1 for gap in plan.gaps if gap.kind in kinds)
    return PhaseRow(name=name, state="differs" if count else "ok", text=f"{count} differ" if count else text)


def _rows(made: Carried | Unavailable, *, tried: bool) -> list[DifferenceRow]:
    if isinstance(made, Unavailable):
        return []
    done = [_row(gap, "done") for gap in made.done]
    return done + [_row(gap, "left" if tried else "planned") for gap in made.after.gaps]


def _row(gap: Gap, state: str) -> DifferenceRow:
    return DifferenceRow(
        kind=gap.kind,
        symbol=gap.symbol,
        side=gap.side,
        order_id=gap.order_id,
        exchange=gap.said.exchange,
        record=gap.said.record,
        remedy=gap.remedy,
        state=state,
        blocks=gap.blocks,
    )


def _result(output: Output, made: Carried | Unavailable, asked: Asked, profile: str) -> Result:
    error = _error(output, made)
    under_way = holder(asked.journal) is not None
    following = []
    if output.remaining and not output.applied:
        following.append(NextCommand("weexctl journal reconcile --apply", "mend what is safe"))
    following += [
        NextCommand(f"weexctl journal reconcile --release {symbol}", "a person lets it take entries again")
        for symbol in output.locked
    ]
    warnings = []
    if under_way:
        text = "a run is under way and compares by itself; what differs here may be on its way"
        warnings.append(Notice("RUN_UNDER_WAY", text))
    if output.locked:
        locked = ", ".join(f"{symbol} ({code})" for symbol, code in output.locked.items())
        warnings.append(Notice("LOCKED", f"no entries until a person looks: {locked}"))
    return Result(
        data=output,
        venue=asked.venue.value,
        profile=profile,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        warnings=tuple(warnings),
        next=tuple(following),
    )


def _error(output: Output, made: Carried | Unavailable) -> WeexctlError | None:
    if isinstance(made, Unavailable):
        return ConfigError(
            f"{made.what} could not be read: {made.error.message}; nothing is known about the account",
            hint=made.error.hint or "try again",
            code="NOT_TESTED",
        )
    if not made.after.gaps:
        return None
    gap = made.after.gaps[0]
    more = f", and {output.remaining - 1} more" if output.remaining > 1 else ""
    what = "this is left" if output.applied else "nothing was changed"
    return RefusedError(
        f"exchange and journal differ: {gap.kind} {gap.symbol}: {gap.said.exchange}; on record {gap.said.record}"
        f"{more}; {what}",
        hint="what is not ours is never touched: close or cancel it at the exchange, or leave the symbol out"
        if output.applied
        else "weexctl journal reconcile --apply",
        code="ACCOUNT_DIFFERS",
    )
