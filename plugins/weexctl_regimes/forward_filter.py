"""The forward filter: the probability of a hidden state given the observations so far, and nothing later.

Hamilton, A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle, 1989. Evidence
is weighed in log space against the likelier of the two states, so that no observation can make both vanish.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from weexctl_regimes.two_state_chain import CLIP, TwoStateChain

__all__ = ["filter_rows", "filter_step", "log_density"]

_LOG_2PI = math.log(2 * math.pi)


def filter_rows(
    chain: TwoStateChain, values: NDArray[np.float64], temper: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Filtered probability of state 1 for every row, and whether a row had to be reset.

    `values` has shape (rows, columns) in the chain's columns, unscaled. Rows before the first complete one are NaN; a
    later row with a NaN is only predicted. A row whose evidence contradicts a certainty is reset to 0.5 and flagged.
    """
    result = np.full(len(values), np.nan)
    flags = np.zeros(len(values), dtype=np.bool_)
    seen = np.all(~np.isnan(values), axis=1)
    if not seen.any():
        return result, flags
    first = int(seen.argmax())
    weight0, weight1 = _weights(chain, values[first:], seen[first:], temper)
    probabilities, resets = _recursion(chain, weight0.tolist(), weight1.tolist())
    result[first:] = probabilities
    flags[[first + row for row in resets]] = True
    return result, flags


def filter_step(
    chain: TwoStateChain, probability: float | None, row: Mapping[str, float], temper: float = 1.0
) -> tuple[float | None, bool]:
    """The next probability of state 1, and whether it had to be reset; None before the first complete row."""
    weights = _row_weights(chain, row, temper)
    if probability is None:
        if weights is None:
            return None, False
        predicted = chain.start[1]
    else:
        enter, stay = chain.transition[0][1], chain.transition[1][1]
        predicted = enter + probability * (stay - enter)
    weight0, weight1 = weights or (1.0, 1.0)
    high = predicted * weight1
    total = high + (1.0 - predicted) * weight0
    return (high / total, False) if total > 0.0 else (0.5, True)


def _recursion(chain: TwoStateChain, weight0: list[float], weight1: list[float]) -> tuple[list[float], list[int]]:
    """The filter over plain floats: numpy scalars would cost ten times as much."""
    enter, gain = chain.transition[0][1], chain.transition[1][1] - chain.transition[0][1]
    predicted = chain.start[1]
    probabilities: list[float] = []
    resets: list[int] = []
    for low, high in zip(weight0, weight1, strict=True):
        high *= predicted
        total = high + (1.0 - predicted) * low
        if total > 0.0:
            probability = high / total
        else:
            probability = 0.5
            resets.append(len(probabilities))
        probabilities.append(probability)
        predicted = enter + probability * gain
    return probabilities, resets


def _weights(
    chain: TwoStateChain, values: NDArray[np.float64], seen: NDArray[np.bool_], temper: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Likelihood of each row in state 0 and in state 1, over the larger of the two; 1 and 1 for a missing row."""
    scaled = chain.scale.apply(values)
    log0, log1 = (log_density(scaled, *state) for state in zip(chain.means, chain.variances, strict=True))
    best = np.maximum(log0, log1)
    weight0, weight1 = (np.exp((log - best) / temper) for log in (log0, log1))
    return np.where(seen, weight0, 1.0), np.where(seen, weight1, 1.0)


def log_density(scaled: NDArray[np.float64], mean: Iterable[float], variance: Iterable[float]) -> NDArray[np.float64]:
    """Log density of every row under independent Gaussians."""
    total = np.zeros(len(scaled))
    for column, (centre, spread) in enumerate(zip(mean, variance, strict=True)):
        total -= 0.5 * ((scaled[:, column] - centre) ** 2 / spread + (_LOG_2PI + math.log(spread)))
    return total


def _row_weights(chain: TwoStateChain, row: Mapping[str, float], temper: float) -> tuple[float, float] | None:
    """The same weights for one row of floats; None when an observation is missing."""
    log0 = log1 = 0.0
    for i, name in enumerate(chain.columns):
        value = row[name]
        if value != value:  # only NaN differs from itself
            return None
        scaled = min(CLIP, max(-CLIP, (value - chain.scale.centre[i]) / chain.scale.spread[i]))
        for state in (0, 1):
            spread = chain.variances[state][i]
            part = 0.5 * ((scaled - chain.means[state][i]) ** 2 / spread + (_LOG_2PI + math.log(spread)))
            log0, log1 = (log0 - part, log1) if state == 0 else (log0, log1 - part)
    best = max(log0, log1)
    return math.exp((log0 - best) / temper), math.exp((log1 - best) / temper)
