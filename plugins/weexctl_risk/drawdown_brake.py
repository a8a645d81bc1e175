"""Smaller as the drawdown grows: a backstop, not a steering wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weexctl import RiskDecision

if TYPE_CHECKING:
    from weexctl import Book
    from weexctl_risk import DrawdownBrakeConfig

__all__ = ["DrawdownBrake"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class DrawdownBrake:
    """Multiplier 1 up to `soft`, falling on a straight line to `floor` at `max`, and never below.

    At `max` nothing opens for `suspend_hours`; afterwards the book goes on at the floor. The book says when the last
    suspension ended, not who asked for it: within `repeat_days` of any suspension the brake does not ask again,
    because a book that stays beyond `max` would otherwise never trade its way back.

    Source: Grossman and Zhou 1993 (cushion); the floor after Zhou and Shang 2015 (methods 7.2).
    """

    warmup_candles = 0

    def __init__(self, config: DrawdownBrakeConfig) -> None:
        self._config = config

    def assess(self, book: Book, symbol: str) -> RiskDecision:  # noqa: ARG002  # the whole book has one drawdown
        """The same answer for every symbol: what the book's drawdown leaves."""
        drawdown = book.drawdown
        if drawdown <= self._config.soft:
            return RiskDecision(reason=f"drawdown {drawdown * 100:.1f} %")
        beyond = drawdown >= self._config.max
        multiplier = self._cushion(drawdown)
        most = f"{self._config.max * 100:.1f} %"
        return RiskDecision(
            multiplier=multiplier,
            stop_multiplier=self._config.braking_stop,
            suspend_until_ms=self._suspension(book) if beyond else None,
            code="DRAWDOWN_MAX" if beyond else "DRAWDOWN_BRAKE",
            reason=f"drawdown {drawdown * 100:.1f} % of at most {most}, size × {multiplier:.2f}",
        )

    def _cushion(self, drawdown: float) -> float:
        """What is left of the way from `soft` to `max`, not below the floor."""
        left = (self._config.max - drawdown) / (self._config.max - self._config.soft)
        return min(1.0, max(self._config.floor, left))

    def _suspension(self, book: Book) -> int | None:
        """When entries may begin again; None while one suspension runs or its time for another has not come."""
        if book.suspended_until_ms and book.now_ms < book.suspended_until_ms + self._config.repeat_days * DAY_MS:
            return None
        return book.now_ms + round(self._config.suspend_hours * HOUR_MS)
