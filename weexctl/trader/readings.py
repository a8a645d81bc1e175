"""What a run measures between two candles, in the words of its breakers."""

from __future__ import annotations

import statistics
from collections import Counter, deque
from collections.abc import Mapping
from decimal import Decimal

from weexctl.errors import ExchangeError, UnauthorisedError
from weexctl.exchange.server_clock import ServerClock
from weexctl.exchange.transport import WireTrace
from weexctl.execution.breaker_events import (
    AuthFailed,
    ClockMeasured,
    DataAged,
    EquityMarked,
    LedgerChecked,
    MarketMeasured,
    PositionChanged,
    ProbeAnswered,
    Reconciled,
    RequestFailed,
    UnknownCounted,
)
from weexctl.execution.breakers import LEDGER_BASE
from weexctl.execution.differences import Difference, Kind
from weexctl.execution.reading import Unavailable
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.model.candle import Candles
from weexctl.ports import Clock, QuoteSource
from weexctl.run.risk_state import RiskState
from weexctl.trader.breaker_board import BreakerBoard
from weexctl.trader.keeper import Watch

__all__ = ["Readings"]

SETTLED_MS = 30_000
"""How long a difference must last before it is one: fills and wallets lag behind each other for seconds."""
QUOTES_MS = 60_000
_QUOTES_GAP_MS = 90_000
"""Quotes farther apart say nothing about one minute."""
_SPREADS = 240
_SERVER_ERROR = 500


class Readings:
    """Tells the breakers what each look at the account, each close and each answer came to.

    Args:
        board: the breakers.
        journal: open for writing.
        state: the run's totals.
        clock: the venue's time.
        quotes: where bid and ask come from.
        symbols: the run's.
        data_age_ms: how old the newest candle may be.
        tells_profit: False where fills say nothing of their profit, so that the wallet cannot be added up.
    """

    def __init__(
        self,
        board: BreakerBoard,
        journal: Journal,
        state: RiskState,
        clock: Clock,
        quotes: QuoteSource,
        symbols: tuple[str, ...],
        *,
        data_age_ms: int,
        tells_profit: bool = True,
    ) -> None:
        self._board = board
        self._journal = journal
        self._state = state
        self._clock = clock
        self._quotes = quotes
        self._symbols = symbols
        self._data_age_ms = data_age_ms
        self._tells_profit = tells_profit
        self._since_ms: dict[str, int] = {}
        self._quoted_ms = 0
        self._mids: dict[str, float] = {}
        self._spreads: dict[str, deque[float]] = {symbol: deque(maxlen=_SPREADS) for symbol in symbols}

    def answered(self, trace: WireTrace) -> None:
        """An attempt on the wire came to its end."""
        if trace.status is None or trace.status >= _SERVER_ERROR:
            self._board.take(RequestFailed())

    def looked(self, watch: Watch | Unavailable) -> None:
        """A look at the account came to its end."""
        take, board = self._board.take, self._board
        if board.breakers.probe_due:
            take(ProbeAnswered(not isinstance(watch, Unavailable)))
        self._measure_clock()
        if isinstance(watch, Unavailable):
            if isinstance(watch.error, UnauthorisedError):
                take(AuthFailed(watch.error.message))
            return
        if board.breakers.reconcile_due:
            take(Reconciled(watch.whole))
        take(EquityMarked(float(watch.view.balance.equity)))
        unknown = self._journal.intents.in_states(IntentState.SENDING, IntentState.UNKNOWN)
        take(UnknownCounted(Counter(record.symbol for record in unknown)))
        self._check_positions(watch.left)
        if watch.whole and self._tells_profit:
            self._check_ledger(watch.view.balance.wallet)

    def closed(self, candles: Mapping[str, Candles]) -> None:
        """The feed has what it gets of the newest close."""
        now_ms = self._clock.now_ms()
        for symbol, known in candles.items():
            self._board.take(DataAged(symbol, max(0, now_ms - known.last_close_ms), self._data_age_ms))

    def quote(self) -> None:
        """Look at bid and ask of every symbol, once a minute. A symbol without a quote is left as it was."""
        now_ms = self._clock.now_ms()
        if now_ms < self._quoted_ms + QUOTES_MS:
            return
        fresh, self._quoted_ms = now_ms <= self._quoted_ms + _QUOTES_GAP_MS, now_ms
        for symbol in self._symbols:
            try:
                quote = self._quotes.fetch_book_ticker(symbol)
            except ExchangeError:
                self._mids.pop(symbol, None)
                continue
            self._measure_market(symbol, quote.bid, quote.ask, fresh=fresh)

    def _measure_market(self, symbol: str, bid: Decimal, ask: Decimal, *, fresh: bool) -> None:
        mid = float(bid + ask) / 2
        if mid <= 0:
            return
        spread, seen = float(ask - bid) / mid, self._spreads[symbol]
        seen.append(spread)
        usual = statistics.median(seen)
        before, self._mids[symbol] = self._mids.get(symbol), mid
        if not fresh or before is None:
            return
        ratio = spread / usual if usual > 0 else 1.0
        self._board.take(MarketMeasured(symbol, ratio, mid / before - 1.0))

    def _measure_clock(self) -> None:
        if isinstance(self._clock, ServerClock):
            self._board.take(ClockMeasured(self._clock.uncertainty_ms))

    def _check_positions(self, left: tuple[Difference, ...]) -> None:
        changed = {d.symbol: d.text for d in left if d.kind in (Kind.FILLS_MISSING, Kind.EXTERNAL_POSITION)}
        for symbol in self._symbols:
            if self._lasts(symbol, symbol in changed):
                self._board.take(PositionChanged(symbol, changed[symbol]))

    def _check_ledger(self, wallet: Decimal) -> None:
        added = self._state.realised - self._state.fees + self._state.funding
        saved = self._journal.state.get(LEDGER_BASE)
        if saved is None:
            self._journal.state.put(LEDGER_BASE, str(wallet - added))
            return
        difference = float((wallet - added - Decimal(saved)) / wallet) if wallet > 0 else 1.0
        limit = self._board.breakers.settings.ledger_difference
        if self._lasts("", abs(difference) > limit):
            self._board.take(LedgerChecked(difference))

    def _lasts(self, what: str, wrong: bool) -> bool:
        """True when something has been wrong at every look for long enough."""
        if not wrong:
            self._since_ms.pop(what, None)
            return False
        now_ms = self._clock.now_ms()
        return now_ms >= self._since_ms.setdefault(what, now_ms) + SETTLED_MS
