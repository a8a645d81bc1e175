"""What a run remembers between steps and across restarts, besides orders and positions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from weexctl.model.book import ClosedTrade
from weexctl.model.side import PositionSide
from weexctl.pipeline.decide import Step

__all__ = ["RiskState"]

DAY_MS = 86_400_000
PEAK_DAYS = 90
"""The peak of equity counts for this long, so that one good day does not lock the account for ever (methods 7.2)."""
_MEMORY_MS = 30 * DAY_MS
_HOUR_MS = 3_600_000
_TRADE_FIELDS = tuple(spec.name for spec in fields(ClosedTrade))


@dataclass(slots=True)
class RiskState:
    """Equity marks, entries, cooldowns and totals. Saved with every step, restored when a run goes on."""

    start_equity: float
    day_start_ms: int = 0
    day_start_equity: float = 0.0
    daily_peaks: dict[int, float] = field(default_factory=dict)
    """Highest equity of each UTC day, by the day's start."""
    entries_ms: list[int] = field(default_factory=list)
    order_times_ms: list[int] = field(default_factory=list)
    cooldowns: dict[str, int] = field(default_factory=dict)
    suspended_until_ms: int = 0
    trades: list[ClosedTrade] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    locked: dict[str, str] = field(default_factory=dict)
    """Symbols that take no entries until a person looks, with the code of why."""
    realised: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    funding_ms: int = 0
    """Up to when funding has been taken in."""
    funding_from_ms: int = 0
    """Payments up to this moment belong to no run of ours."""

    def mark(self, now_ms: int, equity: float, highest: float | None = None) -> None:
        """Take in the equity of one moment.

        Args:
            now_ms: the moment.
            equity: quote.
            highest: the highest equity from this moment on that the same day is known to have; None for `equity`.
        """
        day, peaks = now_ms // DAY_MS * DAY_MS, self.daily_peaks
        highest = equity if highest is None else highest
        if day != self.day_start_ms:
            self.day_start_ms, self.day_start_equity = day, equity
        if day not in peaks:
            peaks[day] = highest
            while (oldest := next(iter(peaks))) <= day - PEAK_DAYS * DAY_MS:  # days come in order
                del peaks[oldest]
        elif highest > peaks[day]:
            peaks[day] = highest
        _forget(self.entries_ms, now_ms - _MEMORY_MS)
        _forget(self.order_times_ms, now_ms - _HOUR_MS)
        while self.trades and self.trades[0].closed_ms <= now_ms - _MEMORY_MS:
            del self.trades[0]
        if self.cooldowns:
            self.cooldowns = {symbol: until for symbol, until in self.cooldowns.items() if until > now_ms}

    @property
    def peak_equity(self) -> float:
        """Highest equity of the last 90 days."""
        return max(self.daily_peaks.values(), default=self.start_equity)

    def take(self, step: Step) -> None:
        """Remember what the policies of a step asked for."""
        for symbol, until in step.cooldowns.items():
            self.cooldowns[symbol] = max(until, self.cooldowns.get(symbol, 0))
        self.suspended_until_ms = max(self.suspended_until_ms, step.suspended_until_ms)

    def refuse(self, code: str) -> None:
        """Count one refusal."""
        self.refusals[code] = self.refusals.get(code, 0) + 1

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives an equal state."""
        # Written by hand: dataclasses.asdict copies deeply, and this runs at every candle.
        data = {spec.name: getattr(self, spec.name) for spec in fields(self)}
        data["daily_peaks"] = [[day, peak] for day, peak in self.daily_peaks.items()]
        data["trades"] = [{name: getattr(trade, name) for name in _TRADE_FIELDS} for trade in self.trades]
        for name in ("realised", "fees", "funding"):
            data[name] = str(data[name])
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RiskState:
        """The state that was saved."""
        values = dict(data)
        values["daily_peaks"] = {int(day): peak for day, peak in data["daily_peaks"]}
        values["trades"] = [ClosedTrade(**(t | {"side": PositionSide(t["side"])})) for t in data["trades"]]
        for name in ("realised", "fees", "funding"):
            values[name] = Decimal(data[name])
        return cls(**values)


def _forget(times_ms: list[int], until_ms: int) -> None:
    """Drop the moments up to `until_ms`; they lie in order, oldest first."""
    if times_ms and times_ms[0] <= until_ms:
        del times_ms[: bisect_right(times_ms, until_ms)]
