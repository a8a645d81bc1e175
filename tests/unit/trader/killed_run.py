"""A run in a process of its own that ends itself with SIGKILL at a given call: `FOLDER STEPS METHOD WHEN NUMBER`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.unit.trader.workshop import Workshop
from weexctl.exchange.v3 import WeexV3
from weexctl.journal.intents import Attempts
from weexctl.journal.runs import Runs

__all__ = ["POINTS"]

POINTS: dict[str, type[Any]] = {
    "place_order": WeexV3,
    "fetch_order": WeexV3,
    "fetch_fills": WeexV3,
    "fetch_conditional_orders": WeexV3,
    "modify_stop": WeexV3,
    "cancel_conditional_order": WeexV3,
    "fetch_balance": WeexV3,
    "add": Attempts,
    "answer": Attempts,
    "progress": Runs,
}
"""Methods at which a run can be ended, and whose they are."""


def _die(kind: type[Any], method: str, when: str, number: int) -> None:
    original, calls = getattr(kind, method), 0

    def counted(self: Any, *given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = original(self, *given, **named)
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(kind, method, counted)


if __name__ == "__main__":
    folder, steps, method, when, number = sys.argv[1:]
    _die(POINTS[method], method, when, int(number))
    Workshop(Path(folder)).run(int(steps))
