"""Plans from seeds: symbols, faults and wishes, each from a stream of its own."""

from __future__ import annotations

import random

from weexctl.simulator.faults.swarm import swarm
from weexctl.testing.scenario.run import Plan
from weexctl.testing.scenario.wish import script
from weexctl.testing.scenario.world import STEP_MS

__all__ = ["STEPS", "SYMBOLS", "seeded_plan"]

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT")
STEPS = 60


def seeded_plan(seed: int, *, harshness: float = 1.0, steps: int = STEPS) -> Plan:
    """The plan of a seed, on one to four symbols."""
    symbols = SYMBOLS[: random.Random(f"{seed}|symbols").randint(1, len(SYMBOLS))]  # noqa: S311  # reproducible
    schedule = swarm(seed, seconds=steps * STEP_MS / 1000, symbols=symbols, harshness=harshness)
    return Plan(schedule=schedule, wishes=script(seed, steps, symbols), symbols=symbols, steps=steps)
