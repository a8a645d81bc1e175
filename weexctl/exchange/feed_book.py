"""The order book out of a snapshot and the changes after it. A hole in the numbering ends it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from weexctl.exchange.feed_messages import DepthPush
from weexctl.model.depth import Depth

__all__ = ["Applied", "LiveBook"]


class Applied(StrEnum):
    """What became of a push."""

    TAKEN = "taken"
    OLD = "old"
    """It says nothing new: the book was already there."""
    GAP = "gap"
    """Changes are missing, or the book contradicts itself: it is gone until the next snapshot."""


class LiveBook:
    """The book of one symbol. It is there, whole and in sequence, or it is not there."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}
        self._last_id: int | None = None
        self._time_ms = 0

    @property
    def whole(self) -> bool:
        """Whether there is a book."""
        return self._last_id is not None

    def clear(self) -> None:
        """Forget it; changes are worth nothing until the next snapshot."""
        self._bids, self._asks, self._last_id = {}, {}, None

    def apply(self, push: DepthPush) -> Applied:
        """Take a snapshot, or a change that follows on what is there."""
        if push.snapshot:
            self.clear()
        elif self._last_id is None:
            return Applied.GAP
        elif push.last_id <= self._last_id:
            return Applied.OLD
        elif push.first_id > self._last_id + 1:
            self.clear()
            return Applied.GAP
        for side, levels in ((self._bids, push.bids), (self._asks, push.asks)):
            for price, quantity in levels:
                if quantity:
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self._last_id, self._time_ms = push.last_id, push.time_ms
        if self._bids and self._asks and max(self._bids) >= min(self._asks):
            self.clear()
            return Applied.GAP
        return Applied.TAKEN

    def depth(self, levels: int) -> Depth | None:
        """The book, best first; None when there is none."""
        if self._last_id is None:
            return None
        return Depth(
            symbol=self._symbol,
            bids=tuple(sorted(self._bids.items(), reverse=True)[:levels]),
            asks=tuple(sorted(self._asks.items())[:levels]),
            update_id=str(self._last_id),
            time_ms=self._time_ms,
        )
