"""The market while it changes: pushes of the exchange's feed, and a read where there was none."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from pydantic import BaseModel, Field

from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.market import market_notices
from weexctl.actions.market_shapes import MarketInput, MarketOutput
from weexctl.actions.moment import iso_utc
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.venue import Venue
from weexctl.errors import UsageError
from weexctl.exchange.feed import Feed, open_feed
from weexctl.exchange.feed_channel import Channel
from weexctl.exchange.feed_messages import TickerPush
from weexctl.exchange.server_clock import boot_ms
from weexctl.model.instrument import SYMBOLS, normalise_symbol
from weexctl.trader.market_desk import MarketDesk, open_market
from weexctl.trader.sim_venue import SimVenue

__all__ = ["Input", "Output", "WatchedRow", "run"]

LOOK_S = 0.2
"""How often it is looked at whether the time is up."""


class Input(MarketInput):
    """Which symbols, and when to stop."""

    symbols: tuple[str, ...] = ()
    seconds: float = Field(default=10.0, gt=0, le=86_400)
    count: int | None = Field(default=None, ge=1)
    """Stop after so many pushes, if that is sooner."""


class WatchedRow(BaseModel):
    """One symbol at the end. Prices are quote per base."""

    symbol: str
    last: Decimal
    mark_price: Decimal
    change_ratio: Decimal
    """0.01 is one per cent, against 24 h ago."""
    pushes: int
    """How many the feed sent meanwhile."""
    source: str
    """`stream`, or `read` where the feed could not be believed."""
    age_ms: float
    """Since it was heard, 0 for a read."""


class Output(MarketOutput):
    """What was seen, and how the feed did."""

    tickers: list[WatchedRow]
    feed: str
    """How the connection was at the end: `live`, `waiting`, `refused` …"""
    connections: int
    malformed: int
    """Frames that were not what the documentation says; none was used."""
    error: str | None
    """The last thing that went wrong with the feed, if anything did."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Listen for a while; what comes is told line by line, and summed up at the end."""
    venue = Venue(input.venue) if input.venue else Venue.SIM  # WEEXCTL_VENUE has been read into the input
    if venue is Venue.SIM:
        raise UsageError(
            "the simulated market of a run stands still and has no feed; nothing was opened",
            hint="`weexctl sim serve` has one: WEEX_API_BASE=URL weexctl market watch --venue paper",
            code="NO_FEED",
        )
    symbols = tuple(dict.fromkeys(normalise_symbol(symbol) for symbol in input.symbols)) or SYMBOLS
    environment, paths = read_environment(context.environment), find_paths(context.environment)
    desk = open_market(
        venue,
        journal_path=paths.journal(Venue.SIM, SimVenue.account),
        data=input.data,
        base_url=environment.api_base,
        timeout_s=input.timeout,
    )
    try:
        with open_feed(desk.exchange, desk.clock, base_url=desk.source) as feed:
            feed.subscribe(*(Channel.ticker(symbol) for symbol in symbols))
            pushes = _listen(feed, input, context)
            output = _summed_up(feed, desk, symbols, pushes)
    finally:
        desk.exchange.close()
    return Result(
        data=output,
        venue=venue.value,
        warnings=tuple(market_notices(desk)),
        next=(NextCommand(f"weexctl market depth {symbols[0]} --venue {venue.value}", "the order book of one"),),
    )


def _listen(feed: Feed, input: Input, context: Context) -> Counter[str]:  # noqa: A002
    pushes: Counter[str] = Counter()
    until_ms = boot_ms() + input.seconds * 1_000
    while (left_ms := until_ms - boot_ms()) > 0 and pushes.total() != input.count and not context.should_stop():
        push = feed.next_event(min(LOOK_S, left_ms / 1_000))
        if isinstance(push, TickerPush):
            pushes[push.symbol] += 1
            it = push.ticker
            context.note(f"{iso_utc(push.time_ms)} {push.symbol} last {it.last:f} mark {it.mark_price:f}")
    return pushes


def _summed_up(feed: Feed, desk: MarketDesk, symbols: tuple[str, ...], pushes: Counter[str]) -> Output:
    rows = []
    for symbol in symbols:
        reading = feed.latest_ticker(symbol)
        rows.append(
            WatchedRow(
                symbol=symbol,
                last=reading.value.last,
                mark_price=reading.value.mark_price,
                change_ratio=reading.value.change_ratio,
                pushes=pushes[symbol],
                source=reading.source.value,
                age_ms=round(reading.age_ms, 1),
            )
        )
    status = feed.status().public
    return Output(
        source=desk.source,
        synthetic=desk.synthetic,
        time_ms=desk.clock.now_ms(),
        tickers=rows,
        feed=status.condition.value,
        connections=status.connections,
        malformed=status.malformed,
        error=None if status.error is None else status.error.message,
    )
