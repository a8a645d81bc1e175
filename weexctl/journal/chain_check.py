"""Whether the rows of a journal are those that its chain was made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from weexctl.journal.chain import FIRST_HASH, NOTE, digests_in, link_hash
from weexctl.journal.database import Database
from weexctl.journal.finding import Check, Finding
from weexctl.journal.head import Head

__all__ = ["check_chain"]

Link = tuple[int, str, str]
"""Number, body and hash, as stored."""
_Known = dict[tuple[str, str], tuple[str | None, int]]


def check_chain(database: Database, noted: Head | None, expected: Head | None = None) -> Check:
    """Every link against the one before it, and every row against the newest link that names it.

    Args:
        database: inside one snapshot.
        noted: what the note beside the journal says, read before the snapshot began; None when there is none.
        expected: a link that somebody wrote down elsewhere.
    """
    known: _Known = {}
    hashes: dict[int, str] = {}
    findings = list(_links(database.execute("SELECT seq, body, hash FROM log_chain ORDER BY seq"), known, hashes))
    if noted is not None:
        findings += _missing_tail(noted, hashes, "the note beside the journal")
    if expected is not None:
        findings += _missing_tail(expected, hashes, "the head that was asked for")
    examined = len(hashes) + sum(1 for digest, _ in known.values() if digest is not None)
    if hashes:
        findings += _rows(digests_in(database), known)
    missing = "" if noted is not None else "the note of the newest link is gone: a tail that was cut off cannot be seen"
    return Check("chain", examined, tuple(findings), missing)


def _links(links: Iterable[Link], known: _Known, hashes: dict[int, str]) -> Iterator[Finding]:
    """What is wrong with the links; notes on the way what they say of each row."""
    before, last = FIRST_HASH, 0
    for seq, body, digest in links:
        if seq != last + 1:
            yield Finding("LINK_MISSING", f"link {last + 1}", f"links {last + 1} to {seq - 1} are not there")
        elif link_hash(before, seq, body) != digest:
            yield Finding("LINK_CHANGED", f"link {seq}", f"link {seq} does not follow from link {last}")
        yield from _taken_in(seq, body, known)
        hashes[seq] = digest
        before, last = digest, seq
    if not hashes:
        yield Finding("LINK_MISSING", "link 1", "the whole chain is not there")


def _taken_in(seq: int, body: str, known: _Known) -> Iterator[Finding]:
    try:
        tables = json.loads(body)
        lost = tables.pop(NOTE, {}).get("lost")
        rows = [((table, key), digest) for table, named in tables.items() for key, digest in named.items()]
    except (ValueError, AttributeError):
        yield Finding("LINK_CHANGED", f"link {seq}", f"link {seq} cannot be read")
        return
    known.update({place: (digest, seq) for place, digest in rows})
    if lost is not None:
        yield Finding(
            "TAIL_MISSING",
            f"link {seq}",
            f"before link {seq} the journal had got to {lost}, and that was gone when it was opened",
        )


def _missing_tail(head: Head, hashes: dict[int, str], who: str) -> list[Finding]:
    if head.seq == 0 or hashes.get(head.seq) == head.hash:
        return []
    last = max(hashes, default=0)
    why = f"the chain ends at {last}" if head.seq > last else "the chain has another one in its place"
    return [Finding("TAIL_MISSING", f"link {head.seq}", f"{who} names link {head}, and {why}")]


def _rows(rows: Iterable[tuple[str, str, str]], known: _Known) -> Iterator[Finding]:
    for table, key, digest in rows:
        recorded, seq = known.pop((table, key), (None, 0))
        place = f"{table} {key}"
        if recorded is None:
            yield Finding("ROW_ADDED", place, f"{place} is there, and no link made it")
        elif recorded != digest:
            yield Finding("ROW_CHANGED", place, f"{place} is not what link {seq} recorded")
    for (table, key), (recorded, seq) in known.items():
        if recorded is not None:
            yield Finding("ROW_MISSING", f"{table} {key}", f"{table} {key}, which link {seq} recorded, is gone")
