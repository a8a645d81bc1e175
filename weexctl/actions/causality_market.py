"""The candles a check of causality is made on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weexctl.config.tables import VenueTable
from weexctl.market.dataset import cut_to_window, dataset_digest
from weexctl.market.loading import load_candles
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.simulator.generator import generate_market

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CheckedMarket", "market_for"]

_SYMBOLS = 3
"""Enough for what symbols of one book have to do with one another."""


@dataclass(frozen=True, slots=True)
class CheckedMarket:
    """The same closed candles of one to three symbols."""

    candles: Mapping[str, Candles]
    source: str
    synthetic: bool

    @property
    def timeframe(self) -> Timeframe:
        """Of all of them."""
        return next(iter(self.candles.values())).timeframe

    @property
    def count(self) -> int:
        """Candles of each symbol."""
        return len(next(iter(self.candles.values())))

    def frame(self, count: int) -> pd.DataFrame:
        """The newest candles of the first symbol, as a plugin gets them."""
        first = next(iter(self.candles.values()))
        return first.rows(len(first) - count, len(first)).frame()


def market_for(data: Sequence[str], seed: int, count: int, *, venue: VenueTable | None = None) -> CheckedMarket:
    """The newest `count` candles of files, or a synthetic market.

    Args:
        data: files, folders, assignments; none for the synthetic market.
        seed: of the synthetic market.
        count: candles wanted; files may have fewer.
        venue: whose symbols and timeframe; None takes those of the files, or any symbol hour by hour.

    Raises:
        UsageError: none of the symbols has candles among the files.
        DataError: a file is not what it should be.
    """
    symbols = venue.symbols if venue else SYMBOLS
    if not data:
        timeframe = venue.timeframe if venue else Timeframe.H1
        market = generate_market(seed, timeframe=timeframe, count=count)
        chosen = {symbol: market[symbol] for symbol in symbols[:_SYMBOLS]}
        return CheckedMarket(chosen, f"seed:{seed}:{timeframe.value}", synthetic=True)
    loaded = load_candles(data, symbols=symbols, timeframe=venue.timeframe if venue else None)
    first = {symbol: loaded[symbol] for symbol in list(loaded)[:_SYMBOLS]}
    common = cut_to_window(first)
    newest = {symbol: known.rows(len(known) - count, len(known)) for symbol, known in common.items()}
    return CheckedMarket(newest, dataset_digest(newest), any(known.synthetic for known in newest.values()))
