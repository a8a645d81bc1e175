"""Named points of the order path at which a process may die, for tests and for drills.

`passes("K05")` does nothing unless somebody armed that point. The names are those of reliability 4.2.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["VARIABLE", "arm_from_environment", "armed", "passes"]

VARIABLE = "WEEXCTL_FAULT"
"""`WEEXCTL_FAULT=K05:3`: the process kills itself when it passes K05 for the third time."""

Action = Callable[[], None]


class _Armed:
    """What waits at one point."""

    __slots__ = ("action", "left")

    def __init__(self, hit: int, action: Action) -> None:
        self.left = hit
        self.action = action


_POINTS: dict[str, list[_Armed]] = {}


def passes(point: str) -> None:
    """The order path is at this point now."""
    if not _POINTS:
        return
    for waiting in list(_POINTS.get(point, ())):
        waiting.left -= 1
        if waiting.left == 0:
            waiting.action()


@contextmanager
def armed(point: str, hit: int = 1, action: Action | None = None) -> Iterator[None]:
    """Within the block `action` is called at the `hit`-th pass of the point; the process dies when there is none."""
    waiting = _Armed(hit, action or _die)
    _POINTS.setdefault(point, []).append(waiting)
    try:
        yield
    finally:
        _POINTS[point].remove(waiting)
        if not _POINTS[point]:
            del _POINTS[point]


def arm_from_environment() -> None:
    """Arm what `WEEXCTL_FAULT` names, for the rest of the process; called once, by the command line."""
    point, _, count = os.environ.get(VARIABLE, "").partition(":")
    if point:
        _POINTS.setdefault(point, []).append(_Armed(int(count) if count.isdecimal() and int(count) else 1, _die))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
