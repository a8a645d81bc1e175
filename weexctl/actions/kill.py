"""The kill switch of an account: anybody may pull it, a person at a terminal puts it back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import Asked, VenueWord, asked_at
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.errors import ConfigError, UsageError

__all__ = ["Input", "Output", "ResumeInput", "ResumeOutput", "resume", "run"]


class Input(BaseModel):
    """Which account to stop, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: VenueWord | None = None
    account: str | None = None
    reason: str = Field(default="", max_length=500)


class ResumeInput(BaseModel):
    """Which account to let go on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: VenueWord | None = None
    account: str | None = None


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


ResumeOutput = Output


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Pull the switch: from the next request on, nothing but closing leaves. A run that is under way sees it."""
    asked = asked_at(input.venue, context, input.account)
    file = asked.kill_file
    changed = not file.exists()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if changed:
            file.write_text(f"{input.reason}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the kill file {file} cannot be written: {error.strerror or error}; trading goes on",
            hint="set WEEXCTL_KILL=1, or stop the process",
            code="KILL_FILE",
        ) from error
    following = (
        NextCommand("weexctl flatten --all", "close what is open"),
        NextCommand("weexctl resume", "a person at a terminal lets it go on"),
    )
    return Result(data=_output(asked, changed, _reason(asked)), venue=asked.venue.value, next=following)


def resume(input: ResumeInput, context: Context) -> Result:  # noqa: A002
    """Put the switch back, once a person has typed the account."""
    asked = asked_at(input.venue, context, input.account)
    file = asked.kill_file
    changed, reason = file.exists(), _reason(asked)
    if changed:
        name = f"{asked.venue.value}/{asked.account}"
        if context.ask(f"Type {name} to let it trade again: ").strip() != name:
            raise UsageError(f"that is not {name}; trading stays halted", hint="weexctl resume", code="NOT_CONFIRMED")
        file.unlink(missing_ok=True)
    output = _output(asked, changed, reason)
    warnings = (Notice("STILL_HALTED", f"trading stays halted: {output.halted}"),) if output.halted else ()
    return Result(data=output, venue=asked.venue.value, warnings=warnings)


def _reason(asked: Asked) -> str:
    try:
        return asked.kill_file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _output(asked: Asked, changed: bool, reason: str) -> Output:
    return Output(
        venue=asked.venue.value,
        account=asked.account,
        halted=asked.halted(),
        file=str(asked.kill_file),
        changed=changed,
        reason=reason,
    )
