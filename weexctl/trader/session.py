"""One call of `trade` on the simulator: what goes on, what begins anew, what is refused; and the sum of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weexctl.config.profile import Profile
from weexctl.errors import ConfigError, UsageError
from weexctl.journal.archive import archive_journal
from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.model.regime import Artefact
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.identity import REHEARSAL, run_id
from weexctl.pipeline.stage import Pipeline
from weexctl.ports import Observer
from weexctl.run.fitting import Blocks
from weexctl.run.manifest import run_manifest
from weexctl.run.market_source import MarketSource
from weexctl.run.risk_state import RiskState
from weexctl.run.schedule import Schedule
from weexctl.trader.session_report import SessionReport
from weexctl.trader.sim_venue import SimVenue
from weexctl.trader.trader import FITS, RISK_STATE, VENUE_STATE, Trader

__all__ = ["Earlier", "Session", "read_earlier", "stored_fits"]

_DEFAULT_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A run on record that may go on."""

    run: RunRecord
    risk: Mapping[str, Any]
    venue: dict[str, Any]
    fits: Mapping[int, Mapping[str, Artefact]]


def read_earlier(path: Path) -> Earlier | None:
    """The newest run of this journal; None when there is no journal, or it holds no finished step."""
    if not path.exists():
        return None
    with Journal.read(path) as journal:
        run = journal.runs.latest()
        risk, venue = journal.state.get(RISK_STATE), journal.state.get(VENUE_STATE)
        if run is None or risk is None or venue is None:
            return None
        return Earlier(run=run, risk=risk, venue=venue, fits=stored_fits(journal))


def stored_fits(journal: Journal) -> dict[int, dict[str, Artefact]]:
    """The fits on record, by fit moment and symbol."""
    fits = {}
    for key in journal.state.names():
        if key.startswith(FITS):
            known = {symbol: journal.artefacts.get(a) for symbol, a in journal.state.get(key).items()}
            fits[int(key.removeprefix(FITS))] = {s: a for s, a in known.items() if a is not None}
    return fits


def _not_halted() -> str:
    return ""


@dataclass(slots=True)
class Session:
    """Everything a run on the simulator is made of, before its first step. Nothing is written by building one."""

    profile: Profile
    pipeline: Pipeline
    market: MarketSource
    schedule: Schedule
    blocks: Blocks
    journal_path: Path
    earlier: Earlier | None
    """None for a run that begins."""
    new: bool = True
    """Put aside a run that is on record; False refuses to when one has appeared since `earlier` was read."""
    read_only: bool = False
    observer: Observer | None = None
    halted: Callable[[], str] = _not_halted
    on_refusals: Callable[[Mapping[str, str]], None] | None = None

    def check(self) -> None:
        """Compute the first stretch of columns, so that a plugin that fails is refused before anything is written."""
        first = next(self.schedule.blocks(), None)
        if first is not None:
            self.blocks.compute(*first)

    def run(self, *, on_step: Callable[[str], None], should_stop: Callable[[], bool]) -> SessionReport:
        """Make the steps."""
        if self.earlier is None:
            if not self.new and read_earlier(self.journal_path) is not None:
                raise _moved()
            archive_journal(self.journal_path, venue=SimVenue.name, account=SimVenue.account)
        with Journal.open(self.journal_path, venue=SimVenue.name, account=SimVenue.account) as journal:
            venue, state, run = self._begin(journal)
            try:
                trader = Trader(
                    self.pipeline,
                    tuple(self.market.candles),
                    venue,
                    journal,
                    candle_ms=self.schedule.candle_ms,
                    identity=Identity(self.profile.digest, self.market.source),
                    run_id=run,
                    state=state,
                    read_only=self.read_only,
                    observer=self.observer,
                    halted=self.halted,
                    on_refusals=self.on_refusals,
                )
                return self._drive(trader, journal, venue, run, on_step, should_stop)
            finally:
                venue.close()

    def _begin(self, journal: Journal) -> tuple[SimVenue, RiskState, str]:
        if self.earlier is not None:
            latest = journal.runs.latest()
            if latest is None or (latest.run_id, latest.to_ms) != (self.earlier.run.run_id, self.earlier.run.to_ms):
                raise _moved()
            state = RiskState.from_json(self.earlier.risk)
            venue = SimVenue.resume(self.market, self.earlier.venue)
            venue.advance(self.earlier.run.to_ms)  # it is saved only when something changed, which may be longer ago
            return venue, state, self.earlier.run.run_id
        equity = self.profile.simulator.start_equity
        venue = SimVenue.start(
            self.market,
            seed=_DEFAULT_SEED if self.market.seed is None else self.market.seed,
            start_ms=self.schedule.first_ms,
            start_equity=equity,
        )
        now = venue.clock.now_ms()
        record = self._record(now)
        journal.runs.add(record)
        return venue, RiskState(start_equity=float(equity), funding_from_ms=now, funding_ms=now), record.run_id

    def _record(self, now_ms: int) -> RunRecord:
        symbols = tuple(self.market.candles)
        return RunRecord(
            run_id=self._run_id(symbols),
            started_ms=now_ms,
            venue=SimVenue.name,
            profile=self.profile.name,
            profile_digest=self.profile.digest,
            profile_json=json.dumps(self.profile.to_toml_dict(), sort_keys=True, separators=(",", ":")),
            source=self.market.source,
            symbols=symbols,
            timeframe=self.profile.venue.timeframe.value,
            seed=self.market.seed,
            from_ms=self.schedule.run_from_ms,
            to_ms=self.schedule.run_from_ms - self.schedule.candle_ms,
            manifest=run_manifest(self.profile, self.pipeline, self.market),
        )

    def _run_id(self, symbols: tuple[str, ...]) -> str:
        account = REHEARSAL if self.read_only else SimVenue.account
        return run_id(
            self.profile.digest, self.market.source, SimVenue.name, account, self.schedule.run_from_ms, symbols
        )

    def _drive(
        self,
        trader: Trader,
        journal: Journal,
        venue: SimVenue,
        run: str,
        on_step: Callable[[str], None],
        should_stop: Callable[[], bool],
    ) -> SessionReport:
        trader.prepare()
        try:
            made = trader.run(
                self.schedule, self.blocks, advance=venue.advance, on_step=on_step, should_stop=should_stop
            )
        except BaseException:
            self._finish(journal, run, "failed")
            raise
        trader.record_timings(self.blocks.seconds)
        self._finish(journal, run, "stopped" if made.interrupted else "done")
        record = journal.runs.get(run)
        if record is None:
            raise UsageError(f"run {run} vanished from its journal", hint="run again with --new")
        return SessionReport.read(
            journal,
            record,
            made_steps=made.steps,
            interrupted=made.interrupted,
            balance=venue.exchange.fetch_balance(),
            state=trader.state,
            open_trades=trader.open_trades,
        )

    @staticmethod
    def _finish(journal: Journal, run: str, status: str) -> None:
        record = journal.runs.get(run)
        if record is not None:
            journal.runs.progress(run, to_ms=record.to_ms, steps=record.steps, status=status)


def _moved() -> ConfigError:
    """Between reading a run and taking its lock, another process went on with it."""
    return ConfigError(
        "another weexctl went on with this run in the meantime; nothing was done",
        hint="run the command again: it goes on from where the other one ended",
        code="RUN_MOVED",
    )
