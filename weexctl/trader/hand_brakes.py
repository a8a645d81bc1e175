"""The breakers of an account while orders go out by hand: those that a run left on record, told what a look shows."""

from __future__ import annotations

from weexctl.execution.breaker_events import BreakerEvent, DataAged, EquityMarked, Reconciled
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import BREAKERS, Breakers
from weexctl.execution.reading import Unavailable
from weexctl.execution.trip import Trip
from weexctl.journal.journal import Journal
from weexctl.model.limits import Limits
from weexctl.ports import Clock
from weexctl.run.risk_state import RiskState
from weexctl.trader.breaker_board import BreakerBoard
from weexctl.trader.hand_account import Terms
from weexctl.trader.keeper import Watch
from weexctl.trader.readings import Readings
from weexctl.trader.wire_venue import WireVenue

__all__ = ["BrakesOnRecord", "HandBrakes"]


class HandBrakes:
    """The account's breakers, told of every look and every answer on the wire.

    Args:
        journal: open for writing.
        venue: the account's.
        terms: the limits that make thresholds, and the symbols.
        state: what the account adds up to.

    Raises:
        ConfigError: the breakers on record cannot be read.
    """

    def __init__(self, journal: Journal, venue: WireVenue, terms: Terms, state: RiskState) -> None:
        self.board = BreakerBoard(BreakerSettings.of(terms.limits), journal, venue.clock.now_ms)
        self._symbols = terms.symbols
        self._readings = Readings(
            self.board,
            journal,
            state,
            venue.clock,
            venue.quotes,
            terms.symbols,
            data_age_ms=0,
            tells_profit=venue.proves_stops and terms.run is not None,
        )
        venue.answers.listener = self._readings.answered

    def looked(self, watch: Watch | Unavailable) -> None:
        """A look at the account came to its end. An order by hand is priced now: no candle is too old for it."""
        self._readings.looked(watch)
        if isinstance(watch, Watch):
            for symbol in self._symbols:
                self.board.take(DataAged(symbol, 0, 0))
            if self.board.breakers.reconcile_due:  # the look that proved the way compared as well
                self.board.take(Reconciled(watch.whole))


class BrakesOnRecord:
    """What the breakers would say to an order now; nothing is told to them.

    Args:
        journal: reading is enough; None for an account without one.
        limits: make the thresholds.
        equity: of the account, quote.
        symbols: whose candles do not matter, as an order by hand is priced now.
        clock: the venue's time.

    Raises:
        ConfigError: the breakers on record cannot be read.
    """

    def __init__(
        self, journal: Journal | None, limits: Limits, equity: float, symbols: tuple[str, ...], clock: Clock
    ) -> None:
        settings, now_ms = BreakerSettings.of(limits), clock.now_ms()
        saved = None if journal is None else journal.state.get(BREAKERS)
        known = Breakers(settings) if saved is None else Breakers.from_json(settings, saved)
        for symbol in symbols:
            known = known.take(DataAged(symbol, 0, 0), now_ms)
        self._breakers = known.take(EquityMarked(equity), now_ms)

    def take(self, event: BreakerEvent) -> None:
        """Nothing."""

    def entry_block(self, symbol: str) -> Trip | None:
        """Why nothing may open or add in a symbol; None when something may."""
        return self._breakers.entry_block(symbol)
