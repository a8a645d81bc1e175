"""What a walk-forward answers: each fold, all test windows as one run, and what choosing was worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from pydantic import BaseModel

from weexctl.actions import backtest_run
from weexctl.actions.backtest_run import output_of
from weexctl.actions.context import Notice
from weexctl.actions.sweep_report import Flattery, flattery, lock_box, settings_toml
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.engine import BacktestRun
from weexctl.backtest.equity_curve import EquityCurve, daily_returns
from weexctl.backtest.estimate import Estimate
from weexctl.backtest.fold_choice import FoldChoice
from weexctl.backtest.folds import Fold, FoldPlan
from weexctl.backtest.metrics import Metrics
from weexctl.backtest.sharpe import moments
from weexctl.backtest.sweep import Plan
from weexctl.backtest.trial_ledger import TrialLedger
from weexctl.backtest.walk_figures import Drift, drift, efficiency, intervals, window_metrics

__all__ = ["FoldRow", "Output", "TestFigures", "Walked", "report", "warnings_of", "with_flattery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A walk-forward as far as it is."""

    plan: Plan
    windows: FoldPlan
    folds: Sequence[Fold]
    choices: Sequence[FoldChoice]
    backtest: Backtest
    """The profile as it is over the closes of the test windows."""
    found: BacktestRun
    run_id: str
    folder: Path
    trials: int
    """On record."""
    before: int
    """Of these, by earlier calls."""


class TestFigures(BaseModel):
    """One test window, from the end of the one before it. Where nothing was left to trade with, there are none."""

    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float
    calmar: float | None
    mean_exposure: float
    trades: int
    """Closed in this window."""


class FoldRow(BaseModel):
    """One fold."""

    number: int
    train_from_ms: int
    """First close that the settings were chosen on."""
    train_to_ms: int
    """Last of them; nothing that closed later was known."""
    test_from_ms: int
    test_to_ms: int
    params: dict[str, bool | int | float | str]
    chosen: int
    """Number of the trial; 0 is the profile as it is."""
    in_sample: float | None
    """The metric on the train window."""
    in_sample_figures: dict[str, float | None]
    in_sample_trades: int
    trials: int
    failed: int
    out_of_sample: float | None
    """The metric on the test window."""
    out_of_sample_figures: TestFigures | None
    """None when the window was not run to its end, or began with nothing."""


class Output(backtest_run.Output):
    """All test windows as one run, and what is known of the choices."""

    name: str
    folder: str
    metric: str
    windows: FoldPlan
    gap_candles: int
    """Between each train window and its test window."""
    folds: list[FoldRow]
    folds_planned: int
    trials: int
    """Made so far, on all train windows."""
    done_before: int
    """How many of them were made by earlier calls."""
    in_sample_cagr: float | None
    """Mean over the choices on their train windows; None when one has no value."""
    efficiency: float | None
    """CAGR of all test windows as one run / `in_sample_cagr`; None unless the latter is above zero."""
    drift: list[Drift]
    intervals: dict[str, Estimate]
    """Sharpe ratio, CAGR and maximum drawdown of the daily returns with what they are on redrawn days."""
    no_intervals: str
    """Why there are none."""
    flattery: Flattery | None = None
    toml: str
    """The settings of the last fold as they have to stand in a profile; empty when nothing was varied."""


def report(walked: Walked) -> Output:
    """The answer of a walk-forward; the same for the same trials, whoever ran them."""
    plan, choices, found = walked.plan, walked.choices, walked.found
    whole = output_of(walked.backtest, found)
    growth = _mean(choice.chosen.figures.get("cagr") for choice in choices)
    estimates, missing = intervals(found.curve)
    return Output(
        **{name: getattr(whole, name) for name in backtest_run.Output.model_fields} | _as_one_run(walked, whole),
        name=walked.folder.name,
        folder=str(walked.folder),
        metric=plan.metric,
        windows=walked.windows,
        gap_candles=walked.windows.gap(plan.bench.schedule.candle_ms),
        folds=_rows(walked),
        folds_planned=len(walked.folds),
        trials=walked.trials,
        done_before=walked.before,
        in_sample_cagr=growth,
        efficiency=efficiency(growth, whole.metrics.cagr),
        drift=list(drift(plan.space.paths, [choice.chosen.params for choice in choices])),
        intervals=dict(estimates),
        no_intervals=missing,
        toml=settings_toml(choices[-1].profile, plan.space.paths) if plan.space.dimensions else "",
    )


def with_flattery(output: Output, curve: EquityCurve, ledger: TrialLedger) -> Output:
    """The same with what its Sharpe ratio is worth after all that the ledger holds."""
    observed = moments(daily_returns(curve).returns)
    return output.model_copy(update={"flattery": flattery(output.metrics.sharpe, observed, ledger)})


def warnings_of(output: Output) -> list[Notice]:
    """What has to be said beside the figures."""
    notices = []
    failed = sum(row.failed for row in output.folds)
    if failed:
        notices.append(Notice("TRIALS_FAILED", f"{failed} of {output.trials} trials could not be run"))
    blind = [str(row.number) for row in output.folds if row.in_sample is None]
    if blind:
        words = f"no trial of fold {', '.join(blind)} has a {output.metric}, so the profile as it is was tried there"
        notices.append(Notice("NOTHING_TO_CHOOSE_BY", words))
    if halted := output.refusals.get("KILL_DRAWDOWN"):
        words = f"the account had lost what ends everything, and {halted} wishes were refused: it does not trade again"
        notices.append(Notice("HALTED", words))
    return [*notices, *(lock_box(output.to_ms, synthetic=output.synthetic))]


def _as_one_run(walked: Walked, whole: backtest_run.Output) -> dict[str, object]:
    """What tells the run of the test windows from a backtest of the profile as it is."""
    folds = len(walked.choices)
    manifest = {
        **whole.manifest,
        "profile": f"{walked.plan.profile.name}, walk-forward of {folds} fold{'' if folds == 1 else 's'}",
        "settings": [dict(choice.chosen.params) for choice in walked.choices],
    }
    interrupted = whole.interrupted or folds < len(walked.folds)
    return {"run_id": walked.run_id, "manifest": manifest, "interrupted": interrupted}


def _rows(walked: Walked) -> list[FoldRow]:
    found, choices = walked.found, walked.choices
    measured = window_metrics(found.curve, found.trades, [choice.fold.test for choice in choices])
    padded: list[Metrics | None] = [*measured, *[None] * (len(choices) - len(measured))]
    return [_row(choice, metrics, walked.plan.metric) for choice, metrics in zip(choices, padded, strict=True)]


def _row(choice: FoldChoice, metrics: Metrics | None, metric: str) -> FoldRow:
    fold, chosen = choice.fold, choice.chosen
    return FoldRow(
        number=fold.number,
        train_from_ms=fold.train.first_ms,
        train_to_ms=fold.train.last_ms,
        test_from_ms=fold.test.first_ms,
        test_to_ms=fold.test.last_ms,
        params=dict(chosen.params),
        chosen=chosen.number,
        in_sample=chosen.figures.get(metric),
        in_sample_figures=dict(chosen.figures),
        in_sample_trades=chosen.trades,
        trials=choice.trials,
        failed=choice.failed,
        out_of_sample=None if metrics is None else getattr(metrics, metric),
        out_of_sample_figures=None if metrics is None else _figures(metrics),
    )


def _figures(metrics: Metrics) -> TestFigures:
    named = {name: getattr(metrics, name) for name in TestFigures.model_fields if name != "trades"}
    return TestFigures(**named, trades=metrics.trades.count)


def _mean(values: Iterable[float | None]) -> float | None:
    known = list(values)
    chosen = [value for value in known if value is not None]
    return mean(chosen) if len(chosen) == len(known) and chosen else None
