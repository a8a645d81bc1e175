"""One V2 endpoint: where it is, what it costs, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from weexctl.simulator.parameters_v2 import ParametersV2
from weexctl.simulator.venue import Venue

__all__ = ["HandlerV2", "RouteV2", "envelope"]

HandlerV2 = Callable[[Venue, ParametersV2], Any]
"""Reads the parameters, acts on the venue, returns what becomes the JSON answer, or raises a Refusal."""


@dataclass(frozen=True, slots=True)
class RouteV2:
    """A row of the V2 routing table."""

    method: str
    path: str
    """Behind `/capi/v2/`."""
    handler: HandlerV2
    weight: int
    """Per IP."""
    account_weight: int = 0
    """Per UID; public endpoints have none."""
    writes: bool = False
    twin: str | None = None
    """Verb and path of the V3 endpoint with which it shares a limit per second."""

    @property
    def private(self) -> bool:
        """True when the request must be signed."""
        return self.account_weight > 0


def envelope(venue: Venue, code: str, **more: Any) -> dict[str, Any]:
    """The few V2 successes that have one: `code` is "200" for margin endpoints, "00000" elsewhere."""
    return {"code": code, "msg": "success", "requestTime": venue.now_ms, **more}
