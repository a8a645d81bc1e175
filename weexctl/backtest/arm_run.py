"""One arm, run: its columns, its account, its figures. What a worker process does."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from weexctl.backtest.block_shifts import delayed, with_shifted_regimes
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.metrics import Metrics, measure
from weexctl.backtest.preparation import Prepared
from weexctl.backtest.shared_columns import Composed, SharedColumns
from weexctl.backtest.worker import settle_in
from weexctl.pipeline.decide import Identity
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule
from weexctl.simulator.instruments import CONTRACTS, Contract
from weexctl.simulator.settings import SimulatorSettings

__all__ = ["ArmRun", "Bench", "Job", "run_arm", "run_job", "set_up_worker"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all arms have in common."""

    market: MarketSource
    schedule: Schedule
    shared: SharedColumns
    start_equity: Decimal
    from_ms: int
    """The first close that is measured: our own warm-up is done there."""

    @classmethod
    def over(
        cls, market: MarketSource, schedule: Schedule, shared: SharedColumns, ours: Composed, start: Decimal
    ) -> Bench:
        """The bench for these columns."""
        firsts = [
            known.candles.first_ms + schedule.candle_ms * (known.ready_row + 1)
            for block in shared.blocks(ours).values()
            for known in block.columns.values()
            if known.ready_row < len(known.candles)
        ]
        return cls(market, schedule, shared, start, min([schedule.last_ms, *firsts]))


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one arm."""

    name: str
    composed: Composed
    delay: int = 0
    shift: int = 0
    costs: float = 1.0


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one run of an arm came to."""

    name: str
    curve: EquityCurve
    """From the first close that is measured."""
    metrics: Metrics
    digest: str
    """Of the arm's profile."""
    interrupted: bool


def run_arm(bench: Bench, job: Job, should_stop: Callable[[], bool] = lambda: False) -> ArmRun:
    """Run one arm over the bench.

    Raises:
        PluginContractError: a plugin of this arm broke its promise.
    """
    schedule, composed = bench.schedule, job.composed
    blocks = bench.shared.blocks(composed)
    if job.delay:
        blocks = delayed(blocks, job.delay)
    if job.shift:
        blocks = with_shifted_regimes(blocks, job.shift, schedule.count)
    engine = Engine.over(
        bench.market,
        composed.pipeline,
        start_ms=schedule.first_ms,
        start_equity=bench.start_equity,
        identity=Identity(composed.digest, bench.market.source),
        run_id=job.name,
        settings=_settings(job.costs),
        contracts=_contracts(job.costs),
    )
    run = engine.run(schedule, Prepared(blocks), should_stop=should_stop)
    curve = _from(run, bench.from_ms)
    metrics = measure(curve, [t for t in run.trades if t.closed_ms >= bench.from_ms], run.totals)
    return ArmRun(job.name, curve, metrics, composed.digest, run.interrupted)


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


_worker: dict[str, Any] = {}
"""The bench of this worker process, and how it is told to stop."""


def set_up_worker(path: Path, stop: Any) -> None:
    """Load the bench from a file, once per process."""
    settle_in()
    with path.open("rb") as file:
        _worker.update(bench=pickle.load(file), stop=stop)  # noqa: S301  # the parent has just written it


def run_job(job: Job) -> ArmRun:
    """Run one arm in a worker process."""
    return run_arm(_worker["bench"], job, _worker["stop"].is_set)
