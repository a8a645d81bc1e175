"""Candles and funding of the symbols a run wants, from the files a person names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from weexctl.errors import DataError, UsageError
from weexctl.market.detail import FineDetail, detail_of
from weexctl.market.files import CandleFile, DetailPlace, find_candle_files, find_funding_files
from weexctl.market.reading import read_table
from weexctl.market.validation import checked_candles, checked_funding
from weexctl.model.candle import COLUMNS, Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import normalise_symbol

__all__ = ["load_candles", "load_details", "load_funding"]

_CANDLE_HEADER = ("open_time_ms", *COLUMNS)
_FUNDING_HEADER = ("open_time_ms", "funding_rate")


def load_candles(
    paths: Sequence[str | Path],
    *,
    symbols: Iterable[str] | None = None,
    timeframe: Timeframe | None = None,
    required: Iterable[str] = (),
    gaps: bool = False,
) -> dict[str, Candles]:
    """Checked candles by symbol, in the order of `SYMBOLS`; all of one timeframe, each as long as its file.

    A path is a file, a folder or `SYMBOL=PATH`; see `find_candle_files` for what is chosen. Symbols that no file
    holds are simply absent, unless they are `required`.

    Args:
        paths: files, folders, assignments, in any mixture.
        symbols: leave out all others; None takes all that are found.
        timeframe: the wanted one; None takes that of the files.
        required: symbols that have to be there.
        gaps: take files in which candles are missing too. What decides and trades needs them whole.

    Raises:
        UsageError: a path, a name or a choice between files is wrong, or a required symbol is absent.
        DataError: a file cannot be read or a row is wrong; names the file, the row and its time.
    """
    files = find_candle_files(paths, symbols=symbols, timeframe=timeframe)
    absent = [symbol for symbol in map(normalise_symbol, required) if symbol not in files]
    if absent:
        raise UsageError(
            f"no candles of {', '.join(absent)} in {', '.join(map(str, paths))}; nothing was read",
            hint=f"leave them out (--symbols {','.join(files)}) or add --data {absent[0]}=PATH",
        )
    loaded = {symbol: _load(file, timeframe, gaps) for symbol, file in files.items()}
    _check_one_timeframe(loaded)
    return loaded


def load_details(places: Sequence[DetailPlace], candles: Mapping[str, Candles]) -> dict[str, FineDetail]:
    """The shorter candles inside these, by symbol; only of symbols that are there.

    Raises:
        UsageError: as `load_candles`, or one timeframe is no part of the other, or they are of several timeframes.
        DataError: as `load_candles`, or they contradict the longer candles.
    """
    if len(lengths := sorted({place.timeframe for place in places}, key=lambda length: length.ms)) > 1:
        raise UsageError(
            f"shorter candles of {' and '.join(lengths)} cannot be walked through together; nothing was read",
            hint="name those of one timeframe",
        )
    found: dict[str, FineDetail] = {}
    for place in places:
        known, length = [place.symbol] if place.symbol else list(candles), place.timeframe
        path = f"{place.symbol}={place.path}" if place.symbol else place.path
        fine = load_candles([path], symbols=known, timeframe=length, required=known[: bool(place.symbol)], gaps=True)
        found |= {symbol: detail_of(fine[symbol], candles[symbol]) for symbol in fine if symbol in candles}
    return found


def load_funding(paths: Sequence[str | Path], *, symbols: Iterable[str] | None = None) -> dict[str, FundingHistory]:
    """Settlements by symbol, from the funding files among or beside these paths; empty when there are none.

    Raises:
        UsageError: two files hold the funding of one symbol.
        DataError: a file cannot be read or a row is wrong; names the file, the row and its time.
    """
    files = find_funding_files(paths, symbols=symbols)
    return {symbol: _load_funding(symbol, path) for symbol, path in files.items()}


def _load(file: CandleFile, wanted: Timeframe | None, gaps: bool) -> Candles:
    table = read_table(file.path, _CANDLE_HEADER)
    timeframe, arrays = checked_candles(str(file.path), table, wanted or file.timeframe, gaps=gaps)
    return Candles(
        symbol=file.symbol,
        timeframe=timeframe,
        open_time_ms=arrays.open_time_ms,
        synthetic=file.synthetic,
        **arrays.values,
    )


def _load_funding(symbol: str, path: Path) -> FundingHistory:
    times, rates = checked_funding(str(path), read_table(path, _FUNDING_HEADER))
    return FundingHistory(symbol, times, rates)


def _check_one_timeframe(loaded: dict[str, Candles]) -> None:
    lengths = {symbol: candles.timeframe for symbol, candles in loaded.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{symbol} {timeframe}" for symbol, timeframe in lengths.items())
        raise DataError(f"the files hold different timeframes: {listed}", hint="give files of one timeframe")
