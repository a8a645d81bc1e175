"""One arm, run: its columns, its account, its figures. What a worker process does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.arms import Arm
from weexctl.backtest.bench import Bench
from weexctl.backtest.block_shifts import delayed, with_shifted_regimes
from weexctl.backtest.coin_toss import tossed
from weexctl.backtest.composed import REGIME, Composed
from weexctl.backtest.crew import StoppedError, go_on
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.forecast_evidence import loud_day_scores
from weexctl.backtest.metrics import Metrics, measure
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stretch import Fits, Prepared
from weexctl.pipeline.decide import Identity
from weexctl.simulator.instruments import CONTRACTS, Contract
from weexctl.simulator.settings import SimulatorSettings

__all__ = ["ArmRun", "Footing", "Job", "run_arm", "score_odds"]


@dataclass(frozen=True, slots=True)
class Footing:
    """What all arms stand on, besides the bench."""

    ours: Composed
    """The profile as it is."""
    fits: Fits
    """Of its classifier."""
    start_equity: Decimal
    from_ms: int
    """The first close that is measured: our own warm-up is done there."""

    @classmethod
    def on(cls, bench: Bench, ours: Composed, fits: Fits, start_equity: Decimal) -> Footing:
        """The footing for a profile over a bench."""
        firsts = [
            window.candles.first_ms + bench.schedule.candle_ms * (window.before + window.ready_row + 1)
            for stretch in bench.stretches
            for symbol, known in bench.market.candles.items()
            if stretch[0] in fits[symbol]
            if (window := ours.window_of(known, stretch)).before + window.ready_row < len(window.candles)
        ]
        return cls(ours, fits, start_equity, min([bench.schedule.last_ms, *firsts]))

    def job(self, arm: Arm, composed: Composed) -> Job:
        """One run of an arm."""
        shared = composed.keys[REGIME] == self.ours.keys[REGIME] and arm.toss is None
        return Job(
            name=arm.name,
            composed=composed,
            fits=self.fits if shared else None,
            start_equity=self.start_equity,
            from_ms=self.from_ms,
            delay=arm.delay,
            shift=arm.shift,
            costs=arm.costs,
            toss=arm.toss,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one arm; the fields that are not explained are those of `Arm`."""

    name: str
    composed: Composed
    fits: Fits | None
    """Those of its classifier, where they were made already."""
    start_equity: Decimal
    from_ms: int
    """The first close that is measured."""
    delay: int = 0
    shift: int = 0
    costs: float = 1.0
    toss: int | None = None


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one run of an arm came to."""

    name: str
    curve: EquityCurve
    """From the first close that is measured."""
    metrics: Metrics
    digest: str
    """Of the arm's profile."""


def run_arm(bench: Bench, shelf: Shelf, job: Job, *, should_stop: Callable[[], bool]) -> ArmRun:
    """Run one arm over the bench.

    Args:
        bench: the candles and closes.
        shelf: what this process keeps of earlier arms over this bench.
        job: the arm.
        should_stop: asked now and then.

    Raises:
        PluginContractError: a plugin of this arm broke its promise.
        StoppedError: it was asked to stop.
    """
    if job.toss is not None:
        bench, shelf = replace(bench, market=tossed(bench.market, seed=job.toss)), Shelf()
    schedule, composed = bench.schedule, job.composed
    prepared = shelf.prepared(
        composed,
        bench.market.candles,
        bench.stretches,
        fits=job.fits,
        on_fit=lambda _: go_on(should_stop),
        go_on=lambda: go_on(should_stop),
    )
    engine = Engine.over(
        bench.market,
        composed.pipeline,
        start_ms=schedule.first_ms,
        start_equity=job.start_equity,
        identity=Identity(composed.digest, bench.market.source),
        run_id=job.name,
        settings=_settings(job.costs),
        contracts=_contracts(job.costs),
    )
    run = engine.run(schedule, _moved(prepared, job, schedule.count), should_stop=should_stop)
    if run.interrupted:
        raise StoppedError
    curve = _from(run, job.from_ms)
    metrics = measure(curve, [t for t in run.trades if t.closed_ms >= job.from_ms], run.totals)
    return ArmRun(job.name, curve, metrics, composed.digest)


def score_odds(
    bench: Bench, shelf: Shelf, composed: Composed, fits: Fits, symbol: str, *, should_stop: Callable[[], bool]
) -> NDArray[np.float64]:
    """The scores of a classifier's odds of a loud day, for one symbol; see `loud_day_scores`.

    Raises:
        DataError: it gives none, or there are too few days.
        PluginContractError: a plugin broke its promise.
        StoppedError: it was asked to stop.
    """
    candles = bench.market.candles[symbol]
    prepared = shelf.prepared(composed, {symbol: candles}, bench.stretches, fits=fits, go_on=lambda: go_on(should_stop))
    known = [block.columns[symbol] for block in prepared.blocks.values() if symbol in block.columns]
    return loud_day_scores(candles, known, bench.schedule.last_ms)


def _moved(prepared: Prepared, job: Job, rows: int) -> Prepared:
    blocks = prepared.blocks
    if job.delay:
        blocks = delayed(blocks, job.delay)
    if job.shift:
        blocks = with_shifted_regimes(blocks, job.shift, rows)
    return Prepared(blocks)


def _from(run: BacktestRun, from_ms: int) -> EquityCurve:
    """The run from the first close that is measured."""
    row = min(int(np.searchsorted(run.curve.time_ms, from_ms)), len(run.curve.time_ms) - 1)
    return EquityCurve(run.curve.time_ms[row:], run.curve.equity[row:], run.curve.gross_exposure[row:])


def _settings(costs: float) -> SimulatorSettings:
    usual = SimulatorSettings()
    return replace(
        usual,
        spread_bps=usual.spread_bps * costs,
        slippage_bps=usual.slippage_bps * costs,
        slippage_minor_bps=usual.slippage_minor_bps * costs,
        impact=usual.impact * costs,
        max_impact=usual.max_impact * costs,
    )


def _contracts(costs: float) -> dict[str, Contract]:
    return {symbol: _dearer(contract, Decimal(str(costs))) for symbol, contract in CONTRACTS.items()}


def _dearer(contract: Contract, costs: Decimal) -> Contract:
    rules = contract.instrument
    dear = replace(rules, maker_fee=rules.maker_fee * costs, taker_fee=rules.taker_fee * costs)
    return replace(contract, instrument=dear)
