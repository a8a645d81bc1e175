"""Opening, locking, owning and archiving a journal file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import ConfigError, LockHeldError, UsageError, WeexctlError
from weexctl.journal import Journal, archive_journal, journal_files
from weexctl.journal.database import migrate
from weexctl.journal.migrations import MIGRATIONS
from weexctl.journal.upgrade import upgrade_journal
from weexctl.model.order import OrderType

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples

EVERY_TABLE = {
    "artefact", "attempt", "decision", "equity", "fill", "guard_verdict", "intent", "log_chain", "owner", "payment",
    "position", "run",
    "state", "timing", "trade", "venue_order", "writer",
}  # fmt: skip


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_empty_path_becomes_a_journal_of_the_newest_version(journal_path: Path) -> None:
    Journal.open(journal_path, venue="sim", account="acc").close()
    raw = sqlite3.connect(journal_path)
    tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    strict = {row[1]: row[5] for row in raw.execute("PRAGMA table_list") if row[1] in EVERY_TABLE}
    assert tables - {"sqlite_sequence"} == EVERY_TABLE
    assert strict == dict.fromkeys(EVERY_TABLE, 1)
    assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert raw.execute("PRAGMA application_id").fetchone() == (0x57584A4C,)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_the_connection_is_set_up_as_the_order_path_needs_it(journal: Journal) -> None:
    database = journal._database
    assert database.rows("PRAGMA foreign_keys") == [(1,)]
    assert database.rows("PRAGMA trusted_schema") == [(0,)]
    assert database.rows("PRAGMA busy_timeout") == [(5000,)]


def test_migrations_run_in_order_and_only_once() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    first = ("CREATE TABLE a (x INTEGER) STRICT", "INSERT INTO a VALUES (1)")
    migrate(connection, [first])
    migrate(connection, [first, ("UPDATE a SET x = x + 1", "CREATE TABLE b (y TEXT) STRICT")])
    migrate(connection, [first, ("UPDATE a SET x = x + 1", "CREATE TABLE b (y TEXT) STRICT")])
    assert connection.execute("SELECT x FROM a").fetchall() == [(2,)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_a_migration_that_fails_leaves_the_last_whole_step() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    steps = [("CREATE TABLE a (x INTEGER) STRICT",), ("INSERT INTO a VALUES (1)", "NOT SQL AT ALL")]
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, steps)
    assert connection.execute("SELECT count(*) FROM a").fetchone() == (0,)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_only_the_owner_may_read_what_was_made(journal: Journal, journal_path: Path, samples: Samples) -> None:
    journal.runs.add(samples.run)
    folders = [journal_path.parent, journal_path.parent.parent]
    files = [path for path in journal_path.parent.iterdir() if path.is_file()]
    assert [mode(folder) for folder in folders] == [0o700, 0o700]
    assert {path.name: mode(path) for path in files} == {
        f"journal.sqlite{tail}": 0o600 for tail in ("", "-wal", "-shm", ".lock", ".head")
    }


def test_reopening_keeps_everything(journal_path: Path, samples: Samples) -> None:
    with Journal.open(journal_path, venue="sim", account="acc") as journal:
        journal.runs.add(samples.run)
        journal.decisions.add(samples.decision)
        journal.state.put("simulator", {"cash": "10000"})
    with Journal.open(journal_path, venue="sim", account="acc") as journal:
        assert journal.runs.latest() == samples.run
        assert journal.decisions.get("d1") == samples.decision
        assert journal.state.get("simulator") == {"cash": "10000"}
        assert [check.findings for check in journal.verify()] == [()] * 4


def test_a_journal_belongs_to_one_venue_and_account(journal_path: Path) -> None:
    Journal.open(journal_path, venue="sim", account="acc").close()
    for venue, account in (("live", "acc"), ("sim", "other")):
        with pytest.raises(ConfigError, match="journal of venue sim, account acc") as caught:
            Journal.open(journal_path, venue=venue, account=account)
        assert caught.value.code == "WRONG_JOURNAL"
    Journal.open(journal_path, venue="sim", account="acc").close()  # the refusals let go of the lock


def test_a_second_writer_in_the_same_process_is_refused(journal: Journal, journal_path: Path) -> None:
    with pytest.raises(LockHeldError):
        Journal.open(journal_path, venue="sim", account="acc")


HOLDER = """
import sys
from weexctl.journal import Journal
with Journal.open(sys.argv[1], venue="sim", account="acc"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_with_the_holder_named_until_it_dies(journal_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(journal_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LockHeldError, match=rf"process {child.pid}, since 20\d\d-.*Z") as caught:
            Journal.open(journal_path, venue="sim", account="acc")
        assert caught.value.exit_code == 3
        assert caught.value.hint
        Journal.read(journal_path).close()
        child.kill()
    Journal.open(journal_path, venue="sim", account="acc").close()


def test_a_reader_sees_commits_and_cannot_write(running: Journal, journal_path: Path, samples: Samples) -> None:
    with Journal.read(journal_path) as reader, Journal.read(journal_path) as second:
        assert (reader.venue, reader.account, reader.read_only) == ("sim", "acc", True)
        assert reader.runs.latest() == samples.run
        running.decisions.add(samples.decision)
        assert second.decisions.get("d1") == samples.decision
        with pytest.raises(WeexctlError) as caught:
            reader.decisions.add(samples.decision)
        assert caught.value.code == "JOURNAL_READ_ONLY"
        with pytest.raises(ConfigError) as caught_below:
            reader._database.execute("DELETE FROM run")
        assert caught_below.value.code == "JOURNAL_READ_ONLY"
    assert running.runs.latest() == samples.run


def test_a_reader_in_a_snapshot_sees_one_moment(running: Journal, journal_path: Path, samples: Samples) -> None:
    with Journal.read(journal_path) as reader:
        with reader.snapshot():
            assert reader.decisions.count() == 0
            running.decisions.add(samples.decision)
            assert reader.decisions.count() == 0
        assert reader.decisions.count() == 1


def test_reading_a_journal_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Journal.read(tmp_path / "none.sqlite")
    assert caught.value.code == "NO_JOURNAL"
    assert "weexctl trade" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_reading_a_file_without_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(ConfigError) as caught:
        Journal.read(tmp_path / "empty.sqlite")
    assert caught.value.code == "JOURNAL_TOO_OLD"


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE bookmarks (url TEXT)")
    raw.commit()
    raw.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        Journal.open(path, venue="sim", account="acc")
    assert caught.value.code == "NOT_A_JOURNAL"
    assert path.read_bytes() == before


def test_a_journal_of_a_newer_version_is_refused(journal_path: Path) -> None:
    Journal.open(journal_path, venue="sim", account="acc").close()
    raw = sqlite3.connect(journal_path)
    raw.execute("PRAGMA user_version = 999")
    raw.close()
    with pytest.raises(ConfigError) as caught:
        Journal.open(journal_path, venue="sim", account="acc")
    assert caught.value.code == "JOURNAL_TOO_NEW"


def test_a_file_that_is_no_database_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_bytes(b"just some notes\n" * 300)
    with pytest.raises(ConfigError) as caught:
        Journal.open(path, venue="sim", account="acc")
    assert caught.value.code == "JOURNAL_DAMAGED"
    assert path.read_bytes() == b"just some notes\n" * 300


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as caught:
        Journal.open(tmp_path / "file" / "journal.sqlite", venue="sim", account="acc")
    assert caught.value.code == "JOURNAL_UNREADABLE"
    assert "WEEXCTL_DATA_DIR" in caught.value.hint


def test_the_check_finds_rows_that_point_nowhere(journal_path: Path, samples: Samples) -> None:
    with Journal.open(journal_path, venue="sim", account="acc") as journal:
        journal.runs.add(samples.run)
        journal.decisions.add(samples.decision)
    raw = sqlite3.connect(journal_path)
    raw.execute("DELETE FROM run")
    raw.commit()
    raw.close()
    with Journal.read(journal_path) as journal:
        references = next(check for check in journal.verify() if check.name == "references")
    assert [finding.detail for finding in references.findings] == ["decision, row 1: points to nothing in run"]


def test_a_lock_note_that_makes_no_sense_still_refuses(journal: Journal, journal_path: Path) -> None:
    journal_path.with_name("journal.sqlite.lock").write_bytes(b"garbage")
    with pytest.raises(LockHeldError, match="an unknown process"):
        Journal.open(journal_path, venue="sim", account="acc")


def test_the_lock_names_this_process_while_held_and_nobody_after(journal_path: Path) -> None:
    lock_file = journal_path.with_name("journal.sqlite.lock")
    with Journal.open(journal_path, venue="sim", account="acc"):
        assert f'"pid": {os.getpid()}' in lock_file.read_text()
    assert lock_file.read_text() == ""


def test_archiving_puts_journals_aside_newest_first(journal_path: Path, samples: Samples) -> None:
    for name in ("first", "second"):
        with Journal.open(journal_path, venue="sim", account="acc") as journal:
            journal.state.put("name", name)
        archive_journal(journal_path, venue="sim", account="acc")
    with Journal.open(journal_path, venue="sim", account="acc") as journal:
        assert journal.state.get("name") is None
    names = []
    for path in journal_files(journal_path):
        with Journal.read(path) as journal:
            names.append((path.name, journal.state.get("name")))
    assert names == [("journal.sqlite", None), ("journal-0002.sqlite", "second"), ("journal-0001.sqlite", "first")]


def test_archiving_keeps_what_an_idle_reader_saw_and_what_it_did_not(journal_path: Path) -> None:
    Journal.open(journal_path, venue="sim", account="acc").close()
    with Journal.read(journal_path) as reader:
        assert reader.state.names() == []
        with Journal.open(journal_path, venue="sim", account="acc") as journal:
            journal.state.put("late", 1)
        archived = archive_journal(journal_path, venue="sim", account="acc")
    assert archived is not None
    with Journal.read(archived) as journal:
        assert journal.state.get("late") == 1


def test_archiving_nothing_does_nothing(journal_path: Path) -> None:
    assert archive_journal(journal_path, venue="sim", account="acc") is None
    assert journal_files(journal_path) == []


def test_archiving_is_refused_while_a_writer_is_there(journal: Journal, journal_path: Path) -> None:
    with pytest.raises(LockHeldError):
        archive_journal(journal_path, venue="sim", account="acc")
    assert journal_files(journal_path) == [journal_path]


@pytest.mark.parametrize("venue", ["demo", "live"])
def test_the_journal_of_a_real_account_is_never_put_aside(journal_path: Path, venue: str) -> None:
    Journal.open(journal_path, venue=venue, account="acc").close()
    with pytest.raises(UsageError, match="never put aside"):
        archive_journal(journal_path, venue=venue, account="acc")
    assert journal_files(journal_path) == [journal_path]


OLD_INTENT = (
    "INSERT INTO intent (decision_id, leg, symbol, side, position_side, quantity, reference_price, reason, rule, "
    "created_ms, state, state_ms, detail) "
    "VALUES ('d9', 'exit', 'BTCUSDT', 'sell', 'long', '0.5', '100.0', 'STOP', 'trend', 1, 'filled', 2, '')"
)


@pytest.fixture
def first_version(journal_path: Path) -> Path:
    """A journal with the tables of the first step and an order of that time."""
    journal_path.parent.mkdir(parents=True, exist_ok=True)
    raw = sqlite3.connect(journal_path, isolation_level=None)
    migrate(raw, MIGRATIONS[:1])
    raw.execute("INSERT INTO owner VALUES (1, 'sim', 'acc')")
    raw.execute(OLD_INTENT)
    raw.close()
    return journal_path


def test_orders_of_the_first_version_are_market_orders(first_version: Path) -> None:
    with Journal.open(first_version, venue="sim", account="acc") as journal:
        [record] = journal.intents.of_decision("d9")
        assert (record.type, record.price, record.time_in_force) == (OrderType.MARKET, None, None)
        assert record.order_intent().quantity == Decimal("0.5")


def test_an_older_journal_is_brought_up_to_date_before_it_is_read(first_version: Path) -> None:
    with pytest.raises(ConfigError, match="older weexctl"):
        Journal.read(first_version)
    assert upgrade_journal(first_version, venue="sim", account="acc") is True
    with Journal.read(first_version) as journal:
        assert len(journal.intents.of_decision("d9")) == 1
    assert upgrade_journal(first_version, venue="sim", account="acc") is False
    assert upgrade_journal(first_version.with_name("none.sqlite"), venue="sim", account="acc") is False


def test_another_account_s_older_journal_is_not_read(first_version: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        upgrade_journal(first_version, venue="live", account="acc")
    assert caught.value.code == "WRONG_JOURNAL"
