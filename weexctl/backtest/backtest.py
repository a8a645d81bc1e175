"""One profile over one market: what it takes, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.backtest.preparation import OnFit, prepare
from weexctl.backtest.stretch import Prepared
from weexctl.config.profile import Profile
from weexctl.model.decision import Decision
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.identity import run_id
from weexctl.pipeline.stage import Pipeline
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule

__all__ = ["Backtest"]

_PLACE = "backtest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Everything a run over known candles is made of. Nothing is written by building or running one."""

    profile: Profile
    pipeline: Pipeline
    market: MarketSource
    schedule: Schedule

    @property
    def run_id(self) -> str:
        """The same profile, data, span and symbols have the same id everywhere."""
        symbols = tuple(self.market.candles)
        return run_id(self.profile.digest, self.market.source, _PLACE, _PLACE, self.schedule.run_from_ms, symbols)

    def prepare(self, *, workers: int, on_fit: OnFit, should_stop: Callable[[], bool]) -> Prepared:
        """Every fit and every column that the run needs.

        Raises:
            PluginContractError: a plugin broke its promise.
            KeyboardInterrupt: somebody wanted an end.
        """
        return prepare(
            Composed.of(self.profile, self.pipeline),
            Bench(self.market, self.schedule),
            workers=workers,
            on_fit=on_fit,
            should_stop=should_stop,
        )

    def run(
        self,
        prepared: Prepared,
        *,
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],
        on_decisions: Callable[[tuple[Decision, ...]], None] | None = None,
    ) -> BacktestRun:
        """Make the steps; ends early, after a whole stretch, when asked to.

        With `on_decisions` every close is decided on and its decisions are handed over.
        """
        engine = Engine.over(
            self.market,
            self.pipeline,
            start_ms=self.schedule.first_ms,
            start_equity=self.profile.simulator.start_equity,
            identity=Identity(self.profile.digest, self.market.source),
            run_id=self.run_id,
            on_decisions=on_decisions,
        )
        return engine.run(self.schedule, prepared, on_step=on_step, should_stop=should_stop)
