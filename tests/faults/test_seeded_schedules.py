"""Schedules from seeds through today's order path, and the driver itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.faults.schedules import SCHEDULES, broken
from weexctl.simulator.faults import Schedule
from weexctl.testing.scenario.order_path import OrderPath
from weexctl.testing.scenario.run import Plan, run_plan
from weexctl.testing.scenario.seeded import STEPS, seeded_plan
from weexctl.testing.scenario.shrink import shrink
from weexctl.testing.scenario.wish import Wish
from weexctl.testing.scenario.world import World

HARSH = 600 * SCHEDULES
SHORT = 16
"""Steps of a schedule here; a night makes them as long as `weexctl sim scenario` does."""
BLOCKS = [range(first, first + 25) for first in range(0, HARSH, 25)]


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: f"{block[0]}-{block[-1]}")
def test_no_harsh_schedule_breaks_anything(seeds: Sequence[int]) -> None:
    assert broken(seeds, harshness=1.0, steps=SHORT) == []


@pytest.mark.parametrize("seeds", [range(n, n + 5) for n in range(0, 10 * SCHEDULES, 5)], ids=str)
def test_no_long_schedule_breaks_anything(seeds: Sequence[int]) -> None:
    assert broken(seeds, harshness=1.0, steps=STEPS) == []


def test_a_stop_is_placed_however_often_the_journal_refuses() -> None:
    assert broken([909], harshness=1.0, steps=SHORT) == []


def test_without_faults_nothing_is_broken_at_all() -> None:
    entries = 0
    for seed in range(20):
        plan = seeded_plan(seed, steps=SHORT)
        outcome = run_plan(replace(plan, schedule=Schedule(seed)))
        entries += outcome.entries

        assert outcome.violations == []
    assert entries > 20


def test_the_same_seed_leaves_the_same_trace() -> None:
    traces = [run_plan(seeded_plan(seed, steps=SHORT)).trace for seed in (3, 4, 3)]

    assert traces[0] == traces[2] != traces[1]


def test_schedules_reach_everything_that_can_go_wrong() -> None:
    words: set[str] = set()
    lives = entries = 0
    for seed in range(40):
        outcome = run_plan(seeded_plan(seed, steps=SHORT))
        words |= {fault.word.value for fault in outcome.fired}
        lives, entries = lives + outcome.lives, entries + outcome.entries

    assert {"REQ_LOST", "RESP_LOST", "REQ_DUP", "S", "VIS_LAG", "STALE_READ", "HTML", "REQ_LATE"} <= words
    assert lives > 100
    assert entries > 50


class ForgetfulPath(OrderPath):
    """A mutant: it drops the first stop that it sees, and never looks again."""

    _dropped = False

    def watch(self) -> bool:
        if self._dropped:
            return True
        done = super().watch()
        for order in self._exchange.fetch_conditional_orders():
            self._exchange.cancel_conditional_order(order.order_id)
            self._dropped = True
        return done


class BlindPath(OrderPath):
    """A mutant: it has no name for what goes wrong."""

    def step(self, wishes: Sequence[Wish]) -> None:
        super().step(wishes)
        if wishes:
            raise KeyError("symbol")


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
    outcome = run_plan(seeded_plan(7, steps=SHORT), BlindPath)
    assert outcome.broken[0] == "CRASH"
    small = shrink(outcome, BlindPath, runs=40)

    assert "CRASH" in run_plan(small, BlindPath).broken
    assert len(small.wishes) < len(outcome.plan.wishes)
    assert len(small.schedule.faults) < len(outcome.plan.schedule.faults)
    assert small.schedule.seed == 7


def test_a_world_cleans_up_after_itself() -> None:
    world = World(Schedule(1), symbols=("BTCUSDT",), steps=5)
    folder = world.journal_path.parent
    assert folder.exists()
    world.close()

    assert not folder.exists()
