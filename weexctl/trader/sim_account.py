"""The simulated account of the newest run as people and tools see it: read, and asked what an order would mean.

Simulated time stands still but for the latency of requests, and nothing that is read here is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from weexctl.config.tables import LimitsTable
from weexctl.errors import ConfigError, UsageError
from weexctl.execution.executor import frozen_symbols
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.journal import Journal
from weexctl.model.account import Balance, Position
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import Timeframe
from weexctl.model.limits import Limits
from weexctl.model.signal import MANUAL
from weexctl.pipeline.guards import Flow, Reviewed, review_essential
from weexctl.pipeline.identity import decision_id
from weexctl.trader.manual_order import Estimate, ManualOrder, estimate, manual_intent, manual_verdicts
from weexctl.trader.market_source import MarketSource, file_source, generated_source
from weexctl.trader.positions import by_key, held_position, load_trade, mark_price
from weexctl.trader.resting import resting_exposure
from weexctl.trader.risk_state import RiskState
from weexctl.trader.schedule import HISTORY_CANDLES
from weexctl.trader.session import Earlier, read_earlier
from weexctl.trader.sim_venue import SimVenue

__all__ = ["Draft", "Look", "SimAccount", "read_sim_account", "require_run", "resumed_venue", "run_market"]

_SPARE_CANDLES = 24
"""Candles generated beyond the run's end, for what happens while an order is followed to its end."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The account at one moment: what the exchange holds, and what the run knows of it."""

    now_ms: int
    balance: Balance
    positions: Mapping[Key, Position]
    trades: Mapping[Key, OpenTrade]
    book: Book

    @property
    def blocked(self) -> dict[str, str]:
        """Symbols whose positions and fills do not add up, with the code of what is wrong."""
        external = {symbol: "EXTERNAL_POSITION" for symbol, side in self.positions if (symbol, side) not in self.trades}
        missing = {
            key[0]: "FILLS_MISSING"
            for key, trade in self.trades.items()
            if key not in self.positions or self.positions[key].quantity != trade.quantity
        }
        return missing | external


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order as it would go out, and what is known of it before it does."""

    reviewed: Reviewed
    """With every guard's answer, as the gate will ask them."""
    look: Look
    flow: Flow
    estimate: Estimate


def require_run(path: Path) -> Earlier:
    """The newest run of this journal.

    Raises:
        ConfigError: there is none.
    """
    earlier = read_earlier(path)
    if earlier is None:
        raise ConfigError(
            "the simulated account begins with the first run, and there is none yet; nothing was done",
            hint="weexctl trade",
            code="NO_RUN",
        )
    return earlier


def run_market(earlier: Earlier, data: Sequence[str]) -> MarketSource:
    """The market that a run trades on, made or read again.

    Args:
        earlier: the run.
        data: its candle files; empty for a generated market.

    Raises:
        UsageError: files are missing, or were not asked for, or are others than the run's.
        DataError: a file is not what it should be.
    """
    run, timeframe = earlier.run, Timeframe(earlier.run.timeframe)
    if run.seed is not None:
        if data:
            raise UsageError(
                "the run on record trades a synthetic market and takes no --data; nothing was done",
                hint="leave --data out",
            )
        return generated_source(run.seed, run.symbols, timeframe, HISTORY_CANDLES + 1 + run.steps + _SPARE_CANDLES)
    if not data:
        raise UsageError(
            "the run on record trades candle files, and they are needed to go on; nothing was done",
            hint="name them as in `weexctl trade`: --data PATH",
            code="DATA_NEEDED",
        )
    market = file_source(data, run.symbols, timeframe)
    if market.source != run.source:
        raise UsageError(
            f"these are not the candles of the run on record ({run.source}); nothing was done",
            hint="name the files that `weexctl trade` was given",
            code="ANOTHER_MARKET",
        )
    return market


def resumed_venue(market: MarketSource, earlier: Earlier) -> SimVenue:
    """The venue at the run's last step: it is saved only when something changed, which may be longer ago."""
    venue = SimVenue.resume(market, earlier.venue)
    venue.advance(earlier.run.to_ms)
    return venue


@contextmanager
def read_sim_account(path: Path, data: Sequence[str], *, halted: Callable[[], str]) -> Iterator[SimAccount]:
    """The account for looking only, also while a run is under way: then as it was after the last finished step.

    Raises:
        ConfigError: there is no run yet.
        UsageError, DataError: as `run_market`.
    """
    earlier = require_run(path)
    venue = resumed_venue(run_market(earlier, data), earlier)
    try:
        with Journal.read(path) as journal:
            yield SimAccount(journal, venue, earlier, halted=halted)
    finally:
        venue.close()


class SimAccount:
    """One simulated account under the limits of its run's profile.

    Args:
        journal: the run's; reading is enough.
        venue: the account as it was saved.
        earlier: the run it belongs to.
        halted: says why trading is halted, or an empty text.
    """

    def __init__(self, journal: Journal, venue: SimVenue, earlier: Earlier, *, halted: Callable[[], str]) -> None:
        self.journal = journal
        self.venue = venue
        self.run = earlier.run
        self.state = RiskState.from_json(earlier.risk)
        self.limits: Limits = LimitsTable.model_validate(json.loads(earlier.run.profile_json)["limits"]).limits()
        self.instruments = venue.exchange.fetch_instruments()
        self.halted = halted

    @property
    def next_close_ms(self) -> int:
        """Close of the candle that the run decides on next."""
        return self.run.to_ms + Timeframe(self.run.timeframe).ms

    def look(self, symbol: str | None = None) -> Look:
        """The account now, with the mark price of one more symbol when asked.

        Raises:
            ExchangeError: it could not be read.
        """
        positions = by_key(self.venue.exchange.fetch_positions())
        balance = self.venue.exchange.fetch_balance()
        trades = {(t.symbol, t.side.value): t for t in map(load_trade, self.journal.positions.all())}
        prices = {symbol_: mark_price(position) for (symbol_, _), position in positions.items()}
        if symbol is not None:
            prices[symbol] = float(self.venue.exchange.fetch_mark_price(symbol))
        now_ms = self.venue.clock.now_ms()
        book = self._book(balance, positions, trades, prices, now_ms)
        return Look(now_ms=now_ms, balance=balance, positions=positions, trades=trades, book=book)

    def draft(self, order: ManualOrder) -> Draft:
        """What an order would be, cost and meet with.

        Raises:
            UsageError: it cannot be meant.
            ExchangeError: the account could not be read.
        """
        if order.symbol not in self.run.symbols:
            raise UsageError(
                f"{order.symbol} is not in the market of the run on record; nothing was sent",
                hint=f"it has {', '.join(self.run.symbols)}",
                code="SYMBOL_NOT_ALLOWED",
            )
        look = self.look(order.symbol)
        instrument, held = self.instruments[order.symbol], look.positions.get((order.symbol, order.position_side.value))
        intent = manual_intent(
            order,
            instrument,
            Decimal(repr(look.book.prices[order.symbol])),
            held=Decimal(0) if held is None else held.quantity,
            decision_id=self._decision_id(order.symbol, look.now_ms),
            now_ms=look.now_ms,
        )
        resting = resting_exposure(self.journal, look.book.equity)
        costs = estimate(intent, instrument, look.balance.equity, look.book, self.limits.max_leverage)
        own = manual_verdicts(
            intent,
            look.book,
            self.limits,
            loss_at_stop=costs.loss_at_stop,
            blocked=self._blocked(look).get(order.symbol, ""),
            resting=resting.get(order.symbol, 0.0),
        )
        flow = Flow(order_times_ms=tuple(self.state.order_times_ms), resting=resting)
        essential = review_essential(intent, look.book, self.limits, flow)
        return Draft(reviewed=Reviewed(intent, (*own, *essential)), look=look, flow=flow, estimate=costs)

    def _decision_id(self, symbol: str, now_ms: int) -> str:
        """Simulated time may stand still between two orders; the number of decisions on record does not."""
        source = f"{self.run.run_id}:{self.journal.decisions.count()}"
        return decision_id(MANUAL, source, symbol, now_ms)

    def _blocked(self, look: Look) -> dict[str, str]:
        """Symbols that take no entries now, with the code of why."""
        return frozen_symbols(self.journal, resting=False) | look.blocked | self.state.locked

    def _book(
        self,
        balance: Balance,
        positions: Mapping[Key, Position],
        trades: Mapping[Key, OpenTrade],
        prices: dict[str, float],
        now_ms: int,
    ) -> Book:
        candle_ms, equity = Timeframe(self.run.timeframe).ms, float(balance.equity)
        held: dict[str, HeldPosition] = {
            key[0]: held_position(trade, positions[key], prices[key[0]], equity, now_ms, candle_ms)
            for key, trade in trades.items()
            if key in positions
        }
        return Book(
            now_ms=now_ms,
            candle_ms=candle_ms,
            symbols=self.run.symbols,
            equity=equity,
            start_equity=self.state.start_equity,
            peak_equity=self.state.peak_equity,
            day_start_equity=self.state.day_start_equity,
            prices=prices,
            positions=held,
            signals={},
            regimes={},
            trades=tuple(self.state.trades),
            entries_ms=tuple(self.state.entries_ms),
            cooldowns=dict(self.state.cooldowns),
            suspended_until_ms=self.state.suspended_until_ms,
            halted=self.halted(),
            max_leverage=self.limits.max_leverage,
        )
