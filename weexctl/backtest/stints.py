"""One account that goes on through several stints, each under a profile of its own.

Where a stint begins, nothing is closed and nothing is forgotten: what is held keeps the stop it has and is looked after
by the new profile's exits, and peak, losses, cooldowns and a halt stay what they were. So it would be with an account
whose settings somebody changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from weexctl.backtest.composed import Composed
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.backtest.folds import Closes
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stretch import Fits, Stretch
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Block
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule

__all__ = ["Stint", "StintSchedule", "run_stints"]


@dataclass(frozen=True, slots=True)
class Stint:
    """Some closes, and the pipeline that decides on them."""

    closes: Closes
    composed: Composed
    fits: Fits = field(repr=False)
    """Of its classifier, for every symbol."""

    @property
    def pipeline(self) -> Pipeline:
        """Its built stages."""
        return self.composed.pipeline


@dataclass(frozen=True, slots=True)
class StintSchedule(Schedule):
    """The closes of stints that follow each other: a stretch ends where its fits do, and where its stint does."""

    starts_ms: tuple[int, ...]
    """First close of each stint."""

    @classmethod
    def of(cls, stints: Sequence[Stint], schedule: Schedule) -> StintSchedule:
        """The closes of these stints, with fits at the moments of the whole schedule."""
        starts = tuple(stint.closes.first_ms for stint in stints)
        return cls(schedule.run_from_ms, starts[0], stints[-1].closes.last_ms, schedule.candle_ms, starts)

    def blocks(self) -> Iterator[tuple[int, int, int]]:
        """(fit moment, first step, last step) of each stretch, in order."""
        for fitted_ms, first_ms, last_ms in Schedule.blocks(self):
            starts = [first_ms, *(start for start in self.starts_ms if first_ms < start <= last_ms)]
            for start, after in zip(starts, [*starts[1:], last_ms + self.candle_ms], strict=True):
                yield fitted_ms, start, after - self.candle_ms


@dataclass(frozen=True, slots=True)
class _StintColumns:
    """The columns of each stretch, computed when it is reached."""

    market: MarketSource
    stints: Sequence[Stint]

    def compute(self, fitted_ms: int, first_ms: int, last_ms: int) -> Block:
        """The block of one stretch."""
        stretch: Stretch = fitted_ms, first_ms, last_ms
        stint = _stint_at(self.stints, first_ms)
        found = Shelf().prepared(stint.composed, self.market.candles, [stretch], fits=stint.fits)
        return found.compute(*stretch)


def run_stints(
    market: MarketSource,
    stints: Sequence[Stint],
    schedule: StintSchedule,
    *,
    start_equity: Decimal,
    identity: Identity,
    run_id: str,
    on_step: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> BacktestRun:
    """Run one account through all stints. Its leverage at the exchange is the highest that any of them allows.

    Args:
        market: every candle.
        stints: oldest first; each begins where the one before it ends.
        schedule: their closes.
        start_equity: quote.
        identity: what decision ids are made of.
        run_id: what the records of its trades carry.
        on_step: is told how many closes have passed, now and then.
        should_stop: asked now and then.

    Raises:
        PluginContractError: a plugin broke its promise.
        DataError: the candles do not fit together, or begin after the first close.
    """
    engine = Engine.over(
        market,
        max((stint.pipeline for stint in stints), key=lambda pipeline: pipeline.limits.max_leverage),
        start_ms=schedule.first_ms,
        start_equity=start_equity,
        identity=identity,
        run_id=run_id,
    )
    return engine.run(
        schedule,
        _StintColumns(market, stints),
        on_step=on_step,
        should_stop=should_stop,
        pipeline_at=lambda first_ms: _stint_at(stints, first_ms).pipeline,
    )


def _stint_at(stints: Sequence[Stint], close_ms: int) -> Stint:
    return stints[bisect_right([stint.closes.first_ms for stint in stints], close_ms) - 1]
