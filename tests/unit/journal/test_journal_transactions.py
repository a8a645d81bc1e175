"""All or nothing, and how safe it is when it is there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import JournalUnavailableError, WeexctlError
from weexctl.journal import Journal

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples


class PowerCutError(Exception):
    """Anything that ends a block early."""


def put_and_fail(journal: Journal, *names: str) -> None:
    """Records the names in one transaction, which then fails."""
    with journal.transaction():
        for name in names:
            journal.state.put(name, 1)
        raise PowerCutError


def synchronous(journal: Journal) -> int:
    return int(journal._database.rows("PRAGMA synchronous")[0][0])


def test_an_exception_takes_everything_back(journal: Journal) -> None:
    with pytest.raises(PowerCutError):
        put_and_fail(journal, "a", "b")
    assert journal.state.names() == []


def test_three_hundred_transactions_with_every_third_taken_back(journal: Journal) -> None:
    for n in range(300):
        if n % 3 == 0:
            with pytest.raises(PowerCutError):
                put_and_fail(journal, f"{n:03}")
        else:
            with journal.transaction(durable=n % 50 == 0):
                journal.state.put(f"{n:03}", n)
    assert journal.state.names() == [f"{n:03}" for n in range(300) if n % 3]


def test_a_block_inside_another_is_committed_with_the_outer_one(journal: Journal, journal_path: Path) -> None:
    with Journal.read(journal_path) as reader:
        with journal.transaction():
            with journal.transaction():
                journal.state.put("inner", 1)
            assert reader.state.get("inner") is None
        assert reader.state.get("inner") == 1


def test_an_exception_from_an_inner_block_takes_the_outer_one_along(journal: Journal) -> None:
    def outer() -> None:
        with journal.transaction():
            journal.state.put("outer", 1)
            put_and_fail(journal, "inner")

    with pytest.raises(PowerCutError):
        outer()
    assert journal.state.names() == []


def test_an_inner_exception_that_is_caught_takes_back_only_the_inner_block(journal: Journal) -> None:
    with journal.transaction():
        journal.state.put("outer", 1)
        with pytest.raises(PowerCutError):
            put_and_fail(journal, "inner")
        journal.state.put("after", 1)
    assert journal.state.names() == ["after", "outer"]


def test_a_row_that_fails_inside_many_takes_back_the_many(running: Journal, samples: Samples) -> None:
    orphan = replace(samples.decision, decision_id="d2", run_id="nobody")
    with pytest.raises(WeexctlError) as caught:
        running.decisions.add_many([samples.decision, orphan])
    assert caught.value.code == "JOURNAL_REFUSED"
    assert running.decisions.count() == 0


def test_durable_transactions_are_synced_and_the_others_are_not(journal: Journal) -> None:
    with journal.transaction(durable=True):
        assert synchronous(journal) == 2
    with journal.transaction():
        assert synchronous(journal) == 1
    with journal.transaction(durable=True):
        assert synchronous(journal) == 2


def test_the_outer_block_decides_how_durable_a_simulated_account_is(journal: Journal) -> None:
    with journal.transaction(), journal.transaction(durable=True):
        assert synchronous(journal) == 1
    with journal.transaction(durable=True), journal.transaction():
        assert synchronous(journal) == 2


@pytest.mark.parametrize("venue", ["demo", "live"])
def test_at_a_real_venue_a_durable_block_is_never_weakened(journal_path: Path, venue: str) -> None:
    def weakened(journal: Journal) -> None:
        with journal.transaction():
            journal.state.put("before", 1)
            with journal.transaction(durable=True):
                journal.state.put("intent", 1)

    with Journal.open(journal_path, venue=venue, account="acc") as journal:
        with pytest.raises(WeexctlError, match="not durable") as caught:
            weakened(journal)
        assert caught.value.code == "NOT_DURABLE"
        assert journal.state.names() == []
        with journal.transaction(durable=True), journal.transaction(durable=True):
            journal.state.put("intent", 1)
        assert journal.state.names() == ["intent"]


def fill_the_disk(journal: Journal) -> None:
    """Leaves room for two more pages."""
    pages = journal._database.rows("PRAGMA page_count")[0][0]
    journal._database.rows(f"PRAGMA max_page_count = {pages + 2}")


def put_too_much(journal: Journal) -> None:
    with journal.transaction():
        journal.state.put("small", 1)
        journal.state.put("large", "x" * 1_000_000)


def test_a_full_disk_is_named_and_nothing_of_the_transaction_stays(journal: Journal) -> None:
    journal.state.put("before", 1)
    fill_the_disk(journal)
    with pytest.raises(JournalUnavailableError, match="no room left") as caught:
        put_too_much(journal)
    assert caught.value.code == "DISK_FULL"
    assert caught.value.exit_code == 3
    assert journal.state.names() == ["before"]


def test_a_block_that_lost_its_transaction_records_nothing_more(journal: Journal) -> None:
    def go_on_regardless() -> None:
        with journal.transaction():
            journal.state.put("before", 1)
            journal._database.execute("ROLLBACK")  # as SQLite does by itself on some faults of the disk
            journal.state.put("after", 1)

    with pytest.raises(WeexctlError, match="already taken back"):
        go_on_regardless()
    assert journal.state.names() == []


def test_a_database_held_by_another_program_is_a_lock_error(journal: Journal, journal_path: Path) -> None:
    journal._database.rows("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(journal_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailableError) as caught:
        journal.state.put("a", 1)
    assert caught.value.code == "JOURNAL_BUSY"
    other.execute("ROLLBACK")
    other.close()
    journal.state.put("a", 1)
    assert journal.state.get("a") == 1


def test_a_transaction_has_the_write_lock_from_its_first_moment(journal: Journal, journal_path: Path) -> None:
    other = sqlite3.connect(journal_path, isolation_level=None, timeout=0)
    with journal.transaction():
        assert journal.state.names() == []
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        journal.state.put("a", 1)
    other.close()


def test_a_closed_journal_refuses_to_write(journal_path: Path) -> None:
    journal = Journal.open(journal_path, venue="sim", account="acc")
    journal.close()
    journal.close()
    with pytest.raises(WeexctlError, match="closed"):
        journal.state.put("a", 1)


WRITER = """
import sys
from weexctl.journal import Journal
with Journal.open(sys.argv[1], venue="live", account="acc") as journal:
    n = (journal.state.get("last") or -1) + 1
    while True:
        with journal.transaction(durable=True):
            journal.state.put(f"{n:08}", n)
            journal.state.put("last", n)
        print(n, flush=True)
        n += 1
"""


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(journal_path: Path) -> None:
    for round_number in range(3):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(journal_path)], stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            for _ in range(5 + 17 * round_number):
                acknowledged = int(child.stdout.readline())
            child.kill()
            acknowledged = max([acknowledged, *(int(line) for line in child.stdout if line.endswith(b"\n"))])
        with Journal.open(journal_path, venue="live", account="acc") as journal:
            last = journal.state.get("last")
            keys = [key for key in journal.state.names() if key != "last"]
            assert [check.findings for check in journal.verify()] == [()] * 4
        assert last >= acknowledged
        assert keys == [f"{n:08}" for n in range(len(keys))]
        assert keys[-1] == f"{last:08}"  # both records of the last transaction, or neither


def test_a_year_of_steps_is_written_in_a_fraction_of_a_minute(running: Journal, samples: Samples) -> None:
    body = '{"note":"' + "x" * 330 + '"}'
    began = time.process_time()
    for step in range(2_600):
        decisions = [
            replace(samples.decision, decision_id=f"{symbol}{step:016}", close_ms=step, full=False, body=body)
            for symbol in "AB"
        ]
        with running.transaction():
            running.decisions.add_many(decisions)
    assert running.decisions.count() == 5_200
    assert time.process_time() - began < 2.0  # a tenth of 52 000 decisions; the whole has to stay well under 10 s x 2
