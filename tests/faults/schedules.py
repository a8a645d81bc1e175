"""How many schedules from seeds are run, and what they break."""

from __future__ import annotations

import os
from collections.abc import Iterable

from weexctl.testing.scenario.run import run_plan
from weexctl.testing.scenario.seeded import seeded_plan

__all__ = ["SCHEDULES", "broken"]

SCHEDULES = int(os.environ.get("WEEXCTL_SCHEDULES", "1"))
"""Times the number that every change has to pass; a night runs a hundred times as many."""


def broken(seeds: Iterable[int], *, harshness: float, steps: int) -> list[str]:
    """Every invariant that did not hold, with the seed and the words of the oracle."""
    found = []
    for seed in seeds:
        outcome = run_plan(seeded_plan(seed, harshness=harshness, steps=steps))
        found += [f"seed {seed}: {violation.text()}" for violation in outcome.violations]
    return found
