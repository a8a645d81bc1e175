"""The engine: from one close that matters to the next, decided by the same pure core as everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from weexctl.backtest.account import BacktestAccount, Executed, StopMove
from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.marks import Marks
from weexctl.backtest.metrics import RunTotals
from weexctl.backtest.outlook import Outlook
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.rows import TradeRecord
from weexctl.model.book import Book, HeldPosition
from weexctl.model.decision import Decision
from weexctl.model.regime import REGIMES
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.decide import Identity, Step, decide
from weexctl.pipeline.guards import Flow
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Block
from weexctl.run.market_source import MarketSource
from weexctl.run.positions import closed_trade, held_position
from weexctl.run.risk_state import DAY_MS, RiskState
from weexctl.run.schedule import Schedule
from weexctl.simulator.instruments import CONTRACTS, Contract
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator
from weexctl.simulator.venue import Venue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BacktestRun", "Engine"]

_LEAP = 512
"""Candles that are passed over in one go at most: what is worth what is worked out ahead for all of them."""


@dataclass(slots=True, kw_only=True)
class BacktestRun:
    """What a run came to. Arrays have one row per close of the schedule."""

    curve: EquityCurve
    """The account at each close, before that close's own orders."""
    regimes: Mapping[str, NDArray[np.int8]]
    """The regime's place in `REGIMES` by symbol and close; -1 where there is none."""
    start_equity: Decimal
    end_equity: Decimal
    unrealised: Decimal
    realised: Decimal
    totals: RunTotals
    fees: Decimal
    funding: Decimal
    open_trades: tuple[OpenTrade, ...]
    trades: list[TradeRecord] = field(default_factory=list)
    executed: list[Executed] = field(default_factory=list)
    stop_moves: list[StopMove] = field(default_factory=list)
    refusals: Mapping[str, int] = field(default_factory=dict)
    decided: int = 0
    """Closes that were decided on; nothing could have happened at the others."""
    interrupted: bool = False


class FitsAndColumns(Protocol):
    """Where the engine gets a stretch's fits and columns from: made as it goes, or all of them before."""

    def compute(self, fitted_ms: int, first_ms: int, last_ms: int) -> Block:
        """The block of one stretch."""
        ...


class Engine:
    """Runs a pipeline over known candles.

    Args:
        pipeline: the built stages.
        symbols: what is traded, in this order.
        account: where orders go.
        venue: the exchange behind the account.
        identity: what decision ids are made of.
        start_equity: quote.
        on_decisions: is given the decisions of every close, none passed over; None when nobody wants them.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        symbols: tuple[str, ...],
        account: BacktestAccount,
        venue: Venue,
        *,
        identity: Identity,
        start_equity: Decimal,
        on_decisions: Callable[[tuple[Decision, ...]], None] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._symbols = symbols
        self._account = account
        self._venue = venue
        self._identity = identity
        self._on_decisions = on_decisions
        self._start_equity = start_equity
        self.state = RiskState(start_equity=float(start_equity))
        self._trades: list[TradeRecord] = []
        self._decided = 0
        self._best_rows: dict[str, int] = {}
        """Row up to which a position's best close has been looked for, by symbol."""
        self._lost = False
        """Whether the account has lost what ends everything."""

    @classmethod
    def over(
        cls,
        market: MarketSource,
        pipeline: Pipeline,
        *,
        start_ms: int,
        start_equity: Decimal,
        identity: Identity,
        run_id: str,
        on_decisions: Callable[[tuple[Decision, ...]], None] | None = None,
        settings: SimulatorSettings | None = None,
        contracts: Mapping[str, Contract] = CONTRACTS,
    ) -> Engine:
        """An engine with a fresh account at a moment of a market.

        Raises:
            DataError: the candles do not fit together, or begin after `start_ms`.
        """
        simulator = Simulator(
            market.candles,
            seed=market.seed if market.seed is not None else 7,
            start_ms=start_ms,
            start_equity=start_equity,
            funding=market.funding,
            settings=settings or SimulatorSettings(),
            contracts=contracts,
            detail=market.detail,
        )
        account = BacktestAccount(simulator, run_id=run_id, max_leverage=pipeline.limits.max_leverage)
        return cls(
            pipeline,
            tuple(market.candles),
            account,
            simulator.venue,
            identity=identity,
            start_equity=start_equity,
            on_decisions=on_decisions,
        )

    def run(
        self,
        schedule: Schedule,
        blocks: FitsAndColumns,
        *,
        on_step: Callable[[int], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
        pipeline_at: Callable[[int], Pipeline] | None = None,
    ) -> BacktestRun:
        """Make the steps of a schedule; ends early, after a whole stretch, when asked to. The first is always made.

        Args:
            schedule: the closes.
            blocks: fits and columns.
            on_step: is told how many closes have passed, now and then.
            should_stop: asked between two stretches: before the first there is nothing yet that could be summed up.
            pipeline_at: which pipeline decides in the stretch of this first close; None for the same one in all.
        """
        import numpy as np

        self._candle_ms = schedule.candle_ms
        self._marks = Marks(self._venue, schedule.first_ms, schedule.count, schedule.candle_ms)
        self._equity, self._gross = np.zeros(schedule.count), np.zeros(schedule.count)
        self._regimes = {symbol: np.full(schedule.count, -1, dtype=np.int8) for symbol in self._symbols}
        done_ms, interrupted = schedule.first_ms - schedule.candle_ms, False
        for fitted_ms, first_ms, last_ms in schedule.blocks():
            if interrupted := done_ms >= schedule.first_ms and should_stop():
                break
            if pipeline_at is not None:
                self._pipeline = pipeline_at(first_ms)
            block = blocks.compute(fitted_ms, first_ms, last_ms)
            self._keep_regimes(block.columns, first_ms, last_ms)
            self._stretch(block.columns, first_ms, last_ms)
            on_step((last_ms - done_ms) // schedule.candle_ms)
            done_ms = last_ms
        return self._summed_up(done_ms, interrupted=interrupted)

    def _summed_up(self, done_ms: int, *, interrupted: bool) -> BacktestRun:
        """What the run came to, up to the close that was made last."""
        import numpy as np

        rows, account = self._marks.row(done_ms) + 1, self._account
        times = self._marks.first_ms + self._candle_ms * np.arange(rows, dtype=np.int64)
        for values in (times, self._equity, self._gross):
            values.flags.writeable = False
        return BacktestRun(
            curve=EquityCurve(times, self._equity[:rows], self._gross[:rows]),
            regimes={symbol: found[:rows] for symbol, found in self._regimes.items()},
            start_equity=self._start_equity,
            end_equity=account.equity,
            unrealised=account.equity - account.wallet,
            realised=account.realised,
            fees=account.fees,
            funding=account.funding,
            totals=RunTotals(
                fees=float(account.fees),
                funding=float(account.funding),
                slippage=float(account.slippage),
                turnover=account.turnover,
            ),
            open_trades=tuple(account.trades.values()),
            trades=self._trades,
            executed=account.executed,
            stop_moves=account.stop_moves,
            refusals=dict(self.state.refusals),
            decided=self._decided,
            interrupted=interrupted,
        )

    def _keep_regimes(self, columns: Mapping[str, SymbolColumns], first_ms: int, last_ms: int) -> None:
        """Each close's regime, for whoever looks at the run afterwards."""
        start, stop = self._marks.row(first_ms), self._marks.row(last_ms) + 1
        for symbol, known in columns.items():
            offset = (first_ms - self._candle_ms - known.candles.first_ms) // self._candle_ms
            names = known.regime["name"][max(0, offset) : offset + stop - start]
            found = self._regimes[symbol][start + max(0, -offset) :][: len(names)]
            for place, regime in enumerate(REGIMES):
                found[names == regime.value] = place

    def _stretch(self, columns: Mapping[str, SymbolColumns], first_ms: int, last_ms: int) -> None:
        """All closes that share their columns."""
        every = self._on_decisions is not None
        outlook = Outlook(self._pipeline, columns, first_ms, last_ms, self._candle_ms, every_close=every)
        account, done_ms = self._account, first_ms - self._candle_ms
        due_ms = outlook.next_ms(done_ms, account.trades.values())
        while done_ms < last_ms:
            done_ms = self._go(done_ms, min(last_ms if due_ms is None else due_ms, done_ms + _LEAP * self._candle_ms))
            if ended := account.take_in():
                self._note(ended)  # a position that has just ended leaves room at this very close
                due_ms = outlook.next_ms(done_ms - self._candle_ms, account.trades.values())
            if done_ms == due_ms or (self._lost and account.trades):
                self._step(columns, done_ms)
                due_ms = outlook.next_ms(done_ms, account.trades.values())

    def _go(self, done_ms: int, to_ms: int) -> int:
        """Let the market go on, to `to_ms` or to the close of a candle that changed something; where it got to."""
        account, marks, length = self._account, self._marks, self._candle_ms
        wallet, held = float(account.wallet), list(self._venue.ledger.positions.values())
        start = marks.row(done_ms) + 1
        worth: NDArray[np.float64] | None = None
        if held:
            # The candle in which something may happen is looked at where it opens, and where it closes.
            event_ms = account.next_event_ms(to_ms)
            to_ms = min(to_ms, done_ms + (-(-(event_ms - done_ms) // length) + 1) * length)
            if (between := marks.row(to_ms)) > start:
                worth, gross = marks.equity(wallet, held, start, between)
                values = worth.tolist()  # few as a rule: numpy's way to the least and the greatest is longer
                if self._is_lost(min(values)):
                    dead = 1.0 - worth / self.state.start_equity >= self._pipeline.limits.kill_drawdown
                    to_ms = min(to_ms, done_ms + (int(dead.argmax()) + 1) * length)
        account.advance(to_ms)
        reached = done_ms + -(-(account.now_ms - done_ms) // length) * length
        while account.now_ms < reached:  # a settlement within a candle
            account.advance(reached)
        last = marks.row(reached)
        # The last close is marked by the step, or by the change that ended the way.
        if worth is not None and last > start:
            worth = worth[: last - start]
            self._equity[start:last] = worth
            self._gross[start:last] = gross[: last - start] / worth
            self._mark_days(done_ms + length, values[: last - start])
        elif last > start:
            self._equity[start:last] = wallet
            for close_ms in self._day_starts(done_ms + length, reached):
                self.state.mark(close_ms, wallet)
        self._equity[last] = equity = float(account.equity)
        if account.trades and equity > 0:
            self._gross[last] = marks.value(self._venue.ledger.positions.values(), last) / equity
        self._lost = self._is_lost(equity)
        self.state.mark(reached, equity)
        return reached

    def _is_lost(self, equity: float) -> bool:
        return 1.0 - equity / self.state.start_equity >= self._pipeline.limits.kill_drawdown

    def _mark_days(self, first_ms: int, worth: list[float]) -> None:
        """The equity of closes that were passed over: what the state needs is each day's first and highest."""
        starts = self._day_starts(first_ms, first_ms + len(worth) * self._candle_ms)
        rows = [(close_ms - first_ms) // self._candle_ms for close_ms in starts]
        for close_ms, row, stop in zip(starts, rows, [*rows[1:], len(worth)], strict=True):
            self.state.mark(close_ms, worth[row], max(worth[row:stop]))

    def _day_starts(self, first_ms: int, stop_ms: int) -> list[int]:
        """The closes from `first_ms` to `stop_ms`, exclusive, that are the first of their day among them."""
        starts, close_ms = [], first_ms
        while close_ms < stop_ms:
            starts.append(close_ms)
            ends_ms = (close_ms // DAY_MS + 1) * DAY_MS
            close_ms += -(-(ends_ms - close_ms) // self._candle_ms) * self._candle_ms
        return starts

    def _note(self, ended: list[TradeRecord]) -> None:
        for record in ended:
            self._trades.append(record)
            self.state.trades.append(closed_trade(record))
            if record.exit_reason == "LIQUIDATED":
                self.state.locked[record.symbol] = record.exit_reason

    def _step(self, columns: Mapping[str, SymbolColumns], close_ms: int) -> None:
        state = self.state
        book = self._book(columns, close_ms)
        flow = Flow(order_times_ms=tuple(state.order_times_ms))
        step = decide(self._pipeline, columns, book, self._account.instruments, self._identity, flow)
        self._decided += 1
        state.take(step)
        for code in step.blocked.values():
            state.refuse(code)
        if self._on_decisions is not None:
            self._on_decisions(step.decisions)
        if step.orders or step.stop_moves:
            self._carry_out(step, close_ms)

    def _carry_out(self, step: Step, close_ms: int) -> None:
        """Reductions, then entries, then stops: the order in which they are sent everywhere."""
        state, account = self.state, self._account
        for reviewed in step.orders:
            intent = reviewed.intent
            if intent.reduces:
                refused, ended = account.reduce(intent)
                self._note([ended] if ended is not None else [])
            elif code := state.locked.get(intent.symbol):
                state.refuse(code)
                continue
            else:
                fresh = intent.symbol not in account.trades
                refused = account.enter(intent, step.book.regimes[intent.symbol].name)
                if fresh and not refused:
                    state.entries_ms.append(intent.created_ms)
            state.order_times_ms.append(close_ms)
            if refused:
                state.refuse("REJECTED")
        for move in step.stop_moves:
            if move.symbol in account.trades:
                account.tighten(move.symbol, move.stop_price)

    def _book(self, columns: Mapping[str, SymbolColumns], close_ms: int) -> Book:
        state = self.state
        equity = float(self._account.equity)
        prices = {
            symbol: float(known.candles.close[row])
            for symbol, known in columns.items()
            if (row := known.row_of(close_ms)) is not None
        }
        return Book(
            now_ms=close_ms,
            candle_ms=self._candle_ms,
            symbols=self._symbols,
            equity=equity,
            start_equity=state.start_equity,
            peak_equity=state.peak_equity,
            day_start_equity=state.day_start_equity,
            prices=prices,
            positions=self._positions(prices, equity, close_ms),
            signals={},
            regimes={},
            trades=tuple(state.trades),
            entries_ms=tuple(state.entries_ms),
            cooldowns=dict(state.cooldowns),
            suspended_until_ms=state.suspended_until_ms,
            halted="",
            max_leverage=self._pipeline.limits.max_leverage,
        )

    def _positions(self, prices: Mapping[str, float], equity: float, close_ms: int) -> dict[str, HeldPosition]:
        held: dict[str, HeldPosition] = {}
        for symbol in self._account.trades:
            trade = self._with_best(symbol, self._marks.row(close_ms))
            price = prices[symbol] if symbol in prices else float(self._venue.price(symbol))
            held[symbol] = held_position(trade, trade, price, equity, close_ms, self._candle_ms)
        return held

    def _with_best(self, symbol: str, row: int) -> OpenTrade:
        """A trade with the close most in favour of it up to a row; looked for only when somebody asks."""
        trade = self._account.trades[symbol]
        opened_row = self._marks.row(trade.opened_ms)
        seen = max(opened_row, self._best_rows.get(symbol, opened_row))
        if seen < row:
            best = self._marks.best_close(symbol, trade.side, seen + 1, row + 1)
            known = trade.best_price or best
            self._account.mark_best(symbol, max(known, best) if trade.side.sign > 0 else min(known, best))
            self._best_rows[symbol] = row
        return self._account.trades[symbol]
