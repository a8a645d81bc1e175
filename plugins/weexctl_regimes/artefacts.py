"""Artefacts: what a fit leaves behind, named by what it was made of."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

from weexctl import Artefact, features

__all__ = ["frame_digest", "make_artefact"]

_COLUMNS = ("open", "high", "low", "close", "volume")


def frame_digest(candles: pd.DataFrame) -> str:
    """A hash of every time and value: the same candles have the same digest everywhere."""
    state = hashlib.blake2b(candles.index.to_numpy().astype("<i8").tobytes(), digest_size=10)
    for name in _COLUMNS:
        state.update(candles[name].to_numpy(dtype=np.float64).astype("<f8").tobytes())
    return state.hexdigest()


def make_artefact(
    plugin: str, symbol: str, candles: pd.DataFrame, parameters: dict[str, Any], *, status: str = "fitted", age: int = 0
) -> Artefact:
    """The artefact of a fit on these candles; `candle_ms` is added to its parameters."""
    spacing = features.candle_ms(candles)
    first, last = int(candles.index[0]), int(candles.index[-1]) + spacing
    held = {**parameters, "candle_ms": spacing}
    text = json.dumps([plugin, symbol, first, last, held], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Artefact(
        id=hashlib.blake2b(text.encode(), digest_size=10).hexdigest(),
        plugin=plugin,
        symbol=symbol,
        train_from_ms=first,
        train_to_ms=last,
        data_digest=frame_digest(candles),
        parameters=held,
        status=status,
        age=age,
    )
