"""One call of `trade` at a venue that remembers: a run that begins or goes on, and the loop that drives it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import weexctl
from weexctl.config.profile import Profile
from weexctl.errors import ConfigError
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import Breakers
from weexctl.execution.guardian import StopKeeper
from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.model.candle import Timeframe
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.identity import REHEARSAL, run_id
from weexctl.pipeline.stage import Pipeline
from weexctl.ports import Observer
from weexctl.trader import restarts
from weexctl.trader.account_settings import AccountSettings
from weexctl.trader.breaker_board import BreakerBoard
from weexctl.trader.fitting import TrailingColumns
from weexctl.trader.keeper import Keeper
from weexctl.trader.live_loop import LiveLoop, LiveReport, Pulse, Tempo
from weexctl.trader.market_feed import MarketFeed
from weexctl.trader.readings import Readings
from weexctl.trader.risk_state import RiskState
from weexctl.trader.schedule import HISTORY_CANDLES, REFIT_CANDLES
from weexctl.trader.session import SessionReport, orders_of, stored_fits
from weexctl.trader.trader import RISK_STATE, Trader
from weexctl.trader.wire_venue import WireVenue

__all__ = ["LiveSession", "Quiet"]


class Quiet:
    """A pulse that nobody feels."""

    def ready(self, status: str) -> None:
        """Nothing."""

    def alive(self, status: str, *, agreed: bool) -> None:
        """Nothing."""


def _not_halted() -> str:
    return ""


def _untold(before: Breakers, after: Breakers) -> None:
    """Nobody is told."""


@dataclass(slots=True, kw_only=True)
class LiveSession:
    """Everything a run at a real venue is made of. Nothing is written, and nothing sent, by building one."""

    profile: Profile
    pipeline: Pipeline
    venue: WireVenue
    journal_path: Path
    new: bool = False
    """Begin a new run, on another profile perhaps. Orders, positions and the risk memory go over to it."""
    read_only: bool = False
    observer: Observer | None = None
    halted: Callable[[], str] = _not_halted
    guardian: StopKeeper | None = None
    """Looks after stops; None for one that reads them at the exchange."""
    on_breakers: Callable[[Breakers, Breakers], None] = _untold
    """Is told of every event that changed the breakers: what they were, and what they are."""
    pulse: Pulse = field(default_factory=Quiet)
    tempo: Tempo = field(default_factory=Tempo)
    history: int = HISTORY_CANDLES

    @property
    def source(self) -> str:
        """What decision ids say about where the candles are from."""
        return f"weex:{self.profile.venue.timeframe.value}"

    def run(
        self,
        *,
        steps: int | None = None,
        until_ms: int | None = None,
        on_fetch: Callable[[str], None] = lambda _: None,
        on_step: Callable[[str], None] = lambda _: None,
        should_stop: Callable[[], bool],
    ) -> SessionReport:
        """Take the account's lock, bring exchange and books together, and trade until asked to stop.

        Raises:
            LockHeldError: another process trades on this account.
            ConfigError: the run on record was made with another profile.
            ExchangeError: the candles could not be read; nothing was sent.
        """
        timeframe = self.profile.venue.timeframe
        symbols = tuple(self.profile.venue.symbols)
        with Journal.open(self.journal_path, venue=self.venue.name, account=self.venue.account) as journal:
            earlier = None if self.new else self._earlier(journal)
            self.venue.clock.sleep_ms(restarts.begin(journal, self.venue.clock.now_ms()))
            feed = MarketFeed(
                self.venue.exchange, symbols, timeframe, history=self.history, keep=self.history + REFIT_CANDLES
            )
            last_close = self.venue.clock.now_ms() // timeframe.ms * timeframe.ms
            feed.load(last_close, on_fetch)
            columns = TrailingColumns(self.pipeline, stored=stored_fits(journal) if earlier else None)
            run_from = earlier.from_ms if earlier else last_close + timeframe.ms
            columns.at(
                feed.candles, _fitted(run_from, last_close, timeframe), last_close
            )  # a fault refuses the run here
            run, state = self._begin(journal, earlier, run_from, timeframe)
            board, limits = self._board(journal), self.pipeline.limits
            trader = Trader(
                self.pipeline,
                symbols,
                self.venue,
                journal,
                candle_ms=timeframe.ms,
                identity=Identity(self.profile.digest, self.source),
                run_id=run,
                state=state,
                read_only=self.read_only,
                observer=self.observer,
                halted=self.halted,
                guardian=self.guardian,
                brakes=board,
            )
            readings = Readings(
                board,
                journal,
                state,
                self.venue.clock,
                self.venue.quotes,
                symbols,
                data_age_ms=round(limits.max_data_age_candles * timeframe.ms),
                tells_profit=self.venue.proves_stops,
            )
            self.venue.answers.listener = readings.answered
            keeper = Keeper(
                self.venue.exchange,
                trader.gate,
                trader.desk,
                trader.sync,
                journal,
                self.venue.clock,
                symbols,
                book_of=trader.book_of,
                proves_stops=self.venue.proves_stops,
                read_only=self.read_only,
            )
            loop = LiveLoop(
                trader,
                keeper,
                feed,
                columns,
                self.venue.clock,
                board=board,
                readings=readings,
                settings=self._settings(symbols),
                halted=self.halted,
                run_from_ms=run_from,
                done_ms=earlier.to_ms if earlier else last_close,
                candle_ms=timeframe.ms,
                tempo=self.tempo,
                pulse=self.pulse,
                on_step=on_step,
                should_stop=should_stop,
            )
            return self._drive(loop, trader, journal, run, columns, steps, until_ms)

    def _board(self, journal: Journal) -> BreakerBoard:
        settings = BreakerSettings.of(self.pipeline.limits)
        return BreakerBoard(settings, journal, self.venue.clock.now_ms, self.on_breakers)

    def _settings(self, symbols: tuple[str, ...]) -> AccountSettings | None:
        """None where they cannot be read."""
        if not self.venue.proves_stops:
            return None
        return AccountSettings(self.venue.exchange, symbols, self.pipeline.limits.max_leverage)

    def _earlier(self, journal: Journal) -> RunRecord | None:
        run = journal.runs.latest()
        if run is None or journal.state.get(RISK_STATE) is None:
            return None
        changed = [
            word
            for word, same in (
                ("another profile", run.profile_digest == self.profile.digest),
                ("other symbols", run.symbols == tuple(self.profile.venue.symbols)),
            )
            if not same
        ]
        if changed:
            raise ConfigError(
                f"the run {run.run_id} on record was made with {' and '.join(changed)}; nothing was done",
                hint="add --new to begin a new run on this account: orders, positions and risk memory go over to it",
                code="ANOTHER_RUN",
            )
        return run

    def _begin(
        self, journal: Journal, earlier: RunRecord | None, run_from: int, timeframe: Timeframe
    ) -> tuple[str, RiskState]:
        saved = journal.state.get(RISK_STATE)
        if earlier is not None and saved is not None:
            return earlier.run_id, RiskState.from_json(saved)
        now = self.venue.clock.now_ms()
        equity = self.venue.exchange.fetch_balance().equity
        state = (
            RiskState.from_json(saved)
            if saved is not None
            else RiskState(start_equity=float(equity), funding_from_ms=now, funding_ms=now)
        )
        record = self._record(now, run_from, timeframe, equity)
        with journal.transaction():  # a run without its memory could not be gone on with
            if journal.runs.get(record.run_id) is None:
                journal.runs.add(record)
            journal.state.put(RISK_STATE, state.to_json())
        return record.run_id, state

    def _record(self, now_ms: int, run_from: int, timeframe: Timeframe, equity: Decimal) -> RunRecord:
        symbols, profile = tuple(self.profile.venue.symbols), self.profile
        account = REHEARSAL if self.read_only else self.venue.account
        return RunRecord(
            run_id=run_id(profile.digest, self.source, self.venue.name, account, run_from, symbols),
            started_ms=now_ms,
            venue=self.venue.name,
            profile=profile.name,
            profile_digest=profile.digest,
            profile_json=json.dumps(profile.to_toml_dict(), sort_keys=True, separators=(",", ":")),
            source=self.source,
            symbols=symbols,
            timeframe=timeframe.value,
            seed=None,
            from_ms=run_from,
            to_ms=run_from - timeframe.ms,
            manifest=self._manifest(equity),
        )

    def _manifest(self, equity: Decimal) -> dict[str, Any]:
        """What the run is made from."""
        return {
            "weexctl": weexctl.__version__,
            "source": self.source,
            "synthetic": False,
            "plugins": [
                {"kind": s.kind, "name": s.name, "distribution": s.distribution, "version": s.version}
                for s in self.pipeline.stages()
            ],
            "start_equity": str(equity),
        }

    def _drive(
        self,
        loop: LiveLoop,
        trader: Trader,
        journal: Journal,
        run: str,
        columns: TrailingColumns,
        steps: int | None,
        until_ms: int | None,
    ) -> SessionReport:
        made: LiveReport | None = None
        try:
            made = loop.run(steps=steps, until_ms=until_ms)
        finally:
            record = journal.runs.get(run)
            if record is not None:
                status = "failed" if made is None else "stopped" if made.interrupted else "done"
                journal.runs.progress(run, to_ms=record.to_ms, steps=record.steps, status=status)
        restarts.end(journal)
        trader.record_timings(columns.seconds)
        record = journal.runs.get(run)
        if record is None:
            raise ConfigError(f"run {run} vanished from its journal", hint="run again with --new")
        return SessionReport(
            run=record,
            made_steps=made.steps,
            interrupted=made.interrupted,
            balance=self.venue.exchange.fetch_balance(),
            state=trader.state,
            equity=journal.equity.of_run(run),
            orders=orders_of(journal),
            trades=journal.trades.of_run(run),
            open_trades=trader.open_trades,
        )


def _fitted(run_from_ms: int, close_ms: int, timeframe: Timeframe) -> int:
    """The moment of the fits that count at a close; before the run's first step, the first ones."""
    span = REFIT_CANDLES * timeframe.ms
    return run_from_ms + max(0, close_ms - run_from_ms) // span * span
