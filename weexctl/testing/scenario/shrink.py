"""From a schedule that breaks something to a small one that breaks the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.schedule import Schedule
from weexctl.simulator.faults.words import ON_CALLS
from weexctl.testing.scenario.harness import MakeHarness
from weexctl.testing.scenario.order_path import OrderPath
from weexctl.testing.scenario.run import Outcome, Plan, run_plan

__all__ = ["shrink"]

T = TypeVar("T")
RUNS = 200


def shrink(outcome: Outcome, make: MakeHarness = OrderPath, *, runs: int = RUNS) -> Plan:
    """The smallest plan found within so many runs that breaks the first invariant this outcome broke.

    Faults by chance are first replaced by the calls they hit; then faults and wishes are left out, halves before
    single ones.
    """
    wanted, plan = outcome.broken[0], outcome.plan
    left = runs

    def breaks(candidate: Plan) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and wanted in run_plan(candidate, make).broken

    exact = _with_faults(plan, _exact(outcome))
    if breaks(exact):
        plan = exact
    faults = _fewer(plan.schedule.faults, lambda some: breaks(_with_faults(plan, some)))
    plan = _with_faults(plan, faults)
    wishes = _fewer(plan.wishes, lambda some: breaks(replace(plan, wishes=tuple(some))))
    return replace(plan, wishes=tuple(wishes))


def _exact(outcome: Outcome) -> Sequence[Fault]:
    """The same faults without chance. One that hits every call it fits has none to begin with."""
    chancy = {fault.word for fault in outcome.plan.schedule.faults if fault.match.probability is not None}
    kept = [f for f in outcome.plan.schedule.faults if f.word not in ON_CALLS or f.match.probability is None]
    return [*kept, *(fault for fault in outcome.fired if fault.word in chancy)]


def _with_faults(plan: Plan, faults: Sequence[Fault]) -> Plan:
    return replace(plan, schedule=Schedule(plan.schedule.seed, tuple(faults)))


def _fewer(items: Sequence[T], breaks: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    size = max(1, len(items) // 2)
    while items:
        start, dropped = 0, False
        while start < len(items):
            fewer = [*items[:start], *items[start + size :]]
            if breaks(fewer):
                items, dropped = fewer, True
            else:
                start += size
        if size == 1 and not dropped:
            break
        size = max(1, size // 2)
    return items
