"""Candles and funding from a venue's market into the store, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, Notice, Result
from weexctl.actions.data import SeriesRow, TimeframeWord, series_row, trade_on
from weexctl.actions.moment import iso_utc
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.venue import Venue
from weexctl.errors import UsageError
from weexctl.market.funding_store import FundingStore, missing_spans
from weexctl.market.spans import Page, missing_pages
from weexctl.market.store import CandleStore, Manifest
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS, normalise_symbol
from weexctl.trader.market_desk import MarketDesk, open_market
from weexctl.trader.sim_venue import SimVenue

__all__ = ["FetchedRow", "Input", "Output", "run"]

_PAGE = 1_000
"""Candles that are fetched and stored at a time."""
_FUNDING_PAGE_MS = 90 * 86_400_000
"""Span of funding that is fetched and stored at a time."""
_FETCHED_BY_ITSELF = 1_000
"""Candles that are fetched when nothing is stored and no start is given."""


class Input(BaseModel):
    """Which candles to fetch, from where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbols: tuple[str, ...] = ()
    timeframe: TimeframeWord = "1h"
    from_ms: int | None = None
    to_ms: int | None = None
    venue: Literal["sim", "paper", "demo", "live"] | None = None
    timeout: float = Field(default=10.0, gt=0, le=120)


class FetchedRow(SeriesRow):
    """A series after fetching."""

    added: int
    """Candles that were not there before."""
    funding: int | None = None
    """Settlements that are stored of the same span; None where there are none."""
    funding_added: int = 0


class Output(BaseModel):
    """What was fetched."""

    folder: str
    """What `--data` takes to use them."""
    series: list[FetchedRow]
    complete: bool
    """False when it was stopped before everything was there; the next fetch goes on."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Fetch closed candles from a venue's market and join them to what is stored, page by page.

    Raises:
        UsageError: a symbol is not one of the eight, or the span is empty.
        DataError: the venue has no such candles, or they contradict those in the store; earlier pages stay.
        ExchangeError: the venue did not answer; earlier pages stay, and the next fetch goes on after them.
    """
    wanted = [normalise_symbol(symbol) for symbol in input.symbols] or list(SYMBOLS)
    environment, paths = read_environment(context.environment), find_paths(context.environment)
    venue = Venue(input.venue or Venue.SIM)
    desk = open_market(
        venue,
        journal_path=paths.journal(Venue.SIM, SimVenue.account),
        base_url=environment.api_base,
        timeout_s=input.timeout,
    )
    store = CandleStore(paths.candles)
    try:
        rows, complete = _fetched(desk, store, wanted, input, context)
    finally:
        desk.exchange.close()
    folder = str(store.folder_of(synthetic=desk.synthetic))
    notice = Notice("SYNTHETIC", "these candles were generated; results on them say nothing about a market")
    return Result(
        data=Output(folder=folder, series=rows, complete=complete),
        venue=venue.value,
        warnings=(notice,) if desk.synthetic else (),
        next=(trade_on(folder),),
    )


def _fetched(
    desk: MarketDesk,
    store: CandleStore,
    symbols: Sequence[str],
    input: Input,  # noqa: A002
    context: Context,
) -> tuple[list[FetchedRow], bool]:
    """A row for each symbol of which anything is stored, and whether nothing is left to fetch."""
    timeframe, now_ms = Timeframe(input.timeframe), desk.clock.now_ms()
    pages: list[tuple[str, Page]] = []
    known: dict[str, tuple[Manifest, int]] = {}
    for symbol in symbols:
        manifest = store.find(symbol, timeframe, synthetic=desk.synthetic)
        if manifest is not None:
            known[symbol] = (manifest, 0)
        pages += [(symbol, page) for page in _pages(input, timeframe, now_ms, manifest)]
    done = 0
    with context.progress(len(pages), "fetch") as track:
        for symbol, page in pages:
            if context.should_stop():
                break
            manifest, added = _page(desk, store, symbol, timeframe, page)
            known[symbol] = (manifest, added + known.get(symbol, (manifest, 0))[1])
            done += 1
            track.advance(1, symbol)
    rows = [FetchedRow(**series_row(row).model_dump(), added=added) for row, added in known.values()]
    if done < len(pages):
        return rows, False
    return _with_funding(desk, FundingStore(store.folder), rows, context)


def _with_funding(
    desk: MarketDesk, store: FundingStore, rows: list[FetchedRow], context: Context
) -> tuple[list[FetchedRow], bool]:
    """The rows with the funding of their candles' span, page by page too."""
    manifests = {row.symbol: store.find(row.symbol, synthetic=desk.synthetic) for row in rows}
    pages = [
        (row.symbol, page)
        for row in rows
        for page in missing_spans(row.from_ms, row.to_ms, manifests[row.symbol], longest_ms=_FUNDING_PAGE_MS)
    ]
    added: dict[str, int] = {}
    done = 0
    with context.progress(len(pages), "funding") as track:
        for symbol, (low_ms, high_ms) in pages:
            if context.should_stop():
                break
            history = desk.exchange.fetch_funding_rates(symbol, start_ms=low_ms, end_ms=high_ms)
            if len(history.time_ms):
                manifests[symbol], new = store.keep(
                    history,
                    synthetic=desk.synthetic,
                    source=desk.source,
                    covers=(low_ms, high_ms),
                    replace=manifests[symbol] is None,
                )
                added[symbol] = added.get(symbol, 0) + new
            done += 1
            track.advance(1, symbol)
    told = [
        row.model_copy(
            update={
                "funding": known.settlements if (known := manifests[row.symbol]) is not None else None,
                "funding_added": added.get(row.symbol, 0),
            }
        )
        for row in rows
    ]
    return told, done == len(pages)


def _pages(
    input: Input,  # noqa: A002
    timeframe: Timeframe,
    now_ms: int,
    stored: Manifest | None,
) -> list[Page]:
    to_ms = now_ms if input.to_ms is None else min(input.to_ms, now_ms)
    first = to_ms - _FETCHED_BY_ITSELF * timeframe.ms if stored is None else stored.from_ms
    from_ms = first if input.from_ms is None else input.from_ms
    if from_ms >= to_ms and stored is None:
        raise UsageError(
            f"no candle lies between {iso_utc(from_ms)} and {iso_utc(to_ms)}; nothing was fetched",
            hint="choose an earlier --from or a later --to",
        )
    there = None if stored is None else (stored.from_ms, stored.to_ms)
    return missing_pages(timeframe, from_ms, to_ms, stored=there, candles=_PAGE)


def _page(desk: MarketDesk, store: CandleStore, symbol: str, timeframe: Timeframe, page: Page) -> tuple[Manifest, int]:
    low_ms, high_ms = page
    count = (high_ms - low_ms) // timeframe.ms
    candles = desk.exchange.fetch_candles(symbol, timeframe, limit=count, end_ms=high_ms)
    marked = replace(candles, synthetic=desk.synthetic)
    return store.keep(marked, source=desk.source)
