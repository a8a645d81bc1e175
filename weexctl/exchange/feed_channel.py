"""What can be subscribed to, and what WEEX calls it (weex-api 18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from weexctl.errors import UsageError
from weexctl.model.candle import PriceSource, Timeframe

__all__ = ["ACCOUNT", "FILLS", "ORDERS", "POSITIONS", "PRIVATE", "Channel", "ChannelKind"]

_SYMBOL = re.compile(r"[A-Z0-9]{2,30}")
_PRICES = {PriceSource.LAST: "LAST_PRICE", PriceSource.MARK: "MARK_PRICE"}
_LEVELS = (15, 200)


class ChannelKind(StrEnum):
    """The nouns a feed carries."""

    TICKER = "ticker"
    TRADES = "trade"
    CANDLES = "kline"
    DEPTH = "depth"
    ACCOUNT = "account"
    POSITIONS = "positions"
    FILLS = "fill"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Channel:
    """One subscription. Public ones are made by the class methods, private ones are constants beside it."""

    kind: ChannelKind
    word: str
    """The channel as the exchange spells it."""
    symbol: str = ""
    """Empty for a private channel: it carries every symbol."""

    @property
    def private(self) -> bool:
        """Whether it needs a login."""
        return not self.symbol

    @classmethod
    def ticker(cls, symbol: str) -> Channel:
        """The last 24 hours of a symbol."""
        return cls(ChannelKind.TICKER, f"{_checked(symbol)}@ticker", symbol)

    @classmethod
    def trades(cls, symbol: str) -> Channel:
        """Trades of everybody."""
        return cls(ChannelKind.TRADES, f"{_checked(symbol)}@trade", symbol)

    @classmethod
    def candles(cls, symbol: str, timeframe: Timeframe, price: PriceSource = PriceSource.LAST) -> Channel:
        """Candles while they form.

        Raises:
            UsageError: candles of the index price are not in the feed.
        """
        if price not in _PRICES:
            raise UsageError(f"the feed has no candles of the {price} price; nothing was sent", code="NO_CHANNEL")
        return cls(ChannelKind.CANDLES, f"{_checked(symbol)}@kline_{timeframe.value}_{_PRICES[price]}", symbol)

    @classmethod
    def depth(cls, symbol: str, levels: int = 15) -> Channel:
        """The order book, 15 or 200 levels a side."""
        if levels not in _LEVELS:
            raise UsageError(f"the order book has 15 or 200 levels, not {levels}; nothing was sent", code="BAD_LIMIT")
        return cls(ChannelKind.DEPTH, f"{_checked(symbol)}@depth{levels}", symbol)


ACCOUNT = Channel(ChannelKind.ACCOUNT, "account")
POSITIONS = Channel(ChannelKind.POSITIONS, "positions")
FILLS = Channel(ChannelKind.FILLS, "fill")
ORDERS = Channel(ChannelKind.ORDERS, "orders")
PRIVATE = (ACCOUNT, POSITIONS, FILLS, ORDERS)
"""Every private channel."""


def _checked(symbol: str) -> str:
    if not _SYMBOL.fullmatch(symbol):
        raise UsageError(
            f"{symbol[:40]!r} cannot be a symbol; nothing was sent", hint="write BTCUSDT", code="UNKNOWN_SYMBOL"
        )
    return symbol
