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
from weexctl.errors import ConfigError, ExchangeError, JournalUnavailableError
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import Breakers
from weexctl.execution.close_requests import CloseRequests
from weexctl.execution.guardian import StopKeeper
from weexctl.journal.journal import Journal
from weexctl.journal.place import keep_place
from weexctl.journal.rows import RunRecord
from weexctl.model.account import Balance
from weexctl.model.candle import Timeframe
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.identity import REHEARSAL, run_id
from weexctl.pipeline.stage import Pipeline
from weexctl.ports import Observer
from weexctl.run.fitting import TrailingColumns
from weexctl.run.risk_state import RiskState
from weexctl.run.schedule import HISTORY_CANDLES, REFIT_CANDLES
from weexctl.trader import restarts
from weexctl.trader.account_settings import AccountSettings
from weexctl.trader.asked_closing import AskedClosing
from weexctl.trader.breaker_board import BreakerBoard
from weexctl.trader.hand_account import HandAccount, Terms
from weexctl.trader.keeper import Keeper
from weexctl.trader.kept_history import KeptHistory
from weexctl.trader.live_loop import LiveLoop, LiveReport, Pulse, Tempo
from weexctl.trader.live_market import LiveMarket, load_meanwhile, until_stopped
from weexctl.trader.market_feed import MarketFeed
from weexctl.trader.readings import Readings
from weexctl.trader.session import stored_fits
from weexctl.trader.session_report import SessionReport
from weexctl.trader.stand_in import StandIn
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
    _begun: bool = field(default=False, init=False)
    """The run is on record: a further try goes on with it."""

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

        While the journal refuses nothing is decided: what is open keeps its stops, and the run goes on as after a
        restart once the journal takes records again. A run of so many steps ends instead, after one look.

        Raises:
            LockHeldError: another process trades on this account.
            JournalUnavailableError: the journal refuses and nothing is open, or nobody waits for it any longer.
            ConfigError: the run on record was made with another profile, or at another place.
            ExchangeError: the candles could not be read; nothing was sent.
        """
        refused: list[int] = []
        while True:
            try:
                return self._live(not refused, steps, until_ms, on_fetch, on_step, should_stop)
            except JournalUnavailableError as error:
                now_ms = self.venue.clock.now_ms()
                refused = [at for at in refused if now_ms - restarts.SPAN_MS < at] + [now_ms]
                if self.read_only or not self._outlasts(error, len(refused), steps, until_ms, should_stop):
                    raise

    def _outlasts(
        self,
        error: JournalUnavailableError,
        refused: int,
        steps: int | None,
        until_ms: int | None,
        should_stop: Callable[[], bool],
    ) -> bool:
        """Look after what is open in place of the loop; True when it is time to try the journal again."""
        stand_in = StandIn(
            venue=self.venue,
            limits=self.pipeline.limits,
            journal_path=self.journal_path,
            guardian=self.guardian,
            halted=self.halted,
            tempo=self.tempo,
            pulse=self.pulse,
        )
        if steps is not None:
            stand_in.look(error)
            return False
        pause_ms = restarts.wait_ms(refused)
        return stand_in.keep_looking(error, for_ms=pause_ms, until_ms=until_ms, should_stop=should_stop)

    def _live(
        self,
        first: bool,
        steps: int | None,
        until_ms: int | None,
        on_fetch: Callable[[str], None],
        on_step: Callable[[str], None],
        should_stop: Callable[[], bool],
    ) -> SessionReport:
        """From opening the journal to the end of the run, or to a journal that refuses."""
        with Journal.open(self.journal_path, venue=self.venue.name, account=self.venue.account) as journal:
            keep_place(journal, self.venue.address.place)
            earlier = None if self.new and not self._begun else self._earlier(journal)
            clock, candle_ms = self.venue.clock, self.profile.venue.timeframe.ms
            if first:
                clock.sleep_ms(restarts.begin(journal, clock.now_ms()))
            last_close = clock.now_ms() // candle_ms * candle_ms
            market = self._market(journal, last_close, earlier)
            if earlier is None:  # a fault in a plugin refuses a new run before anything of it is written
                market.load(until_stopped(on_fetch, should_stop))
            run, state = self._begin(journal, earlier, market.run_from_ms)
            self._begun = True
            trader, loop = self._engine(journal, run, state, market, on_step, should_stop)
            with self._requests.served():
                loop.begin()
                if earlier is not None:  # what is open comes first; the history takes as long as it takes
                    load_meanwhile(market, loop, on_fetch, should_stop)
                return self._drive(loop, trader, journal, run, market.columns, steps, until_ms)

    @property
    def _requests(self) -> CloseRequests:
        return CloseRequests.beside(self.journal_path)

    def _market(self, journal: Journal, last_close: int, earlier: RunRecord | None) -> LiveMarket:
        timeframe = self.profile.venue.timeframe
        feed = MarketFeed(
            self.venue.exchange,
            tuple(self.profile.venue.symbols),
            timeframe,
            history=self.history,
            keep=self.history + REFIT_CANDLES,
            kept=KeptHistory(self.journal_path.parent, self.venue.address.url),
        )
        columns = TrailingColumns(self.pipeline, stored=stored_fits(journal) if earlier else None)
        run_from = earlier.from_ms if earlier else last_close + timeframe.ms
        return LiveMarket(feed, columns, timeframe.ms, last_close, run_from, earlier.to_ms if earlier else last_close)

    def _engine(
        self,
        journal: Journal,
        run: str,
        state: RiskState,
        market: LiveMarket,
        on_step: Callable[[str], None],
        should_stop: Callable[[], bool],
    ) -> tuple[Trader, LiveLoop]:
        """What decides and acts, and what drives it."""
        symbols, venue, board = tuple(self.profile.venue.symbols), self.venue, self._board(journal)
        trader = Trader(
            self.pipeline,
            symbols,
            venue,
            journal,
            candle_ms=market.candle_ms,
            identity=Identity(self.profile.digest, self.source),
            run_id=run,
            state=state,
            read_only=self.read_only,
            observer=self.observer,
            halted=self.halted,
            guardian=self.guardian,
            brakes=board,
        )
        loop = LiveLoop(
            trader,
            self._keeper(trader, journal, symbols),
            market.feed,
            market.columns,
            venue.clock,
            board=board,
            readings=self._readings(board, journal, state, symbols),
            settings=self._settings(symbols),
            halted=self.halted,
            run_from_ms=market.run_from_ms,
            done_ms=market.done_ms,
            candle_ms=market.candle_ms,
            tempo=self.tempo,
            pulse=self.pulse,
            on_step=on_step,
            should_stop=should_stop,
            close_asked=AskedClosing(
                self._requests, lambda: self._by_hand(journal, run, state), trader.desk, trader.sync, journal
            ).serve,
        )
        return trader, loop

    def _by_hand(self, journal: Journal, run: str, state: RiskState) -> HandAccount:
        """The account as people see it, with the memory of the run."""
        record = journal.runs.get(run)
        if record is None:
            raise ConfigError(f"run {run} vanished from its journal", hint="run again with --new")
        return HandAccount(journal, self.venue, Terms.of_run(record), state, halted=self.halted)

    def _keeper(self, trader: Trader, journal: Journal, symbols: tuple[str, ...]) -> Keeper:
        return Keeper(
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

    def _readings(self, board: BreakerBoard, journal: Journal, state: RiskState, symbols: tuple[str, ...]) -> Readings:
        readings = Readings(
            board,
            journal,
            state,
            self.venue.clock,
            self.venue.quotes,
            symbols,
            data_age_ms=round(self.pipeline.limits.max_data_age_candles * self.profile.venue.timeframe.ms),
            tells_profit=self.venue.proves_stops,
        )
        self.venue.answers.listener = readings.answered
        return readings

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

    def _begin(self, journal: Journal, earlier: RunRecord | None, run_from: int) -> tuple[str, RiskState]:
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
        record = self._record(now, run_from, self.profile.venue.timeframe, equity)
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

    def _balance(self, loop: LiveLoop) -> Balance:
        """Of now, or of the last look when the exchange does not answer at the end."""
        try:
            return self.venue.exchange.fetch_balance()
        except ExchangeError:
            if loop.balance is None:
                raise
            return loop.balance

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
        return SessionReport.read(
            journal,
            record,
            made_steps=made.steps,
            interrupted=made.interrupted,
            balance=self._balance(loop),
            state=trader.state,
            open_trades=trader.open_trades,
        )
