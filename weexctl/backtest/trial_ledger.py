"""Every configuration that was ever looked at, one JSON line each: how many there were decides what the best is worth.

Lines are only added. A line that a crash tore stays, is warned of, and counts: somebody looked at that trial.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import stdev
from typing import Any

from weexctl.backtest.line_file import append_line
from weexctl.errors import ConfigError, UsageError

__all__ = ["Trial", "TrialLedger", "add_trial", "read_trials"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One configuration that was run, with one figure of it."""

    config_hash: str
    """Digest of all that was configured."""
    metric: str
    """The figure's name, such as `sharpe`."""
    value: float | None
    """None when the run had no value for it."""
    date_ms: int
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLedger:
    """What a ledger holds."""

    trials: tuple[Trial, ...]
    """Oldest first."""
    unreadable: int = 0
    """Lines that say nothing any more."""
    warnings: tuple[str, ...] = ()
    """A sentence for each of them."""

    @property
    def count(self) -> int:
        """N of the deflated Sharpe ratio: every line, also one that cannot be read and one that was run before."""
        return len(self.trials) + self.unreadable

    def values(self, metric: str) -> tuple[float, ...]:
        """What the trials with this figure showed, oldest first."""
        return tuple(trial.value for trial in self.trials if trial.metric == metric and trial.value is not None)

    def deviation(self, metric: str) -> float | None:
        """Standard deviation (n − 1 below) of what the trials with this figure showed; None with fewer than two."""
        values = self.values(metric)
        return stdev(values) if len(values) > 1 else None


def add_trial(path: Path, trial: Trial) -> None:
    """Put a trial at the end of the ledger, on disk before this returns; the file and its folder are made.

    Raises:
        UsageError: the value is not finite; say None instead.
        ConfigError: the file cannot be written.
    """
    if trial.value is not None and not math.isfinite(trial.value):
        raise UsageError(
            f"a trial's {trial.metric} cannot be {trial.value}; nothing was recorded", hint="use None for no value"
        )
    line = json.dumps(asdict(trial), ensure_ascii=False, sort_keys=True).encode()
    try:
        append_line(path, line)
    except OSError as error:
        raise ConfigError(
            f"the trial ledger {path} cannot be written ({error.strerror}); the trial was not recorded",
            hint="look at the disk and the permissions, then run it again: a forgotten trial flatters the others",
        ) from error


def read_trials(path: Path) -> TrialLedger:
    """What the ledger holds; nothing when there is no file.

    Raises:
        ConfigError: the file is there and cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return TrialLedger(trials=())
    except OSError as error:
        raise ConfigError(
            f"the trial ledger {path} cannot be read ({error.strerror}); nothing was counted",
            hint="look at its permissions",
        ) from error
    rows = [(number, _trial(line)) for number, line in enumerate(lines, start=1) if line.strip()]
    torn = [number for number, trial in rows if trial is None]
    return TrialLedger(
        trials=tuple(trial for _, trial in rows if trial is not None),
        unreadable=len(torn),
        warnings=tuple(f"line {number} of {path} cannot be read; it counts as a trial" for number in torn),
    )


def _trial(line: bytes) -> Trial | None:
    """The trial of one line; None when it holds none."""
    try:
        row: Any = json.loads(line)
        value = row["value"]
        trial = Trial(
            config_hash=str(row["config_hash"]),
            metric=str(row["metric"]),
            value=None if value is None else float(value),
            date_ms=int(row["date_ms"]),
            profile=str(row["profile"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
    return trial if trial.value is None or math.isfinite(trial.value) else None
