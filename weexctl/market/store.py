"""The candle store: one parquet file per symbol and timeframe, and beside each a manifest that proves it.

    candles/BTCUSDT-1h.parquet              candles/synthetic/BTCUSDT-1h-synthetic.parquet
    candles/BTCUSDT-1h.json                 candles/synthetic/BTCUSDT-1h-synthetic.json

Generated candles lie in a folder of their own, so that naming the folder `candles` never mixes them in. Funding lies
beside the candles it belongs to (`funding_store`). A series with gaps is stored when somebody says so, and its
manifest counts them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from weexctl.errors import ConfigError, DataError, WeexctlError
from weexctl.market.gaps import Gaps, gaps_of
from weexctl.market.joining import joined
from weexctl.market.loading import load_candles
from weexctl.market.writing import candle_file_name, write_candles
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.instrument import SYMBOLS

__all__ = ["GONE", "CandleStore", "Manifest", "Stored", "faults", "read_checked", "told_of"]

_SCHEMA = 2
_SYNTHETIC = "synthetic"
_SPOT = "-spot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is known about a stored series without reading it."""

    symbol: str
    timeframe: str
    source: str
    """Where it came from, oldest first: `seed:7:1h`, `file BTCUSDT-1h-2023.csv.gz; file BTCUSDT-1h-2024.csv.gz`."""
    digest: str
    """Of every value, as `Candles.digest`."""
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


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of the store, and its manifest if there is a sound one."""

    path: Path
    manifest: Manifest | None
    reason: str = ""
    """Why there is no manifest to go by."""


class CandleStore:
    """The candles that are kept on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def series(self) -> Iterator[Stored]:
        """Everything that is stored, real candles first, by name; also what only a manifest tells of."""
        for folder in (self.folder, self.folder / _SYNTHETIC):
            for path in sorted(told_of(folder), key=_in_order):
                if not path.stem.endswith("-funding"):
                    yield _stored(path)

    def find(self, symbol: str, timeframe: Timeframe, *, synthetic: bool) -> Manifest | None:
        """What is stored of this series of the future; None when nothing is, or nothing that can be gone by."""
        rows = (row.manifest for row in self.series() if row.manifest is not None and not row.manifest.spot)
        wanted = (symbol, timeframe.value, synthetic)
        return next((row for row in rows if (row.symbol, row.timeframe, row.synthetic) == wanted), None)

    def folder_of(self, *, synthetic: bool) -> Path:
        """The folder that `--data` names to use them."""
        return self.folder / _SYNTHETIC if synthetic else self.folder

    def keep(
        self, candles: Candles, *, source: str, spot: bool = False, replace: bool = False, keep_gaps: bool = False
    ) -> tuple[Manifest, int]:
        """Store candles, joined to what is there; the manifest, and how many candles are new.

        Args:
            candles: closed ones.
            source: where they came from.
            spot: whether they are of the spot market; those are kept apart.
            replace: put aside nothing and forget what is there.
            keep_gaps: whether candles may be missing between what is there and what comes.

        Raises:
            DataError: what is there contradicts them, leaves a hole, or is damaged; it stays as it was.
            ConfigError: the folder cannot be written to.
        """
        path = self._path(candles, spot)
        before = None if replace or not path.exists() else _stored(path)
        whole, added, origin = candles, len(candles), source
        if before is not None:
            known = read_checked(before)
            whole = joined(known, candles, keep_gaps=keep_gaps, names=("the store", source))
            added = len(whole) - len(known)
            told = before.manifest.source.split("; ") if before.manifest else []
            origin = "; ".join(told if source in told else [*told, source])
        manifest = Manifest(
            symbol=whole.symbol,
            timeframe=whole.timeframe.value,
            source=origin,
            digest=whole.digest(),
            candles=len(whole),
            from_ms=whole.first_ms,
            to_ms=whole.last_close_ms,
            synthetic=whole.synthetic,
            spot=spot,
            gaps=gaps_of(whole),
        )
        _make(path.parent)
        write_candles(whole, path)
        _write_text(path.with_suffix(".json"), json.dumps({"schema": _SCHEMA, **asdict(manifest)}, indent=2) + "\n")
        return manifest, added

    def _path(self, candles: Candles, spot: bool) -> Path:
        name = candle_file_name(candles)
        if spot:
            name = name.replace(f"-{candles.timeframe}", f"-{candles.timeframe}{_SPOT}", 1)
        return self.folder_of(synthetic=candles.synthetic) / name


def read_checked(stored: Stored) -> Candles:
    """The candles of a stored file, proven against its manifest.

    Raises:
        DataError: the file is damaged, or is not what its manifest says.
    """
    if stored.manifest is None:
        raise DataError(f"{stored.path}: {stored.reason}; nothing was read", hint=_AGAIN)
    manifest = stored.manifest
    symbol, timeframe = manifest.symbol, Timeframe(manifest.timeframe)
    gaps = manifest.gaps.count > 0
    try:
        found = load_candles([f"{symbol}={stored.path}"], timeframe=timeframe, gaps=gaps)[symbol]
    except DataError as error:
        raise DataError(error.message, hint=_AGAIN) from error
    if found.digest() != manifest.digest:
        raise DataError(f"{stored.path} has other values than when it was stored; nothing was read", hint=_AGAIN)
    told = (manifest.candles, manifest.from_ms, manifest.to_ms, manifest.gaps)
    if told != (len(found), found.first_ms, found.last_close_ms, gaps_of(found)):
        raise DataError(f"{stored.path}: its manifest counts other candles; nothing was read", hint=_AGAIN)
    return found


_AGAIN = "bring the candles again with --replace"
GONE = "it is gone, and only its manifest is left"
"""Why there is nothing to read."""


def faults(series: Iterable[Stored]) -> Iterator[tuple[Stored, str]]:
    """Every stored series with what is wrong with it, empty when nothing is; each file is read."""
    for stored in series:
        try:
            read_checked(stored)
        except WeexctlError as error:
            yield stored, error.message
        else:
            yield stored, ""


def told_of(folder: Path) -> set[Path]:
    """Every file of a folder of the store, those included that are gone and have left their manifest."""
    return {*folder.glob("*.parquet"), *(path.with_suffix(".parquet") for path in folder.glob("*.json"))}


def _in_order(path: Path) -> tuple[int, str]:
    symbol = path.name.partition("-")[0]
    return (SYMBOLS.index(symbol) if symbol in SYMBOLS else len(SYMBOLS), path.name)


def _stored(path: Path) -> Stored:
    if not path.exists():
        return Stored(path, None, GONE)
    try:
        document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return Stored(path, _manifest(document))
    except FileNotFoundError:
        return Stored(path, None, "it has no manifest")
    except (OSError, ValueError) as error:
        return Stored(path, None, f"its manifest is not usable ({error})")


def _manifest(document: Any) -> Manifest:
    types = {"candles": int, "from_ms": int, "to_ms": int, "synthetic": bool, "spot": bool, "gaps": dict}
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise ValueError("it is none")
    values: dict[str, Any] = {name: document.get(name) for name in Manifest.__dataclass_fields__}
    wrong = [name for name, value in values.items() if not isinstance(value, types.get(name, str))]
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is missing or wrong")
    if values["symbol"] not in SYMBOLS or values["timeframe"] not in list(Timeframe):
        raise ValueError("symbol or timeframe is none that weexctl knows")
    return Manifest(**{**values, "gaps": _gaps(values["gaps"])})


def _gaps(document: dict[str, Any]) -> Gaps:
    numbers: dict[str, Any] = {name: document.get(name) for name in Gaps.__dataclass_fields__}
    counted = all(type(value) is int for name, value in numbers.items() if name != "first_ms")
    if not counted or type(numbers["first_ms"]) is not (int if numbers["count"] else type(None)):
        raise ValueError("gaps is missing or wrong")
    return Gaps(**numbers)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written ({error.strerror or error}); nothing was stored",
        hint="check that the folder is yours and has room, or name another with WEEXCTL_DATA_DIR",
    )
