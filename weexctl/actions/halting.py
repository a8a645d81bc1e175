"""Whether somebody has stopped trading: `WEEXCTL_KILL`, the kill file of an account, or a signal that makes one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from weexctl.config.environment import Environment
from weexctl.execution.kill_switch import KillSwitch

__all__ = ["HaltSignal", "halted_by"]


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


class HaltSignal:
    """Pulls the kill switch when it is called, as a signal does, and never raises.

    Args:
        file: the kill file of the account.
        note: told when the file cannot be made; this run is halted all the same.
    """

    def __init__(self, file: Path, note: Callable[[str], None]) -> None:
        self._switch = KillSwitch(file)
        self._note = note
        self._why = ""

    def __call__(self) -> None:
        """Halt this run, and every later one if the disk allows."""
        self._why = "SIGUSR2 was received"
        try:
            self._switch.pull(self._why, time.time_ns() // 1_000_000)
        except OSError as error:
            with suppress(RuntimeError):  # the signal came in the middle of another write to the same stream
                self._note(f"halted by SIGUSR2, for this run only: {self._switch.file} cannot be made ({error})")

    def or_else(self, halted: Callable[[], str]) -> Callable[[], str]:
        """Says why trading is halted, by this signal or by what else halts it."""
        return lambda: self._why or halted()
