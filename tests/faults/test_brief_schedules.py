"""Many brief schedules from seeds: six steps each, with every fault there is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.faults.schedules import SCHEDULES, broken

STEPS = 6
BLOCKS = [range(first, first + 100) for first in range(20_000, 20_000 + 1_000 * SCHEDULES, 100)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: f"{block[0]}-{block[-1]}")
def test_no_brief_schedule_breaks_anything(seeds: Sequence[int]) -> None:
    assert broken(seeds, harshness=1.0, steps=STEPS) == []
