"""Everything a journal can be examined for, one look after another."""

from __future__ import annotations

from weexctl.journal.chain_check import check_chain
from weexctl.journal.database import Database
from weexctl.journal.finding import Check, Finding
from weexctl.journal.head import Head
from weexctl.journal.ledger import check_ledger

__all__ = ["verify"]

_DAMAGED = "pages of the file are damaged"


def verify(database: Database, noted: Head | None, expected: Head | None = None) -> list[Check]:
    """Pages, references, chain and ledger, in this order; inside one snapshot.

    Where pages are damaged nothing else can be looked at.
    """
    pages = _pages(database)
    if pages.findings:
        return [pages, *(Check(name, 0, not_tested=_DAMAGED) for name in ("references", "chain", "ledger"))]
    return [pages, _references(database), check_chain(database, noted, expected), check_ledger(database)]


def _pages(database: Database) -> Check:
    words = [str(text) for (text,) in database.rows("PRAGMA quick_check") if text != "ok"]
    ((pages,),) = database.rows("PRAGMA page_count")
    return Check("pages", pages, tuple(Finding("PAGE_DAMAGED", "", word) for word in words))


def _references(database: Database) -> Check:
    rows = database.rows("PRAGMA foreign_key_check")
    count = sum(database.rows(f"SELECT count(*) FROM {table}")[0][0] for table in _REFERRING)  # noqa: S608  # constants
    found = (
        Finding("POINTS_NOWHERE", f"{row[0]} row {row[1]}", f"{row[0]}, row {row[1]}: points to nothing in {row[2]}")
        for row in rows
    )
    return Check("references", count, tuple(found))


_REFERRING = ("decision", "intent", "attempt", "venue_order", "trade", "equity", "artefact", "timing")
"""Tables with a reference to another one."""
