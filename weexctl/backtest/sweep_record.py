"""The trials of a sweep as JSON lines in its folder: what is on disk is done, and a killed sweep goes on after it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from weexctl.backtest.line_file import append_line
from weexctl.backtest.sharpe import ReturnMoments
from weexctl.backtest.sweep_space import Params
from weexctl.errors import ConfigError, UsageError

__all__ = ["FIGURES", "SweepRecord", "TrialRecord"]

FIGURES = ("calmar", "sharpe", "cagr", "total_return", "max_drawdown", "turnover_per_year", "mean_exposure")
"""What is kept of each trial's metrics, besides the number of trades."""
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One trial that was made."""

    number: int
    """From 0, which is the profile as it is."""
    params: Params
    config_hash: str
    figures: Mapping[str, float | None] = field(default_factory=dict)
    """By the names of `FIGURES`; None where a figure has no value. Empty when the trial failed."""
    trades: int = 0
    moments: ReturnMoments | None = None
    failure: str = ""
    """Why it could not be run: what the profile's checks or a plugin said."""
    seconds: float = 0.0


class SweepRecord:
    """The record of one sweep.

    Args:
        path: the file; what is there already is read.
        identity: all that decides what a trial is worth. A record with another identity is refused.

    Raises:
        UsageError: the file belongs to a sweep of something else.
        ConfigError: the file is no record, or cannot be read.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        self.path = path
        self._identity = json.loads(json.dumps(identity))
        self.trials: dict[int, TrialRecord] = {}
        self._begun = False
        self._read()

    def add(self, trial: TrialRecord) -> None:
        """Keep a trial; it is on disk before this returns.

        Raises:
            ConfigError: the file cannot be written.
        """
        if not self._begun:
            self._append({"schema": _SCHEMA, "identity": self._identity})
            self._begun = True
        self._append({"trial": asdict(trial)})
        self.trials[trial.number] = trial

    def _read(self) -> None:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be read ({error.strerror}); nothing was run", hint="look at its permissions"
            ) from error
        rows = [row for line in lines if (row := _row(line)) is not None]
        self._begun = bool(rows)
        if not rows and any(line.strip() for line in lines[:-1]):
            raise self._no_record()
        if rows:
            self._check(rows[0])
        for row in rows[1:]:
            trial = _trial(row)
            if trial is not None:
                self.trials[trial.number] = trial

    def _check(self, head: Mapping[str, Any]) -> None:
        known = head.get("identity")
        if head.get("schema") != _SCHEMA or not isinstance(known, dict):
            raise self._no_record()
        names = known.keys() | self._identity.keys()
        other = sorted(name for name in names if known.get(name) != self._identity.get(name))
        if other:
            raise UsageError(
                f"the sweep {self.path.parent.name!r} was made with another {', another '.join(other)};"
                " nothing was run",
                hint="choose another --name, or leave --name out",
                code="ANOTHER_SWEEP",
                details={"differs": other},
            )

    def _no_record(self) -> ConfigError:
        return ConfigError(
            f"{self.path} is no record of a sweep; nothing was run", hint="choose another --name, or move it away"
        )

    def _append(self, row: Mapping[str, Any]) -> None:
        try:
            append_line(self.path, json.dumps(row, ensure_ascii=False, allow_nan=False).encode())
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written ({error.strerror}); {len(self.trials)} trials are kept in it",
                hint="look at the disk and the permissions, then run the same command again: it goes on from there",
            ) from error


def _row(line: bytes) -> dict[str, Any] | None:
    """A line's table; None for a line that a crash tore, whose trial is made again."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _trial(row: Mapping[str, Any]) -> TrialRecord | None:
    try:
        values = dict(row["trial"])
        moments = values.pop("moments")
        trial = TrialRecord(**values, moments=None if moments is None else ReturnMoments(**moments))
    except (KeyError, TypeError, ValueError):
        return None
    return trial if math.isfinite(trial.seconds) else None
