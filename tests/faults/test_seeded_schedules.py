"""Schedules from seeds through today's order path, and the driver itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from weexctl.simulator.faults import Schedule
from weexctl.testing.scenario.order_path import OrderPath
from weexctl.testing.scenario.run import Plan, run_plan
from weexctl.testing.scenario.seeded import seeded_plan
from weexctl.testing.scenario.shrink import shrink
from weexctl.testing.scenario.wish import Wish
from weexctl.testing.scenario.world import World

OPEN = {"I3", "I7"}
"""Invariants that the order path is known to break under some schedule (docs/faults.md names the defects)."""
BLOCKS = [range(first, first + 25) for first in range(0, 50, 25)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: f"{block[0]}-{block[-1]}")
def test_no_schedule_breaks_an_invariant_that_is_kept(seeds: Sequence[int]) -> None:
    broken = []
    for seed in seeds:
        outcome = run_plan(seeded_plan(seed))
        broken += [f"seed {seed}: {v.text()}" for v in outcome.violations if v.invariant not in OPEN]

    assert broken == []


def test_without_faults_nothing_is_broken_at_all() -> None:
    for seed in range(10):
        plan = seeded_plan(seed)
        outcome = run_plan(replace(plan, schedule=Schedule(seed)))

        assert outcome.violations == []
        assert outcome.entries > 0


def test_the_same_seed_leaves_the_same_trace() -> None:
    traces = [run_plan(seeded_plan(seed)).trace for seed in (3, 4, 3)]

    assert traces[0] == traces[2] != traces[1]


def test_schedules_reach_everything_that_can_go_wrong() -> None:
    words: set[str] = set()
    lives = entries = 0
    for seed in range(20):
        outcome = run_plan(seeded_plan(seed))
        words |= {fault.word.value for fault in outcome.fired}
        lives, entries = lives + outcome.lives, entries + outcome.entries

    assert {"REQ_LOST", "RESP_LOST", "REQ_DUP", "S", "VIS_LAG", "STALE_READ", "HTML", "REQ_LATE"} <= words
    assert lives > 100
    assert entries > 50


class ForgetfulPath(OrderPath):
    """A mutant: whatever it holds, it drops the stop beside it at every third step."""

    def step(self, wishes: Sequence[Wish]) -> None:
        super().step(wishes)
        self._steps = getattr(self, "_steps", 0) + 1
        if self._steps % 3 == 0:
            for order in self._exchange.fetch_conditional_orders():
                self._exchange.cancel_conditional_order(order.order_id)


class BlindPath(OrderPath):
    """A mutant: it has no name for what goes wrong."""

    def step(self, wishes: Sequence[Wish]) -> None:
        if self._world.transport.cycle == 5:
            raise KeyError("symbol")
        super().step(wishes)


def quiet(*wishes: Wish) -> Plan:
    """A plan without faults on one symbol."""
    return Plan(schedule=Schedule(1), wishes=wishes, symbols=("BTCUSDT",), steps=12)


ENTER = Wish(step=1, act="enter", symbol="BTCUSDT", stop=0.05)


def test_a_harness_that_drops_stops_is_caught() -> None:
    assert run_plan(quiet(ENTER), OrderPath).broken == ()
    assert "I3" in run_plan(quiet(ENTER), ForgetfulPath).broken


def test_an_exception_that_nobody_expected_is_a_violation_and_ends_only_that_life() -> None:
    outcome = run_plan(quiet(ENTER), BlindPath)

    assert outcome.broken == ("CRASH",)
    assert outcome.entries == 1
    assert "KeyError: 'symbol'" in outcome.violations[0].message


def test_a_failing_schedule_shrinks_to_what_is_enough() -> None:
    seed, outcome = next(
        (seed, found) for seed in range(100) if (found := run_plan(seeded_plan(seed))).broken[:1] == ("I5",)
    )
    small = shrink(outcome, runs=30)

    assert "I5" in run_plan(small).broken
    assert len(small.wishes) < len(outcome.plan.wishes)
    assert len(small.schedule.faults) <= len(outcome.plan.schedule.faults) + len(outcome.fired)
    assert small.schedule.seed == seed


def test_a_world_cleans_up_after_itself() -> None:
    world = World(Schedule(1), symbols=("BTCUSDT",), steps=5)
    folder = world.journal_path.parent
    assert folder.exists()
    world.close()

    assert not folder.exists()
