"""The probability of backtest overfitting, by combinatorially symmetric cross-validation.

Bailey, Borwein, López de Prado and Zhu 2015: the days are cut into S blocks; for each way of taking half of them, the
variant that was best there is looked up in the other half. Choosing is worth something when it stays above the median.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from weexctl.errors import UsageError

__all__ = ["BLOCKS", "Overfitting", "overfitting"]

BLOCKS = 16

_CELLS = 2_000_000
"""Splits times variants that are worked on at once."""
_ROUNDING = 1e-20


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfitting:
    """What became of the best variants of one half in the other one."""

    probability: float
    """PBO: share of the splits in which the best ranks at or below the median of the other half."""
    loss_probability: float
    """Share of the splits in which the best has a Sharpe ratio below zero in the other half."""
    median_rank: float
    """Median relative rank of the best in the other half: near 1 when it stays best, 1/2 by chance."""
    splits: int
    variants: int
    blocks: int
    days: int


def overfitting(returns: NDArray[np.float64], *, blocks: int = BLOCKS) -> Overfitting:
    """The overfitting of choosing among variants by Sharpe ratio.

    Args:
        returns: daily returns, one row per day in order, one column per variant.
        blocks: S, even; rows are cut into so many blocks whose lengths differ by one at most.

    Raises:
        UsageError: fewer than two variants, blocks that cannot be halved, or fewer than two days a block.
    """
    _check(returns, blocks)
    ranks, scores = _chosen(returns, blocks)
    return Overfitting(
        probability=float(np.mean(ranks <= 0.5)),
        loss_probability=float(np.mean(scores < 0)),
        median_rank=float(np.median(ranks)),
        splits=ranks.size,
        variants=returns.shape[1],
        blocks=blocks,
        days=returns.shape[0],
    )


def _check(returns: NDArray[np.float64], blocks: int) -> None:
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise UsageError(
            "choosing needs two variants at least; nothing was computed", hint="give one column per variant"
        )
    if blocks < 2 or blocks % 2 or returns.shape[0] < 2 * blocks:
        raise UsageError(
            f"{returns.shape[0]} days cannot be cut into {blocks} blocks that can be halved; nothing was computed",
            hint="give two days a block at least, and an even number of blocks",
        )
    if not np.all(np.isfinite(returns)):
        raise UsageError("some returns are not finite; nothing was computed", hint="leave those variants out")


def _chosen(returns: NDArray[np.float64], blocks: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each split: the relative rank, in the half that is left, of the best variant of the half taken; its score."""
    centre = returns.mean(axis=0)
    parts = np.array_split(returns - centre, blocks)
    sums = _Sums(
        count=np.array([len(part) for part in parts], dtype=np.float64),
        total=np.array([part.sum(axis=0) for part in parts]),
        square=np.array([(part**2).sum(axis=0) for part in parts]),
        centre=centre,
    )
    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    taken = np.zeros((len(halves), blocks))
    np.put_along_axis(taken, halves, 1.0, axis=1)
    step = max(_CELLS // centre.size, 1)
    rows = [_ranked(sums.sharpe(part), sums.sharpe(1.0 - part)) for part in _cut(taken, step)]
    ranks, scores = zip(*rows, strict=True)
    return np.concatenate(ranks), np.concatenate(scores)


def _cut(rows: NDArray[np.float64], step: int) -> list[NDArray[np.float64]]:
    return [rows[first : first + step] for first in range(0, len(rows), step)]


def _ranked(taken: NDArray[np.float64], left: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    chosen = np.argmax(taken, axis=1)
    score = left[np.arange(len(left)), chosen]
    below, same = np.sum(left < score[:, None], axis=1), np.sum(left == score[:, None], axis=1)
    return (below + (same + 1) / 2) / (left.shape[1] + 1), score


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """What the Sharpe ratios of any blocks together follow from; one row per block."""

    count: NDArray[np.float64]
    total: NDArray[np.float64]
    """Of returns less `centre`, so that the squares keep their digits."""
    square: NDArray[np.float64]
    centre: NDArray[np.float64]

    def sharpe(self, taken: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean / standard deviation of every variant over the blocks marked 1, for each row; 0 where nothing moves."""
        days = (taken @ self.count)[:, None]
        mean = taken @ self.total / days
        variance = taken @ self.square / days - mean**2
        moves = variance > _ROUNDING
        return np.where(moves, (mean + self.centre) / np.sqrt(np.where(moves, variance, 1.0)), 0.0)
