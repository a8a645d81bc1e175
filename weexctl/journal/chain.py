"""The hash chain: every transaction leaves a link that names the rows it changed and seals all links before it.

The rows are seen by temporary triggers, so that no statement of any table can pass by. A link holds a digest of each
row as the transaction left it, and `hash = H(hash before, number, body)`. The newest link is noted in a file beside
the journal, so that a tail that was cut off is missed.
"""

from __future__ import annotations

import json
import sqlite3
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Protocol

from weexctl.journal.head import Head, HeadFile

__all__ = ["NOTE", "Recorder", "adopt", "digests_in", "last_link", "link_hash", "tables"]

FIRST_HASH = ""
"""What stands before the first link."""
NOTE = "!"
"""The word in a link's body under which remarks about the chain itself stand, where tables have their names."""
_OUTSIDE = frozenset(("log_chain", "timing", "writer", "sqlite_sequence"))
"""Timings and processes are no records: without them the same run has the same chain everywhere."""
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

Tables = Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]
_KNOWN: dict[tuple[tuple[str, str], ...], Tables] = {}

Changes = dict[tuple[str, str], tuple[Any, ...] | None]
"""Rows by table and key as a transaction leaves them; None for one that it removed."""


class _Reads(Protocol):
    """A connection, or what stands before one."""

    def execute(self, sql: str, /) -> sqlite3.Cursor: ...


def tables(connection: _Reads) -> Tables:
    """The columns of every chained table, and which of them, by position, are its key."""
    rows = connection.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    schema = tuple(rows)
    if schema not in _KNOWN:  # the same words make the same tables
        _KNOWN[schema] = {name: _columns(connection, name) for name, _ in rows if name not in _OUTSIDE}
    return _KNOWN[schema]


def _columns(connection: _Reads, table: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    info = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    key = sorted((row[5], position) for position, row in enumerate(info) if row[5])
    return tuple(row[1] for row in info), tuple(position for _, position in key)


def row_key(values: tuple[Any, ...], key: tuple[int, ...]) -> str:
    """The key of a row as text."""
    return " ".join(str(values[position]) for position in key)


def row_digest(table: str, values: tuple[Any, ...]) -> str:
    """Sixteen characters that stand for a row: 96 bits of BLAKE2b over its columns in their order."""
    text = _encode((table, *values))
    return b2a_base64(blake2b(text.encode("ascii"), digest_size=12).digest(), newline=False).decode("ascii")


def link_hash(before: str, seq: int, body: str) -> str:
    """The hash of a link: forty hexadecimal digits."""
    return blake2b(f"{before}\n{seq}\n{body}".encode(), digest_size=20).hexdigest()


def digests_in(connection: _Reads) -> Iterator[tuple[str, str, str]]:
    """Table, key and digest of every row there is now."""
    for table, (columns, key) in tables(connection).items():
        names = ", ".join(f'"{column}"' for column in columns)
        for values in connection.execute(f"SELECT {names} FROM main.{table}"):  # noqa: S608  # names of our own schema
            yield table, row_key(values, key), row_digest(table, values)


def adopt(connection: sqlite3.Connection, note: dict[str, str]) -> None:
    """Add a link for every row that the chain knows otherwise or not at all; inside a migration's transaction."""
    known: dict[tuple[str, str], str] = {}
    seq, before = 0, FIRST_HASH
    for seq, body, before in connection.execute("SELECT seq, body, hash FROM log_chain ORDER BY seq"):  # noqa: B007
        for table, rows in json.loads(body).items():
            known.update({(table, key): digest for key, digest in rows.items() if table != NOTE})
    body_now: dict[str, dict[str, str | None]] = {NOTE: dict(note)}
    for table, key, digest in digests_in(connection):
        if known.pop((table, key), None) != digest:
            body_now.setdefault(table, {})[key] = digest
    for (table, key), left in known.items():
        if left is not None:
            body_now.setdefault(table, {})[key] = None
    _append(connection, seq + 1, before, body_now)


def last_link(connection: sqlite3.Connection) -> Head:
    """The newest link; number 0 when there is none."""
    row = connection.execute("SELECT seq, hash FROM log_chain ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(0, FIRST_HASH) if row is None else Head(row[0], row[1])


class Recorder:
    """Watches one writing connection, and adds a link to each of its transactions.

    Args:
        connection: its tables are up to date; it is watched from here on.
        file: where the newest link is noted.
    """

    def __init__(self, connection: sqlite3.Connection, file: HeadFile) -> None:
        self._connection = connection
        self._file = file
        self._tables = tables(connection)
        self._keys = {table: key for table, (_, key) in self._tables.items()}
        self._changes: Changes = {}
        self._doubted = False
        self._next = self.head = last_link(connection)
        self._watch()

    def lost(self) -> Head | None:
        """The link that the note names, when the chain has no such link: its tail is gone; else None."""
        noted = self._file.read()
        if noted is None or noted.seq == 0 or noted == self.head:
            return None
        row = self._connection.execute("SELECT hash FROM log_chain WHERE seq = ?", (noted.seq,)).fetchone()
        return None if row is not None and row[0] == noted.hash else noted

    def mark(self) -> Changes:
        """What has been changed so far, for `back_to`."""
        return dict(self._changes)

    def back_to(self, mark: Changes) -> None:
        """Forget what has been changed since; the database took it back."""
        self._changes = mark

    def doubt(self) -> None:
        """A statement failed half-way: look again at what was changed before it is sealed."""
        self._doubted = True

    def seal(self, note: dict[str, str] | None = None) -> None:
        """Write the link of the open transaction, right before its commit; none when no row was changed."""
        if not self._changes and note is None:
            return
        body: dict[str, dict[str, str | None]] = {} if note is None else {NOTE: dict(note)}
        if self._doubted:
            self._changes = {place: self._read(*place) for place in self._changes}
        for (table, key), values in self._changes.items():
            body.setdefault(table, {})[key] = None if values is None else row_digest(table, values)
        self._next = _append(self._connection, self.head.seq + 1, self.head.hash, body)

    def committed(self) -> None:
        """The transaction is in the file: its link is the newest now."""
        self._changes, self._doubted = {}, False
        if self._next != self.head:
            self.head = self._next
            self._file.write(self.head)

    def taken_back(self) -> None:
        """The transaction did not come to be."""
        self._changes, self._doubted = {}, False
        self._next = self.head

    def close(self) -> None:
        """Let go of the note."""
        self._file.close()

    def _watch(self) -> None:
        self._connection.create_function("chain_put", -1, self._put)
        self._connection.create_function("chain_remove", -1, self._remove)
        for table, (columns, key) in self._tables.items():
            every = ", ".join(f'new."{column}"' for column in columns)
            old = ", ".join(f'old."{columns[position]}"' for position in key)
            put, gone = f"SELECT chain_put('{table}', {every});", f"SELECT chain_remove('{table}', {old});"
            moved = " OR ".join(f'old."{columns[p]}" IS NOT new."{columns[p]}"' for p in key)
            for event, body in (
                ("INSERT", put),
                ("UPDATE", f"{gone[:-1]} WHERE {moved}; {put}"),
                ("DELETE", gone),
            ):
                # Temporary: other programs can still read the file, and ours alone may answer for it.
                self._connection.execute(
                    f"CREATE TEMP TRIGGER chain_{table}_{event} AFTER {event} ON main.{table} BEGIN {body} END"
                )

    def _read(self, table: str, key: str) -> tuple[Any, ...] | None:
        """A row as it is now, None when it is not there."""
        columns, positions = self._tables[table]
        names = ", ".join(f'"{column}"' for column in columns)
        place = " || ' ' || ".join(f'"{columns[position]}"' for position in positions)
        row: tuple[Any, ...] | None = self._connection.execute(
            f"SELECT {names} FROM main.{table} WHERE {place} = ?",  # noqa: S608  # names of our own schema
            (key,),
        ).fetchone()
        return row

    def _put(self, table: str, *values: Any) -> None:
        self._changes[table, row_key(values, self._keys[table])] = values

    def _remove(self, table: str, *key: Any) -> None:
        self._changes[table, " ".join(map(str, key))] = None


def _append(connection: sqlite3.Connection, seq: int, before: str, body: dict[str, dict[str, str | None]]) -> Head:
    text = _encode(body)
    link = Head(seq, link_hash(before, seq, text))
    connection.execute("INSERT INTO log_chain (seq, body, hash) VALUES (?, ?, ?)", (seq, text, link.hash))
    return link
