"""Which file holds the candles of which symbol: `SYMBOL-TIMEFRAME[-tag…].csv.gz`, or as `SYMBOL=PATH` says.

`SYMBOL@TIMEFRAME=PATH` names shorter candles, which say in which order the prices of the longer ones came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from weexctl.errors import UsageError
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS, normalise_symbol

__all__ = [
    "CandleFile",
    "DetailPlace",
    "Origin",
    "find_candle_files",
    "find_funding_files",
    "funding_must_belong",
    "split_details",
]

_SUFFIX = r"\.(csv\.gz|csv|parquet)"
_CANDLES = re.compile(rf"(?P<symbol>\w+)-(?P<timeframe>{'|'.join(Timeframe)})(?P<tags>(-[^.]+)?){_SUFFIX}")
_FUNDING = re.compile(rf"(?P<symbol>\w+)-funding{_SUFFIX}")
_DETAIL = re.compile(r"(?P<symbol>[^@=/]*)@(?P<timeframe>[^@=/]*)=(?P<path>.+)")
_READABLE = re.compile(rf".*{_SUFFIX}")


class Origin(IntEnum):
    """How a file came into play; the more a person said, the more it counts."""

    ASSIGNED = 0
    """`SYMBOL=PATH`."""
    NAMED = 1
    """Its path was given."""
    FOLDER = 2
    """It lies in a folder that was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleFile:
    """A file that should hold the candles of one symbol."""

    path: Path
    symbol: str
    timeframe: Timeframe | None
    """As its name says; None when the name does not."""
    tags: frozenset[str] = frozenset()
    """What else the name says: `spot`, `synthetic`, a year."""
    origin: Origin = Origin.NAMED

    @property
    def spot(self) -> bool:
        """True for candles of the spot market, whose prices and volumes are not quite those of the future."""
        return "spot" in self.tags

    @property
    def synthetic(self) -> bool:
        """True for candles made by a generator."""
        return "synthetic" in self.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailPlace:
    """Where shorter candles are: `SYMBOL@TIMEFRAME=PATH`, or `@TIMEFRAME=FOLDER` for those of every symbol."""

    symbol: str
    """Empty for every symbol."""
    timeframe: Timeframe
    path: str


def split_details(paths: Sequence[str | Path]) -> tuple[list[str | Path], list[DetailPlace]]:
    """What names candles, and what names the shorter candles inside them.

    Raises:
        UsageError: a symbol or a timeframe is not known.
    """
    plain: list[str | Path] = []
    places: list[DetailPlace] = []
    for text in paths:
        if (match := _DETAIL.fullmatch(str(text))) is None or Path(text).exists():
            plain.append(text)
            continue
        if match["timeframe"] not in set(Timeframe):
            raise UsageError(
                f"{text} names no timeframe; nothing was read",
                hint=f"write it like BTCUSDT@5m={match['path']}; there are {', '.join(Timeframe)}",
            )
        symbol = normalise_symbol(match["symbol"]) if match["symbol"] else ""
        places.append(DetailPlace(symbol=symbol, timeframe=Timeframe(match["timeframe"]), path=match["path"]))
    return plain, places


def find_candle_files(
    paths: Sequence[str | Path], *, symbols: Iterable[str] | None = None, timeframe: Timeframe | None = None
) -> dict[str, CandleFile]:
    """The one file of each symbol, in the order of `SYMBOLS`.

    A path is a file, a folder (all its candle files of the wanted timeframe) or `SYMBOL=PATH`. Where several files
    hold the same symbol, `SYMBOL=PATH` comes before a file, a file before a folder, and futures before spot.

    Args:
        paths: files, folders, assignments, in any mixture.
        symbols: leave out all others.
        timeframe: the wanted one; None when the files have only one.

    Raises:
        UsageError: a path does not exist or its name says nothing, no file is left, or two are equally good.
    """
    found = [file for text in paths for file in _candidates(text)]
    wanted = None if symbols is None else [normalise_symbol(symbol) for symbol in symbols]
    found = [file for file in found if wanted is None or file.symbol in wanted]
    kept = _of_timeframe(found, timeframe)
    if not kept:
        raise _nothing_found(paths, wanted, found, timeframe)
    return {symbol: _best([file for file in kept if file.symbol == symbol]) for symbol in _present(kept)}


def find_funding_files(paths: Sequence[str | Path], *, symbols: Iterable[str] | None = None) -> dict[str, Path]:
    """The funding file of each symbol that has one, in the order of `SYMBOLS`.

    Funding files are named `SYMBOL-funding.csv.gz` (or .csv, .parquet) and lie beside the candle files or in the
    folder that was given; one that is given by its own path comes first.

    Raises:
        UsageError: two files hold the funding of one symbol.
    """
    wanted = set(SYMBOLS if symbols is None else map(normalise_symbol, symbols))
    found: dict[str, dict[Path, Origin]] = {}
    for text in paths:
        named = _split(text)[1]
        folder = named if named.is_dir() else named.parent
        for path in (*sorted(folder.iterdir()), named) if folder.is_dir() else ():
            symbol = _funding_symbol(path)
            if symbol in wanted:
                origin = Origin.NAMED if path == named else Origin.FOLDER
                known = found.setdefault(symbol, {})
                known[path.resolve()] = min(origin, known.get(path.resolve(), origin))
    return {symbol: _best_funding(symbol, found[symbol]) for symbol in SYMBOLS if symbol in found}


def funding_must_belong(paths: Sequence[str | Path]) -> None:
    """Refuse a funding file that is named where nothing holds its symbol's candles: another symbol was meant.

    Raises:
        UsageError: there is one.
    """
    named = {symbol: path for _, path in map(_split, paths) if (symbol := _funding_symbol(path))}
    candles = {file.symbol for text in paths for file in _candidates(text)} if named else set()
    for symbol in named.keys() - candles:
        raise UsageError(
            f"{named[symbol]} holds the funding of {symbol}, and nothing here holds its candles; nothing was read",
            hint=f"leave it out, or give the funding of the symbol you trade, called like {symbol}-funding.csv.gz",
        )


def _split(text: str | Path) -> tuple[str, Path]:
    if split_details([text])[1]:
        raise UsageError(
            f"{text} names shorter candles, which play no part here; nothing was read", hint="leave it out"
        )
    symbol, sign, path = str(text).partition("=")
    if sign and not Path(text).exists():  # a path may well have an equals sign of its own
        return normalise_symbol(symbol), Path(path).expanduser()  # the shell does so only at the start of a word
    return "", Path(text)


def _candidates(text: str | Path) -> list[CandleFile]:
    symbol, path = _split(text)
    if not path.exists():
        raise UsageError(
            f"there is no file or folder {path}; nothing was read",
            hint="name a candle file, a folder of them, or SYMBOL=PATH; `weexctl data list` shows what is stored",
        )
    if path.is_dir():
        files = (_parse(file, Origin.FOLDER) for file in sorted(path.iterdir()))
        return [file for file in files if file is not None and symbol in ("", file.symbol)]
    if symbol:
        return [_assigned(symbol, path)]
    if _funding_symbol(path):
        return []
    parsed = _parse(path, Origin.NAMED)
    if parsed is None:
        raise UsageError(
            f"the name of {path} does not say which candles it holds; nothing was read",
            hint=f"call it like BTCUSDT-1h.csv.gz, or say BTCUSDT={path}",
        )
    return [parsed]


def _assigned(symbol: str, path: Path) -> CandleFile:
    if not _READABLE.fullmatch(path.name):
        raise UsageError(
            f"{path} is no candle file weexctl can read; nothing was read",
            hint="candle files end in .csv, .csv.gz or .parquet",
        )
    match = _CANDLES.fullmatch(path.name)
    timeframe = Timeframe(match["timeframe"]) if match else None
    tags = _tags(match["tags"]) if match else frozenset[str]()
    return CandleFile(path=path, symbol=symbol, timeframe=timeframe, tags=tags, origin=Origin.ASSIGNED)


def _parse(path: Path, origin: Origin) -> CandleFile | None:
    match = _CANDLES.fullmatch(path.name)
    symbol = _known_symbol(match["symbol"]) if match else ""
    if not match or not symbol:
        return None
    timeframe = Timeframe(match["timeframe"])
    return CandleFile(path=path, symbol=symbol, timeframe=timeframe, tags=_tags(match["tags"]), origin=origin)


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.lower().split("-")) - {""}


def _known_symbol(text: str) -> str:
    symbol = text.upper().removeprefix("CMT_")
    return symbol if symbol in SYMBOLS else ""


def _funding_symbol(path: Path) -> str:
    match = _FUNDING.fullmatch(path.name)
    return _known_symbol(match["symbol"]) if match else ""


def _present(files: Iterable[CandleFile]) -> list[str]:
    present = {file.symbol for file in files}
    return [symbol for symbol in SYMBOLS if symbol in present]


def _of_timeframe(files: list[CandleFile], timeframe: Timeframe | None) -> list[CandleFile]:
    if timeframe is not None:
        return [file for file in files if file.timeframe in (None, timeframe)]
    lengths = sorted({file.timeframe for file in files if file.timeframe is not None}, key=lambda length: length.ms)
    if len(lengths) > 1:
        raise UsageError(
            f"the files hold candles of {', '.join(lengths)}; nothing was read",
            hint="say which timeframe, or name the files one by one as SYMBOL=PATH",
        )
    return files


def _best(files: list[CandleFile]) -> CandleFile:
    first = min((file.origin, file.spot) for file in files)
    unique = {file.path.resolve(): file for file in files if (file.origin, file.spot) == first}
    chosen = list(unique.values())
    if len(chosen) > 1:
        what = f"{chosen[0].symbol} {chosen[0].timeframe or 'candles'}"
        example = f"{chosen[0].symbol}={chosen[0].path}, or join them with one `weexctl data import` after the other"
        raise _ambiguous(what, [file.path for file in chosen], example)
    return chosen[0]


def _best_funding(symbol: str, files: dict[Path, Origin]) -> Path:
    first = min(files.values())
    chosen = [path for path, origin in files.items() if origin == first]
    if len(chosen) > 1:
        raise _ambiguous(f"the funding of {symbol}", chosen, str(chosen[0]))
    return chosen[0]


def _ambiguous(what: str, paths: Sequence[Path], example: str) -> UsageError:
    names = " and ".join(str(path) for path in paths)
    return UsageError(
        f"{len(paths)} files hold {what}: {names}; nothing was read", hint=f"name the one you mean: {example}"
    )


def _nothing_found(
    paths: Sequence[str | Path], wanted: list[str] | None, others: list[CandleFile], timeframe: Timeframe | None
) -> UsageError:
    places = ", ".join(map(str, paths)) or "no path at all"
    length = f"{timeframe} " if timeframe else ""
    seen = sorted({file.timeframe for file in others if file.timeframe is not None}, key=lambda length: length.ms)
    hint = f"there are candles of {', '.join(seen)}" if seen else "candle files are called like BTCUSDT-1h.csv.gz"
    if timeframe is not None and any(length.ms < timeframe.ms for length in seen):
        hint += f"; to make longer ones of them, `weexctl data import` them and `weexctl data resample {timeframe}`"
    whose = f" of {', '.join(wanted)}" if wanted else ""
    return UsageError(f"no {length}candles{whose} in {places}; nothing was read", hint=hint)
