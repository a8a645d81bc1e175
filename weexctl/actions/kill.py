"""The kill switch of an account: anybody may pull it, a person at a terminal puts it back, breakers included."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import Asked, VenueWord, asked_at
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, LockHeldError, UsageError
from weexctl.execution.breaker_events import Resumed
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import BREAKERS, LEDGER_BASE, Breakers
from weexctl.execution.kill_switch import KillSwitch
from weexctl.journal.journal import Journal

__all__ = ["Input", "Latch", "Output", "ResumeInput", "ResumeOutput", "pull", "resume", "run"]

_SETTINGS = BreakerSettings(daily_loss=1.0, drawdown=1.0)
"""To resume asks for no threshold."""


class Input(BaseModel):
    """Which account to stop, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: VenueWord | None = None
    account: str | None = None
    reason: str = Field(default="", max_length=500)


class ResumeInput(BaseModel):
    """Which account to let go on, and why that is right."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: VenueWord | None = None
    account: str | None = None
    reason: str = Field(default="", max_length=500)


class Latch(BaseModel):
    """A breaker that only a person clears."""

    code: str
    symbol: str
    """Empty for the whole account."""
    reason: str
    since_ms: int


class Output(BaseModel):
    """Whether the account is stopped."""

    venue: str
    account: str
    halted: str
    """Why only closing works; empty when it is not so."""
    file: str
    """The kill file: its presence is the switch."""
    changed: bool
    """False when it was so already."""
    reason: str
    """What was written down when the switch was pulled."""
    latches: tuple[Latch, ...] = ()
    """Breakers on record that are still open and that only a person clears."""


ResumeOutput = Output


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Pull the switch: from the next request on, nothing but closing leaves. A run that is under way sees it."""
    asked = asked_at(input.venue, context, input.account)
    changed = pull(asked.kill_file, input.reason)
    following = (
        NextCommand(f"weexctl flatten --all{asked.again}", "close what is open"),
        NextCommand(f"weexctl resume{asked.again}", "a person at a terminal lets it go on"),
    )
    return Result(data=_output(asked, changed, _switch(asked).reason), venue=asked.venue.value, next=following)


def pull(file: Path, reason: str) -> bool:
    """Make a kill file; False when it was there already.

    Raises:
        ConfigError: it cannot be made, and trading goes on.
    """
    try:
        return KillSwitch(file).pull(reason, _now_ms())
    except OSError as error:
        raise ConfigError(
            f"the kill file {file} cannot be written: {error.strerror or error}; trading goes on",
            hint="stop the process, or start it with WEEXCTL_KILL=1",
            code="KILL_FILE",
        ) from error


def resume(input: ResumeInput, context: Context) -> Result:  # noqa: A002
    """Put the switch back and close the breakers, once a person has typed the account and said why."""
    asked = asked_at(input.venue, context, input.account)
    switch, latches = _switch(asked), _latches(asked)
    changed, written = bool(switch.why() or latches), switch.reason
    if changed:
        reason = _confirmed(asked, input.reason, context)
        # Breakers first: when the second fails, the account is still stopped.
        latches = _clear(asked) if latches else ()
        _restore(switch, reason)
    output = _output(asked, changed, written, latches)
    return Result(data=output, venue=asked.venue.value, warnings=tuple(_warnings(output)))


def _confirmed(asked: Asked, reason: str, context: Context) -> str:
    """The reason, once a person has typed the account."""
    name = f"{asked.venue.value}/{asked.account}"
    if context.ask(f"Type {name} to let it trade again: ").strip() != name:
        raise UsageError(f"that is not {name}; trading stays halted", hint="weexctl resume", code="NOT_CONFIRMED")
    reason = reason.strip() or context.ask("Why is it safe to go on? ").strip()
    if not reason:
        raise UsageError(
            "no reason was given; trading stays halted", hint="weexctl resume --reason TEXT", code="NO_REASON"
        )
    return reason


def _latches(asked: Asked) -> tuple[Latch, ...]:
    path = asked.paths.journal(asked.venue, asked.account)
    if not path.exists():
        return ()
    with Journal.read(path) as journal:
        return _open_latches(journal)


def _clear(asked: Asked) -> tuple[Latch, ...]:
    """Close the breakers on record; what stays open."""
    path = asked.paths.journal(asked.venue, asked.account)
    try:
        with Journal.open(path, venue=asked.venue.value, account=asked.account) as journal:
            breakers = _breakers(journal)
            # At sim a day ends when the market's does.
            now_ms = breakers.now_ms if asked.venue is Venue.SIM else _now_ms()
            with journal.transaction(durable=True):
                journal.state.put(BREAKERS, breakers.take(Resumed(), now_ms).to_json())
                if any(trip.code == "LEDGER_BROKEN" for trip in breakers.latches):
                    journal.state.remove(LEDGER_BASE)  # whatever moved the wallet is part of it from here on
            return _open_latches(journal)
    except LockHeldError as error:
        raise LockHeldError(
            "a run holds this account, and its breakers are its own while it lasts; trading stays halted",
            hint="stop the run, `weexctl resume`, start it again: it compares with the exchange before anything opens",
            details=error.details,
        ) from error


def _breakers(journal: Journal) -> Breakers:
    saved = journal.state.get(BREAKERS)
    return Breakers(_SETTINGS) if saved is None else Breakers.from_json(_SETTINGS, saved)


def _open_latches(journal: Journal) -> tuple[Latch, ...]:
    trips = _breakers(journal).latches
    return tuple(Latch(code=t.code, symbol=t.symbol, reason=t.reason, since_ms=t.since_ms) for t in trips)


def _restore(switch: KillSwitch, reason: str) -> None:
    try:
        switch.clear(reason, _now_ms())
    except OSError as error:
        raise ConfigError(
            f"the kill file {switch.file} cannot be removed: {error.strerror or error}; trading stays halted",
            hint=f"make the folder writable for you, or remove it by hand: rm {switch.file}",
            code="KILL_FILE",
        ) from error


def _warnings(output: Output) -> list[Notice]:
    warnings = [Notice("STILL_HALTED", f"trading stays halted: {output.halted}")] if output.halted else []
    for latch in output.latches:
        until = "it can be cleared on the next UTC day" if latch.code == "DAILY_LOSS" else "it is still open"
        warnings.append(Notice("STILL_LATCHED", f"{latch.code} ({latch.reason}): {until}"))
    return warnings


def _switch(asked: Asked) -> KillSwitch:
    return KillSwitch(asked.kill_file)


def _output(asked: Asked, changed: bool, reason: str, latches: tuple[Latch, ...] = ()) -> Output:
    return Output(
        venue=asked.venue.value,
        account=asked.account,
        halted=asked.halted(),
        file=str(asked.kill_file),
        changed=changed,
        reason=reason,
        latches=latches,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
