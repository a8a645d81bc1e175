"""Whether a person has stopped trading: `WEEXCTL_KILL`, or the kill file of an account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from weexctl.config.environment import Environment
from weexctl.execution.kill_switch import KillSwitch

__all__ = ["halted_by"]


def halted_by(environment: Environment, file: Path) -> Callable[[], str]:
    """Says why trading is halted, empty when it is not; asked anew each time, so that it takes effect at once.

    Args:
        environment: its `kill` is a switch, or a file whose presence is one.
        file: the kill file of the account.
    """
    kill, switch = environment.kill, KillSwitch(file)

    def halted() -> str:
        if kill is True or (isinstance(kill, Path) and KillSwitch(kill).why()):
            return "WEEXCTL_KILL is set"
        return switch.why()

    return halted
