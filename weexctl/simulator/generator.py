"""A synthetic market: candles and funding that a seed determines.

Returns are heavy-tailed (Student-t), clustered (GARCH), correlated across symbols, and move through three sticky
regimes that differ in drift and volatility. Nothing here is fitted to one history; the figures are typical of
crypto perpetuals, and whatever is shown with them is marked synthetic.

Every row depends on the seed and on earlier rows only, so a longer market begins with the shorter one, and a
market of fewer symbols is the same market with columns left out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weexctl.errors import UsageError
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import SYMBOLS
from weexctl.simulator.instruments import CONTRACTS, Contract

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["FUNDING_INTERVAL_MS", "MARKET_START_MS", "RegimePath", "generate_funding", "generate_market", "regime_path"]

MARKET_START_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC, where every synthetic market begins."""
FUNDING_INTERVAL_MS = 8 * 3_600_000

HOUR_MS = 3_600_000
HOURS_PER_YEAR = 8766.0

# DESIGN 5: Student-t, GARCH, correlation.
DEGREES_OF_FREEDOM = 4.0
GARCH_ALPHA = 0.08
GARCH_BETA = 0.90
CORRELATION = 0.69
"""Of the innovations; regimes that symbols do not share bring that of the returns down to about 0.65."""

# Trending, ranging, unstable: mean stay in hours, volatility (scaled below so that the long-run mean square is one),
# and where a regime leads to.
DWELL_HOURS = (120.0, 72.0, 48.0)
VOLATILITY = (1.0, 0.7, 1.6)
NEXT_REGIME = ((0.0, 0.65, 0.35), (0.65, 0.0, 0.35), (0.6, 0.4, 0.0))
TRENDING, RANGING, UNSTABLE = 0, 1, 2

FOLLOW_PROBABILITY = 0.8
"""How often a symbol takes part in the market's regime; else it ranges."""
TREND_DRIFT = 0.07
"""Drift per hour in a trend, in units of the symbol's hourly volatility."""
CYCLE_HOURS = 1400.0
"""Mean length of the slow cycle that gives most trends of a season the same direction."""
WITH_CYCLE_PROBABILITY = 0.85
RANGE_PULL_HOURS = 24.0
"""In a range the price is drawn back to where the range began, with this time constant."""
LEVEL_PULL_HOURS = 12_000.0
"""A very slow pull to the level of the start, so that a long market keeps sensible prices."""
JUMPS_PER_YEAR = 5.0
JUMP_SIGMAS = 5.0

FUNDING_MEAN = 1e-4
FUNDING_PERSISTENCE = 0.9
FUNDING_NOISE = 4e-5
FUNDING_TILT = 0.4e-3
"""How much a rise of the price over three days adds to the rate, per unit of log price."""
FUNDING_LIMIT = 3e-3


@dataclass(frozen=True, slots=True)
class RegimePath:
    """The regimes of a market, row by row: 0 trending, 1 ranging, 2 unstable."""

    regime: NDArray[np.int64]
    """Shape (n,), the market's regime."""
    episode: NDArray[np.int64]
    """Shape (n,), counts the market's regimes from zero."""
    direction: Floats
    """Shape (n,), +1 or -1: where a trend of this episode goes."""


def generate_market(
    seed: int,
    *,
    symbols: Iterable[str] = SYMBOLS,
    timeframe: Timeframe = Timeframe.H1,
    start_ms: int = MARKET_START_MS,
    count: int,
) -> dict[str, Candles]:
    """Synthetic candles by symbol: `count` of them, the first opening at `start_ms`.

    Each open equals the close before; prices lie on the contract's step; a longer market begins with the shorter one.

    Raises:
        UsageError: a symbol is not one of the eight, or `count` is not positive.
    """
    import numpy as np

    contracts = [_known(symbol) for symbol in symbols]
    if count < 1:
        raise UsageError("a market needs at least one candle; nothing was made", hint="give a count of 1 or more")
    hours = timeframe.ms / HOUR_MS
    path = regime_path(seed, count, hours)
    regimes = np.stack([_own_regime(seed, row.symbol, path) for row in contracts], axis=1)
    sigma = _sigmas(contracts, hours)
    mixing = np.sqrt(DEGREES_OF_FREEDOM / 2 / 2 / _stream(seed, "tails").standard_gamma(DEGREES_OF_FREEDOM / 2, count))
    shocks = _normals(seed, contracts, count) * mixing[:, None]
    clusters = _clustered_volatility(shocks)
    scale = sigma * clusters * np.asarray(VOLATILITY)[regimes] / _regime_norm()
    log_prices = _log_prices(scale * shocks + _jumps(seed, contracts, count, sigma, hours), regimes, path, sigma, hours)
    times = start_ms + timeframe.ms * np.arange(count, dtype=np.int64)
    return {
        row.symbol: _candles(seed, row, timeframe, times, log_prices[:, k], scale[:, k] * mixing, float(sigma[k]))
        for k, row in enumerate(contracts)
    }


def generate_funding(seed: int, market: Mapping[str, Candles]) -> dict[str, FundingHistory]:
    """Synthetic settlements at 00:00, 08:00 and 16:00 UTC after each symbol's first candle, up to its last close.

    The mean is one basis point per settlement; the rate persists and leans with the price of the last three days.
    """
    return {symbol: _funding(seed, candles) for symbol, candles in market.items()}


def regime_path(seed: int, count: int, hours: float) -> RegimePath:
    """The market's regimes for `count` candles of `hours` each."""
    import numpy as np

    rng = _stream(seed, "regimes")
    lengths: list[int] = []
    states: list[int] = []
    directions: list[float] = []
    state, done, cycle, cycle_left = UNSTABLE, 0, 1.0, 0.0
    while done < count:
        stay, where, turn, sign, new_cycle = rng.random(5)
        state = _next_regime(state, where)
        length = max(1, round(-math.log1p(-stay) * DWELL_HOURS[state] / hours))
        if cycle_left <= 0:
            cycle = 1.0 if turn < 0.5 else -1.0
            cycle_left = -math.log1p(-new_cycle) * CYCLE_HOURS / hours
        directions.append(cycle if sign < WITH_CYCLE_PROBABILITY else -cycle)
        states.append(state)
        lengths.append(length)
        cycle_left -= length
        done += length
    episode = np.repeat(np.arange(len(lengths)), lengths)[:count]
    return RegimePath(np.asarray(states, dtype=np.int64)[episode], episode, np.asarray(directions)[episode])


def _known(symbol: str) -> Contract:
    if (row := CONTRACTS.get(symbol)) is None:
        raise UsageError(
            f"unknown symbol {symbol!r}; no market was made", hint=f"the symbols are {', '.join(CONTRACTS)}"
        )
    return row


def _stream(seed: int, *purpose: str) -> np.random.Generator:
    # One stream per purpose and symbol: a draw more in one shifts no other.
    import numpy as np

    digest = hashlib.blake2b("|".join(("market", str(seed), *purpose)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def _next_regime(state: int, where: float) -> int:
    chances = NEXT_REGIME[state]
    if where < chances[0]:
        return TRENDING
    return RANGING if where < chances[0] + chances[1] else UNSTABLE


def _regime_norm() -> float:
    # Root mean square of the regimes' volatility over the long run: visits (fixed point of NEXT_REGIME) times stay.
    import numpy as np

    chances = np.asarray(NEXT_REGIME)
    visits = np.full(3, 1 / 3)
    for _ in range(60):
        visits = (visits + visits @ chances) / 2
    share = visits * np.asarray(DWELL_HOURS)
    return float(np.sqrt(np.average(np.square(VOLATILITY), weights=share)))


def _own_regime(seed: int, symbol: str, path: RegimePath) -> NDArray[np.int64]:
    import numpy as np

    follows = _stream(seed, "follow", symbol).random(int(path.episode[-1]) + 1) < FOLLOW_PROBABILITY
    return np.where(follows[path.episode], path.regime, RANGING).astype(np.int64)


def _sigmas(contracts: Iterable[Contract], hours: float) -> Floats:
    import numpy as np

    return np.asarray([row.annual_volatility for row in contracts]) * math.sqrt(hours / HOURS_PER_YEAR)


def _normals(seed: int, contracts: Iterable[Contract], count: int) -> Floats:
    import numpy as np

    common = _stream(seed, "common").standard_normal(count)
    own = np.stack([_stream(seed, "own", row.symbol).standard_normal(count) for row in contracts], axis=1)
    return math.sqrt(CORRELATION) * common[:, None] + math.sqrt(1 - CORRELATION) * own


def _clustered_volatility(shocks: Floats) -> Floats:
    """GARCH(1,1) volatility with long-run variance one, shape of `shocks`; row t uses shocks before t."""
    import numpy as np

    variance = np.empty_like(shocks)
    now = np.ones(shocks.shape[1])
    squares = GARCH_ALPHA * np.square(shocks) + GARCH_BETA
    constant = 1 - GARCH_ALPHA - GARCH_BETA
    for row in range(shocks.shape[0]):
        variance[row] = now
        now = constant + now * squares[row]
    return np.sqrt(variance)


def _jumps(seed: int, contracts: list[Contract], count: int, sigma: Floats, hours: float) -> Floats:
    import numpy as np

    rng = _stream(seed, "jumps")
    happens, size = rng.random(2 * count).reshape(count, 2).T
    # A symmetric law with a floor: a jump is never small.
    jump = np.sign(size - 0.5) * (1 - np.log1p(-np.abs(2 * size - 1)) / 2) * JUMP_SIGMAS
    hit = happens < JUMPS_PER_YEAR * hours / HOURS_PER_YEAR
    return np.where(hit, jump, 0.0)[:, None] * sigma / math.sqrt(hours) * np.ones(len(contracts))


def _log_prices(noise: Floats, regimes: NDArray[np.int64], path: RegimePath, sigma: Floats, hours: float) -> Floats:
    """Log price relative to the start after each candle, shape of `noise`."""
    import numpy as np

    drift = np.where(regimes == TRENDING, path.direction[:, None], 0.0) * TREND_DRIFT * sigma * math.sqrt(hours)
    steps = noise + drift
    pull = np.where(regimes == RANGING, -math.expm1(-hours / RANGE_PULL_HOURS), 0.0)
    level_pull = hours / LEVEL_PULL_HOURS
    starts = np.concatenate(([True], np.diff(path.episode) != 0)).tolist()
    out = np.empty_like(steps)
    now = np.zeros(steps.shape[1])
    anchor = now
    for row in range(steps.shape[0]):
        if starts[row]:
            anchor = now
        now = now + steps[row] - pull[row] * (now - anchor) - level_pull * now
        out[row] = now
    return out


def _candles(
    seed: int, row: Contract, timeframe: Timeframe, times: NDArray[np.int64], logs: Floats, spread: Floats, sigma: float
) -> Candles:
    """Candles around the path of closes.

    The extremes are those of a Brownian bridge from open to close (its maximum has a closed form), so that ranges
    and returns fit together.
    """
    import numpy as np

    decimals = row.price_decimals
    step = 10.0**-decimals
    close = np.maximum(np.round(float(row.reference_price) * np.exp(logs), decimals), step)
    first = np.round([float(row.reference_price)], decimals)
    opened = np.concatenate((first, close[:-1]))
    move = np.log(close / opened)
    up, down, turnover = _stream(seed, "shape", row.symbol).random(3 * len(logs)).reshape(-1, 3).T
    high = opened * np.exp((move + np.sqrt(move**2 - 2 * spread**2 * np.log1p(-up))) / 2)
    low = opened * np.exp((move - np.sqrt(move**2 - 2 * spread**2 * np.log1p(-down))) / 2)
    high = np.maximum(np.round(high, decimals), np.maximum(opened, close))
    low = np.maximum(np.minimum(np.round(low, decimals), np.minimum(opened, close)), step)
    activity = np.log(high / low) / sigma + 0.15
    quote = row.hourly_turnover * timeframe.ms / HOUR_MS * activity * np.exp(0.7 * (turnover - 0.5))
    volume = np.round(np.round(quote / close, row.quantity_decimals), row.size_decimals)
    return Candles(row.symbol, timeframe, times.copy(), opened, high, low, close, volume, synthetic=True)


def _funding(seed: int, candles: Candles) -> FundingHistory:
    import numpy as np

    first = -(-(candles.first_ms + 1) // FUNDING_INTERVAL_MS) * FUNDING_INTERVAL_MS
    times = np.arange(first, candles.last_close_ms + 1, FUNDING_INTERVAL_MS, dtype=np.int64)
    closes = candles.open_time_ms + candles.timeframe.ms
    now = np.maximum(np.searchsorted(closes, times, side="right") - 1, 0)
    back = max(1, round(72 * HOUR_MS / candles.timeframe.ms))
    lean = FUNDING_TILT * np.log(candles.close[now] / candles.close[np.maximum(now - back, 0)])
    noise = _stream(seed, "funding", candles.symbol).standard_normal(len(times)) * FUNDING_NOISE
    rates: list[float] = []
    drift = 0.0
    for shock, tilt in zip(noise.tolist(), lean.tolist(), strict=True):
        drift = FUNDING_PERSISTENCE * drift + shock
        rates.append(min(max(FUNDING_MEAN + drift + tilt, -FUNDING_LIMIT), FUNDING_LIMIT))
    return FundingHistory(candles.symbol, times, np.asarray([round(rate, 8) for rate in rates], dtype=np.float64))
