"""Candles into files that `load_candles` reads back to the last bit."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from weexctl.errors import ConfigError, UsageError
from weexctl.model.candle import Candles

__all__ = ["candle_file_name", "write_candles"]


def candle_file_name(candles: Candles, suffix: str = ".parquet") -> str:
    """`BTCUSDT-1h.parquet`; generated candles say so: `BTCUSDT-1h-synthetic.parquet`."""
    tag = "-synthetic" if candles.synthetic else ""
    return f"{candles.symbol}-{candles.timeframe}{tag}{suffix}"


def write_candles(candles: Candles, path: str | Path) -> Path:
    """Write a .parquet, .csv or .csv.gz file, whole or not at all, and return its path. Makes no folders.

    The same candles give the same bytes of .csv and .csv.gz. Generated candles keep their mark through the name,
    so a name without `-synthetic` is refused for them.

    Raises:
        UsageError: the name ends otherwise, or hides that the candles are generated.
        ConfigError: the file cannot be written.
    """
    target = Path(path)
    if candles.synthetic and "-synthetic" not in target.name:
        raise UsageError(
            f"{target.name} does not say that these candles are generated; nothing was written",
            hint=f"call it {candle_file_name(candles)}",
        )
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _write(candles, partial, target.name)
        partial.replace(target)
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written ({error.strerror or error}); nothing was written",
            hint="check that the folder is there, is yours and has room",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _write(candles: Candles, path: Path, name: str) -> None:
    frame = candles.frame().reset_index()
    if name.endswith(".parquet"):
        frame.to_parquet(path, index=False)
    elif name.endswith(".csv"):
        path.write_text(frame.to_csv(index=False, lineterminator="\n"))
    elif name.endswith(".csv.gz"):
        text = frame.to_csv(index=False, lineterminator="\n")
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        raise UsageError(f"{name} is no candle file", hint="candle files end in .parquet, .csv.gz or .csv")
