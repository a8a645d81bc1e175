"""Asking systemd about a unit. Nothing here starts, stops or enables anything."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["UnitState", "ask_manager"]

_PROPERTIES = ("LoadState", "ActiveState", "SubState", "UnitFileState", "MainPID", "NRestarts", "StatusText", "Result")
_BOOTED = Path("/run/systemd/system")
"""There when systemd runs the machine (sd_booted)."""
_SECONDS = 10


@dataclass(frozen=True, slots=True)
class UnitState:
    """What the service manager says of a unit."""

    absent: str = ""
    """Why it could not be asked; empty when it answered."""
    properties: dict[str, str] | None = None

    @property
    def active(self) -> bool:
        """Whether it runs, starts or stops."""
        return (self.properties or {}).get("ActiveState", "inactive") not in ("inactive", "failed")


def ask_manager(unit: str, manager: Literal["user", "system"]) -> UnitState:
    """The state of a unit, or why nobody can tell."""
    if not _BOOTED.is_dir():
        return UnitState("systemd does not run this machine")
    if (program := shutil.which("systemctl")) is None:
        return UnitState("there is no systemctl")
    scope = ["--user"] if manager == "user" else []
    words = [program, *scope, "show", unit, f"--property={','.join(_PROPERTIES)}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603  # no shell
    except (OSError, subprocess.TimeoutExpired) as error:
        return UnitState(f"systemctl did not answer: {error}")
    if done.returncode != 0:
        return UnitState(f"systemctl failed: {' '.join(done.stderr.split()) or done.returncode}")
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    return UnitState(properties={name: value for name, found, value in pairs if found})
