"""What a durable record costs, as ratios: `python benchmarks/journal.py [--folder PATH]`.

The write-ahead transaction of an order (intent, the verdicts of all guards, attempt, and the link of the chain) is
committed before its request leaves. Beside each commit the same bytes go to a preallocated file and are synced: what
cannot be avoided. Pairs run interleaved; medians count. Target: at most 2.2 times. The disk decides most of both, and
whoever else writes to it; what a commit costs beside it is told by a folder in memory: `--folder /dev/shm`.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from weexctl.execution.outbox import Outbox
from weexctl.journal import Journal
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.side import PositionSide, Side
from weexctl.model.verdict import Verdict
from weexctl.pipeline.guards import ESSENTIAL_GUARDS

TARGET = 2.2
NOW_MS = 1_700_000_000_000
GUARDS = (*ESSENTIAL_GUARDS, "volatility-anomaly", "competition-rules", *ESSENTIAL_GUARDS)
"""Asked when the step is decided, and the essential ones once more at the gate."""
VERDICTS = tuple(Verdict(guard=name) for name in GUARDS)
INTENT = OrderIntent(
    decision_id="d",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    leg=Leg.ENTRY,
    quantity=Decimal("0.0130"),
    reference_price=Decimal("37123.4"),
    stop_price=Decimal("36000.0"),
    reason="ENTRY",
    rule="trend",
    created_ms=NOW_MS,
)


class StillClock:
    """A clock that stands."""

    def now_ms(self) -> int:
        """The moment of every order here."""
        return NOW_MS

    def sleep_ms(self, duration_ms: int) -> None:
        """No time passes."""


class Floor:
    """A preallocated file that is written and synced."""

    def __init__(self, path: Path, rounds: int, size: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.posix_fallocate(self._file, 0, rounds * size)
        os.fsync(self._file)
        self._bytes = b"x" * size
        self._at = 0

    def write(self) -> None:
        """As many bytes as a commit keeps, on disk when it returns."""
        os.pwrite(self._file, self._bytes, self._at)
        os.fdatasync(self._file)
        self._at += len(self._bytes)


def record_bytes(path: Path) -> int:
    """What one order is on record, in bytes of its rows: the text and numbers that have to be kept."""
    total = 0
    with sqlite3.connect(path) as raw:
        for table in ("intent", "attempt", "guard_verdict", "log_chain"):
            columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
            lengths = " + ".join(f'coalesce(length("{column}"), 0)' for column in columns)
            (size,) = raw.execute(f"SELECT sum({lengths}) FROM {table}").fetchone()  # noqa: S608  # our own schema
            total += size
    return total


def timed(call: Callable[[], object]) -> float:
    """Microseconds of one call."""
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1_000


def measure(folder: Path, rounds: int) -> tuple[list[float], list[float], int]:
    """Microseconds of commits and of bare writes, in turns, and the bytes of one record."""
    path = folder / "journal.sqlite"
    with Journal.open(path, venue="live", account="bench") as journal:
        outbox = Outbox(journal, StillClock(), account="bench")

        def order(number: int) -> Callable[[], object]:
            intent = replace(INTENT, decision_id=f"d{number:020x}")
            return lambda: outbox.put(intent, VERDICTS)

        order(0)()
        size = record_bytes(path)
        floor = Floor(folder / "floor", rounds, size)
        commits, bare = [], []
        for number in range(1, rounds + 1):
            commits.append(timed(order(number)))
            bare.append(timed(floor.write))
    return commits, bare, size


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is meant; the system's temporary one")
    parser.add_argument("--rounds", type=int, default=1_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        commits, bare, size = measure(Path(folder), arguments.rounds)
    for name, times in (("write-ahead commit", commits), ("write and fdatasync", bare)):
        p99 = statistics.quantiles(times, n=100)[98]
        print(f"{name:20} p50 {statistics.median(times):8.1f} us   p99 {p99:8.1f} us")
    ratio = statistics.median(commits) / statistics.median(bare)
    print(
        f"{size} bytes a record; ratio of medians {ratio:.2f}, target {TARGET}: {'ok' if ratio <= TARGET else 'ABOVE'}"
    )


if __name__ == "__main__":
    main()
