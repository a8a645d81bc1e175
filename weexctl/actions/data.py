"""The candle store: make, list and verify candles on this machine."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.moment import iso_utc
from weexctl.config.paths import find_paths
from weexctl.errors import DataError
from weexctl.market.funding_store import FundingManifest, FundingStore
from weexctl.market.gaps import Gaps
from weexctl.market.store import CandleStore, Manifest, faults
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS, normalise_symbol
from weexctl.simulator.generator import generate_funding, generate_market

__all__ = [
    "FundingRow",
    "GenerateInput",
    "GenerateOutput",
    "ListInput",
    "ListOutput",
    "SeriesRow",
    "StoredRow",
    "VerifiedRow",
    "VerifyInput",
    "VerifyOutput",
    "funding_row",
    "gap_notices",
    "generate",
    "list_",
    "series_row",
    "stored_candles",
    "stored_row",
    "trade_on",
    "trade_on_whole",
    "verify",
]

TimeframeWord = Literal["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w"]
_FOUND = 6
"""Exit code of a check that found something."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GenerateInput(_Model):
    """Which synthetic candles to make."""

    symbols: tuple[str, ...] = ()
    timeframe: TimeframeWord = "1h"
    count: int = Field(default=12_000, ge=1, le=1_000_000)
    seed: int = Field(default=7, ge=0)
    replace: bool = False


class ListInput(_Model):
    """Nothing to choose."""


class VerifyInput(_Model):
    """Whose candles to read again; everybody's when nobody is named."""

    symbols: tuple[str, ...] = ()


class SeriesRow(BaseModel):
    """One stored series of candles."""

    symbol: str
    timeframe: str
    candles: int
    from_ms: int
    """Open of the first candle."""
    to_ms: int
    """Close of the last candle."""
    synthetic: bool
    spot: bool
    """True for prices of the spot market."""
    gaps: Gaps
    """What is missing between the first candle and the last."""
    source: str
    digest: str


class StoredRow(SeriesRow):
    """A series that has just been stored."""

    added: int
    """Candles that were not there before."""
    funding: int | None
    """Settlements that were stored beside it; None where there was no funding."""


class GenerateOutput(BaseModel):
    """What was made."""

    folder: str
    """What `--data` takes to use them."""
    series: list[StoredRow]


class FundingRow(BaseModel):
    """The stored funding of one symbol."""

    symbol: str
    settlements: int
    from_ms: int
    """The span that is covered, both ends included."""
    to_ms: int
    synthetic: bool
    source: str
    digest: str


class ListOutput(BaseModel):
    """Everything in the store, real candles first."""

    folder: str
    series: list[SeriesRow]
    funding: list[FundingRow]
    unlisted: list[str]
    """Files without a sound manifest, and why."""


class VerifiedRow(BaseModel):
    """One file that was read again."""

    file: str
    """Below the folder of the store."""
    ok: bool
    gaps: Gaps | None
    """Of candles; None for funding, and where there is no manifest to go by."""
    problem: str
    """Empty when every value is what it was when it was stored."""


class VerifyOutput(BaseModel):
    """What reading everything again found."""

    folder: str
    files: list[VerifiedRow]
    faults: int


def generate(input: GenerateInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Make synthetic candles and funding, and store them apart from real ones.

    Raises:
        UsageError: a symbol is not one of the eight.
        DataError: other candles of another seed are there.
        ConfigError: the store cannot be written to.
    """
    wanted = [normalise_symbol(symbol) for symbol in input.symbols] or list(SYMBOLS)
    timeframe = Timeframe(input.timeframe)
    market = generate_market(input.seed, timeframe=timeframe, count=input.count)  # all: each is the same in any company
    funding = generate_funding(input.seed, market)
    store, rows = stored_candles(context), []
    with context.progress(len(wanted), "store") as track:
        for symbol in wanted:
            source = f"seed:{input.seed}:{timeframe.value}"
            manifest, added = store.keep(market[symbol], source=source, replace=input.replace)
            FundingStore(store.folder).keep(funding[symbol], synthetic=True, source=source)
            rows.append(stored_row(manifest, added, len(funding[symbol].time_ms)))
            track.advance(1, symbol)
    folder = str(store.folder_of(synthetic=True))
    notice = Notice("SYNTHETIC", "these candles were generated; results on them say nothing about a market")
    return Result(data=GenerateOutput(folder=folder, series=rows), warnings=(notice,), next=(trade_on(folder),))


def list_(input: ListInput, context: Context) -> Result:  # noqa: A002, ARG001  # the signature of every action
    """What is in the store, as its manifests say; `verify` reads the candles themselves."""
    store = stored_candles(context)
    found = list(store.series())
    rows = [series_row(stored.manifest) for stored in found if stored.manifest is not None]
    settled = list(FundingStore(store.folder).series())
    paid = [funding_row(stored.manifest) for stored in settled if stored.manifest is not None]
    unlisted = [f"{_below(stored.path, store)}: {stored.reason}" for stored in found if stored.manifest is None]
    unlisted += [f"{_below(stored.path, store)}: {stored.reason}" for stored in settled if stored.manifest is None]
    following = (
        NextCommand("weexctl data generate", "make synthetic candles"),
        NextCommand("weexctl data import PATH", "bring in your own"),
    )
    output = ListOutput(folder=str(store.folder), series=rows, funding=paid, unlisted=unlisted)
    return Result(data=output, next=() if found else following)


def verify(input: VerifyInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Read every stored candle again and compare it with what was stored. Faults are the answer, with exit code 6.

    Raises:
        UsageError: a symbol is not one of the eight.
    """
    wanted = [normalise_symbol(symbol) for symbol in input.symbols]
    store = stored_candles(context)
    series = [row for row in store.series() if not wanted or row.path.name.partition("-")[0] in wanted]
    rows: list[VerifiedRow] = []
    with context.progress(len(series), "verify") as track:
        for stored, problem in faults(series):
            gaps = None if stored.manifest is None else stored.manifest.gaps
            rows.append(VerifiedRow(file=_below(stored.path, store), ok=not problem, gaps=gaps, problem=problem))
            track.advance(1, stored.path.name)
    for paid, problem in FundingStore(store.folder).faults():
        if not wanted or paid.path.name.partition("-")[0] in wanted:
            rows.append(VerifiedRow(file=_below(paid.path, store), ok=not problem, gaps=None, problem=problem))
    bad = [row for row in rows if not row.ok]
    output = VerifyOutput(folder=str(store.folder), files=rows, faults=len(bad))
    if not bad:
        return Result(data=output)
    more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
    error = DataError(
        f"{bad[0].problem.removesuffix('; nothing was read')}{more}",
        hint="bring these candles again: `weexctl data import PATH --replace`, or `data generate --replace`",
        code="STORE_FAULT",
    )
    return Result(data=output, error=error, exit_code=_FOUND)


def stored_candles(context: Context) -> CandleStore:
    """The store of this machine."""
    return CandleStore(find_paths(context.environment).candles)


def series_row(manifest: Manifest) -> SeriesRow:
    """What the manifest says, for an answer."""
    return SeriesRow(**{name: getattr(manifest, name) for name in SeriesRow.model_fields})


def stored_row(manifest: Manifest, added: int, funding: int | None) -> StoredRow:
    """What has just been stored, for an answer."""
    return StoredRow(**series_row(manifest).model_dump(), added=added, funding=funding)


def funding_row(manifest: FundingManifest) -> FundingRow:
    """What the manifest says, for an answer."""
    return FundingRow(**{name: getattr(manifest, name) for name in FundingRow.model_fields})


def gap_notices(rows: Sequence[SeriesRow]) -> tuple[Notice, ...]:
    """What is to be known of series that were stored with gaps."""
    return tuple(
        Notice(
            "GAPS",
            f"{row.symbol} {row.timeframe}: candles missing: {row.gaps.missing}, gaps: {row.gaps.count}, the first at "
            f"{iso_utc(row.gaps.first_ms)}; `trade` refuses such a series",
        )
        for row in rows
        if row.gaps.first_ms is not None
    )


def _below(path: Path, store: CandleStore) -> str:
    return str(path.relative_to(store.folder).as_posix())


def trade_on(folder: str) -> NextCommand:
    """The command that uses these candles."""
    return NextCommand(f"weexctl trade --data {shlex.quote(folder)} --new", "a new run on them")


def trade_on_whole(folder: str, rows: Sequence[SeriesRow]) -> tuple[NextCommand, ...]:
    """The command that uses these candles; none when a gap in each of them makes it refuse them."""
    return (trade_on(folder),) if any(not row.gaps.count for row in rows) else ()
