"""Candle files into the store: checked, joined to what is there, and never repaired."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, Result
from weexctl.actions.data import StoredRow, TimeframeWord, gap_notices, stored_candles, stored_row, trade_on_whole
from weexctl.market.files import CandleFile, find_candle_files
from weexctl.market.funding_store import FundingStore
from weexctl.market.loading import load_candles, load_funding
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import normalise_symbol

__all__ = ["Input", "Output", "run"]


class Input(BaseModel):
    """Which files to bring into the store."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: tuple[str, ...] = Field(min_length=1)
    symbols: tuple[str, ...] = ()
    timeframe: TimeframeWord | None = None
    keep_gaps: bool = False
    replace: bool = False


class Output(BaseModel):
    """What was brought in."""

    folder: str
    """What `--data` takes to use them."""
    series: list[StoredRow]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Check candle files and bring them into the store, joined to what is there. Every file is checked before any is
    stored.

    Raises:
        UsageError: a path or a name is wrong, or two files are equally good.
        DataError: a row is wrong, or candles in the store contradict it or leave a hole.
        ConfigError: the store cannot be written to.
    """
    timeframe = None if input.timeframe is None else Timeframe(input.timeframe)
    wanted = [normalise_symbol(symbol) for symbol in input.symbols] or None
    files = find_candle_files(input.path, symbols=wanted, timeframe=timeframe)
    loaded = load_candles(input.path, symbols=wanted, timeframe=timeframe, gaps=input.keep_gaps)
    funding = load_funding(input.path, symbols=loaded)
    store, rows = stored_candles(context), []
    with context.progress(len(loaded), "store") as track:
        for symbol, candles in loaded.items():
            file = files[symbol]
            manifest, added = store.keep(
                candles, source=_source(file), spot=file.spot, replace=input.replace, keep_gaps=input.keep_gaps
            )
            if symbol in funding:
                FundingStore(store.folder).keep(
                    funding[symbol], synthetic=candles.synthetic, source=f"file beside {file.path.name}"
                )
            settled = len(funding[symbol].time_ms) if symbol in funding else None
            rows.append(stored_row(manifest, added, settled))
            track.advance(1, symbol)
    folder = str(store.folder_of(synthetic=all(candles.synthetic for candles in loaded.values())))
    return Result(
        data=Output(folder=folder, series=rows), warnings=gap_notices(rows), next=trade_on_whole(folder, rows)
    )


def _source(file: CandleFile) -> str:
    return f"file {file.path.name}"
