"""What differs between an account and its journal, read and named; what would be done about it is named too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from weexctl.execution.differences import Books, Difference, Kind, compare
from weexctl.execution.reading import Unavailable, read
from weexctl.execution.snapshot import Snapshot, read_snapshot
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.model.order import Leg
from weexctl.run.positions import load_trade
from weexctl.trader.difference_words import Told, told
from weexctl.trader.keeper import books_of
from weexctl.trader.venue import Venue

__all__ = ["CLOCK", "LEVERAGE", "Gap", "Plan", "leverages", "read_plan"]

LEVERAGE = "LEVERAGE"
"""The kind of a gap in a symbol's leverage."""
CLOCK = "CLOCK"
"""The kind of a gap between two clocks; all others are those of `Kind`."""
SET_LEVERAGE, AFTER_CLOSE, SET_CLOCK = "set-leverage", "set-leverage-when-flat", "set-this-machine's-clock"
_CLOCK_MS = 5_000
"""How far two clocks may be apart (reliability 4.3)."""
_LOOKS = 5
"""So many times the account is read until two comparisons say the same (reliability 6.6)."""
_BETWEEN_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One thing about which exchange and journal differ."""

    kind: str
    symbol: str
    side: str
    """Empty when it is about no position."""
    order_id: str
    said: Told
    remedy: str
    blocks: bool
    """True when nothing opens on the symbol while it lasts."""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What it is about: equal in two plans when it is the same gap."""
        return self.kind, self.symbol, self.side, self.order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that was read, and every gap in it."""

    positions: int
    orders: int
    conditional: int | None
    """None where they cannot be read."""
    unsettled: int
    """Orders of ours that are not at their end, those that rest included."""
    clock_ms: int
    """The exchange's clock minus the one the run goes by."""
    gaps: tuple[Gap, ...]


def read_plan(
    journal: Journal, venue: Venue, symbols: tuple[str, ...], max_leverage: int, *, looks: int = _LOOKS
) -> Plan | Unavailable:
    """What differs now; `Unavailable` as soon as one read fails. Nothing is sent and nothing is written.

    What is on its way is given a moment: a gap counts when two comparisons in a row say the same.

    Args:
        journal: what is on record.
        venue: the account.
        symbols: of the run.
        max_leverage: the profile's.
        looks: how often it is read at most.
    """
    before: tuple[Gap, ...] | None = None
    while True:
        plan = _look(journal, venue, symbols, max_leverage)
        looks -= 1
        if isinstance(plan, Unavailable) or not plan.gaps or plan.gaps == before or looks <= 0:
            return plan
        before = plan.gaps
        venue.clock.sleep_ms(_BETWEEN_MS)


def leverages(venue: Venue, symbols: tuple[str, ...], max_leverage: int) -> Mapping[str, tuple[int, int]]:
    """The leverage there is and the one there should be, by symbol; empty where nobody can look.

    Raises:
        ExchangeError: they could not be read.
    """
    if not venue.proves_stops:
        return {}
    instruments = venue.exchange.fetch_instruments()
    return {
        symbol: (
            int(venue.exchange.fetch_leverage(symbol).cross),
            min(max_leverage, instruments[symbol].max_leverage),
        )
        for symbol in symbols
    }


def _look(journal: Journal, venue: Venue, symbols: tuple[str, ...], max_leverage: int) -> Plan | Unavailable:
    server_ms = read("the exchange's time", venue.exchange.fetch_server_time)
    if isinstance(server_ms, Unavailable):
        return server_ms
    clock_ms = server_ms - venue.clock.now_ms()
    seen = read_snapshot(venue.exchange, stops=venue.proves_stops)
    if isinstance(seen, Unavailable):
        return seen
    settings = read("leverages", lambda: leverages(venue, symbols, max_leverage))
    if isinstance(settings, Unavailable):
        return settings
    trades = {(t.symbol, t.side.value): t for t in map(load_trade, journal.positions.all())}
    books = books_of(journal, trades, frozenset(symbols), seen)
    return Plan(
        positions=len(seen.positions),
        orders=len(seen.orders),
        conditional=None if seen.conditional is None else len(seen.conditional),
        unsettled=len(books.open_client_ids),
        clock_ms=clock_ms,
        gaps=(*_gaps(journal, books, seen), *_leverage_gaps(settings, seen), *_clock_gaps(clock_ms)),
    )


def _gaps(journal: Journal, books: Books, seen: Snapshot) -> list[Gap]:
    resting = _resting(journal, seen)
    return [
        _gap(difference, told(difference, books, seen))
        for difference in compare(books, seen)
        if difference.kind is not Kind.UNSETTLED or difference.symbol not in resting
    ]


def _resting(journal: Journal, seen: Snapshot) -> set[str]:
    """Symbols whose open orders of ours are all limit orders that wait in the book, as the journal has it."""
    names = {order.client_order_id for order in seen.orders}
    states: dict[str, bool] = {}
    for record in journal.intents.in_states(IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACCEPTED):
        if record.leg not in (Leg.ENTRY, Leg.EXIT):
            continue  # stops of their own are compared where stops are
        attempts = journal.attempts.of_intent(record.intent_id)
        rests = (
            record.state is IntentState.ACCEPTED
            and record.order_intent().rests
            and bool(attempts)
            and attempts[-1].client_order_id in names
        )
        states[record.symbol] = states.get(record.symbol, True) and rests
    return {symbol for symbol, rests in states.items() if rests}


def _leverage_gaps(settings: Mapping[str, tuple[int, int]], seen: Snapshot) -> list[Gap]:
    held = {symbol for symbol, _ in seen.positions}
    return [
        Gap(
            kind=LEVERAGE,
            symbol=symbol,
            side="",
            order_id="",
            said=Told(f"leverage {there}", f"leverage {wanted}"),
            remedy=AFTER_CLOSE if symbol in held else SET_LEVERAGE,
            blocks=False,
        )
        for symbol, (there, wanted) in settings.items()
        if there != wanted
    ]


def _clock_gaps(clock_ms: int) -> list[Gap]:
    if abs(clock_ms) <= _CLOCK_MS:
        return []
    said = Told(f"{clock_ms / 1000:+.1f} s", "0 s")
    return [Gap(kind=CLOCK, symbol="", side="", order_id="", said=said, remedy=SET_CLOCK, blocks=False)]


def _gap(difference: Difference, said: Told) -> Gap:
    return Gap(
        kind=difference.kind.value,
        symbol=difference.symbol,
        side="" if difference.side is None else difference.side.value,
        order_id=difference.order_id,
        said=said,
        remedy=difference.remedy.value,
        blocks=difference.blocks,
    )
