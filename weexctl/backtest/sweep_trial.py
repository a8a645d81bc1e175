"""One trial of a sweep: a profile over the candles that all trials share. What a worker does, wherever it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from weexctl.backtest.backtest import Backtest
from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import StoppedError, go_on
from weexctl.backtest.equity_curve import daily_returns
from weexctl.backtest.metrics import measure
from weexctl.backtest.sharpe import ReturnMoments, moments
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stretch import Fits
from weexctl.backtest.sweep_record import FIGURES
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile
from weexctl.errors import WeexctlError
from weexctl.plugin_host import load_offers

__all__ = ["Outcome", "run_trial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a trial; the fields are those of `TrialRecord`."""

    figures: Mapping[str, float | None] = field(default_factory=dict)
    trades: int = 0
    moments: ReturnMoments | None = None
    failure: str = ""
    seconds: float = 0.0


def run_trial(
    bench: Bench, shelf: Shelf, profile: Profile, fits: Fits | None, *, should_stop: Callable[[], bool]
) -> Outcome:
    """Run a profile over the bench, and measure it. A plugin that breaks its promise is a failure of this trial.

    Args:
        bench: the candles and closes.
        shelf: what this process keeps of earlier trials over this bench.
        profile: the trial's.
        fits: of its classifier, where they were made already.
        should_stop: asked now and then.

    Raises:
        StoppedError: it was asked to stop.
    """
    began = time.perf_counter()
    try:
        pipeline = build_pipeline(profile, load_offers(environ=bench.plugins))
        prepared = shelf.prepared(
            Composed.of(profile, pipeline),
            bench.market.candles,
            bench.stretches,
            fits=fits,
            on_fit=lambda _: go_on(should_stop),
            go_on=lambda: go_on(should_stop),
        )
        backtest = Backtest(profile=profile, pipeline=pipeline, market=bench.market, schedule=bench.schedule)
        run = backtest.run(prepared, on_step=lambda _: None, should_stop=should_stop)
    except WeexctlError as error:
        return Outcome(failure=error.message, seconds=time.perf_counter() - began)
    if run.interrupted:
        raise StoppedError
    metrics = measure(run.curve, run.trades, run.totals)
    return Outcome(
        figures={name: getattr(metrics, name) for name in FIGURES},
        trades=metrics.trades.count,
        moments=moments(daily_returns(run.curve).returns),
        seconds=time.perf_counter() - began,
    )
