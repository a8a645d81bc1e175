"""The folds of a walk-forward: where settings are chosen, and where they are tried.

train ├────────────┤ gap ├ test ┤
train        ├────────────┤ gap ├ test ┤          anchored: every train window begins with the first
"""

from __future__ import annotations

from dataclasses import dataclass

from weexctl.errors import UsageError
from weexctl.run.schedule import Schedule

__all__ = ["Closes", "Fold", "FoldPlan", "plan_folds"]

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Closes:
    """Consecutive closes, both ends included; UTC milliseconds."""

    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Fold:
    """Settings are chosen on `train` and tried on `test`."""

    number: int
    """From 1."""
    train: Closes
    test: Closes


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldPlan:
    """What folds are asked for."""

    train_days: int
    test_days: int
    purge_hours: int
    """Left out after a train window, for labels that look ahead from within it."""
    embargo_hours: int
    """Left out besides, for what moves slowly."""
    anchored: bool
    """Every train window begins with the first one's start and so grows; otherwise all are of one length."""

    def gap(self, candle_ms: int) -> int:
        """Closes between a train window and its test window."""
        return -(-(self.purge_hours + self.embargo_hours) * _HOUR_MS // candle_ms)

    def train(self, candle_ms: int) -> int:
        """Closes of a train window."""
        return self.train_days * _DAY_MS // candle_ms

    def test(self, candle_ms: int) -> int:
        """Closes of a test window."""
        return self.test_days * _DAY_MS // candle_ms

    def closes(self, folds: int, candle_ms: int) -> int:
        """Closes that this many folds need."""
        return self.train(candle_ms) + self.gap(candle_ms) + folds * self.test(candle_ms)


def plan_folds(plan: FoldPlan, schedule: Schedule) -> tuple[Fold, ...]:
    """The folds that these closes have room for, oldest first.

    Test windows follow each other without a hole, and cover everything after the first train window and its gap. What
    is left at the end is a window of its own when it is half as long as one, and else belongs to the last.

    Raises:
        UsageError: a window is shorter than a candle, or there is no room for one fold.
    """
    candle_ms = schedule.candle_ms
    train, test, gap = plan.train(candle_ms), plan.test(candle_ms), plan.gap(candle_ms)
    if not (train and test):
        raise UsageError(
            "a window of a walk-forward is shorter than one candle; nothing was run",
            hint="give more days with --train and --test",
            code="NO_FOLD",
        )
    begin = schedule.first_ms + (train + gap) * candle_ms
    left = schedule.count - train - gap
    if left < test:
        raise UsageError(
            f"there is no room for one fold: {plan.train_days} days to choose on, {gap} candles of purge and embargo"
            f" and {plan.test_days} days to try on are {plan.closes(1, candle_ms)} candles, and there are"
            f" {schedule.count}; nothing was run",
            hint="choose shorter windows with --train and --test, or give more candles",
            code="NO_FOLD",
        )
    count, rest = divmod(left, test)
    if 2 * rest >= test:
        count += 1
    starts = [begin + number * test * candle_ms for number in range(count)]
    ends = [*(start - candle_ms for start in starts[1:]), schedule.last_ms]
    return tuple(
        Fold(number, _train_before(start, plan, schedule), Closes(start, end))
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    )


def _train_before(test_ms: int, plan: FoldPlan, schedule: Schedule) -> Closes:
    """The train window of the test window that begins at this close."""
    candle_ms = schedule.candle_ms
    last_ms = test_ms - (plan.gap(candle_ms) + 1) * candle_ms
    first_ms = schedule.first_ms if plan.anchored else last_ms - (plan.train(candle_ms) - 1) * candle_ms
    return Closes(first_ms, last_ms)
