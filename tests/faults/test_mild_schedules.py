"""Schedules from seeds with faults as an ordinary bad day has them: nothing breaks, and hardly a trade is missed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faults.schedules import SCHEDULES, broken
from weexctl.simulator.faults.swarm import MILD

SHORT = 16
BLOCKS = [range(first, first + 25) for first in range(10_000, 10_000 + 400 * SCHEDULES, 25)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: f"{block[0]}-{block[-1]}")
def test_no_mild_schedule_breaks_anything(seeds: Sequence[int]) -> None:
    assert broken(seeds, harshness=MILD, steps=SHORT) == []
