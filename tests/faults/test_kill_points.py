"""Every kill point in at least three scenarios: the process dies there, another one starts, and nothing is broken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.trader.desk import TradingDesk
from weexctl.config.private_file import locked_folder, write_private
from weexctl.execution.kill_switch import KillSwitch
from weexctl.journal.journal import Journal
from weexctl.kill_points import armed
from weexctl.model.side import PositionSide
from weexctl.simulator.faults import Fault, Match, Schedule, Word
from weexctl.simulator.faults.kill import Kill
from weexctl.testing.scenario.run import Plan, run_plan
from weexctl.testing.scenario.wish import Wish

NEVER = {"K23", "K26", "K27"}
"""There is no exchange of settings in a running process, no sentinel, and no log that is rotated."""
ALL = {f"K{number:02}" for number in range(1, 29)} - NEVER

ORDER = {"method": "POST", "path": "v3/order$", "times": 1}
STOP_GONE = Fault(Word.EXT, Match(from_s=330), {"act": "cancel_stop", "symbol": "BTCUSDT"})
ENTER = Wish(step=2, act="enter", symbol="BTCUSDT", stop=0.05)
LEAVE = Wish(step=8, act="leave", symbol="BTCUSDT")
TIGHTEN = Wish(step=5, act="tighten", symbol="BTCUSDT")
OTHER = Wish(step=3, act="enter", symbol="ETHUSDT", side=PositionSide.SHORT, stop=0.05)


def fault(word: str, **match: object) -> Fault:
    """A fault on some calls."""
    return Fault(Word(word), Match(**match))  # type: ignore[arg-type]  # its members, by name
