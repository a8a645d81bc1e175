"""Journals of older tables: everything in them is found again, and a kill on the way leaves the old or the new one."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from weexctl.errors import ConfigError, JournalUnavailableError
from weexctl.journal import Journal
from weexctl.journal.database import migrate
from weexctl.journal.migrations import MIGRATIONS
from weexctl.model.order import Leg
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction

OLDER = range(1, len(MIGRATIONS))
ROWS = {
    "owner": (1, "sim", "acc"),
    "run": (
        1, "run-1", 5, "sim", "safe", "p1", "{}", "seed 7", '["BTCUSDT"]', "1h", 7, 5, 9, 2, "done",
        '{"start_equity":"10000"}',
    ),
    "decision": ("d1", "run-1", "BTCUSDT", 5, 1, '{"regime":"trending"}'),
    "intent": (
        3, "run-1", "d1", "entry", "BTCUSDT", "buy", "long", "0.0130", "37123.4", "36000", None, "ENTRY", "trend", 5,
        "filled", 6, "",
    ),
    "attempt": (3, 1, "wx1", 5, "r1", "accepted", 200, None, "702", 6, "{}"),
    "guard_verdict": ("d1", "entry", "limits", "ALLOW", "", "", 5),
    "venue_order": (
        "702", "wx1", 3, "BTCUSDT", "buy", "long", "entry", "0.0130", None, None, "filled", "0.0130", "37125.1", 5, 6,
    ),
    "fill": ("f1", "702", "BTCUSDT", "buy", "long", "0.0130", "37125.1", "482.6263", "0.38", "0", 0, 6),
    "position": (
        "ETHUSDT", "short", "2", "2000", 5, "d1", "trend", "trending", "2100", None,
        '{"entry_order_id":"703","fees":"0.1"}',
    ),
    "trade": (
        "t1", "run-1", "BTCUSDT", "long", 5, 8, "0.0130", "37125.1", "37500.0", "4.8737", "0.776", "-0.048", "4.0497",
        "STOP_HIT", "trend", "trending", "d1", None, "702", "704",
    ),
    "equity": ("run-1", 9, "10003.5", "10003.5", "0", 0.1, 0.0),
    "artefact": ("a1", "run-1", "hmm", "BTCUSDT", 5, '{"id":"a1"}'),
    "state": ("risk", '{"funding":"-0.048","funding_ms":8}'),
    "timing": ("run-1", "regime", 1, 0.5),
}  # fmt: skip
"""A row of every table of the first version."""


def old_journal(path: Path, version: int) -> None:
    """A file as version 1 filled it, brought to `version` by the steps up to there."""
    path.parent.mkdir(parents=True)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    migrate(raw, MIGRATIONS[:1])
    for table, row in ROWS.items():
        marks = ", ".join("?" * len(row))
        raw.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608  # names from this file
    raw.execute("INSERT INTO guard_verdict VALUES ('d1', 'entry', 'volatility', 'REDUCE_ONLY', 'LEVEL_1', 'z 5', 5)")
    migrate(raw, MIGRATIONS[:version])
    raw.close()


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    raw = sqlite3.connect(path)
    names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608  # our own tables
    raw.close()
    return found


@pytest.mark.parametrize("version", OLDER)
def test_every_row_of_an_older_journal_is_found_again(journal_path: Path, version: int) -> None:
    old_journal(journal_path, version)
    with Journal.open(journal_path, venue="sim", account="acc") as journal:
        run, trade, intent = journal.runs.latest(), journal.trades.get("t1"), journal.intents.get(3)
        assert run is not None
        assert (run.run_id, run.symbols, run.status) == ("run-1", ("BTCUSDT",), "done")
        assert trade is not None
        assert (trade.net, trade.slippage, trade.price) == (Decimal("4.0497"), Decimal(0), Decimal("4.8737"))
        assert intent is not None
        assert (intent.leg, intent.quantity) == (Leg.ENTRY, Decimal("0.0130"))
        (attempt,) = journal.attempts.of_intent(3)
        assert (attempt.client_order_id, attempt.order_id) == ("wx1", "702")
        assert [(v.guard, v.action, v.code, v.reason) for v in journal.verdicts.of_decision("d1")] == [
            ("limits", GuardAction.ALLOW, "", ""),
            ("volatility", GuardAction.REDUCE_ONLY, "LEVEL_1", "z 5"),
        ]
        position = journal.positions.get("ETHUSDT", PositionSide.SHORT)
        assert position is not None
        assert position.parameters == {
            "entry_order_id": "703", "fees": "0.1", "entry_slippage": "0", "exit_slippage": "0",
        }  # fmt: skip
        assert journal.intents.by_order_id("702") == intent
        assert [(p.bill_id, p.amount, p.time_ms) for p in journal.payments.all()] == [("carried", Decimal("-0.048"), 8)]
        assert {check.name: check.findings for check in journal.verify() if check.name != "ledger"} == {
            "pages": (), "references": (), "chain": (),
        }  # fmt: skip
        added = journal.intents.add(replace(intent.order_intent(), decision_id="d2"))
        assert added.intent_id == 4
    now = contents(journal_path)
    changed = {"trade", "guard_verdict", "position"}
    assert {table: now[table] for table in ROWS if table not in changed | {"intent"}} == {
        table: [row] for table, row in ROWS.items() if table not in changed | {"intent"}
    }


@pytest.mark.parametrize("version", OLDER)
def test_before_a_migration_the_old_file_is_copied(journal_path: Path, version: int) -> None:
    old_journal(journal_path, version)
    before = contents(journal_path)
    Journal.open(journal_path, venue="sim", account="acc").close()
    copy = journal_path.parent / "backups" / f"journal-tables-{version}.sqlite"
    assert contents(copy) == before
    raw = sqlite3.connect(copy)
    assert raw.execute("PRAGMA user_version").fetchone() == (version,)
    raw.close()


def test_without_a_copy_nothing_is_migrated(journal_path: Path) -> None:
    old_journal(journal_path, 1)
    before = contents(journal_path)
    (journal_path.parent / "backups").write_text("a file where the folder should be")
    with pytest.raises(JournalUnavailableError) as caught:
        Journal.open(journal_path, venue="sim", account="acc")
    assert caught.value.code == "BACKUP_FAILED"
    assert contents(journal_path) == before


def test_a_new_journal_is_not_copied(journal_path: Path) -> None:
    Journal.open(journal_path, venue="sim", account="acc").close()
    assert not (journal_path.parent / "backups").exists()


def test_an_older_journal_is_not_migrated_by_reading_it(journal_path: Path) -> None:
    old_journal(journal_path, 1)
    with pytest.raises(ConfigError) as caught:
        Journal.read(journal_path)
    assert caught.value.code == "JOURNAL_TOO_OLD"


DIES = """
import os, signal, sqlite3, sys
from weexctl.journal import database
path, after = sys.argv[1], int(sys.argv[2])
class Dying(sqlite3.Connection):
    left = after
    def execute(self, sql, *values):
        if self.in_transaction:
            if Dying.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            Dying.left -= 1
        return super().execute(sql, *values)
connection = sqlite3.connect(path, isolation_level=None, factory=Dying)
connection.execute("PRAGMA journal_mode = WAL")
database.migrate(connection)
print("done")
"""


def test_a_migration_that_is_killed_leaves_the_old_or_the_new_journal(tmp_path: Path) -> None:
    after, versions, killed = 0, [], True
    while killed:
        path = tmp_path / str(after) / "journal.sqlite"
        old_journal(path, 1)
        before = contents(path)
        child = subprocess.run([sys.executable, "-c", DIES, str(path), str(after)], capture_output=True, check=False)
        killed = child.returncode == -signal.SIGKILL
        assert killed or child.stdout == b"done\n", child.stderr
        raw = sqlite3.connect(path)
        (version,) = raw.execute("PRAGMA user_version").fetchone()
        raw.close()
        versions.append(version)
        if version == 1:
            assert contents(path) == before
        Journal.open(path, venue="sim", account="acc").close()
        assert contents(path)["fill"] == [ROWS["fill"]]
        after += 3
    assert versions[0] == 1
    assert versions[-1] == len(MIGRATIONS)
    assert len(versions) > 5
