"""What a backtest leaves behind: a folder per run, whole or not there at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weexctl.backtest.account import StopMove
from weexctl.backtest.engine import BacktestRun
from weexctl.backtest.equity_curve import EquityCurve
from weexctl.errors import ConfigError, DataError, WeexctlError
from weexctl.model.candle import Candles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ABLATION", "RESULT", "KeptRun", "keep_ablation", "keep_run", "kept_ids", "read_kept"]

RESULT = "result.json"
"""The document of the run, as the command printed it."""
ABLATION = "ablation.json"
"""The document of an ablation of the same profile and candles, when there is one."""
_CURVE, _MARKET, _STOPS = "curve.parquet", "market.parquet", "stops.parquet"
_CLOSE, _REGIME = "close:", "regime:"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run as it was kept. Arrays have one row per mark of the curve."""

    run_id: str
    folder: Path
    result: bytes
    """The document of the run, JSON."""
    ablation: bytes | None
    """The document of an ablation beside it, JSON."""
    curve: EquityCurve
    closes: Mapping[str, NDArray[np.float64]]
    """Closing prices by symbol; NaN where there is no candle."""
    regimes: Mapping[str, NDArray[np.int8]]
    """The regime's place in `REGIMES` by symbol; -1 where there is none."""
    stop_moves: tuple[StopMove, ...]
    """Oldest first."""


def kept_ids(root: Path) -> tuple[str, ...]:
    """The runs kept in a folder, the newest first."""
    try:
        found = [(path.stat().st_mtime_ns, path.parent.name) for path in root.glob(f"[!.]*/{RESULT}")]
    except OSError:
        return ()
    return tuple(name for _, name in sorted(found, reverse=True))


def keep_run(root: Path, run_id: str, result: str, run: BacktestRun, candles: Mapping[str, Candles]) -> Path:
    """Keep a run in a folder of its own under `root`; one of the same id gives way, an ablation beside it stays.

    Args:
        root: made when it is not there.
        run_id: names the folder.
        result: the run's document, JSON.
        run: the run.
        candles: what it ran over.

    Raises:
        ConfigError: it cannot be written; what was there before is untouched.
    """
    folder = root / run_id
    draft = root / f".{run_id}.{os.getpid()}.part"
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of a process that had this number and died
        draft.mkdir(parents=True)
        try:
            _write(draft, result, run, candles)
            if (folder / ABLATION).is_file():
                shutil.copy2(folder / ABLATION, draft / ABLATION)
            _exchange(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise _unkept(f"the run cannot be kept in {folder}", error) from error
    return folder


def keep_ablation(root: Path, run_id: str, document: str) -> Path:
    """Put the document of an ablation, JSON, beside the run of this id, or where that run will be.

    Raises:
        ConfigError: it cannot be written; what was there before is untouched.
    """
    place = root / run_id / ABLATION
    draft = place.with_name(f".{ABLATION}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_text(document, encoding="utf-8")
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise _unkept(f"the ablation cannot be kept in {place.parent}", error) from error
    return place


def _unkept(what: str, error: OSError) -> ConfigError:
    return ConfigError(
        f"{what} ({error.strerror or error}); its result is complete all the same",
        hint="check that the folder is yours and has room, or name another with WEEXCTL_DATA_DIR",
        code="NOT_KEPT",
    )


def _exchange(draft: Path, folder: Path) -> None:
    """Put the draft where the folder is, and the folder where the draft was."""
    old = draft.with_name(f"{draft.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        draft.rename(folder)
    except OSError:
        with suppress(OSError):
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write(folder: Path, result: str, run: BacktestRun, candles: Mapping[str, Candles]) -> None:
    curve = run.curve
    _write_table(
        folder / _CURVE, {"time_ms": curve.time_ms, "equity": curve.equity, "gross_exposure": curve.gross_exposure}
    )
    columns: dict[str, Any] = {"time_ms": curve.time_ms}
    for symbol, known in candles.items():
        columns[_CLOSE + symbol] = _closes(known, curve.time_ms)
        columns[_REGIME + symbol] = run.regimes[symbol]
    _write_table(folder / _MARKET, columns)
    moves = run.stop_moves
    _write_table(
        folder / _STOPS,
        {
            "symbol": [move.symbol for move in moves],
            "entry_order_id": [move.entry_order_id for move in moves],
            "time_ms": [move.time_ms for move in moves],
            "price": [str(move.price) for move in moves],
        },
        text=("symbol", "entry_order_id", "price"),
    )
    with (folder / RESULT).open("w", encoding="utf-8") as file:
        file.write(result)
        file.flush()
        os.fsync(file.fileno())


def _write_table(path: Path, columns: Mapping[str, Any], text: Sequence[str] = ()) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {
        name: pa.array(values, type=pa.string() if name in text else None) if len(values) else pa.array([], pa.string())
        for name, values in columns.items()
    }
    pq.write_table(pa.table(arrays), path)


def _closes(candles: Candles, time_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """The close of the candle that closes at each moment, NaN where none does."""
    import numpy as np

    opened = time_ms - candles.timeframe.ms
    rows = np.clip(np.searchsorted(candles.open_time_ms, opened), 0, len(candles) - 1)
    return np.where(candles.open_time_ms[rows] == opened, candles.close[rows], np.nan)


def read_kept(root: Path, run_id: str) -> KeptRun:
    """A run that was kept.

    Raises:
        DataError: it is not whole, or not what it should be.
    """
    import pyarrow as pa

    folder = root / run_id
    try:
        return _read(folder, run_id)
    except (OSError, KeyError, ValueError, InvalidOperation, pa.ArrowException, WeexctlError) as error:
        reason = error.message if isinstance(error, WeexctlError) else f"{type(error).__name__}: {error}"
        raise DataError(
            f"the run kept in {folder} cannot be read ({reason}); nothing was made of it",
            hint="run the backtest again, which replaces it, or remove the folder",
            code="BAD_RUN",
        ) from error


def _read(folder: Path, run_id: str) -> KeptRun:
    curve, market, stops = (_table(folder / name) for name in (_CURVE, _MARKET, _STOPS))
    symbols = [name.removeprefix(_CLOSE) for name in market if name.startswith(_CLOSE)]
    ablation = folder / ABLATION
    if len(market["time_ms"]) != len(curve["time_ms"]):
        raise ValueError("the market has other moments than the curve")
    return KeptRun(
        run_id=run_id,
        folder=folder,
        result=(folder / RESULT).read_bytes(),
        ablation=ablation.read_bytes() if ablation.is_file() else None,
        curve=EquityCurve(curve["time_ms"], curve["equity"], curve["gross_exposure"]),
        closes={symbol: market[_CLOSE + symbol] for symbol in symbols},
        regimes={symbol: market[_REGIME + symbol] for symbol in symbols},
        stop_moves=tuple(
            StopMove(str(symbol), str(order), int(time_ms), Decimal(str(price)))
            for symbol, order, time_ms, price in zip(
                stops["symbol"], stops["entry_order_id"], stops["time_ms"], stops["price"], strict=True
            )
        ),
    )


def _table(path: Path) -> dict[str, Any]:
    """The columns of a file as arrays."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}
