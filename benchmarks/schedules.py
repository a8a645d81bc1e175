"""How many schedules of faults one core runs a second: `python benchmarks/schedules.py [--runs N]`.

The same seeds as the tests: the order path from its start to rest under every fault there is, the oracle looking on.
The median of the runs counts, by the processor's time, so that a busy machine disturbs little.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

from weexctl.testing.scenario.run import run_plan
from weexctl.testing.scenario.seeded import seeded_plan

TARGET = 50
"""Of the brief ones."""


@dataclass(frozen=True)
class Sample:
    """Seeds that are run with so many steps each."""

    name: str
    steps: int
    seeds: range


SAMPLES = (
    Sample("brief", 6, range(20_000, 20_060)),
    Sample("short", 16, range(40)),
    Sample("long", 60, range(100, 108)),
)


def per_second(sample: Sample) -> tuple[float, float, float]:
    """Schedules a second, and calls and lives of each."""
    plans = [seeded_plan(seed, steps=sample.steps) for seed in sample.seeds]
    begun = time.process_time()
    outcomes = [run_plan(plan) for plan in plans]
    spent = time.process_time() - begun
    count = len(outcomes)
    return count / spent, sum(o.calls for o in outcomes) / count, sum(o.lives for o in outcomes) / count


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    run_plan(seeded_plan(0, steps=6))  # whatever is made only once
    for sample in SAMPLES:
        measured = [per_second(sample) for _ in range(runs)]
        rate, (_, calls, lives) = statistics.median(row[0] for row in measured), measured[0]
        target = f"   target {TARGET}: {'ok' if rate >= TARGET else 'BELOW'}" if sample is SAMPLES[0] else ""
        print(
            f"{sample.name:6} {sample.steps:3} steps  {rate:6.1f} a second  {1000 / rate:6.1f} ms each, "
            f"{calls:4.0f} calls in {lives:.1f} lives{target}"
        )


if __name__ == "__main__":
    main()
