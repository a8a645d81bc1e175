"""The stationary bootstrap: which days a redrawn history is made of, and how far a mean drawn so spreads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.extra import missing_extra
from weexctl.errors import UsageError

__all__ = ["FEWEST_DRAWS", "check_resampling", "stationary_indices", "stationary_variance"]

FEWEST_DRAWS = 500
"""Below this the ends of a 95 % interval rest on a dozen draws."""


def check_resampling(days: int, draws: int, mean_block: int) -> None:
    """Pass when an interval from so many draws over so many days says anything.

    Raises:
        UsageError: too few draws, a block shorter than a day, or a history of less than two mean blocks.
    """
    if draws < FEWEST_DRAWS:
        raise UsageError(
            f"{draws} draws cannot carry a 95 % interval; nothing was computed",
            hint=f"ask for {FEWEST_DRAWS} or more; 2000 is usual",
        )
    if mean_block < 1:
        raise UsageError(f"a mean block of {mean_block} days is none; nothing was computed", hint="20 is usual")
    if days < 2 * mean_block:
        raise UsageError(
            f"{days} days are fewer than two blocks of {mean_block}; nothing was computed",
            hint="use a longer run, or a shorter mean block",
        )


def stationary_indices(days: int, *, draws: int, mean_block: int, seed: int) -> NDArray[np.int64]:
    """Rows of day numbers, `draws` × `days`: blocks of geometric length with this mean, the end followed by the start.

    The same arguments give the same rows (Politis and Romano 1994; drawn by `arch`).

    Raises:
        UsageError: see `check_resampling`.
        ConfigError: `arch` is not installed.
    """
    check_resampling(days, draws, mean_block)
    try:
        from arch.bootstrap import StationaryBootstrap
    except ImportError as error:
        raise missing_extra("arch", "a bootstrap") from error
    redraw = StationaryBootstrap(mean_block, np.arange(days, dtype=np.int64), seed=np.random.default_rng(seed))
    rows = np.empty((draws, days), dtype=np.int64)
    for number, (positional, _) in enumerate(redraw.bootstrap(draws)):
        rows[number] = positional[0]
    return rows


def stationary_variance(series: NDArray[np.float64], mean_block: int) -> NDArray[np.float64]:
    """n · variance of the mean of a redrawn series, for each column of `series`, in closed form.

    C₀ + 2 Σᵢ ((1 − i/n)(1 − p)ⁱ + (i/n)(1 − p)ⁿ⁻ⁱ) Cᵢ, with p = 1 / mean block and Cᵢ the autocovariance (n below)
    of lag i (Politis and Romano 1994, lemma 1). It is also the long-run variance that Hansen's test divides by.
    """
    days = series.shape[0]
    centred = series - series.mean(axis=0)
    spectrum = np.fft.rfft(centred, n=2 * days, axis=0)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, n=2 * days, axis=0)[:days] / days
    lag, stay = np.arange(1, days), 1.0 - 1.0 / mean_block
    weight = (1.0 - lag / days) * stay**lag + (lag / days) * stay ** (days - lag)
    return np.asarray(covariance[0] + 2.0 * np.tensordot(weight, covariance[1:], axes=(0, 0)))
