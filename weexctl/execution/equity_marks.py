"""From where losses are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

__all__ = ["DAY_MS", "EquityMarks"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityMarks:
    """Equity in USDT, open positions included: now, when the run began, when the UTC day began. None before a mark."""

    last: float | None = None
    base: float | None = None
    day_start_ms: int = 0
    day_start: float | None = None

    def mark(self, equity: float, now_ms: int) -> EquityMarks:
        """With the equity of one more moment."""
        day = now_ms // DAY_MS * DAY_MS
        fresh = self.day_start is None or day > self.day_start_ms
        return EquityMarks(
            last=equity,
            base=equity if self.base is None else self.base,
            day_start_ms=day if fresh else self.day_start_ms,
            day_start=equity if fresh else self.day_start,
        )

    def rebased(self) -> EquityMarks:
        """Counting the drawdown from now on."""
        return replace(self, base=self.last)

    @property
    def drawdown(self) -> float:
        """Loss since the base, a fraction of it; never below 0."""
        return _loss(self.last, self.base)

    @property
    def day_loss(self) -> float:
        """Loss since the day began, a fraction; never below 0."""
        return _loss(self.last, self.day_start)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The marks that were saved."""
        return cls(**data)


def _loss(last: float | None, start: float | None) -> float:
    if last is None or start is None:
        return 0.0
    return max(0.0, 1.0 - last / start) if start > 0 else 1.0  # nothing to lose any more: everything is lost
