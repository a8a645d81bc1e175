"""Would any regimes have done? The same run with its regimes moved to other times.

A circular shift keeps how often, how long and in what order regimes come, and takes away only when they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from weexctl.errors import UsageError

__all__ = ["FEWEST_PLACEBOS", "Placebos", "placebo_shifts", "placebos", "shifted"]

FEWEST_PLACEBOS = 30

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebos:
    """What the placebos of one figure showed, more being better."""

    ours: float
    count: int
    share_as_good: float
    """Share of the placebos that reach ours; one without a value counts as reaching it."""
    mean: float | None
    """Of the placebos with a value; None when there is none."""
    best: float | None


def placebo_shifts(rows: int, *, seed: int, count: int = FEWEST_PLACEBOS) -> NDArray[np.int64]:
    """Distinct shifts, each at least a sixth of the rows and at most five sixths, in random order.

    Raises:
        UsageError: fewer than 30 are asked for, or there are not so many.
    """
    low, high = -(-rows // 6), 5 * rows // 6
    if count < FEWEST_PLACEBOS or high - low + 1 < count:
        raise UsageError(
            f"{count} placebos of {rows} rows cannot be had or say nothing; nothing was drawn",
            hint=f"ask for {FEWEST_PLACEBOS} or more, over a longer run",
        )
    return np.random.default_rng(seed).choice(np.arange(low, high + 1), size=count, replace=False)


def shifted(series: NDArray[_Value], shift: int) -> NDArray[_Value]:
    """The rows moved later by `shift`, the last ones coming round to the beginning; columns stay together."""
    return np.roll(series, shift, axis=0)


def placebos(ours: float, theirs: Sequence[float | None]) -> Placebos:
    """Where ours stands among the placebos.

    Raises:
        UsageError: there are fewer than 30.
    """
    if len(theirs) < FEWEST_PLACEBOS:
        raise UsageError(
            f"{len(theirs)} placebos say nothing; nothing was computed", hint=f"run {FEWEST_PLACEBOS} or more"
        )
    known = [value for value in theirs if value is not None]
    as_good = sum(value >= ours for value in known) + len(theirs) - len(known)
    return Placebos(
        ours=ours,
        count=len(theirs),
        share_as_good=as_good / len(theirs),
        mean=float(np.mean(known)) if known else None,
        best=max(known, default=None),
    )
