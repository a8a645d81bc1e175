"""One trial of a sweep: a profile over the candles that all trials share. What a worker does, wherever it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from weexctl.backtest.backtest import Backtest
from weexctl.backtest.equity_curve import daily_returns
from weexctl.backtest.metrics import measure
from weexctl.backtest.shared_fits import Fits, Shelf, make_fits
from weexctl.backtest.sharpe import ReturnMoments, moments
from weexctl.backtest.sweep_record import FIGURES
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile
from weexctl.errors import WeexctlError
from weexctl.model.regime import Artefact
from weexctl.plugin_host import load_offers
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule

__all__ = ["Bench", "Outcome", "StoppedError", "fit_symbol", "run_trial"]


class StoppedError(Exception):
    """Somebody asked for an end in the middle of a trial; there is nothing to keep of it."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What all trials have in common."""

    market: MarketSource = field(repr=False)
    schedule: Schedule
    plugins: Mapping[str, str]
    """The variables of the environment that say which plugins are loaded."""

    @property
    def key(self) -> str:
        """The same for benches over the same candles, closes and plugins."""
        return f"{self.market.source}|{','.join(self.market.candles)}|{self.schedule}|{sorted(self.plugins.items())}"


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
            profile.pipeline,
            pipeline,
            bench.market.candles,
            bench.schedule,
            fits=fits,
            on_work=lambda: _go_on(should_stop),
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


def fit_symbol(
    bench: Bench,
    shelf: Shelf,  # noqa: ARG001  # the shape of a task
    profile: Profile,
    symbol: str,
    *,
    should_stop: Callable[[], bool],
) -> Mapping[int, Mapping[str, Artefact]]:
    """Every fit of one symbol that the bench needs.

    Raises:
        PluginContractError: the classifier broke its promise.
        StoppedError: it was asked to stop.
    """
    pipeline = build_pipeline(profile, load_offers(environ=bench.plugins))
    candles = {symbol: bench.market.candles[symbol]}
    return make_fits(pipeline, candles, bench.schedule, on_fit=lambda _: _go_on(should_stop))


def _go_on(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise StoppedError
