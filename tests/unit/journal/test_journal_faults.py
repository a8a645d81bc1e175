"""Disks that are full or broken, files that are locked or read-only: one typed error, and nothing half recorded."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.errors import JournalUnavailableError, LockHeldError, UsageError
from weexctl.journal import AttemptRecord, IntentState, Journal
from weexctl.journal.emergency import RECORD_BYTES, EmergencyFile, emergency_path, merge
from weexctl.journal.faults import explain_fault
from weexctl.journal.head import head_path
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.side import Side

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (sqlite3.SQLITE_FULL, "DISK_FULL"),
        (sqlite3.SQLITE_IOERR | 3 << 8, "JOURNAL_UNREADABLE"),  # SQLITE_IOERR_WRITE
        (sqlite3.SQLITE_IOERR | 4 << 8, "JOURNAL_UNREADABLE"),  # SQLITE_IOERR_FSYNC
        (sqlite3.SQLITE_READONLY, "JOURNAL_READ_ONLY"),
        (sqlite3.SQLITE_BUSY | 2 << 8, "JOURNAL_BUSY"),  # SQLITE_BUSY_SNAPSHOT
        (sqlite3.SQLITE_CANTOPEN, "JOURNAL_UNREADABLE"),
        (sqlite3.SQLITE_CORRUPT, "JOURNAL_DAMAGED"),
    ],
)
def test_whatever_keeps_it_from_recording_is_one_kind_of_error(code: int, word: str, tmp_path: Path) -> None:
    fault = sqlite3.OperationalError("words")
    fault.sqlite_errorcode = code
    error = explain_fault(fault, tmp_path / "journal.sqlite")
    assert isinstance(error, JournalUnavailableError)
    assert (error.code, error.exit_code) == (word, 3)
    assert error.hint
    assert "nothing was" in error.message or "was not recorded" in error.message


LIMITED = """
import resource, signal, sys
from weexctl.errors import JournalUnavailableError
from weexctl.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal.open(sys.argv[1], venue="sim", account="acc") as journal:
    journal.state.put("before", 1)
    journal.drain()
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 40_000, resource.RLIM_INFINITY))
    try:
        with journal.transaction(durable=True):
            journal.state.put("large", "x" * 1_000_000)
    except JournalUnavailableError as error:
        print(error.code)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with journal.transaction(durable=True):
        journal.state.put("after", 1)
    print(journal.state.names(), [check.state for check in journal.verify()][:3])
"""


def test_a_file_that_may_not_grow_takes_the_change_back_and_later_records_again(journal_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", LIMITED, str(journal_path)], capture_output=True, text=True, check=True
    )
    code, rest = child.stdout.splitlines()
    assert code in ("DISK_FULL", "JOURNAL_UNREADABLE")
    assert rest == "['after', 'before'] ['ok', 'ok', 'ok']"


def test_a_write_lock_held_by_another_program_is_waited_for_and_then_told(journal: Journal, journal_path: Path) -> None:
    journal._database.rows("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(journal_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for durable in (True, False):
        with pytest.raises(JournalUnavailableError) as caught, journal.transaction(durable=durable):
            pass
        assert caught.value.code == "JOURNAL_BUSY"
    other.execute("ROLLBACK")
    other.close()
    journal.state.put("a", 1)
    assert journal.state.get("a") == 1


def test_a_file_that_became_read_only_is_told(journal: Journal) -> None:
    journal._database.rows("PRAGMA query_only = ON")
    with pytest.raises(JournalUnavailableError) as caught:
        journal.state.put("a", 1)
    assert caught.value.code == "JOURNAL_READ_ONLY"
    journal._database.rows("PRAGMA query_only = OFF")
    journal.state.put("a", 1)


def test_every_durable_transaction_is_synced_at_its_end(journal_path: Path, samples: Samples) -> None:
    seen: list[str] = []
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        connection = journal._database._connection

        def note(sql: str) -> None:
            connection.set_trace_callback(None)
            seen.append(f"{sql} at {connection.execute('PRAGMA synchronous').fetchone()[0]}")
            connection.set_trace_callback(lambda text: note(text) if text == "COMMIT" else None)

        connection.set_trace_callback(lambda text: note(text) if text == "COMMIT" else None)
        journal.state.put("soft", 1)
        for n in range(3):
            with journal.transaction(durable=True), journal.transaction():
                journal.intents.add(replace(samples.intent, decision_id=f"d{n}"))
            journal.state.put("soft", n)
        journal.write_ahead(
            samples.intent, (), run_id=None, now_ms=1, client_order_id=lambda _: "wx1", request_digest="r"
        )
        connection.set_trace_callback(None)
    assert seen == ["COMMIT at 1", *["COMMIT at 2", "COMMIT at 1"] * 3, "COMMIT at 2"]


def exit_intent(samples: Samples) -> OrderIntent:
    return replace(samples.intent, leg=Leg.EXIT, side=Side.SELL, stop_price=None, reason="STOP_HIT")


def attempt_of(name: str) -> AttemptRecord:
    return AttemptRecord(intent_id=0, n=1, client_order_id=name, signed_ms=7, request_digest="r1")


@pytest.fixture
def emergency(tmp_path: Path) -> EmergencyFile:
    return EmergencyFile(tmp_path / "e", size=8 * RECORD_BYTES)


def test_records_come_back_in_their_order_also_from_another_process(emergency: EmergencyFile, tmp_path: Path) -> None:
    for n in range(3):
        emergency.append({"n": n})
    emergency.close()
    again = EmergencyFile(tmp_path / "e", size=8 * RECORD_BYTES)
    again.append({"n": 3})
    assert again.read_all() == [{"n": n} for n in range(4)]
    again.close()


def test_its_room_is_there_before_it_is_needed(emergency: EmergencyFile, tmp_path: Path) -> None:
    status = (tmp_path / "e").stat()
    assert (status.st_size, status.st_mode & 0o777) == (8 * RECORD_BYTES, 0o600)
    assert status.st_blocks * 512 >= 8 * RECORD_BYTES
    emergency.close()


def test_a_record_that_was_cut_short_is_left_out_and_its_place_used_again(
    emergency: EmergencyFile, tmp_path: Path
) -> None:
    emergency.append({"n": 0})
    emergency.append({"n": "x" * 100})
    with (tmp_path / "e").open("r+b") as raw:
        raw.seek(RECORD_BYTES + 60)
        raw.write(b"\0" * 100)
    emergency.close()
    again = EmergencyFile(tmp_path / "e", size=8 * RECORD_BYTES)
    assert again.read_all() == [{"n": 0}]
    again.append({"n": 1})
    assert again.read_all() == [{"n": 0}, {"n": 1}]
    again.close()


def test_a_full_file_says_so(emergency: EmergencyFile) -> None:
    for n in range(8):
        emergency.append({"n": n})
    with pytest.raises(JournalUnavailableError, match="no room"):
        emergency.append({"n": 8})
    emergency.clear()
    emergency.append({"n": 9})
    assert emergency.read_all() == [{"n": 9}]
    emergency.close()


def test_a_record_that_is_too_long_is_refused(emergency: EmergencyFile) -> None:
    with pytest.raises(JournalUnavailableError, match="no room"):
        emergency.append({"x": "y" * RECORD_BYTES})
    assert emergency.read_all() == []
    emergency.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_refuses_is_told(emergency: EmergencyFile, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("weexctl.journal.emergency.os.pwrite", refuse)
    with pytest.raises(JournalUnavailableError) as caught:
        emergency.append({"n": 0})
    assert caught.value.code == "EMERGENCY_UNAVAILABLE"
    monkeypatch.undo()
    emergency.append({"n": 1})
    assert emergency.read_all() == [{"n": 1}]
    emergency.close()


def test_a_write_that_took_only_part_is_told_and_left_out(
    emergency: EmergencyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.pwrite
    monkeypatch.setattr("weexctl.journal.emergency.os.pwrite", lambda file, data, at: whole(file, data[:20], at))
    with pytest.raises(JournalUnavailableError, match="only part"):
        emergency.append({"n": 0})
    monkeypatch.undo()
    assert emergency.read_all() == []
    emergency.close()


def test_an_entry_is_never_written_there(emergency: EmergencyFile, samples: Samples) -> None:
    with pytest.raises(UsageError, match="opens needs the journal"):
        emergency.attempt(samples.intent, attempt_of("wx1"))
    assert emergency.read_all() == []
    emergency.close()


def test_only_real_accounts_have_the_file(tmp_path: Path) -> None:
    for venue in ("sim", "paper", "demo", "live"):
        path = tmp_path / venue / "journal.sqlite"
        with Journal.open(path, venue=venue, account="acc") as journal:
            assert (journal.emergency is not None) == emergency_path(path).exists() == (venue in ("demo", "live"))


def test_what_was_written_down_meanwhile_is_in_the_journal_when_it_opens_next(
    journal_path: Path, samples: Samples
) -> None:
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        assert journal.emergency is not None
        journal.emergency.attempt(exit_intent(samples), attempt_of("wx1"))
        journal.emergency.answer("wx1", "accepted", at_ms=8, order_id="900")
        journal.emergency.attempt(replace(exit_intent(samples), decision_id="d2"), attempt_of("wx2"))
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        assert journal.emergency is not None
        assert journal.emergency.read_all() == []
        answered, open_ = journal.intents.by_client_order_id("wx1"), journal.intents.by_client_order_id("wx2")
        assert answered is not None
        assert open_ is not None
        assert (answered.state, open_.state) == (IntentState.ACCEPTED, IntentState.SENDING)
        assert (answered.quantity, answered.leg, answered.reason) == (Decimal("0.0130"), Leg.EXIT, "STOP_HIT")
        assert journal.attempts.of_intent(answered.intent_id)[0].order_id == "900"
        assert next(check for check in journal.verify() if check.name == "chain").findings == ()


def test_merging_twice_adds_nothing(journal_path: Path, samples: Samples) -> None:
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        file = journal.emergency
        assert file is not None
        file.attempt(exit_intent(samples), attempt_of("wx1"))
        file.answer("wx1", "rejected", at_ms=8)
        kept = file.read_all()
        assert merge(journal, file) == 1
        before = journal.head
        for record in kept:  # as after a kill between the commit and the clearing
            file.append(record)
        assert merge(journal, file) == 0
        assert journal.head == before


def test_a_record_for_an_intent_that_is_at_its_end_does_not_keep_the_journal_from_opening(
    journal_path: Path, samples: Samples
) -> None:
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        number = journal.intents.add(exit_intent(samples)).intent_id
        journal.intents.move(number, IntentState.CANCELLED, at_ms=1)
        assert journal.emergency is not None
        journal.emergency.attempt(exit_intent(samples), attempt_of("wx1"))
        journal.emergency.answer("wx1", "accepted", at_ms=8, order_id="900")
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        found = journal.intents.by_order_id("900")
        assert found is not None
        assert found.state is IntentState.CANCELLED


def test_a_note_of_another_kind_is_kept(journal_path: Path) -> None:
    note = {"stop": "900", "trigger": "36100"}
    for _ in range(2):
        with Journal.open(journal_path, venue="live", account="acc") as journal:
            assert journal.emergency is not None
            journal.emergency.append(note)
    with Journal.open(journal_path, venue="live", account="acc") as journal:
        assert [journal.state.get(key) for key in journal.state.names() if key.startswith("emergency:")] == [note]


def test_a_note_that_cannot_be_made_lets_go_of_file_and_lock(journal_path: Path) -> None:
    journal_path.parent.mkdir(parents=True)
    note = head_path(journal_path)
    note.mkdir()
    with pytest.raises(JournalUnavailableError) as caught:
        Journal.open(journal_path, venue="sim", account="acc")
    assert str(note) in caught.value.message
    note.rmdir()
    Journal.open(journal_path, venue="sim", account="acc").close()


ASIDE = """
import resource, signal, sys
from weexctl.errors import JournalUnavailableError
from weexctl.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, killed = sys.argv[1], sys.argv[2] == "killed"
with Journal.open(path, venue="live", account="acc") as journal:
    journal.state.put("before", 1)
if killed:  # what SQLite keeps beside the file stays there
    journal = Journal.open(path, venue="live", account="acc")
    journal.state.put("ahead", 1)
    journal._lock.release()
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    Journal.open(path, venue="live", account="acc").close()
except JournalUnavailableError as error:
    print(error.code)
with Journal.aside(path) as aside:
    print(aside.state.names(), aside.emergency.empty)
    aside.emergency.append({"note": 1})
    try:
        aside.state.put("after", 1)
    except JournalUnavailableError as error:
        print(error.code)
    print(len(aside.emergency.read_all()))
"""


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_a_disk_without_room_is_read_and_written_aside(journal_path: Path, end: str) -> None:
    child = subprocess.run(
        [sys.executable, "-c", ASIDE, str(journal_path), end], capture_output=True, text=True, check=True
    )
    refused, known, read_only, kept = child.stdout.splitlines()
    assert refused in ("DISK_FULL", "JOURNAL_UNREADABLE")
    assert known == ("['before'] True" if end == "closed" else "['ahead', 'before'] True")
    assert (read_only, kept) == ("JOURNAL_READ_ONLY", "1")


def test_aside_there_is_one_writer_too(journal: Journal, journal_path: Path) -> None:
    with pytest.raises(LockHeldError):
        Journal.aside(journal_path)
    journal.close()
    with Journal.aside(journal_path), pytest.raises(LockHeldError):
        Journal.open(journal_path, venue="live", account="acc")
