"""Does the best of several variants beat a benchmark, or is it the best by luck? Hansen's test, and White's.

Hansen 2005 (superior predictive ability), White 2000 (reality check); the bootstrap is that of `arch`. Losses are
negative daily returns. The null hypothesis: no variant has a higher mean return than the benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.bootstrap import DRAWS, MEAN_BLOCK_DAYS
from weexctl.backtest.extra import missing_extra
from weexctl.backtest.resampling import check_resampling, stationary_variance
from weexctl.errors import DataError

__all__ = ["RealityCheck", "reality_check"]

_ROUNDING = 1e-20


@dataclass(frozen=True, slots=True, kw_only=True)
class RealityCheck:
    """How often chance alone makes a best variant this good; small is evidence for it."""

    consistent: float | None
    """p of Hansen's test; None when no variant differs from the benchmark."""
    lower: float | None
    """p when variants worse than the benchmark are left out of account: never larger."""
    upper: float | None
    """p when all variants count as being as good as the benchmark: never smaller."""
    white: float | None
    """p of White's reality check, which does not divide by each variant's own deviation."""
    best: str | None
    """The variant with the largest studentised advantage."""
    same: tuple[str, ...]
    """Variants whose returns are the benchmark's to the last digits, left out."""
    days: int
    draws: int
    mean_block_days: int
    seed: int


def reality_check(
    benchmark: NDArray[np.float64],
    variants: Mapping[str, NDArray[np.float64]],
    *,
    seed: int,
    draws: int = DRAWS,
    mean_block_days: int = MEAN_BLOCK_DAYS,
) -> RealityCheck:
    """Test the daily returns of variants against those of a benchmark over the same days.

    Raises:
        DataError: a variant has other days, or returns that are not finite.
        UsageError: too few days or draws.
        ConfigError: `arch` is not installed.
    """
    check_resampling(benchmark.size, draws, mean_block_days)
    advantage = _advantage(benchmark, variants)
    deviation = np.sqrt(np.maximum(stationary_variance(advantage, mean_block_days), 0.0))
    differs = (np.abs(advantage).max(axis=0, initial=0.0) > _ROUNDING) & (deviation > _ROUNDING)
    names = np.array(list(variants), dtype=object)
    lower = consistent = upper = white = best = None
    if np.any(differs):
        studentised = advantage[:, differs] / deviation[differs]
        lower, consistent, upper = _p_values(studentised, seed, draws, mean_block_days)
        white = _p_values(advantage[:, differs], seed, draws, mean_block_days)[2]
        best = str(names[differs][studentised.mean(axis=0).argmax()])
    return RealityCheck(
        consistent=consistent,
        lower=lower,
        upper=upper,
        white=white,
        best=best,
        same=tuple(map(str, names[~differs])),
        days=benchmark.size,
        draws=draws,
        mean_block_days=mean_block_days,
        seed=seed,
    )


def _advantage(benchmark: NDArray[np.float64], variants: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Daily return of each variant less that of the benchmark, one column each."""
    for name, returns in variants.items():
        if returns.shape != benchmark.shape or not np.all(np.isfinite(returns)):
            raise DataError(
                f"the returns of {name} are not those of the benchmark's days; nothing was tested",
                hint="run everything over the same span",
            )
    if not variants:
        return np.empty((benchmark.size, 0))
    return np.column_stack([returns - benchmark for returns in variants.values()])


def _p_values(advantage: NDArray[np.float64], seed: int, draws: int, mean_block: int) -> tuple[float, float, float]:
    """Lower, consistent, upper."""
    try:
        from arch.bootstrap import SPA
    except ImportError as error:
        raise missing_extra("arch", "Hansen's test") from error
    if not np.any(advantage.mean(axis=0) > 0):
        return 1.0, 1.0, 1.0  # Hansen's statistic is then 0, which no draw falls below; that of `arch` is negative
    # `studentize` of arch only decides what counts as worse than the benchmark and leaves the maximum as it is: the
    # columns come divided already. Losses of 0 for the benchmark leave its differences the advantages themselves.
    test = SPA(
        np.zeros(advantage.shape[0]),
        -advantage,
        block_size=mean_block,
        reps=draws,
        bootstrap="stationary",
        seed=np.random.default_rng(seed),
    )
    test.compute()
    found = test.pvalues
    return float(found["lower"]), float(found["consistent"]), float(found["upper"])
