"""An account as people and tools see it: read, and asked what an order by hand would mean. Nothing is kept here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from weexctl.config.tables import LimitsTable
from weexctl.errors import UsageError
from weexctl.execution.brakes import Brakes, NoBrakes, brake_verdicts
from weexctl.execution.open_orders import frozen_symbols
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.scoping import scope_verdicts
from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.model.account import Balance, Position
from weexctl.model.book import Book
from weexctl.model.candle import Timeframe
from weexctl.model.limits import Limits
from weexctl.model.signal import MANUAL
from weexctl.pipeline.guards import Flow, Reviewed, review_essential
from weexctl.pipeline.identity import decision_id
from weexctl.run.positions import by_key, load_trade
from weexctl.run.risk_state import RiskState
from weexctl.trader.account_book import account_book
from weexctl.trader.account_sync import AccountView
from weexctl.trader.manual_order import Estimate, ManualOrder, estimate, manual_intent, manual_verdicts
from weexctl.trader.resting import resting_exposure
from weexctl.trader.venue import Venue

__all__ = ["Draft", "HandAccount", "Look", "Terms"]

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
class Terms:
    """What orders by hand come under: the limits of the newest run, or of a profile where there was none."""

    run: RunRecord | None
    profile: str
    symbols: tuple[str, ...]
    timeframe: Timeframe
    limits: Limits

    @classmethod
    def of_run(cls, run: RunRecord) -> Self:
        """Those of a run on record."""
        limits = LimitsTable.model_validate(json.loads(run.profile_json)["limits"]).limits()
        return cls(run=run, profile=run.profile, symbols=run.symbols, timeframe=Timeframe(run.timeframe), limits=limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order as it would go out, and what is known of it before it does."""

    reviewed: Reviewed
    """With every guard's answer, as the gate will ask them."""
    look: Look
    flow: Flow
    estimate: Estimate


class HandAccount:
    """One account at a venue, and the terms that its orders by hand come under.

    Args:
        journal: the account's; reading is enough. None when there is none yet: then nothing is on record.
        venue: where it is.
        terms: limits and symbols.
        state: what is remembered of it.
        halted: says why trading is halted, or an empty text.
        brakes: its breakers, asked what they would say; None for an account without.
    """

    def __init__(
        self,
        journal: Journal | None,
        venue: Venue,
        terms: Terms,
        state: RiskState,
        *,
        halted: Callable[[], str],
        brakes: Brakes | None = None,
    ) -> None:
        self.journal = journal
        self.venue = venue
        self.terms = terms
        self.state = state
        self.limits = terms.limits
        self.instruments = venue.exchange.fetch_instruments()
        self.halted = halted
        self.differing: Mapping[str, str] = {}
        """Symbols where exchange and books differ, with the code of how, as the last comparison found them."""
        self._brakes = brakes or NoBrakes()

    @property
    def profile(self) -> str:
        """Whose limits count."""
        return self.terms.profile

    @property
    def until_ms(self) -> int | None:
        """The moment that nothing may be waited beyond: the close that a simulated run decides on next."""
        run = self.terms.run
        return run.to_ms + self.terms.timeframe.ms - 1 if self.venue.forgets and run is not None else None

    def look(self, symbol: str | None = None) -> Look:
        """The account now, with the mark price of one more symbol when asked.

        Raises:
            ExchangeError: it could not be read.
        """
        positions = by_key(self.venue.exchange.fetch_positions())
        balance = self.venue.exchange.fetch_balance()
        trades = self._trades()
        prices = {} if symbol is None else {symbol: float(self.venue.exchange.fetch_mark_price(symbol))}
        now_ms = self.venue.clock.now_ms()
        book = self._book(balance, positions, trades, prices, now_ms)
        return Look(now_ms=now_ms, balance=balance, positions=positions, trades=trades, book=book)

    def draft(self, order: ManualOrder) -> Draft:
        """What an order would be, cost and meet with.

        Raises:
            UsageError: it cannot be meant.
            ExchangeError: the account could not be read.
        """
        self._must_be_known(order)
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
        resting = {} if self.journal is None else resting_exposure(self.journal, look.book.equity)
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
        kept_back = (*scope_verdicts(intent, self.venue.scope), *brake_verdicts(intent, self._brakes))
        return Draft(reviewed=Reviewed(intent, (*own, *essential, *kept_back)), look=look, flow=flow, estimate=costs)

    def _must_be_known(self, order: ManualOrder) -> None:
        """Anything can be closed that the exchange trades; what is opened has to be in the market of the run."""
        known = self.terms.symbols if order.opens or self.venue.forgets else tuple(self.instruments)
        if order.symbol in known:
            return
        run = self.terms.run
        whose = f"the profile {self.profile}" if run is None else "the run on record"
        raise UsageError(
            f"{order.symbol} is not in the market of {whose}; nothing was sent",
            hint=f"it has {', '.join(self.terms.symbols)}",
            code="SYMBOL_NOT_ALLOWED",
        )

    def _decision_id(self, symbol: str, now_ms: int) -> str:
        """Simulated time may stand still between two orders; the number of decisions on record does not."""
        run, count = self.terms.run, 0 if self.journal is None else self.journal.decisions.count()
        return decision_id(MANUAL, f"{self.venue.account if run is None else run.run_id}:{count}", symbol, now_ms)

    def _trades(self) -> dict[Key, OpenTrade]:
        held = () if self.journal is None else map(load_trade, self.journal.positions.all())
        return {(trade.symbol, trade.side.value): trade for trade in held}

    def _blocked(self, look: Look) -> dict[str, str]:
        """Symbols that take no entries now, with the code of why."""
        frozen = {} if self.journal is None else frozen_symbols(self.journal, resting=False)
        return frozen | dict(self.differing) | look.blocked | self.state.locked

    def book_of(self, view: AccountView) -> Book:
        """The account as it was just read, as the guards see it."""
        return self._book(view.balance, view.positions, self._trades(), {}, self.venue.clock.now_ms())

    def _book(
        self,
        balance: Balance,
        positions: Mapping[Key, Position],
        trades: Mapping[Key, OpenTrade],
        prices: Mapping[str, float],
        now_ms: int,
    ) -> Book:
        return account_book(
            now_ms=now_ms,
            candle_ms=self.terms.timeframe.ms,
            symbols=self.terms.symbols,
            balance=balance,
            positions=positions,
            trades=trades,
            state=self.state,
            halted=self.halted(),
            max_leverage=self.limits.max_leverage,
            prices=prices,
        )
