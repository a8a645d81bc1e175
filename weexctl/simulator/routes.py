"""One endpoint: where it is, what it costs, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weexctl.simulator.parameters import Parameters
from weexctl.simulator.venue import Venue

__all__ = ["Handler", "Route"]

Handler = Callable[[Venue, Parameters], Any]
"""Reads the parameters, acts on the venue, returns what becomes the JSON answer, or raises a Refusal."""


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the routing table."""

    method: str
    path: str
    handler: Handler
    weight: int
    """Per IP."""
    private: bool = True
    writes: bool = False
    counted: bool = False
    """Placing and cancelling have a limit per second of their own."""
    orders: int = 0
    """How many placed orders it counts as."""
