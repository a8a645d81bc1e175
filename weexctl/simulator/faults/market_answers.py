"""Market data that stands still, or comes late."""

from __future__ import annotations

import json

from weexctl.simulator.faults.calls import Call
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.words import Word
from weexctl.simulator.surface_v3 import Answer

__all__ = ["MarketAnswers"]

_MARKET = "/capi/v3/market/"
_NOT_FROZEN = _MARKET + "time"
_CLOSES = 6
"""Column of a candle's last millisecond."""


class MarketAnswers:
    """Remembers what it froze."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._frozen: dict[str, Answer] = {}

    def spoil(self, fault: Fault, call: Call, answer: Answer) -> Answer:
        """The answer after `FROZEN` or `CANDLE_LATE`; untouched by any other word."""
        if fault.word is Word.FROZEN and call.path.startswith(_MARKET) and call.path != _NOT_FROZEN:
            return self._frozen.setdefault(call.target, answer)
        if fault.word is Word.CANDLE_LATE and "lines" in call.path.lower() and answer[0] == 200:
            newest_ms = self._timeline.now_ms - round(fault.number("seconds", 60) * 1000)
            rows = [row for row in json.loads(answer[2]) if row[_CLOSES] < newest_ms]
            return answer[0], answer[1], json.dumps(rows, separators=(",", ":")).encode()
        return answer
