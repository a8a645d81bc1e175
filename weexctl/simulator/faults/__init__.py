"""What can go wrong between a client and the exchange, in the simulator, on purpose and reproducibly.

schedule = swarm(7, seconds=3600, symbols=("BTCUSDT",))
transport = FaultyTransport(simulator, schedule)
exchange = connect(transport=transport, ...)
"""

from __future__ import annotations

from weexctl.simulator.faults.calls import Call
from weexctl.simulator.faults.client_clock import ClientClock
from weexctl.simulator.faults.fault import Fault, Match
from weexctl.simulator.faults.kill import Kill
from weexctl.simulator.faults.market_moves import shaken
from weexctl.simulator.faults.schedule import Schedule
from weexctl.simulator.faults.swarm import MILD, swarm
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.transport import FaultyTransport
from weexctl.simulator.faults.words import Word

__all__ = [
    "MILD",
    "Call",
    "ClientClock",
    "Fault",
    "FaultyTransport",
    "Kill",
    "Match",
    "Schedule",
    "Timeline",
    "Word",
    "shaken",
    "swarm",
]
