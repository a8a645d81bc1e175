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
OBJECTS = 100
"""How many objects more there may be each day: a life that is kept holds 340, and what is kept of every order more."""
JOURNAL_MIB = 20.0
"""How much the journal may grow in a day."""
WARM = 3
"""Days until everything that is loaded once is loaded."""

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(DAYS < 4, reason="takes minutes: WEEXCTL_SOAK_DAYS=30, as `make nightly` does"),
]


def test_a_month_in_one_life_leaves_memory_files_and_journal_as_they_should_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a service does: one process, day after day."""
    _holds_no_more(_settled(Soak(tmp_path, DAYS), DAYS, capsys))


def test_a_death_every_day_leaves_nothing_of_the_dead_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real process takes its memory with it; here all of them live in one, so that what is kept of them shows."""
    _holds_no_more(_settled(Soak(tmp_path, DAYS), 1, capsys))


def _holds_no_more(days: list[Day]) -> None:
    assert growth([day.rss for day in days]) <= MEMORY_MIB
    assert growth([day.objects for day in days]) <= OBJECTS * len(days)


def _settled(soak: Soak, days_of_a_life: int, capsys: pytest.CaptureFixture[str]) -> list[Day]:
    """The days of a run that traded and whose books agree, without those on which things were loaded."""
    days = list(soak.run(days_of_a_life=days_of_a_life))
    with capsys.disabled():
        print(_table(days))  # noqa: T201  # what this test is for
    settled = days[min(WARM, len(days) // 2) :]
    assert len(days) == soak.days
    assert days[-1].orders > 3 * soak.days  # it traded
    assert days[-1].trades > soak.days
    assert days[-1].faults > 0
    assert len({day.files for day in settled}) == 1
    assert max(after.journal - before.journal for before, after in pairwise(days)) <= JOURNAL_MIB
    _books_agree(soak)
    return settled


def _books_agree(soak: Soak) -> None:
    plan = soak.calm_down()
    assert isinstance(plan, Plan)
    assert plan.gaps == ()
    with Journal.read(soak.path) as journal:
        assert [finding for check in journal.verify() for finding in check.findings] == []


def _table(days: list[Day]) -> str:
    lines = ["", " day   rss MiB  objects  files  journal MiB  requests  faults  intents  trades"]
    lines += [
        f"{d.number:4}  {d.rss:8.2f}  {d.objects:7}  {d.files:5}  {d.journal:11.3f}  {d.requests:8}  {d.faults:6}"
        f"  {d.orders:7}  {d.trades:6}"
        for d in days
    ]
    memory, objects = growth([day.rss for day in days]), growth([day.objects for day in days])
    lines.append(
        f"memory {memory:+.2f} MiB, objects {objects:+.0f} over {len(days)} days by the line through all of them"
    )
    return "\n".join(lines)
