"""The state the exchange itself is in: open, under maintenance, closed to this key, this address or a symbol."""

from __future__ import annotations

import json

from weexctl.simulator.faults.bodies import page
from weexctl.simulator.faults.calls import Call
from weexctl.simulator.surface_v3 import Answer

__all__ = ["Weather"]

JSON = {"content-type": "application/json"}
_PUBLIC = "/capi/v3/market/"


class Weather:
    """What stands between every request and the exchange's ordinary answer.

    Attributes:
        maintenance: a gateway answers everything.
        revoked: the key is unknown.
        blocked: how a foreign address is told so, `-1056` or `521`; empty when it is not.
        suspended: symbols that take no new positions through the API.
        delisted: symbols that are gone.
    """

    def __init__(self) -> None:
        self.maintenance = False
        self.revoked = False
        self.blocked = ""
        self.suspended: set[str] = set()
        self.delisted: set[str] = set()

    def clear(self) -> None:
        """Fine weather; what is delisted stays delisted."""
        self.maintenance, self.revoked, self.blocked = False, False, ""
        self.suspended.clear()

    def answer(self, call: Call) -> Answer | None:
        """What is said instead of an answer; None when nothing stands in the way."""
        if self.maintenance:
            return page(503)
        if not call.path.startswith(_PUBLIC):
            if self.revoked:
                return _refusal(-1044, "Invalid ACCESS-KEY.")
            if self.blocked == "521":
                return page(521)
            if self.blocked:
                return _refusal(-1056, "Illegal IP.")
        symbol = self._symbol(call)
        if symbol in self.delisted:
            return _refusal(-1121, "Invalid symbol.")
        if symbol in self.suspended and call.method == "POST" and _opens(call):
            return _refusal(-1058, "This symbol is not open to the API.")
        return None

    def _symbol(self, call: Call) -> str:
        if not (self.suspended or self.delisted):
            return ""
        named = call.members.get("symbol")
        if isinstance(named, str):
            return named
        for part in call.query.split("&"):
            if part.startswith("symbol="):
                return part.removeprefix("symbol=")
        return ""


def _opens(call: Call) -> bool:
    side, position_side = call.members.get("side"), call.members.get("positionSide")
    return (side, position_side) in (("BUY", "LONG"), ("SELL", "SHORT"))


def _refusal(code: int, words: str) -> Answer:
    return 400, JSON, json.dumps({"code": code, "msg": words}).encode()
