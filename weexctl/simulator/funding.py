"""Funding: what is settled when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from weexctl.model.account import MarginMode
from weexctl.model.funding import FundingHistory
from weexctl.simulator.position import CENTI_MICRO

if TYPE_CHECKING:
    from weexctl.simulator.venue import Venue

__all__ = ["FundingSchedule", "settle"]

NEVER_MS = 2**62


class FundingSchedule:
    """All symbols' settlements in order of time. Without histories nothing is ever settled."""

    def __init__(self, histories: Mapping[str, FundingHistory]) -> None:
        self._histories = histories
        self._rates: dict[int, dict[str, Decimal]] = {}
        self._of: dict[str, tuple[list[int], list[float]]] = {}
        for symbol, history in histories.items():
            times, rates = history.time_ms.tolist(), history.rate.tolist()
            self._of[symbol] = (times, rates)
            for time_ms, rate in zip(times, rates, strict=True):
                self._rates.setdefault(time_ms, {})[symbol] = Decimal(repr(rate))
        self._times = sorted(self._rates)

    def renamed(self, names: Mapping[str, str]) -> FundingSchedule:
        """The same settlements under other symbols; what has no other name is left out."""
        return FundingSchedule({names[s]: history for s, history in self._histories.items() if s in names})

    def next_after(self, now_ms: int) -> int:
        """The first settlement after a moment; far in the future when there is none."""
        position = bisect_right(self._times, now_ms)
        return self._times[position] if position < len(self._times) else NEVER_MS

    def rates_at(self, time_ms: int) -> Mapping[str, Decimal]:
        """The rates settled at a moment, by symbol."""
        return self._rates.get(time_ms, {})

    def settled(self, symbol: str, start_ms: int, end_ms: int) -> list[tuple[int, float]]:
        """Times and rates of one symbol from `start_ms` to `end_ms`, both inclusive, oldest first."""
        times, rates = self._of.get(symbol, ([], []))
        first, stop = bisect_right(times, start_ms - 1), bisect_right(times, end_ms)
        return list(zip(times[first:stop], rates[first:stop], strict=True))


def settle(venue: Venue) -> None:
    """Settle what is due at this moment, on the mark value; longs pay shorts when the rate is positive."""
    rates = venue.funding.rates_at(venue.now_ms)
    for position in list(venue.ledger.positions.values()):
        if (rate := rates.get(position.symbol)) is None:
            continue
        value = position.size * venue.price(position.symbol)
        amount = (-value * rate * position.side.sign).quantize(CENTI_MICRO)
        venue.ledger.pay_funding(position, amount, venue.now_ms)
        if venue.leverages[position.symbol].mode is MarginMode.ISOLATED:
            position.margin += amount
        position.updated_ms = venue.now_ms
        venue.version += 1
