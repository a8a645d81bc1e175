"""Does a row depend on anything later than itself, or on where the frame happens to start?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weexctl.testing.report import Finding
from weexctl.testing.subject import Subject, difference

__all__ = ["check_poison", "check_prefix", "check_window", "poisoned"]

_CUTS = 12
_POISONED_CUTS = 3
_WINDOWS = 8
_TOLERANCE = 1e-6
POISONS = ("nan", "up", "down", "reversed")


def check_prefix(subject: Subject) -> Iterator[Finding]:
    """The columns of the first k candles are the first k rows of the columns of all, bit for bit."""
    for surface in subject.surfaces():
        for cut in _cut_points(subject, _CUTS):
            prefix = subject.call(surface, subject.candles.iloc[:cut])
            if found := difference(prefix, subject.whole(surface).iloc[:cut]):
                message = f"{surface} of the first {cut} candles changed when later ones were added"
                yield Finding("prefix", message, *found)
                break


def check_poison(subject: Subject) -> Iterator[Finding]:
    """Whatever is done to later candles, the rows up to now stay what they were, bit for bit."""
    for surface in subject.surfaces():
        for poison in POISONS:
            for cut in _cut_points(subject, _POISONED_CUTS):
                changed = subject.call(surface, poisoned(subject.candles, cut, poison)).iloc[:cut]
                if found := difference(changed, subject.whole(surface).iloc[:cut]):
                    message = f"{surface} changed when the candles from row {cut} on were replaced ({poison})"
                    yield Finding("poison", message, *found)
                    break


def check_window(subject: Subject) -> Iterator[Finding]:
    """A row computed from its declared warm-up alone equals the same row computed from all history.

    Numbers within a millionth of their value or of the column's usual size; text, truths and whole numbers exactly.
    """
    rows = np.random.default_rng((subject.seed, 3)).integers(subject.warmup + 1, len(subject.candles), _WINDOWS)
    for surface in subject.surfaces():
        whole = subject.whole(surface)
        sizes = {str(name): _usual_size(whole[name]) for name in whole.columns}
        for row in sorted(rows.tolist()):
            window = subject.call(surface, subject.candles.iloc[row - subject.warmup : row + 1])
            moved = [name for name in sizes if not _close(window[name].iloc[-1], whole[name].iloc[row], sizes[name])]
            if moved:
                values = f"{window[moved[0]].iloc[-1]!r} instead of {whole[moved[0]].iloc[row]!r}"
                message = f"{surface} after {subject.warmup} candles of warm-up gave {values}"
                yield Finding("window", message, moved[0], row)
                break


def poisoned(candles: pd.DataFrame, cut: int, poison: str) -> pd.DataFrame:
    """The candles with the rows from `cut` on replaced: nan, half as much again (up), half as much (down), reversed."""
    result = candles.copy()
    later = candles.iloc[cut:].to_numpy(dtype=np.float64)
    replaced = {"nan": later * np.nan, "up": later * 1.5, "down": later * 0.5, "reversed": later[::-1]}
    result.iloc[cut:] = replaced[poison]
    return result


def _cut_points(subject: Subject, count: int) -> list[int]:
    """Numbers of candles to keep: some within the warm-up, most after it, the second candle and the last but one."""
    random, total = np.random.default_rng((subject.seed, count)), len(subject.candles)
    after = random.integers(min(subject.warmup + 1, total - 1), total, count)
    within = random.integers(2, max(3, subject.warmup), max(1, count // 4))
    return sorted({*after.tolist(), *within.tolist(), total - 1, total - 2})


def _usual_size(column: pd.Series[Any]) -> float:
    if not pd.api.types.is_float_dtype(column.dtype):
        return 0.0
    values = np.abs(column.to_numpy(dtype=np.float64))
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0


def _close(one: Any, other: Any, size: float) -> bool:
    if not (isinstance(one, float) and isinstance(other, float)):
        return bool(one == other)
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or abs(one - other) <= _TOLERANCE * max(abs(one), abs(other), size)
