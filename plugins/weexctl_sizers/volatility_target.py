"""Volatility targeting: equal risk per position, and a cap on what they risk together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from weexctl.features import candle_ms, ewma_volatility, har_volatility, har_warmup

if TYPE_CHECKING:
    from weexctl import Book
    from weexctl_sizers import VolatilityTargetConfig

__all__ = ["VolatilityTarget", "book_volatility", "unit_risk"]

HOUR_MS = 3_600_000
FORGOTTEN_HALF_LIVES = 30
"""The seed's weight is then 1e-9, so that even a first return of thirty times the usual size is forgotten."""


class VolatilityTarget:
    """Exposure of each wanted position: unit risk · strength / volatility, capped so that the book meets its target.

    The forecast is an EWMA of squared returns, or a regression on the volatility of the last hours, days and weeks.
    Settings count hours and days, whatever the candles.
    """

    def __init__(self, config: VolatilityTargetConfig) -> None:
        self._config = config
        self.own_candle = ("high", "low", "close") if config.forecast == "har" else ("close",)
        self.at_timeframe(HOUR_MS)

    def at_timeframe(self, candle_ms: int) -> None:
        """Count the warm-up for candles of this length."""
        config = self._config
        self.warmup_candles = (
            har_warmup(candle_ms, config.train_days)
            if config.forecast == "har"
            else math.ceil(FORGOTTEN_HALF_LIVES * max(1.0, config.half_life_hours * HOUR_MS / candle_ms))
        )

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """volatility: the annual forecast as a fraction, before floor and cap; NaN while there is none."""
        if self._config.forecast == "har":
            return pd.DataFrame({"volatility": har_volatility(candles, self._config.train_days)}, index=candles.index)
        spacing = candle_ms(candles) if len(candles) > 1 else HOUR_MS
        half_life = max(1.0, self._config.half_life_hours * HOUR_MS / spacing)
        return pd.DataFrame({"volatility": ewma_volatility(candles, half_life)}, index=candles.index)

    def size(self, book: Book) -> Mapping[str, float]:
        """Exposure by symbol; a symbol that is not wanted, or has no forecast yet, is absent.

        Source: methods 7.1, constant-correlation model.
        """
        unit = unit_risk(self._config.annual_volatility, len(book.symbols), self._config.correlation)
        # A mere leaning of a rule that may neither keep nor open anything takes no share of the book's risk.
        volatility = {symbol: self._volatility(book, symbol) for symbol in book.symbols if book.wanted(symbol)}
        risks = {
            symbol: unit * book.signals[symbol].strength
            for symbol, sigma in volatility.items()
            if not math.isnan(sigma)
        }
        together = book_volatility(
            (book.wanted(symbol) * risk for symbol, risk in risks.items()), self._config.correlation
        )
        scale = min(1.0, self._config.annual_volatility / together) if together > 0 else 1.0
        return {symbol: scale * risk / volatility[symbol] for symbol, risk in risks.items()}

    def _volatility(self, book: Book, symbol: str) -> float:
        """The forecast between floor and cap; NaN when unknown."""
        forecast = float(book.rows[symbol]["volatility"]) if symbol in book.rows else math.nan
        if math.isnan(forecast):
            return forecast
        return min(self._config.volatility_cap, max(self._config.volatility_floor, forecast))


def unit_risk(annual_volatility: float, symbols: int, correlation: float) -> float:
    """Annual risk of one full-strength position: what makes a half-aligned book of all symbols meet the target."""
    return annual_volatility / math.sqrt(symbols * (1 + (symbols - 1) * correlation / 2))


def book_volatility(risks: Iterable[float], correlation: float) -> float:
    """Annual volatility of positions with these signed risks (exposure · volatility), every pair equally correlated."""
    signed = list(risks)
    return math.sqrt(correlation * sum(signed) ** 2 + (1 - correlation) * sum(risk**2 for risk in signed))
