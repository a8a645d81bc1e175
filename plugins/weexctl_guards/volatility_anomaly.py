"""The guard against extreme moves: rare by intent, because a guard that fires often costs more than it saves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from weexctl import ALLOW, GuardAction, PositionSide, Verdict
from weexctl.features import average_true_range, candle_ms, log_returns, robust_sigma, true_range, volatility_expansion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from weexctl import Book, OrderIntent
    from weexctl_guards import VolatilityAnomalyConfig

    Floats = NDArray[np.float64]

__all__ = ["VolatilityAnomaly", "range_multiple", "volume_z"]

HOUR_MS = 3_600_000
QUANTILE_WINDOW = 2160
"""Candles whose volatility expansion makes today's unusual: 90 days of hourly ones."""
QUANTILE_MINIMUM = 700
VOLUME_WINDOW = 336
FORGET = 24 * 30
"""Thirty half-lives of the slower average in the volatility expansion."""
AGAINST = {PositionSide.LONG: "down_until_ms", PositionSide.SHORT: "up_until_ms"}
"""The column that tells until when a move against a side counts."""


class VolatilityAnomaly:
    """Refuses entries against an extreme move (level 1), and every entry after a shock (level 2).

    Level 1 is any of: |z| above `level1_z`; volatility expansion above its own trailing quantile; unusual volume with
    a large move; a candle far larger than the average before it. Level 2 is |z| above `level2_z`. Every scale ends
    one candle before the one it judges. Orders that reduce always pass.

    Source: methods 5; the measured case for extreme and adverse-only is there too.
    """

    own_candle = ("high", "low", "close", "volume")

    def __init__(self, config: VolatilityAnomalyConfig) -> None:
        self._config = config
        self.at_timeframe(HOUR_MS)

    def at_timeframe(self, candle_ms: int) -> None:
        """Count the warm-up for candles of this length: a shock is remembered for hours."""
        longest = max(self._config.level1_hours, self._config.level2_hours)
        self.warmup_candles = QUANTILE_WINDOW + FORGET + math.ceil(longest * HOUR_MS / candle_ms)

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """level and move of each candle, and until when the moves so far count.

        Columns: level (0, 1, 2), move (sign of the return), z, up_until_ms and down_until_ms (level 1 or more, by
        direction), shock_until_ms (level 2); UTC milliseconds, 0 when nothing of the kind is recent.
        """
        returns, sigma = log_returns(candles), robust_sigma(candles)
        z = _ratio(returns, sigma)
        level = self._levels(candles, z)
        move = np.nan_to_num(np.sign(returns.to_numpy(dtype=np.float64))).astype(np.int64)
        caution, shock = self._config.level1_hours, self._config.level2_hours
        return pd.DataFrame(
            {
                "level": level,
                "move": move,
                "z": z,
                "up_until_ms": _held_until(candles, (level >= 1) & (move > 0), caution),
                "down_until_ms": _held_until(candles, (level >= 1) & (move < 0), caution),
                "shock_until_ms": _held_until(candles, level >= 2, shock),
            },
            index=candles.index,
        )

    def review(self, intent: OrderIntent, book: Book) -> Verdict:
        """Deny after a shock or against a move in this symbol; reduce-only against a move of the whole book."""
        if intent.reduces:
            return ALLOW
        if intent.symbol not in book.rows:
            return Verdict(action=GuardAction.DENY, code="ANOMALY_UNKNOWN", reason="no market columns for this symbol")
        row, against = book.rows[intent.symbol], AGAINST[intent.position_side]
        if (until := int(row["shock_until_ms"])) > book.now_ms:
            return _deny("SHOCK", f"{intent.symbol} moved beyond {self._config.level2_z:g} robust deviations", until)
        if (until := int(row[against])) > book.now_ms:
            return _deny(
                "ADVERSE_MOVE", f"an unusual move of {intent.symbol} against the {intent.position_side}", until
            )
        return self._review_book(book, against, intent.position_side)

    def _review_book(self, book: Book, against: str, side: PositionSide) -> Verdict:
        """Reduce-only while enough symbols move against this side, until the first of them is over."""
        ends = sorted(
            (int(row[against]) for row in book.rows.values() if int(row[against]) > book.now_ms), reverse=True
        )
        needed = max(2, math.ceil(len(book.symbols) * self._config.book_share - 1e-9))
        if len(ends) < needed:
            return ALLOW
        return Verdict(
            action=GuardAction.REDUCE_ONLY,
            code="BOOK_SHOCK",
            reason=f"{len(ends)} of {len(book.symbols)} symbols move unusually against every {side}",
            expires_ms=ends[needed - 1],
        )

    def _levels(self, candles: pd.DataFrame, z: Floats) -> NDArray[np.int64]:
        """0 normal, 1 caution, 2 shock; what cannot be measured yet is normal."""
        size = np.abs(np.nan_to_num(z))
        expansion = volatility_expansion(candles)
        usual = expansion.shift(1).rolling(QUANTILE_WINDOW, min_periods=QUANTILE_MINIMUM)
        caution = (
            (size > self._config.level1_z)
            | (expansion > usual.quantile(self._config.expansion_quantile)).to_numpy()
            | ((volume_z(candles) > self._config.volume_z) & (size > self._config.volume_move_z))
            | (range_multiple(candles) > self._config.range_multiple)
        )
        level: NDArray[np.int64] = np.where(size > self._config.level2_z, 2, caution.astype(np.int64))
        return level


def volume_z(candles: pd.DataFrame) -> Floats:
    """Log volume in robust standard deviations of the two weeks before; NaN without volume or history."""
    volume = candles["volume"].to_numpy(dtype=np.float64)
    logs = pd.Series(np.log(volume, out=np.full(volume.shape, np.nan), where=volume > 0), index=candles.index)
    # A candle without volume has no logarithm; three quarters of a window are enough for its median.
    enough = VOLUME_WINDOW * 3 // 4
    excess = logs - logs.shift(1).rolling(VOLUME_WINDOW, min_periods=enough).median()
    spread = 1.4826 * excess.abs().shift(1).rolling(VOLUME_WINDOW, min_periods=enough).median()
    return _ratio(excess, spread)


def range_multiple(candles: pd.DataFrame) -> Floats:
    """True range over the average true range one candle before, both of log prices: halving counts like doubling."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: pd.DataFrame = candles[["high", "low", "close"]].apply(np.log)
    return _ratio(true_range(logs), average_true_range(logs).shift(1))


def _ratio(value: pd.Series[float], scale: pd.Series[float]) -> Floats:
    """value / scale; infinite when something moved that never did, NaN where either is unknown or both are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = value.to_numpy(dtype=np.float64) / scale.to_numpy(dtype=np.float64)
    return ratio


def _held_until(candles: pd.DataFrame, event: NDArray[np.bool_], hours: float) -> NDArray[np.int64]:
    """When the newest event stops counting, UTC milliseconds; 0 when none was within the time it counts."""
    if len(candles) < 2:
        return np.zeros(len(candles), dtype=np.int64)
    spacing, hold = candle_ms(candles), round(hours * HOUR_MS)
    ends = np.where(event, candles.index.to_numpy(dtype=np.int64) + spacing + hold, 0)
    held = pd.Series(ends).rolling(max(1, math.ceil(hold / spacing)), min_periods=1).max()
    return held.to_numpy().astype(np.int64)


def _deny(code: str, reason: str, until: int) -> Verdict:
    return Verdict(action=GuardAction.DENY, code=code, reason=reason, expires_ms=until)
