"""Candles and funding from a venue's market into the store, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, Notice, Result
from weexctl.actions.data import SeriesRow, TimeframeWord, series_row, trade_on
from weexctl.actions.fetched_series import FetchedSeries
from weexctl.actions.moment import iso_utc
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.venue import Venue
from weexctl.errors import ExchangeError, UsageError, WeexctlError
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

    What was stored before something went wrong stays and is told with the error; the next fetch goes on after it.

    Raises:
        UsageError: a symbol is not one of the eight, or the span is empty.
        DataError: the venue has no such candles, or they contradict those in the store, and nothing else was stored.
        ExchangeError: the venue did not answer, and nothing was stored before.
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
        series = _wanted(input, wanted, store, desk)
        rows, complete, error = _fetched(desk, store, series, context)
    finally:
        desk.exchange.close()
    if error is not None and not any(row.added for row in rows):
        raise error
    folder = str(store.folder_of(synthetic=desk.synthetic))
    return Result(
        data=Output(folder=folder, series=rows, complete=complete),
        venue=venue.value,
        error=error,
        exit_code=0 if error is None else error.exit_code,
        warnings=(*_generated(desk), *_later(input, rows)),
        next=(trade_on(folder),),
    )


def _generated(desk: MarketDesk) -> list[Notice]:
    if not desk.synthetic:
        return []
    what = "these candles were generated" if desk.simulated else f"{desk.source} is not the exchange"
    return [Notice("SYNTHETIC", f"{what}; results on them say nothing about a market")]


def _later(input: Input, rows: Sequence[FetchedRow]) -> list[Notice]:  # noqa: A002
    """Series that begin after the moment somebody named."""
    if input.from_ms is None:
        return []
    late = [row for row in rows if row.from_ms >= input.from_ms + Timeframe(row.timeframe).ms]
    return [Notice("BEGINS_LATER", f"{row.symbol}: the first candle opens {iso_utc(row.from_ms)}") for row in late]


def _wanted(
    input: Input,  # noqa: A002
    symbols: Sequence[str],
    store: CandleStore,
    desk: MarketDesk,
) -> list[FetchedSeries]:
    timeframe, now_ms = Timeframe(input.timeframe), desk.clock.now_ms()
    stored = {symbol: store.find(symbol, timeframe, synthetic=desk.synthetic) for symbol in symbols}
    return [
        FetchedSeries(symbol, timeframe, _pages(input, timeframe, now_ms, manifest), manifest)
        for symbol, manifest in stored.items()
    ]


def _fetched(
    desk: MarketDesk, store: CandleStore, series: Sequence[FetchedSeries], context: Context
) -> tuple[list[FetchedRow], bool, WeexctlError | None]:
    """A row for each series of which anything is stored, whether nothing is left to fetch, and what went wrong.

    A series that cannot be had keeps none of the others back; a venue that does not answer ends it.
    """
    stopped = False
    error: WeexctlError | None = None
    try:
        with context.progress(sum(len(one.pages) for one in series), "fetch") as track:
            stopped = not all(one.fetch(desk, store, track, context.should_stop) for one in series)
    except ExchangeError as lost:
        error = lost
    rows = [
        FetchedRow(**series_row(one.manifest).model_dump(), added=one.added)
        for one in series
        if one.manifest is not None
    ]
    error = error or next((one.problem for one in series if one.problem is not None), None)
    if stopped or isinstance(error, ExchangeError):
        return rows, False, error
    try:
        rows, complete = _with_funding(desk, FundingStore(store.folder), rows, context)
    except ExchangeError as lost:
        return rows, False, error or lost
    return rows, complete and error is None, error


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
    if from_ms >= to_ms and (stored is None or input.from_ms is not None):
        raise UsageError(
            f"no candle lies between {iso_utc(from_ms)} and {iso_utc(to_ms)}; nothing was fetched",
            hint="choose an earlier --from or a later --to",
        )
    there = None if stored is None else (stored.from_ms, stored.to_ms)
    return missing_pages(timeframe, from_ms, to_ms, stored=there, candles=_PAGE)
