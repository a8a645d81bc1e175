"""The hash chain: whatever is changed behind the journal's back is found and named."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import WeexctlError
from weexctl.journal import Journal, archive_journal
from weexctl.journal.finding import Check
from weexctl.journal.head import Head, head_path
from weexctl.model.payment import FundingPayment
from weexctl.model.verdict import Verdict

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples

TAMPERED = {
    "artefact": "body = body || ' '",
    "attempt": "signed_ms = signed_ms + 1",
    "decision": "body = '{}'",
    "equity": "wallet = '99999'",
    "fill": "fee = '0'",
    "guard_verdict": "answers = '[]'",
    "intent": "quantity = '0.0131'",
    "owner": "account = 'other'",
    "payment": "amount = '1'",
    "position": "entry_price = '1'",
    "run": "profile = 'bold'",
    "state": "body = '2'",
    "trade": "net = '1000'",
    "venue_order": "status = 'filled'",
}
"""A change to a row of every chained table."""


def fill_every_table(journal: Journal, samples: Samples) -> None:
    """One row in each table, in several transactions."""
    journal.runs.add(samples.run)
    journal.decisions.add(samples.decision)
    journal.write_ahead(
        samples.intent,
        [Verdict(guard="limits")],
        run_id="run-1",
        now_ms=1,
        client_order_id=lambda n: f"wx{n}",
        request_digest="r",
    )
    journal.orders.put(samples.order)
    journal.fills.add(samples.fill)
    journal.payments.add(FundingPayment(bill_id="b1", symbol="BTCUSDT", amount=Decimal("0.5"), time_ms=5))
    journal.positions.put(samples.position)
    journal.trades.add(samples.trade)
    journal.equity.add(samples.equity)
    journal.artefacts.add(samples.artefact, fitted_ms=1)
    journal.state.put("x", 1)


@pytest.fixture
def full(journal_path: Path, samples: Samples) -> Path:
    """A closed journal with a row in every table."""
    with Journal.open(journal_path, venue="sim", account="acc") as journal:
        fill_every_table(journal, samples)
    return journal_path


def chain(path: Path, expected: Head | None = None) -> Check:
    with Journal.read(path) as journal:
        return next(check for check in journal.verify(expected) if check.name == "chain")


def meddle(path: Path, *statements: str) -> None:
    """Change the file as another program would."""
    raw = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        raw.execute(statement)
    raw.close()


def test_a_journal_that_nobody_touched_is_whole(full: Path) -> None:
    check = chain(full)
    assert (check.state, check.findings) == ("ok", ())
    assert check.examined > len(TAMPERED)


def test_every_chained_table_is_meddled_with_below(full: Path) -> None:
    raw = sqlite3.connect(full)
    names = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    raw.close()
    assert set(TAMPERED) == names - {"log_chain", "timing", "writer", "sqlite_sequence"}


@pytest.mark.parametrize("table", TAMPERED)
def test_a_changed_row_is_named(full: Path, table: str) -> None:
    meddle(full, f"UPDATE {table} SET {TAMPERED[table]}")  # noqa: S608  # names from this file
    assert {(f.code, f.place.split()[0]) for f in chain(full).findings} == {("ROW_CHANGED", table)}


@pytest.mark.parametrize("table", TAMPERED)
def test_a_row_that_is_gone_is_named(full: Path, table: str) -> None:
    meddle(full, f"DELETE FROM {table}")  # noqa: S608
    assert {(f.code, f.place.split()[0]) for f in chain(full).findings} == {("ROW_MISSING", table)}


def test_a_row_that_was_slipped_in_is_named(full: Path) -> None:
    meddle(full, "INSERT INTO payment VALUES ('b2', 'BTCUSDT', '1000', 6)")
    assert [(f.code, f.place) for f in chain(full).findings] == [("ROW_ADDED", "payment b2")]


def test_a_number_that_became_text_is_a_change(full: Path) -> None:
    meddle(full, "UPDATE fill SET quantity = '0.013'")  # equal as an amount, and still not what was recorded
    assert [f.code for f in chain(full).findings] == ["ROW_CHANGED"]


def newest(path: Path) -> int:
    with Journal.read(path) as journal:
        return journal.head.seq


def test_a_changed_link_is_named(full: Path) -> None:
    meddle(full, "UPDATE log_chain SET body = '{\"fill\":{}}' WHERE seq = 7")
    assert ("LINK_CHANGED", "link 7") in [(f.code, f.place) for f in chain(full).findings]


def test_a_link_that_was_forged_with_its_hash_breaks_the_next(full: Path) -> None:
    from weexctl.journal.chain import link_hash

    raw = sqlite3.connect(full, isolation_level=None)
    (before,) = raw.execute("SELECT hash FROM log_chain WHERE seq = 6").fetchone()
    (body,) = raw.execute("SELECT body FROM log_chain WHERE seq = 7").fetchone()
    forged = body.replace("}}", '},"payment":{"b9":"x"}}')
    raw.execute("UPDATE log_chain SET body = ?, hash = ? WHERE seq = 7", (forged, link_hash(before, 7, forged)))
    raw.close()
    assert ("LINK_CHANGED", "link 8") in [(f.code, f.place) for f in chain(full).findings]


def test_a_missing_link_is_named(full: Path) -> None:
    meddle(full, "DELETE FROM log_chain WHERE seq IN (5, 6)")
    assert [f.detail for f in chain(full).findings if f.code == "LINK_MISSING"] == ["links 5 to 6 are not there"]


def test_a_chain_that_is_gone_is_found(full: Path) -> None:
    meddle(full, "DELETE FROM log_chain")
    assert {f.code for f in chain(full).findings} == {"LINK_MISSING", "TAIL_MISSING"}


def cut_the_tail(path: Path) -> None:
    """Take the newest link and its row away: what is left agrees with itself."""
    meddle(path, "DELETE FROM log_chain WHERE seq = (SELECT max(seq) FROM log_chain)", "DELETE FROM state")


def test_a_tail_that_was_cut_off_is_missed(full: Path) -> None:
    head = newest(full)
    cut_the_tail(full)
    assert [(f.code, f.place) for f in chain(full).findings] == [("TAIL_MISSING", f"link {head}")]


def test_going_on_after_a_cut_does_not_hide_it(full: Path) -> None:
    cut_the_tail(full)
    for _ in range(2):
        with Journal.open(full, venue="sim", account="acc") as journal:
            journal.state.put("later", journal.head.seq)
    assert [f.code for f in chain(full).findings] == ["TAIL_MISSING"]


def test_an_older_file_in_its_place_is_missed(full: Path) -> None:
    older = full.with_name("older")
    shutil.copy(full, older)
    with Journal.open(full, venue="sim", account="acc") as journal:
        journal.state.put("later", 1)
    older.replace(full)
    assert [f.code for f in chain(full).findings] == ["TAIL_MISSING"]


def test_a_head_that_was_noted_elsewhere_has_to_be_there(full: Path) -> None:
    with Journal.read(full) as journal:
        noted = journal.head
    with Journal.open(full, venue="sim", account="acc") as journal:
        journal.state.put("later", 1)
    assert chain(full, noted).state == "ok"
    assert [f.code for f in chain(full, replace(noted, hash="0" * 40)).findings] == ["TAIL_MISSING"]


def test_without_its_note_a_tail_cannot_be_tested(full: Path) -> None:
    head_path(full).unlink()
    check = chain(full)
    assert (check.state, check.findings) == ("not_tested", ())
    assert "cut off" in check.not_tested


def test_a_writer_that_died_before_its_note_is_no_fault(full: Path) -> None:
    note = head_path(full).read_bytes()
    with Journal.open(full, venue="sim", account="acc") as journal:
        journal.state.put("later", 1)
    head_path(full).write_bytes(note)
    assert chain(full).state == "ok"
    Journal.open(full, venue="sim", account="acc").close()
    assert chain(full).state == "ok"


class TakenBackError(Exception):
    """Ends a block early."""


def taken_back(journal: Journal, write: Callable[[], object]) -> None:
    with contextlib.suppress(TakenBackError), journal.transaction():
        write()
        raise TakenBackError


def test_what_was_taken_back_leaves_no_link(running: Journal, journal_path: Path, samples: Samples) -> None:
    before = running.head
    taken_back(running, lambda: running.decisions.add(samples.decision))
    assert running.head == before
    with running.transaction():
        running.state.put("kept", 1)
        taken_back(running, lambda: running.state.put("kept", 2))
        taken_back(running, lambda: running.decisions.add(samples.decision))
    assert running.head.seq == before.seq + 1
    assert chain(journal_path).state == "ok"


def test_a_statement_that_failed_half_way_leaves_nothing_in_its_link(
    running: Journal, journal_path: Path, samples: Samples
) -> None:
    with running.transaction():
        running.state.put("kept", 1)
        with pytest.raises(WeexctlError):  # the row is seen before its reference is found to lead nowhere
            running.trades.add(replace(samples.trade, run_id="nobody"))
    assert chain(journal_path).findings == ()


def test_one_transaction_is_one_link_and_none_when_nothing_changed(running: Journal, samples: Samples) -> None:
    before = running.head.seq
    with running.transaction():
        running.decisions.add(samples.decision)
        running.equity.add(samples.equity)
    assert running.head.seq == before + 1
    with running.transaction():
        running.fills.latest_ms()
    assert running.head.seq == before + 1


def test_equal_records_give_equal_heads(tmp_path: Path, samples: Samples) -> None:
    heads = []
    for name in ("one", "two"):
        with Journal.open(tmp_path / name / "journal.sqlite", venue="sim", account="acc") as journal:
            fill_every_table(journal, samples)
            heads.append(journal.head)
    assert heads[0] == heads[1]


def test_an_archived_journal_can_still_be_verified(full: Path) -> None:
    archived = archive_journal(full, venue="sim", account="acc")
    assert archived is not None
    assert chain(archived).state == "ok"
    cut_the_tail(archived)
    assert [f.code for f in chain(archived).findings] == ["TAIL_MISSING"]


def test_the_tail_shows_what_happened_newest_last_and_once(full: Path) -> None:
    with Journal.open(full, venue="sim", account="acc") as journal:
        before = journal.head.seq
        journal.runs.progress("run-1", to_ms=7, steps=3)
        entries = journal.tail(100)
        assert [entry.table for entry in entries] == [
            "decision", "intent", "venue_order", "fill", "payment", "trade", "run",
        ]  # fmt: skip
        assert entries[-1].text == "run-1 running, 3 steps"
        assert entries[-1].time_ms == 7
        assert journal.tail(2) == entries[-2:]
        assert journal.tail(100, after=before) == entries[-1:]
