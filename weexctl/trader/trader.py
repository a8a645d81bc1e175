"""The trader: one step after another, each decided by the pure core and carried out at the venue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from weexctl.errors import JournalUnavailableError
from weexctl.execution.brakes import Brakes
from weexctl.execution.execution import Execution
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian, StopKeeper
from weexctl.execution.leverage import LeverageCheck
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.journal.rows import DecisionRecord, EquityRecord, TimingRecord
from weexctl.kill_points import passes
from weexctl.model.book import Book
from weexctl.model.decision import Decision
from weexctl.model.instrument import Instrument
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.decide import Identity, decide
from weexctl.pipeline.guards import Flow
from weexctl.pipeline.stage import Pipeline
from weexctl.ports import Observer
from weexctl.run.fitting import Block, Blocks
from weexctl.run.positions import load_trade, with_price
from weexctl.run.risk_state import RiskState
from weexctl.run.schedule import Schedule
from weexctl.trader.account_book import account_book
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.order_desk import OrderDesk
from weexctl.trader.resting import resting_exposure
from weexctl.trader.telling import Telling
from weexctl.trader.venue import Venue

__all__ = ["Trader", "TraderReport"]

RISK_STATE, VENUE_STATE, FITS = "risk", "simulator", "fits:"
"""Keys of the journal's state table; the last one is followed by the moment of the fit."""
_UNAVAILABLE = "UNAVAILABLE"
_NOTHING: Mapping[str, str] = {}


def _not_halted() -> str:
    return ""


def _guardian(venue: Venue, gate: Gate, journal: Journal, run_id: str) -> Guardian:
    return Guardian(venue.exchange, gate, journal, venue.clock, account=venue.account, host=venue.host, run_id=run_id)


@dataclass(slots=True)
class TraderReport:
    """What a call of `Trader.run` did."""

    steps: int = 0
    last_ms: int = 0
    interrupted: bool = False


class Trader:
    """Runs a pipeline on one venue.

    Args:
        pipeline: the built profile.
        symbols: what is traded, in this order.
        venue: where orders go.
        journal: open for writing; everything is recorded there.
        candle_ms: length of a candle.
        identity: what decision ids are made of.
        run_id: the run in the journal.
        state: what the run remembers; restored by the caller when it goes on.
        read_only: decide and record, send nothing.
        observer: is told what happened.
        halted: says why everything but closing is stopped, or an empty text; asked at every step and every order.
        on_refusals: is told at every step which code keeps each symbol's wish back, an empty text for none.
        guardian: looks after stops; None for one that reads them at the exchange.
        brakes: the account's breakers; None for an account without.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        symbols: tuple[str, ...],
        venue: Venue,
        journal: Journal,
        *,
        candle_ms: int,
        identity: Identity,
        run_id: str,
        state: RiskState,
        read_only: bool = False,
        observer: Observer | None = None,
        halted: Callable[[], str] = _not_halted,
        on_refusals: Callable[[Mapping[str, str]], None] | None = None,
        guardian: StopKeeper | None = None,
        brakes: Brakes | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._symbols = symbols
        self._candle_ms = candle_ms
        self._venue = venue
        self._journal = journal
        self._identity = identity
        self._run_id = run_id
        self._read_only = read_only
        self._telling = Telling(observer)
        self._on_refusals = on_refusals
        self.state = state
        self.instruments: Mapping[str, Instrument] = venue.exchange.fetch_instruments()
        self._halted = halted
        self.gate = gate = Gate(
            venue.exchange, pipeline.limits, read_only=read_only, halted=halted, scope=venue.scope, brakes=brakes
        )
        trades = {(t.symbol, t.side.value): t for t in map(load_trade, journal.positions.all())}
        self.sync = AccountSync(
            venue.exchange,
            journal,
            state,
            trades,
            run_id,
            self._telling.fill,
            self._remember,
            tells_profit=venue.proves_stops,
        )
        executor = Executor(
            venue.exchange, gate, journal, venue.clock, account=venue.account, host=venue.host, run_id=run_id
        )
        readable = venue.proves_stops and not venue.forgets  # in this process nobody else can change it
        leverage = LeverageCheck(venue.exchange, gate, pipeline.limits.max_leverage) if readable else None
        keeper = guardian or _guardian(venue, gate, journal, run_id)
        self.desk = OrderDesk(executor, keeper, self.sync, journal, state, leverage)
        self._equity = state.start_equity
        known = journal.runs.get(run_id)
        self._steps = known.steps if known else 0

    def prepare(self) -> None:
        """Settle what an earlier process left open, and set the leverage of symbols that are flat."""
        with self._whole():
            self.resume()
            settled, taken_back = self.desk.settle(), False
            if self._halted() and not self._read_only:
                taken_back = self.desk.take_back()  # before the market goes on: an entry that waits would still open
            if settled or taken_back:
                self._save_state()
        self._telling.orders(settled)
        self.set_leverages()

    def resume(self) -> None:
        """What an earlier process was sending when it ended may have left: from here on its outcome is unknown."""
        self.desk.executor.mark_interrupted()

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is traded."""
        return self._symbols

    def take_back(self) -> None:
        """Cancel the entries that wait in the book: somebody has halted trading."""
        if not self._read_only and self.desk.take_back():
            self._remember()

    def set_leverages(self) -> None:
        """Bring the leverage of symbols that are flat to the profile's, never above.

        Raises:
            ExchangeError: it could not be read or set.
        """
        if self._read_only or not self._venue.proves_stops:
            return
        for symbol in self._symbols:
            leverage = min(self._pipeline.limits.max_leverage, self.instruments[symbol].max_leverage)
            if self._venue.exchange.fetch_leverage(symbol).cross != leverage and not self._holds(symbol):
                self.gate.set_leverage(symbol, leverage)

    def run(
        self,
        schedule: Schedule,
        blocks: Blocks,
        *,
        advance: Callable[[int], None],
        on_step: Callable[[str], None],
        should_stop: Callable[[], bool],
    ) -> TraderReport:
        """Make the steps of a schedule; stops after a finished step when asked to.

        Args:
            schedule: the closes to decide on.
            blocks: fits and columns.
            advance: brings the venue to a moment.
            on_step: is told after each step.
            should_stop: asked before each step.
        """
        report = TraderReport(last_ms=schedule.first_ms - schedule.candle_ms)
        for fitted_ms, first_ms, last_ms in schedule.blocks():
            block = blocks.compute(fitted_ms, first_ms, last_ms)
            self.keep_fits(block)
            for close_ms in range(first_ms, last_ms + 1, schedule.candle_ms):
                if should_stop():
                    report.interrupted = True
                    return report
                advance(close_ms)
                self.step(block.columns, close_ms)
                report.steps += 1
                report.last_ms = close_ms
                on_step(self.note)
        return report

    @property
    def note(self) -> str:
        """The account in a few words."""
        return f"equity {self._equity:,.2f}, {len(self.sync.trades)} open"

    def record_timings(self, seconds: Mapping[str, float]) -> None:
        """Write down how long the market stages took."""
        self._journal.timings.add(
            [TimingRecord(run_id=self._run_id, stage=s, calls=1, seconds=t) for s, t in seconds.items()]
        )

    def keep_fits(self, block: Block) -> None:
        """Put the fits of a block on record, so that a run that goes on uses the same ones."""
        with self._journal.transaction():
            for artefact in block.artefacts.values():
                self._journal.artefacts.add(artefact, fitted_ms=block.fitted_ms, run_id=self._run_id)
            self._journal.state.put(f"{FITS}{block.fitted_ms}", {s: a.id for s, a in block.artefacts.items()})

    def step(
        self,
        columns: Mapping[str, SymbolColumns],
        close_ms: int,
        *,
        refuse_entries: str = "",
        blocked: Mapping[str, str] = _NOTHING,
    ) -> list[Execution]:
        """One candle's close: read, decide, record, act.

        On a venue in this process all of it is one transaction. On any other each part is on record before the
        next one is done, and an order's intent before its request.

        Args:
            columns: market columns of the symbols that have this candle.
            close_ms: the candle's close.
            refuse_entries: code of why nothing opens at this close whatever is decided; empty when something may.
            blocked: symbols that take no entries, with the code of why.
        """
        passes("K01")
        with self._whole():
            self._telling.orders(self.desk.settle())
            view = self.sync.refresh(self._venue.clock.now_ms())
            executions: list[Execution] = []
            if isinstance(view, Unavailable):
                self.state.refuse(_UNAVAILABLE)
            else:
                for trade in view.ended:
                    self.desk.clean(trade)
                executions = self._act(columns, view, close_ms, self._locks(refuse_entries, blocked))
            self._save(close_ms)
        return executions

    def _locks(self, refuse_entries: str, blocked: Mapping[str, str]) -> Mapping[str, str]:
        return dict.fromkeys(self._symbols, refuse_entries) if refuse_entries else blocked

    def _whole(self) -> AbstractContextManager[None]:
        """One transaction around everything, where what the venue did is forgotten with it."""
        return self._journal.transaction() if self._venue.forgets else nullcontext()

    def _remember(self) -> None:
        """Save the run's memory with what changed it; inside a whole step it is saved once, at the end."""
        if not self._venue.forgets:
            self._save_state()

    def _act(
        self,
        columns: Mapping[str, SymbolColumns],
        view: AccountView,
        close_ms: int,
        locks: Mapping[str, str],
    ) -> list[Execution]:
        equity = float(view.balance.equity)
        self._equity = equity
        self.state.mark(close_ms, equity)
        prices = self._prices(columns, close_ms)
        self._keep_best(view, prices)
        book = self._book(view, prices, close_ms)
        if not self._read_only and (book.halted or book.run_loss >= self._pipeline.limits.kill_drawdown):
            self.desk.take_back()
        flow = Flow(
            order_times_ms=tuple(self.state.order_times_ms), resting=resting_exposure(self._journal, book.equity)
        )
        step = decide(self._pipeline, columns, book, self.instruments, self._identity, flow)
        self.state.take(step)
        try:
            with self._journal.transaction():
                self._record(step.decisions)
                for code in step.blocked.values():
                    self.state.refuse(code)
                self._equity_point(view, book, close_ms)
                self._remember()
        except JournalUnavailableError as error:
            if self._venue.forgets:
                raise
            locks = dict.fromkeys(self._symbols, error.code)  # closing goes on, in the emergency record
        passes("K02")
        if self._on_refusals is not None:
            self._on_refusals({symbol: step.blocked.get(symbol, "") for symbol in self._symbols})
        executions = [] if self._read_only else self.desk.carry_out(step, flow, view.blocked | dict(locks))
        self._telling.step(step, executions)
        return executions

    def _book(self, view: AccountView, prices: Mapping[str, float], now_ms: int) -> Book:
        return account_book(
            now_ms=now_ms,
            candle_ms=self._candle_ms,
            symbols=self._symbols,
            balance=view.balance,
            positions=view.positions,
            trades=self.sync.trades,
            state=self.state,
            halted=self._halted(),
            max_leverage=self._pipeline.limits.max_leverage,
            prices=prices,
        )

    def book_of(self, view: AccountView) -> Book:
        """The account between two candles, as the guards see it; positions at the exchange's mark."""
        return self._book(view, {}, self._venue.clock.now_ms())

    def _prices(self, columns: Mapping[str, SymbolColumns], close_ms: int) -> dict[str, float]:
        return {
            symbol: float(known.candles.close[row])
            for symbol, known in columns.items()
            if (row := known.row_of(close_ms)) is not None
        }

    def _keep_best(self, view: AccountView, prices: Mapping[str, float]) -> None:
        """Each trade remembers the close most in its favour."""
        for key, trade in list(self.sync.trades.items()):
            price = prices.get(key[0])
            if key in view.positions and price is not None and (moved := with_price(trade, price)) != trade:
                self.sync.keep(moved)

    def _record(self, decisions: tuple[Decision, ...]) -> None:
        self._journal.decisions.add_many(
            [
                DecisionRecord(
                    decision_id=d.decision_id,
                    run_id=self._run_id,
                    symbol=d.symbol,
                    close_ms=d.close_ms,
                    full=d.full,
                    body=json.dumps(d.body, separators=(",", ":"), allow_nan=False),
                )
                for d in decisions
            ]
        )

    def _equity_point(self, view: AccountView, book: Book, close_ms: int) -> None:
        self._journal.equity.add(
            EquityRecord(
                run_id=self._run_id,
                # What remembers by itself may have filled something since the close.
                time_ms=close_ms if self._venue.forgets else self._venue.clock.now_ms(),
                equity=view.balance.equity,
                wallet=view.balance.wallet,
                unrealised=view.balance.unrealised,
                gross_exposure=book.gross_exposure,
                drawdown=book.drawdown,
            )
        )

    def _save(self, close_ms: int) -> None:
        """State, venue and progress: after any interruption they belong together."""
        with self._journal.transaction():
            self._save_state()
            self._steps += 1
            self._journal.runs.progress(self._run_id, to_ms=close_ms, steps=self._steps)

    def _save_state(self) -> None:
        self._journal.state.put(RISK_STATE, self.state.to_json())
        if (snapshot := self._venue.save()) is not None:
            self._journal.state.put(VENUE_STATE, snapshot)

    @property
    def open_trades(self) -> tuple[OpenTrade, ...]:
        """The positions the run holds now."""
        return tuple(self.sync.trades.values())

    def _holds(self, symbol: str) -> bool:
        return any(key[0] == symbol for key in self.sync.trades)
