"""Arming a profile for live trading: only a person at a terminal can. Disarming it: anybody may."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.profiles import as_written
from weexctl.config import arming
from weexctl.config.arming import arm
from weexctl.config.paths import DEFAULT_ACCOUNT, check_account, find_paths
from weexctl.errors import UsageError

__all__ = ["DisarmInput", "DisarmOutput", "Input", "Output", "disarm", "run"]


class Input(BaseModel):
    """Which profile to arm, and for which account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    account: str = DEFAULT_ACCOUNT


class Output(BaseModel):
    """What live trading may use from now on."""

    profile: str
    account: str
    digest: str
    """Of the profile at the venue live; any change of its content has to be armed again."""
    armed_ms: int
    path: str


class DisarmInput(BaseModel):
    """Which profile to disarm, and for which account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    account: str = DEFAULT_ACCOUNT


class DisarmOutput(BaseModel):
    """What live trading may use no more."""

    profile: str
    account: str
    changed: bool
    """False when it was not armed."""
    path: str


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Let live trading use a profile, once a person at the terminal has typed the account's alias.

    Raises:
        UsageError: there is no terminal, another word was typed, or the profile does not exist.
        ConfigError: the profile is wrong, or the list of armed profiles cannot be written.
    """
    paths, account = find_paths(context.environment), check_account(input.account)
    profile = as_written(input.name, context, paths)
    limits = profile.limits
    context.note(
        f"{profile.name} ({profile.source}) may then trade real money of the account {account}: "
        f"up to {limits.max_gross_exposure:g} × equity, {limits.max_order_notional} USDT an order, "
        f"leverage {limits.max_leverage}; it closes everything after a loss of {limits.kill_drawdown:.0%}."
    )
    if context.ask(f"Type the account's alias ({account}) to arm it: ") != account:
        raise UsageError(
            f"that was not {account}; nothing was armed", hint="run it again and type the alias", code="NOT_CONFIRMED"
        )
    armed_ms = time.time_ns() // 1_000_000
    digest = arm(profile, account, armed_ms=armed_ms, paths=paths)
    output = Output(profile=profile.name, account=account, digest=digest, armed_ms=armed_ms, path=str(paths.armed))
    notice = Notice("ARMED", "any change of the profile takes it back; `weexctl profile disarm` does too")
    following = NextCommand(f"weexctl check causality --profile {input.name}", "live trading asks for its pass too")
    return Result(data=output, profile=profile.name, warnings=(notice,), next=(following,))


def disarm(input: DisarmInput, context: Context) -> Result:  # noqa: A002
    """Take back the arming of a profile for an account, also of one that is broken or gone by now.

    Raises:
        UsageError: the alias is none.
        ConfigError: the list of armed profiles cannot be used or written.
    """
    paths = find_paths(context.environment)
    name = Path(input.name).stem if input.name.endswith(".toml") else input.name
    removed = arming.disarm(name, input.account, paths=paths)
    output = DisarmOutput(profile=name, account=input.account, changed=removed > 0, path=str(paths.armed))
    following = (NextCommand("weexctl profile list", "what is still armed"),)
    return Result(data=output, profile=name, next=following)
