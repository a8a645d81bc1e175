"""Funding in the store: one parquet file per symbol beside its candles, and a manifest that proves it.

    candles/BTCUSDT-funding.parquet         candles/BTCUSDT-funding.json

The manifest also says which span was asked for: between settlements there is nothing, and nothing is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from weexctl.errors import ConfigError, DataError, WeexctlError
from weexctl.market.loading import load_funding
from weexctl.market.spans import Page
from weexctl.market.store import GONE, told_of
from weexctl.market.validation import iso_time
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import SYMBOLS

__all__ = ["FundingManifest", "FundingStore", "StoredFunding", "missing_spans"]

_SCHEMA = 1
_SYNTHETIC = "synthetic"
_ROUNDING = 1e-8
"""Rates of one settlement that differ by less are one rate: exchanges print eight decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingManifest:
    """What is known about stored funding without reading it."""

    symbol: str
    source: str
    """Where it came from, oldest first."""
    digest: str
    """Of every time and rate."""
    settlements: int
    from_ms: int
    """The span that is covered, both ends included."""
    to_ms: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class StoredFunding:
    """One funding file, and its manifest if there is a sound one."""

    path: Path
    manifest: FundingManifest | None
    reason: str = ""
    """Why there is no manifest to go by."""


class FundingStore:
    """The funding that is kept on this machine, in the folders of the candles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def series(self) -> Iterator[StoredFunding]:
        """Everything that is stored, real funding first, by name."""
        for folder in (self.folder, self.folder / _SYNTHETIC):
            for path in sorted(told_of(folder)):
                if path.stem.endswith("-funding"):
                    yield _stored(path)

    def find(self, symbol: str, *, synthetic: bool) -> FundingManifest | None:
        """What is stored of this symbol; None when nothing is, or nothing that can be gone by."""
        path = self._path(symbol, synthetic)
        return _stored(path).manifest if path.exists() else None

    def keep(
        self,
        history: FundingHistory,
        *,
        synthetic: bool,
        source: str,
        covers: Page | None = None,
        replace: bool = True,
    ) -> tuple[FundingManifest, int]:
        """Store settlements; the manifest, and how many are new.

        Args:
            history: at least one settlement.
            synthetic: whether it was generated.
            source: where it came from.
            covers: the span that was asked for, both ends included; that of the settlements if left out.
            replace: forget what is there instead of joining to it.

        Raises:
            DataError: what is there has another rate for a settlement, or is damaged; it stays as it was.
            ConfigError: the folder cannot be written to.
        """
        path = self._path(history.symbol, synthetic)
        span = covers or (int(history.time_ms[0]), int(history.time_ms[-1]))
        known, whole, added = None if replace or not path.exists() else _stored(path), history, len(history.time_ms)
        if known is not None:
            before = read_checked_funding(known)
            whole = _joined(before, history)
            added = len(whole.time_ms) - len(before.time_ms)
            if known.manifest is not None:
                span = (min(span[0], known.manifest.from_ms), max(span[1], known.manifest.to_ms))
                told = known.manifest.source.split("; ")
                source = "; ".join(told if source in told else [*told, source])
        manifest = FundingManifest(
            symbol=history.symbol,
            source=source,
            digest=funding_digest(whole),
            settlements=len(whole.time_ms),
            from_ms=span[0],
            to_ms=span[1],
            synthetic=synthetic,
        )
        _write(whole, manifest, path)
        return manifest, added

    def faults(self) -> Iterator[tuple[StoredFunding, str]]:
        """Every stored file with what is wrong with it, empty when nothing is; each is read."""
        for stored in self.series():
            try:
                read_checked_funding(stored)
            except WeexctlError as error:
                yield stored, error.message
            else:
                yield stored, ""

    def _path(self, symbol: str, synthetic: bool) -> Path:
        return (self.folder / _SYNTHETIC if synthetic else self.folder) / f"{symbol}-funding.parquet"


def missing_spans(from_ms: int, to_ms: int, known: FundingManifest | None, *, longest_ms: int) -> list[Page]:
    """Spans that are wanted and not covered, none longer than so much, each touching what is there by then."""
    if known is None:
        return _cut(from_ms, to_ms, longest_ms)
    before = [(low, high) for low, high in reversed(_cut(from_ms, known.from_ms - 1, longest_ms))]
    return before + _cut(known.to_ms + 1, to_ms, longest_ms)


def read_checked_funding(stored: StoredFunding) -> FundingHistory:
    """The settlements of a stored file, proven against its manifest.

    Raises:
        DataError: the file is damaged, or is not what its manifest says.
    """
    if stored.manifest is None:
        raise DataError(f"{stored.path}: {stored.reason}; nothing was read", hint=_AGAIN)
    symbol = stored.manifest.symbol
    found = load_funding([stored.path], symbols=[symbol]).get(symbol)
    if found is None or funding_digest(found) != stored.manifest.digest:
        raise DataError(f"{stored.path} has other values than when it was stored; nothing was read", hint=_AGAIN)
    return found


def funding_digest(history: FundingHistory) -> str:
    """A hash of every time and rate."""
    state = hashlib.blake2b(digest_size=16)
    state.update(history.symbol.encode())
    state.update(history.time_ms.astype("<i8").tobytes())
    state.update(history.rate.astype("<f8").tobytes())
    return state.hexdigest()


_AGAIN = "bring the funding again, with --replace or after removing the file"


def _cut(from_ms: int, to_ms: int, longest_ms: int) -> list[Page]:
    return [(low, min(low + longest_ms - 1, to_ms)) for low in range(from_ms, to_ms + 1, longest_ms)]


def _joined(known: FundingHistory, fresh: FundingHistory) -> FundingHistory:
    import numpy as np

    rates = dict(zip(known.time_ms.tolist(), known.rate.tolist(), strict=True))
    for time_ms, rate in zip(fresh.time_ms.tolist(), fresh.rate.tolist(), strict=True):
        if abs(rates.setdefault(time_ms, rate) - rate) > _ROUNDING:
            raise DataError(
                f"{known.symbol}: the funding of {iso_time(time_ms)} is {rates[time_ms]} in one and {rate} in the "
                "other; nothing was joined",
                hint=f"find out which is right, and remove {known.symbol}-funding.parquet to keep the new one",
                code="CONTRADICTION",
            )
    times = sorted(rates)
    return FundingHistory(
        known.symbol, np.array(times, dtype=np.int64), np.array([rates[t] for t in times], dtype=np.float64)
    )


def _write(history: FundingHistory, manifest: FundingManifest, path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame({"open_time_ms": history.time_ms, "funding_rate": history.rate})
    text = json.dumps({"schema": _SCHEMA, **asdict(manifest)}, indent=2) + "\n"
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(partial, index=False)
        partial.replace(path)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path.with_suffix(".json"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror or error}); nothing was stored",
            hint="check that the folder is yours and has room, or name another with WEEXCTL_DATA_DIR",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _stored(path: Path) -> StoredFunding:
    if not path.exists():
        return StoredFunding(path, None, GONE)
    try:
        document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return StoredFunding(path, _manifest(document))
    except FileNotFoundError:
        return StoredFunding(path, None, "it has no manifest")
    except (OSError, ValueError) as error:
        return StoredFunding(path, None, f"its manifest is not usable ({error})")


def _manifest(document: Any) -> FundingManifest:
    types = {"settlements": int, "from_ms": int, "to_ms": int, "synthetic": bool}
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise ValueError("it is none")
    values: dict[str, Any] = {name: document.get(name) for name in FundingManifest.__dataclass_fields__}
    wrong = [name for name, value in values.items() if not isinstance(value, types.get(name, str))]
    if wrong or values["symbol"] not in SYMBOLS:
        raise ValueError(f"{', '.join(wrong) or 'symbol'} is missing or wrong")
    return FundingManifest(**values)
