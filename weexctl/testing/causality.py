"""Does a row depend on anything later than itself, or on where the frame happens to start?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weexctl.model.candle import COLUMNS
from weexctl.testing.report import Finding
from weexctl.testing.subject import Subject, difference

__all__ = [
    "POISONS",
    "check_own_candle",
    "check_poison",
    "check_prefix",
    "check_window",
    "cut_points",
    "own_candle",
    "poisoned",
]

_CUTS = 12
_POISONED_CUTS = 3
_WINDOWS = 8
_TOLERANCE = 1e-6
POISONS = ("nan", "up", "down", "reversed")
"""What later candles are replaced by: nothing, half as much again, half as much, and themselves backwards."""
_TOUCHES = (2.0, 0.5)


def check_prefix(subject: Subject) -> Iterator[Finding]:
    """The columns of the first k candles are the first k rows of the columns of all, bit for bit.

    The short ones are asked for first: a plugin that remembers what it was shown cannot know the future yet.
    """
    for surface in subject.surfaces():
        cuts = cut_points(subject, _CUTS)
        prefixes = {cut: subject.early(surface, cut) for cut in cuts}
        for cut, prefix in prefixes.items():
            if found := difference(prefix, subject.whole(surface).iloc[:cut]):
                message = f"{surface} of the first {cut} candles changed when later ones were added"
                yield Finding("prefix", message, *found)
                break


def check_poison(subject: Subject) -> Iterator[Finding]:
    """Whatever is done to later candles, the rows up to now stay what they were, bit for bit."""
    for surface in subject.surfaces():
        for poison in POISONS:
            for cut in cut_points(subject, _POISONED_CUTS):
                changed = subject.call(surface, poisoned(subject.candles, cut, poison)).iloc[:cut]
                if found := difference(changed, subject.whole(surface).iloc[:cut]):
                    message = f"{surface} changed when the candles from row {cut} on were replaced ({poison})"
                    yield Finding("poison", message, *found)
                    break


def check_own_candle(subject: Subject) -> Iterator[Finding]:
    """One candle alone is changed, one value of it at a time: no earlier row moves.

    A plugin that names the values of its own candle it looks at (`own_candle`) looks at no others.
    """
    declared = getattr(subject.plugin, "own_candle", None)
    for surface in subject.surfaces():
        for row, name, changed in _touched(subject, surface):
            if found := difference(changed.iloc[:row], subject.whole(surface).iloc[:row]):
                message = f"{surface} changed when nothing but the {name} of the later row {row} did"
                yield Finding("own-candle", message, *found)
                break
            if declared is None or name in declared:
                continue
            if found := difference(changed.iloc[row : row + 1], subject.whole(surface).iloc[row : row + 1]):
                message = f"{surface} looks at the {name} of its own candle, and own_candle does not say so"
                yield Finding("own-candle", message, found[0], row)
                break


def own_candle(subject: Subject) -> list[str]:
    """The values of a row's own candle that were seen to move the row: a subset of open, high, low, close, volume."""
    seen = set()
    for surface in subject.surfaces():
        for row, name, changed in _touched(subject, surface):
            if difference(changed.iloc[row : row + 1], subject.whole(surface).iloc[row : row + 1]):
                seen.add(name)
    return [name for name in COLUMNS if name in seen]


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
                values = f"{_plain(window[moved[0]].iloc[-1])!r} instead of {_plain(whole[moved[0]].iloc[row])!r}"
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


def _touched(subject: Subject, surface: str) -> Iterator[tuple[int, str, pd.DataFrame]]:
    """Row, name of the value, and the columns after that one value was doubled or halved."""
    first, total = subject.warmup + 1, len(subject.candles)
    rows = np.random.default_rng((subject.seed, 7)).integers(min(first, total - 1), total, len(_TOUCHES))
    for row, factor in zip(rows.tolist(), _TOUCHES, strict=True):
        for name in COLUMNS:
            yield row, name, subject.touched(surface, row, name, factor)


def cut_points(subject: Subject, count: int) -> list[int]:
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


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _close(one: Any, other: Any, size: float) -> bool:
    if not (isinstance(one, float) and isinstance(other, float)):
        return bool(one == other)
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other or abs(one - other) <= _TOLERANCE * max(abs(one), abs(other), size)
