"""A month without a leak: memory, journal and file descriptors while a run goes on and on. Only in `make nightly`."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from tests.soak.soak import Day, Soak, growth
from weexctl.journal.journal import Journal
from weexctl.trader.account_plan import Plan

DAYS = int(os.environ.get("WEEXCTL_SOAK_DAYS", "0"))
"""Four at least, so that there is a line to draw."""
MEMORY_MIB = 5.0
"""How much resident memory may grow over the whole time."""
JOURNAL_MIB = 20.0
"""How much the journal may grow in a day."""
WARM = 3
"""Days until everything that is loaded once is loaded."""

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(DAYS < 4, reason="takes minutes: WEEXCTL_SOAK_DAYS=30, as `make nightly` does"),
]


@pytest.mark.parametrize("restarts", [True, False], ids=["a kill every day", "one life"])
def test_a_month_leaves_memory_files_and_journal_as_they_should_be(
    tmp_path: Path, restarts: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    count = DAYS if restarts else max(DAYS // 3, WARM + 2)
    soak = Soak(tmp_path, count)
    days = list(soak.run(days_of_a_life=1 if restarts else count))
    with capsys.disabled():
        print(_table(days))  # noqa: T201  # what this test is for
    settled = days[min(WARM, count // 2) :]
    assert len(days) == count
    assert days[-1].orders > 3 * count  # it traded
    assert days[-1].trades > count
    assert days[-1].faults > 0
    assert growth(settled) <= MEMORY_MIB
    assert len({day.files for day in settled}) == 1
    assert max(after.journal - before.journal for before, after in pairwise(days)) <= JOURNAL_MIB
    _books_agree(soak)


def _books_agree(soak: Soak) -> None:
    plan = soak.calm_down()
    assert isinstance(plan, Plan)
    assert plan.gaps == ()
    with Journal.read(soak.path) as journal:
        assert [finding for check in journal.verify() for finding in check.findings] == []


def _table(days: list[Day]) -> str:
    lines = ["", " day   rss MiB  files  journal MiB  requests  faults  intents  trades"]
    lines += [
        f"{d.number:4}  {d.rss:8.2f}  {d.files:5}  {d.journal:11.3f}  {d.requests:8}  {d.faults:6}  {d.orders:7}"
        f"  {d.trades:6}"
        for d in days
    ]
    lines.append(f"memory {growth(days):+.2f} MiB over {len(days)} days by the line through all of them")
    return "\n".join(lines)
