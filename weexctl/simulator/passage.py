"""The passage of time: candles, settlements, and what they set off, in order."""

from __future__ import annotations

from collections.abc import Callable

from weexctl.errors import UsageError
from weexctl.model.order import OrderStatus, TriggerSource
from weexctl.simulator.conditional import fire, fire_reached, reached
from weexctl.simulator.detail import Bar
from weexctl.simulator.funding import settle
from weexctl.simulator.liquidation import may_liquidate, walk
from weexctl.simulator.market import Tape
from weexctl.simulator.matching import fill_resting, traded_through
from weexctl.simulator.orders import SimOrder, TriggerKind
from weexctl.simulator.quiet import first_busy_ms, is_quiet, opens_quietly
from weexctl.simulator.venue import Venue

__all__ = ["advance", "catch_up", "next_event_ms"]

Bars = dict[str, tuple[Bar, Bar]]
"""Last and mark bar by symbol."""


def advance(venue: Venue, to_ms: int, *, until_change: bool = False) -> None:
    """Move the exchange to a later moment.

    At the close of each candle, and of each shorter one in it where these are known: liquidation and stops, targets,
    resting limits, stops of what these opened. Then
    funding that is due. Then the next candle's open, where a gap may fire stops and targets or liquidate. Candles in
    which nothing can happen are passed over.

    Args:
        venue: the exchange.
        to_ms: where to.
        until_change: stop at the end of the first candle that changed an order, a position or the wallet.

    Raises:
        UsageError: the moment lies in the past; nothing was done.
    """
    if to_ms < venue.now_ms:
        raise UsageError(f"the simulator is at {venue.now_ms} and cannot go back to {to_ms}; nothing was done")
    before = venue.version
    while venue.now_ms < to_ms and (venue.live or venue.ledger.positions):
        settles, closes = _next_looks(venue, to_ms)
        event = min(closes, settles)
        if event > to_ms:
            break
        if event == closes and not is_quiet(venue, closes - venue.market.timeframe.ms):
            _close_candle(venue, closes, closes - 1)
        venue.now_ms = event
        if event == settles:
            settle(venue)
        if event == closes:
            _open_candle(venue)
        if until_change and venue.version != before:
            return
    venue.now_ms = to_ms
    if venue.demo is not None:
        advance(venue.demo, to_ms)


def next_event_ms(venue: Venue, to_ms: int) -> int:
    """The next moment up to `to_ms` that has to be looked at; later than that when there is none."""
    return min(_next_looks(venue, to_ms)) if venue.live or venue.ledger.positions else to_ms + 1


def _next_looks(venue: Venue, to_ms: int) -> tuple[int, int]:
    """The next settlement, and the next close that has to be looked at; later than `to_ms` for none."""
    settles = venue.funding.next_after(venue.now_ms)
    return settles, _next_busy_close(venue, min(to_ms, settles))


def _next_busy_close(venue: Venue, until_ms: int) -> int:
    """The next close that has to be looked at, together with the open that follows it; later than `until_ms` for none.

    A candle in which something may happen is looked at twice: at its open, which is the close before, and at its end.
    """
    length = venue.market.timeframe.ms
    closes = venue.market.next_close_ms(venue.now_ms)
    ends = closes + -(-max(0, until_ms + 1 - closes) // length) * length
    return max(closes, first_busy_ms(venue, closes - length, ends))


def catch_up(venue: Venue, known_ms: int) -> None:
    """Pass through the candles that closed after `known_ms` and up to now: they have become known only now."""
    length = venue.market.timeframe.ms
    for closes_ms in range(known_ms + length, venue.now_ms + 1, length):
        _close_candle(venue, closes_ms, venue.now_ms)
    if known_ms <= venue.now_ms:
        _open_candle(venue)
    if venue.demo is not None:
        catch_up(venue.demo, known_ms)


def _close_candle(venue: Venue, closes_ms: int, time_ms: int) -> None:
    opened_ms = closes_ms - venue.market.timeframe.ms
    bars = _known(venue, lambda tape: tape.bars(opened_ms))
    parts = [part for symbol in bars if (part := venue.market.tapes[symbol].parts(opened_ms)) is not None]
    if not parts or len(parts) < len(bars):  # in order only where that is known of everybody
        _pass_through(venue, bars, time_ms, closes_ms)
        return
    length = venue.market.timeframe.ms // len(parts[0])
    for done, moment in enumerate(zip(*parts, strict=True), start=1):
        ends_ms = opened_ms + done * length
        # What is made up for later happens when it became known.
        stamp = ends_ms - 1 if time_ms < closes_ms else time_ms
        _pass_through(venue, dict(zip(bars, moment, strict=True)), stamp, ends_ms)


def _open_candle(venue: Venue) -> None:
    if (not venue.live and not venue.ledger.positions) or opens_quietly(venue):
        return
    _pass_through(venue, _known(venue, lambda tape: tape.point(venue.now_ms)), venue.now_ms, venue.now_ms + 1)


def _pass_through(venue: Venue, bars: Bars, time_ms: int, ends_ms: int) -> None:
    # What happens is stamped `time_ms`; orders placed from `ends_ms` on did not see these bars.
    if _all_priced(venue, bars) and may_liquidate(venue, bars):
        marks = {symbol: mark for symbol, (_, mark) in bars.items()}
        stops = _reached_stops(venue, bars, ends_ms)
        walk(venue, marks, stops, lambda row: fire(venue, row, bars[row.symbol][0], time_ms), time_ms)
    for symbol, (last, mark) in bars.items():
        if not _touches(venue, symbol, last, mark):
            continue
        before = venue.version
        for kind in (TriggerKind.STOP, TriggerKind.TARGET):
            fire_reached(venue, symbol, kind, last, mark, time_ms, ends_ms)
        _fill_limits(venue, symbol, last, time_ms, ends_ms)
        if venue.version != before:
            # What was opened just now may meet its stop in the same candle: the pessimistic order of events.
            fire_reached(venue, symbol, TriggerKind.STOP, last, mark, time_ms, max(ends_ms, time_ms + 1))


def _known(venue: Venue, look: Callable[[Tape], tuple[Bar, Bar] | None]) -> Bars:
    """What each symbol's tape says; only of symbols with an order or a position: the rest can change nothing."""
    busy = {symbol for symbol, *_ in venue.ledger.positions} | venue.live.keys()
    return {
        symbol: bars
        for symbol, tape in venue.market.tapes.items()
        if symbol in busy and (bars := look(tape)) is not None
    }


def _touches(venue: Venue, symbol: str, last: Bar, mark: Bar) -> bool:
    """Whether these bars reach any trigger, or there is a limit to look at."""
    for order in venue.live.get(symbol, ()):
        trigger = order.trigger
        if trigger is None or not order.waiting:
            return True
        bar = mark if trigger.source is TriggerSource.MARK else last
        if trigger.reached(bar.low, bar.high):
            return True
    return False


def _all_priced(venue: Venue, bars: Bars) -> bool:
    positions = venue.ledger.positions
    return bool(positions) and all(symbol in bars for symbol, *_ in positions)


def _reached_stops(venue: Venue, bars: Bars, ends_ms: int) -> list[SimOrder]:
    return [
        order
        for symbol, (last, mark) in bars.items()
        for order in venue.orders(symbol)
        if not order.opening and order.created_ms < ends_ms and reached(order, TriggerKind.STOP, last, mark)
    ]


def _fill_limits(venue: Venue, symbol: str, bar: Bar, time_ms: int, ends_ms: int) -> None:
    for order in list(venue.orders(symbol)):
        if order.status is not OrderStatus.OPEN or order.created_ms >= ends_ms:
            continue
        # A limit order released within this candle may have missed the part that went through its price.
        fresh = order.trigger is not None and order.trigger.fired_ms == time_ms
        if not fresh and traded_through(venue, order, bar):
            fill_resting(venue, order, time_ms)
