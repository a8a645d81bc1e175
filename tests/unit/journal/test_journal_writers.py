"""One writer for an account: the second is refused at once, and one that got past the lock stops the first."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import weexctl
from weexctl.errors import LockHeldError
from weexctl.journal import Journal
from weexctl.journal.lock import holder

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples

HOLDER = """
import sys
from weexctl.journal import Journal
with Journal.open(sys.argv[1], venue="sim", account="acc"):
    print("held", flush=True)
    sys.stdin.read()
"""
SECOND = """
import json, sys, time
from weexctl.errors import LockHeldError
from weexctl.journal import Journal
began = time.monotonic()
try:
    Journal.open(sys.argv[1], venue="sim", account="acc")
except LockHeldError as error:
    print(json.dumps({"seconds": time.monotonic() - began, "message": error.message, "details": error.details}))
"""


@contextmanager
def a_holder(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the lock."""
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        yield child
        child.kill()


def epoch(path: Path) -> int:
    raw = sqlite3.connect(path)
    ((number,),) = raw.execute("SELECT epoch FROM writer")
    raw.close()
    return int(number)


def test_a_second_process_is_refused_within_a_second_and_told_by_whom(journal_path: Path) -> None:
    with a_holder(journal_path) as child:
        ran = subprocess.run(
            [sys.executable, "-c", SECOND, str(journal_path)], capture_output=True, check=True, timeout=60
        )
    told = json.loads(ran.stdout)
    assert told["seconds"] < 1.0
    assert f"process {child.pid}, since 20" in told["message"]
    assert f"weexctl {weexctl.__version__}" in told["message"]
    assert told["details"].keys() == {"pid", "since_ms", "version"}
    assert (told["details"]["pid"], told["details"]["version"]) == (child.pid, weexctl.__version__)


def test_the_holder_is_known_while_it_lives_and_nobody_after(journal_path: Path) -> None:
    with a_holder(journal_path) as child:
        assert holder(journal_path) == child.pid
        child.kill()
        child.wait()
        assert holder(journal_path) is None  # its note is still there
    assert holder(journal_path.with_name("other.sqlite")) is None


def test_each_opening_for_writing_takes_the_next_number_and_leaves_no_record(journal_path: Path) -> None:
    heads = set()
    for number in (1, 2, 3):
        with Journal.open(journal_path, venue="sim", account="acc") as journal:
            assert epoch(journal_path) == number
            heads.add(journal.head)
    Journal.read(journal_path).close()
    assert epoch(journal_path) == 3
    assert len(heads) == 1


def _lock_deleted(path: Path) -> None:
    path.with_name(path.name + ".lock").unlink()


@pytest.fixture
def replaced(journal_path: Path, samples: Samples) -> Iterator[tuple[Journal, Journal]]:
    """A first writer, and a second one that got in because somebody removed the lock file."""
    with Journal.open(journal_path, venue="live", account="acc") as first:
        first.runs.add(samples.run)
        _lock_deleted(journal_path)
        with Journal.open(journal_path, venue="live", account="acc") as second:
            yield first, second


WRITES: dict[str, Callable[[Journal, Samples], Any]] = {
    "a write-ahead": lambda journal, samples: journal.write_ahead(
        samples.intent,
        (),
        run_id="run-1",
        now_ms=samples.close_ms,
        client_order_id=lambda n: f"wx00{n}",
        request_digest="x",
    ),
    "a durable block": lambda journal, samples: _put(journal, durable=True),
    "a block": lambda journal, samples: _put(journal, durable=False),
    "a single record": lambda journal, samples: journal.decisions.add(samples.decision),
    "the question": lambda journal, samples: journal.must_be_ours(),
}


def _put(journal: Journal, *, durable: bool) -> None:
    with journal.transaction(durable=durable):
        journal.state.put("key", "value")


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_the_first_of_two_writers_stops_at_its_next_write(
    replaced: tuple[Journal, Journal], samples: Samples, write: Callable[[Journal, Samples], Any]
) -> None:
    first, second = replaced
    before = second.head
    with pytest.raises(LockHeldError, match=rf"took over .*process {os.getpid()}, since 20.*nothing was rec") as caught:
        write(first, samples)
    assert (caught.value.code, caught.value.exit_code) == ("FENCED", 3)
    assert second.head == before
    assert first.state.get("key") is None
    write(second, samples)
    assert [check.findings for check in second.verify() if check.name != "ledger"] == [(), (), ()]


def test_what_was_begun_before_the_second_came_is_kept_whole(journal_path: Path, samples: Samples) -> None:
    """The second waits for the transaction of the first: none is taken over in its middle."""
    with Journal.open(journal_path, venue="live", account="acc") as first:
        with first.transaction(durable=True):
            first.runs.add(samples.run)
            first._database.must_be_ours()
            first.decisions.add(samples.decision)
        _lock_deleted(journal_path)
        with Journal.open(journal_path, venue="live", account="acc") as second:
            assert second.decisions.get("d1") == samples.decision


def test_a_journal_that_was_moved_away_takes_no_more_records(journal_path: Path, samples: Samples) -> None:
    with Journal.open(journal_path, venue="live", account="acc") as first:
        first.runs.add(samples.run)
        folder = journal_path.parent
        folder.rename(folder.with_name("aside"))
        with pytest.raises(LockHeldError, match="moved away or replaced") as caught:
            first.decisions.add(samples.decision)
        assert caught.value.code == "FENCED"


def test_a_copy_that_was_put_in_its_place_stops_the_writer(journal_path: Path, samples: Samples) -> None:
    with Journal.open(journal_path, venue="live", account="acc") as first:
        first.runs.add(samples.run)
        copy = shutil.copy(first.backup(), journal_path.with_name("copy.sqlite"))
        Path(copy).replace(journal_path)
        with pytest.raises(LockHeldError, match="moved away or replaced"):
            first.decisions.add(samples.decision)
