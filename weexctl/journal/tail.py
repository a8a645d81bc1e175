"""The newest records, in the order they were made: the chain says which, their tables say what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from weexctl.journal.chain import NOTE
from weexctl.journal.database import Database

__all__ = ["Entry", "latest_entries"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that a transaction made or changed, as it is now."""

    seq: int
    """Link of the chain."""
    table: str
    key: str
    time_ms: int
    text: str
    """What it is, for people."""


def latest_entries(database: Database, count: int, *, after: int = 0) -> list[Entry]:
    """The newest rows of what happened, the oldest of them first; each once, at its newest change.

    Quiet decisions, equity points and memory between steps are left out.

    Args:
        database: read in one snapshot.
        count: at most so many.
        after: only changes of links beyond this number.
    """
    found: list[Entry] = []
    seen: set[tuple[str, str]] = set()
    with database.snapshot():
        for seq, table, key in _places(database, after):
            if (table, key) in seen:
                continue
            seen.add((table, key))
            if (row := database.row(_QUERIES[table], (key,))) is not None:
                found.append(Entry(seq, table, key, row[0], row[1]))
            if len(found) >= count:
                break
    return found[::-1]


def _places(database: Database, after: int) -> Iterator[tuple[int, str, str]]:
    """Link, table and key of what changed, the newest first."""
    newest = database.row("SELECT max(seq) FROM log_chain")
    high = 0 if newest is None or newest[0] is None else int(newest[0])
    while high > after:
        low = max(after, high - _BLOCK)
        sql = "SELECT seq, body FROM log_chain WHERE seq > ? AND seq <= ? ORDER BY seq DESC"
        for seq, body in database.rows(sql, (low, high)):
            for table, rows in reversed(json.loads(body).items()):
                if table != NOTE and table in _QUERIES:
                    yield from ((seq, table, key) for key in reversed(rows))
        high = low


_BLOCK = 200
"""Links read at a time."""
_QUERIES = {
    "run": "SELECT to_ms, run_id || ' ' || status || ', ' || steps || ' steps' FROM run WHERE sequence = ?",
    "decision": """SELECT close_ms, symbol || ' ' || coalesce(json_extract(body, '$.outcome'), 'decided')
        FROM decision WHERE "full" AND decision_id = ?""",
    "intent": """SELECT state_ms, leg || ' ' || side || ' ' || symbol || ' ' || quantity || ' ' || state
        || CASE detail WHEN '' THEN '' ELSE ': ' || detail END FROM intent WHERE intent_id = ?""",
    "venue_order": """SELECT updated_ms, kind || ' ' || side || ' ' || symbol || ' ' || quantity || ' ' || status
        || coalesce(', trigger ' || trigger_price, '') FROM venue_order WHERE order_id = ?""",
    "fill": """SELECT time_ms, side || ' ' || symbol || ' ' || quantity || ' at ' || price || ', fee ' || fee
        FROM fill WHERE fill_id = ?""",
    "payment": "SELECT time_ms, symbol || ' funding ' || amount FROM payment WHERE bill_id = ?",
    "trade": """SELECT closed_ms, symbol || ' ' || position_side || ' closed, ' || exit_reason || ', net ' || net
        FROM trade WHERE trade_id = ?""",
}
"""Time and words of one row, by table."""
