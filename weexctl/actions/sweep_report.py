"""What a sweep answers: the best trials, how they are spread, and what the best of so many is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, stdev
from typing import Any

from pydantic import BaseModel

from weexctl.actions.context import Notice
from weexctl.actions.toml_text import toml_value
from weexctl.backtest.equity_curve import DAYS_PER_YEAR
from weexctl.backtest.sharpe import ReturnMoments, deflated_sharpe, expected_best_sharpe
from weexctl.backtest.sweep import Plan
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.backtest.trial_ledger import TrialLedger
from weexctl.config.layers import parse_path
from weexctl.config.profile import Profile

__all__ = ["Flattery", "Output", "Spread", "TrialRow", "flattery", "lock_box", "report", "settings_toml", "warnings_of"]

_LOCK_BOX_MS = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SHOWN = 10


class TrialRow(BaseModel):
    """One trial."""

    number: int
    """0 is the profile as it is."""
    value: float | None
    """Of the metric that was searched for; None where it has none."""
    params: dict[str, bool | int | float | str]
    figures: dict[str, float | None]
    trades: int
    config_hash: str
    failure: str
    """Why it could not be run."""


class Spread(BaseModel):
    """How the metric is spread over the trials that have a value for it."""

    count: int
    best: float
    median: float
    worst: float
    deviation: float | None
    """n − 1 below; None of a single trial."""


class Flattery(BaseModel):
    """What the best trial's Sharpe ratio is worth, after it was chosen from so many. Ratios are per year."""

    sharpe: float | None
    configurations: int
    """Everything in the ledger of trials, not of this sweep alone."""
    expected_best_sharpe: float | None
    """What the best of as many worthless configurations would show."""
    deflated_sharpe: float | None
    """Probability that the best trial's true Sharpe ratio is above that."""


class Output(BaseModel):
    """A search, as far as it is."""

    name: str
    folder: str
    metric: str
    from_ms: int
    to_ms: int
    trials: int
    """How many were asked for."""
    done: int
    """How many of them are made."""
    done_before: int
    """How many of them were made by earlier calls."""
    failed: int
    interrupted: bool
    synthetic: bool
    profile_as_it_is: TrialRow | None
    best: list[TrialRow]
    """The ten with the highest value, best first; of equal ones the earlier first."""
    spread: Spread | None
    flattery: Flattery | None
    toml: str
    """The best settings as they have to stand in a profile; empty when no trial has a value."""


def report(plan: Plan, record: SweepRecord, ledger: TrialLedger, *, before: int, folder: Path) -> Output:
    """The answer of a sweep; the same for the same trials, whoever ran them."""
    made = [record.trials[number] for number in sorted(record.trials) if number < plan.trials]
    rows = [_row(trial, plan.metric) for trial in made]
    ranked = sorted((row for row in rows if row.value is not None), key=lambda row: (-(row.value or 0.0), row.number))
    best = record.trials[ranked[0].number] if ranked else None
    return Output(
        name=folder.name,
        folder=str(folder),
        metric=plan.metric,
        from_ms=plan.bench.schedule.first_ms,
        to_ms=plan.bench.schedule.last_ms,
        trials=plan.trials,
        done=len(made),
        done_before=min(before, plan.trials),
        failed=sum(1 for trial in made if trial.failure),
        interrupted=len(made) < plan.trials,
        synthetic=plan.bench.market.synthetic,
        profile_as_it_is=rows[0] if made and made[0].number == 0 else None,
        best=ranked[:_SHOWN],
        spread=_spread([row.value for row in ranked if row.value is not None]),
        flattery=None if best is None else flattery(best.figures.get("sharpe"), best.moments, ledger),
        toml="" if best is None else settings_toml(_profile(plan, best), plan.space.paths),
    )


def warnings_of(output: Output) -> list[Notice]:
    """What has to be said beside the best trial."""
    notices = []
    if output.failed:
        notices.append(Notice("TRIALS_FAILED", f"{output.failed} of {output.done} trials could not be run"))
    if output.flattery is not None:
        notices.append(Notice("BEST_OF_MANY", _flattered(output, output.flattery)))
    return [*notices, *lock_box(output.to_ms, synthetic=output.synthetic)]


def lock_box(to_ms: int, *, synthetic: bool) -> list[Notice]:
    """What has to be said when a search went up to this moment."""
    if to_ms <= _LOCK_BOX_MS or synthetic:
        return []
    words = (
        "the search saw candles of 2025 or later, which are kept for one last test of what was chosen without them;"
        " end it with --to 2025-01-01"
    )
    return [Notice("LOCK_BOX", words)]


def _flattered(output: Output, flattery: Flattery) -> str:
    words = f"the best of {output.done} trials looks better than it is"
    if flattery.expected_best_sharpe is not None and flattery.sharpe is not None:
        words += (
            f": of the {flattery.configurations} configurations ever tried, the best worthless one would be expected to"
            f" show a Sharpe ratio of {flattery.expected_best_sharpe:.2f}; this one shows {flattery.sharpe:.2f}"
        )
    if flattery.deflated_sharpe is not None:
        words += f" (deflated: {flattery.deflated_sharpe:.0%} sure to be above it)"
    return f"{words}; try it on candles that the search has not seen"


def _row(trial: TrialRecord, metric: str) -> TrialRow:
    return TrialRow(
        number=trial.number,
        value=trial.figures.get(metric),
        params=dict(trial.params),
        figures=dict(trial.figures),
        trades=trial.trades,
        config_hash=trial.config_hash,
        failure=trial.failure,
    )


def _spread(values: list[float]) -> Spread | None:
    if not values:
        return None
    return Spread(
        count=len(values),
        best=max(values),
        median=median(values),
        worst=min(values),
        deviation=stdev(values) if len(values) > 1 else None,
    )


def flattery(sharpe: float | None, observed: ReturnMoments | None, ledger: TrialLedger) -> Flattery:
    """What a Sharpe ratio (per year) with these daily moments is worth after all that the ledger holds."""
    year, deviation = math.sqrt(DAYS_PER_YEAR), ledger.deviation("sharpe")
    known = deviation is not None and ledger.count > 0
    per_day = (deviation or 0.0) / year
    return Flattery(
        sharpe=sharpe,
        configurations=ledger.count,
        expected_best_sharpe=expected_best_sharpe(ledger.count, per_day) * year if known else None,
        deflated_sharpe=deflated_sharpe(observed, trials=ledger.count, deviation=per_day) if known else None,
    )


def _profile(plan: Plan, best: TrialRecord) -> Profile:
    return plan.profile_of(best.params) if best.number else plan.profile


def settings_toml(profile: Profile, paths: tuple[str, ...]) -> str:
    """Every key of `[pipeline]` and `[limits]` that was varied, whole and with its defaults."""
    tables: Mapping[str, Any] = profile.to_toml_dict()
    lines = []
    for table in ("pipeline", "limits"):
        places = [parse_path(path) for path in paths]
        keys = dict.fromkeys(str(place[1]) for place in places if place[0] == table and len(place) > 1)
        if keys:
            lines += [f"[{table}]", *(f"{key} = {toml_value(tables[table][key])}" for key in keys), ""]
    return "\n".join(lines)
