"""Everything a journal can be examined for, one look after another."""

from __future__ import annotations

from weexctl.journal.chain_check import check_chain
from weexctl.journal.database import Database
from weexctl.journal.finding import Check, Finding
from weexctl.journal.head import Head
from weexctl.journal.ledger import check_ledger

__all__ = ["places_of", "verify"]

_DAMAGED = "pages of the file are damaged"


def verify(database: Database, noted: Head | None, expected: Head | None = None) -> list[Check]:
    """Pages, references, chain and ledger, in this order; inside one snapshot.

    Where pages are damaged nothing else can be looked at.
    """
    pages = _pages(database)
    if pages.findings:
        return [pages, *(Check(name, 0, not_tested=_DAMAGED) for name in ("references", "chain", "ledger"))]
    return [pages, _references(database), check_chain(database, noted, expected), check_ledger(database)]


def places_of(database: Database, decision_id: str) -> set[str]:
    """Table and key of a decision, its intents, attempts, verdicts, orders, fills and trades."""
    return {row[0] for row in database.rows(_PLACES, {"id": decision_id})}


_PLACES = """
    WITH mine AS (SELECT intent_id FROM intent WHERE decision_id = :id),
        orders AS (
            SELECT order_id FROM venue_order WHERE intent_id IN mine
            UNION SELECT order_id FROM attempt WHERE intent_id IN mine AND order_id IS NOT NULL
        )
    SELECT 'decision ' || decision_id FROM decision WHERE decision_id = :id
    UNION SELECT 'intent ' || intent_id FROM mine
    UNION SELECT 'attempt ' || intent_id || ' ' || n FROM attempt WHERE intent_id IN mine
    UNION SELECT 'guard_verdict ' || verdict_id FROM guard_verdict WHERE decision_id = :id
    UNION SELECT 'venue_order ' || order_id FROM venue_order WHERE order_id IN orders
    UNION SELECT 'fill ' || fill_id FROM fill WHERE order_id IN orders
    UNION SELECT 'trade ' || trade_id FROM trade WHERE entry_decision_id = :id OR exit_decision_id = :id
"""


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
