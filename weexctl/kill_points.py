"""Named points of the code at which a test, or `WEEXCTL_FAULT`, may end the process.

The numbers are those of the failure study (reliability 4.2). Passing a point costs a look into an empty dictionary.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

__all__ = ["arm_from_environment", "armed", "passes"]

VARIABLE = "WEEXCTL_FAULT"

_armed: dict[str, tuple[int, Callable[[], None]]] = {}


def passes(point: str) -> None:
    """Say that the code is at a point; nothing happens unless somebody armed it."""
    if point in _armed:
        _hit(point)


@contextmanager
def armed(point: str, hit: int = 1, action: Callable[[], None] | None = None) -> Iterator[None]:
    """A block in which passing the point for the `hit`-th time runs the action, once; without one it kills."""
    _armed[point] = (hit, action or _die)
    try:
        yield
    finally:
        _armed.pop(point, None)


def arm_from_environment(environ: Mapping[str, str]) -> None:
    """Arm what `WEEXCTL_FAULT` names: `K05`, or `K05:3` for the third time it is passed. Other words do nothing."""
    point, _, hit = environ.get(VARIABLE, "").partition(":")
    if point:
        _armed[point] = (int(hit) if hit.isdigit() else 1, _die)


def _hit(point: str) -> None:
    left, action = _armed[point]
    if left > 1:
        _armed[point] = (left - 1, action)
        return
    del _armed[point]
    action()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
