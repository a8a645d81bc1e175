"""Between two candles: what the exchange shows is held against the books, and what differs is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from weexctl.errors import JournalUnavailableError, WeexctlError
from weexctl.execution.differences import Books, Difference, Kind, Remedy, compare
from weexctl.execution.gate import Gate
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable, read
from weexctl.execution.snapshot import Snapshot, read_snapshot
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.kill_points import passes
from weexctl.model.book import Book
from weexctl.model.order import ConditionalOrder, Leg
from weexctl.ports import Clock, Exchange
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.bare_positions import BarePositions
from weexctl.trader.order_desk import OrderDesk
from weexctl.trader.own_stops import passed
from weexctl.trader.stop_rows import StopRows

__all__ = ["Keeper", "Watch", "books_of"]

_LIVE = (IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACCEPTED)
_STRAY, _LEFTOVER = "STRAY_ORDER", "LEFTOVER_STOPS"
SURPLUS_MS = 30_000
"""How long a stop has to look unneeded before it is cancelled: lists of different moments may lie side by side."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What one look at the account came to."""

    view: AccountView
    found: tuple[Difference, ...]
    """What was different before anything was mended."""
    left: tuple[Difference, ...]
    """What still is."""

    @property
    def blocked(self) -> dict[str, str]:
        """Symbols that take no entries now, with the code of why."""
        differing = {d.symbol: d.kind.value for d in self.left if d.blocks and d.kind is not Kind.UNSETTLED}
        return differing | self.view.blocked

    @property
    def whole(self) -> bool:
        """True when exchange and books say the same, as far as it matters to what may open.

        An order whose end is looked for stops entries on its own symbol alone, and counts as filled meanwhile.
        """
        return not any(d.blocks and d.kind is not Kind.UNSETTLED for d in self.left)


class Keeper:
    """Looks, compares and mends.

    Args:
        exchange: for reading.
        gate: the only way to write.
        desk: settles orders, proves stops, closes.
        sync: takes fills and funding in; holds the run's trades.
        journal: what is on record.
        clock: the venue's time.
        symbols: the run's.
        book_of: the account as guards see it, between two candles.
        proves_stops: False where stops cannot be read: then the price is held against them here.
        read_only: compare, and mend nothing.
    """

    def __init__(
        self,
        exchange: Exchange,
        gate: Gate,
        desk: OrderDesk,
        sync: AccountSync,
        journal: Journal,
        clock: Clock,
        symbols: tuple[str, ...],
        *,
        book_of: Callable[[AccountView], Book],
        proves_stops: bool = True,
        read_only: bool = False,
    ) -> None:
        self._exchange = exchange
        self._gate = gate
        self._desk = desk
        self._sync = sync
        self._journal = journal
        self._clock = clock
        self._symbols = frozenset(symbols)
        self._book_of = book_of
        self._proves_stops = proves_stops
        self._read_only = read_only
        self._stops = StopRows(journal)
        self._surplus: dict[str, int] = {}
        """Since when each stop has looked unneeded."""

    def look(self) -> Watch | Unavailable:
        """Settle, read, compare, mend, and compare again where something was done.

        Nothing is inferred from a read that failed: the answer is then `Unavailable`, and nothing was mended.

        Raises:
            LockHeldError: another process has taken over the account's journal.
        """
        passes("K20")
        if not self._read_only:
            self._journal.must_be_ours()  # a look may mend without a record of its own before it
        try:
            self._desk.settle()
        except JournalUnavailableError:
            seen = read_snapshot(self._exchange, stops=self._proves_stops)
            if not isinstance(seen, Unavailable):
                self._protect(seen)
            raise
        seen = read_snapshot(self._exchange, stops=self._proves_stops)
        if isinstance(seen, Unavailable):
            return seen
        try:
            view = self._take_in(seen)
        except JournalUnavailableError:
            self._protect(seen)
            raise
        if isinstance(view, Unavailable):
            return view
        found = compare(self._books(seen), seen)
        if self._read_only or not self._mend(found, view):
            self._unlock(found)
            return Watch(view, found, found)
        passes("K20")
        after = read_snapshot(self._exchange, stops=self._proves_stops)
        if isinstance(after, Unavailable):
            return after
        view = self._take_in(after)
        if isinstance(view, Unavailable):
            return view
        left = compare(self._books(after), after)
        self._unlock(left)
        return Watch(view, found, left)

    def _unlock(self, left: Sequence[Difference]) -> None:
        """A symbol that was locked for what a position left behind is free again when nothing is there any more."""
        unclean = {difference.symbol for difference in left}
        for symbol, code in list(self._desk.state.locked.items()):
            if code == _LEFTOVER and self._proves_stops and symbol not in unclean:
                del self._desk.state.locked[symbol]

    def _protect(self, seen: Snapshot) -> None:
        """Place the stops that are missing although nothing can be taken into the journal: they go on record aside."""
        if not self._read_only:
            BarePositions(self._exchange, self._desk.guardian, self._journal, self._clock).protect(seen)

    def _books(self, seen: Snapshot) -> Books:
        return books_of(self._journal, self._sync.trades, self._symbols, seen)

    def _take_in(self, seen: Snapshot) -> AccountView | Unavailable:
        view = self._sync.refresh(self._clock.now_ms(), seen.positions)
        if isinstance(view, AccountView):
            if seen.conditional is not None:
                self._stops.take_in(seen.conditional, self._sync.trades, self._clock.now_ms())
                self._name_stops(seen.conditional)
            for trade in () if self._read_only else view.ended:
                self._desk.clean(trade)
        return view

    def _name_stops(self, conditional: Iterable[ConditionalOrder]) -> None:
        """The trades know the stops that were shown."""
        shown: dict[tuple[str, str], tuple[str, ...]] = {}
        for order in conditional:
            if order.leg is Leg.STOP and order.protective:
                key = (order.symbol, order.position_side.value)
                shown[key] = (*shown.get(key, ()), order.order_id)
        for key, trade in list(self._sync.trades.items()):
            if (ids := shown.get(key)) is not None and set(ids) != set(trade.stop_order_ids):
                self._sync.keep(replace(trade, stop_order_ids=ids))

    def _mend(self, found: Sequence[Difference], view: AccountView) -> bool:
        """Do what each difference asks for; True when anything was sent."""
        sent = False
        bare: set[tuple[str, str]] = set()
        for difference in self._lasting(found):
            if difference.remedy is Remedy.PLACE_STOP and difference.side is not None:
                bare.add((difference.symbol, difference.side.value))
            elif difference.remedy is Remedy.CANCEL_STOP:
                sent |= self._try(difference)
            elif difference.remedy is Remedy.TIGHTEN_STOP:
                sent |= self._tighten(difference)
            elif difference.remedy is Remedy.CANCEL_ORDER:
                self._desk.state.locked[difference.symbol] = _STRAY  # it should not be able to exist
                sent |= self._try(difference)
        book = self._book_of(view)
        for key in sorted(bare):
            sent |= self._desk.restore_stop(key, book)
        if not self._proves_stops:
            sent |= self._watch_prices(book)
        return self._desk.retry_exits(book) or sent

    def _lasting(self, found: Sequence[Difference]) -> list[Difference]:
        """The differences to mend now: a surplus stop only when it has been one for a while."""
        now_ms = self._clock.now_ms()
        surplus = {d.order_id for d in found if d.kind is Kind.STOP_SURPLUS}
        self._surplus = {order_id: self._surplus.get(order_id, now_ms) for order_id in surplus}
        return [d for d in found if d.kind is not Kind.STOP_SURPLUS or now_ms >= self._surplus[d.order_id] + SURPLUS_MS]

    def _watch_prices(self, book: Book) -> bool:
        """Close what has passed its stop or target, where nobody can tell whether the exchange does."""
        sent = False
        for trade in list(self._sync.trades.values()):
            mark = read("the mark price", partial(self._exchange.fetch_mark_price, trade.symbol))
            if not isinstance(mark, Unavailable) and (reason := passed(trade, mark)):
                self._desk.close(trade, reason, book)
                sent = True
        return sent

    def _try(self, difference: Difference) -> bool:
        """Cancel one order; the next look tells whether it is gone."""
        cancel = self._gate.cancel if difference.remedy is Remedy.CANCEL_ORDER else self._gate.cancel_conditional
        try:
            cancel(difference.order_id)
        except WeexctlError as error:
            self._desk.state.refuse(error.code)
        passes("K18")
        return True

    def _tighten(self, difference: Difference) -> bool:
        trade = self._trade(difference)
        if trade is None or trade.stop_price is None:
            return False
        passes("K17")
        try:
            self._gate.tighten(difference.order_id, trade.stop_price)
        except WeexctlError as error:
            self._desk.state.refuse(error.code)
            return True
        if difference.order_id not in trade.stop_order_ids:
            self._sync.keep(replace(trade, stop_order_ids=(*trade.stop_order_ids, difference.order_id)))
        return True

    def _trade(self, difference: Difference) -> OpenTrade | None:
        if difference.side is None:
            return None
        return self._sync.trades.get((difference.symbol, difference.side.value))


def books_of(
    journal: Journal, trades: Mapping[tuple[str, str], OpenTrade], symbols: frozenset[str], seen: Snapshot
) -> Books:
    """What the journal has on record about the account and about everything that is seen there."""
    live = journal.intents.in_states(*_LIVE)
    attempts = {
        attempt.client_order_id: record.symbol
        for record in live
        if record.leg in (Leg.ENTRY, Leg.EXIT)
        for attempt in journal.attempts.of_intent(record.intent_id)
    }
    waiting = seen.conditional or ()
    parents = {order.parent_order_id for order in waiting if order.parent_order_id}
    return Books(
        symbols=symbols,
        trades=trades,
        open_client_ids=attempts,
        known_stops=frozenset(o.order_id for o in waiting if journal.orders.get(o.order_id) is not None),
        entry_orders=frozenset(parent for parent in parents if journal.intents.by_order_id(parent) is not None),
    )
