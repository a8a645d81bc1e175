"""Copies and exports: whole, of one moment, never over what is there; and a copy put back is the journal again."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from weexctl.errors import ConfigError, JournalUnavailableError, UsageError
from weexctl.journal import Journal
from weexctl.journal.head import head_path

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples


def test_a_copy_of_a_journal_in_use_holds_what_is_committed_and_no_more(running: Journal, samples: Samples) -> None:
    running.decisions.add(samples.decision)
    with Journal.read(running.path) as reader, running.transaction():
        running.state.put("half", 1)
        copy = reader.backup()
    with Journal.read(copy) as restored:
        assert restored.decisions.get("d1") == samples.decision
        assert restored.state.names() == []
        assert [check.findings for check in restored.verify()] == [()] * 4


def test_a_copy_put_back_is_the_journal_again(running: Journal, samples: Samples) -> None:
    running.fills.add(samples.fill)
    copy = running.backup()
    head = running.head
    running.state.put("later", 1)
    running.close()
    for file in (running.path, head_path(running.path)):
        file.unlink()
    copy.rename(running.path)
    with Journal.open(running.path, venue="sim", account="acc") as restored:
        assert restored.head == head
        assert restored.fills.get("f1") == samples.fill
        restored.state.put("on", 1)
    with Journal.read(running.path) as restored:
        assert [check.findings for check in restored.verify(head)] == [()] * 4


def test_only_its_owner_may_read_a_copy(running: Journal) -> None:
    copy = running.backup()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_the_newest_copies_stay(running: Journal) -> None:
    copies = []
    for n in range(5):
        running.state.put("n", n)
        copies.append(running.backup(keep=3))
    assert sorted(copies[0].parent.iterdir()) == copies[2:]
    assert running.backup(keep=3) == copies[-1]  # nothing is new


def test_a_copy_never_goes_over_what_is_there(running: Journal, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite"
    target.write_text("mine")
    with pytest.raises(UsageError) as caught:
        running.backup(target)
    assert caught.value.code == "FILE_EXISTS"
    assert target.read_text() == "mine"
    assert running.backup(target, force=True) == target
    with Journal.read(target) as copy:
        assert copy.head == running.head


def test_a_copy_that_fails_leaves_no_part_of_it(running: Journal, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalUnavailableError) as caught:
        running.backup(tmp_path / "file" / "copy.sqlite")
    assert caught.value.code == "BACKUP_FAILED"

    class Torn(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **_: object) -> None:
            target.execute("CREATE TABLE half (x)")
            raise sqlite3.OperationalError("disk I/O error")

    from weexctl.errors import WeexctlError
    from weexctl.journal.backup import copy_database

    torn = sqlite3.connect(":memory:", factory=Torn)
    with pytest.raises(WeexctlError):
        copy_database(torn, running.path, tmp_path / "torn.sqlite")
    torn.close()
    assert not [path for path in tmp_path.iterdir() if "torn" in path.name]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_an_export_has_every_table_with_every_row(
    running: Journal, samples: Samples, tmp_path: Path, form: str
) -> None:
    running.fills.add(samples.fill)
    running.equity.add(samples.equity)
    written = running.export(tmp_path / "out", form)  # type: ignore[arg-type]  # one of the two words
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{name}.{form}" for name, _, _ in written}
    counts = {name: count for name, _, count in written}
    assert (counts["fill"], counts["equity"], counts["run"], counts["intent"]) == (1, 1, 1, 0)
    assert counts["log_chain"] == running.head.seq
    row: dict[str, object]
    if form == "parquet":
        table = pq.read_table(tmp_path / "out" / "fill.parquet")
        (row,) = table.to_pylist()
        assert [str(table.schema.field(name).type) for name in ("quantity", "order_id", "time_ms")] == [
            "string", "string", "int64",
        ]  # fmt: skip
    else:
        with (tmp_path / "out" / "fill.csv").open(encoding="utf-8", newline="") as stream:
            (row,) = csv.DictReader(stream)
    assert (row["quantity"], row["order_id"]) == ("0.0130", samples.fill.order_id)
    assert int(str(row["time_ms"])) == samples.fill.time_ms


def test_an_export_goes_over_nothing_unless_told(running: Journal, tmp_path: Path) -> None:
    (tmp_path / "trade.csv").write_text("mine")
    with pytest.raises(UsageError) as caught:
        running.export(tmp_path, "csv")
    assert caught.value.code == "FILE_EXISTS"
    assert (tmp_path / "trade.csv").read_text() == "mine"
    assert not (tmp_path / "fill.csv").exists()
    running.export(tmp_path, "csv", force=True)
    assert (tmp_path / "trade.csv").read_text().startswith("trade_id,")


def test_an_export_into_a_place_that_is_no_folder_says_so(running: Journal, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as caught:
        running.export(tmp_path / "file" / "out", "csv")
    assert caught.value.code == "EXPORT_FAILED"


def test_a_checkpoint_moves_what_no_reader_needs(running: Journal) -> None:
    for n in range(20):
        running.state.put("x", "y" * 5_000 + str(n))
    assert running.wal_bytes > 100_000
    with Journal.read(running.path) as reader, reader.snapshot():
        assert reader.state.get("x") is not None
        running.state.put("later", 1)
        assert running.checkpoint() > 0
        running._database.rows("PRAGMA busy_timeout = 50")
        assert not running.drain()
    assert running.checkpoint() == 0
    assert running.drain()
    assert running.wal_bytes == 0
