"""One SQLite connection: how it is opened, its transactions, its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from weexctl.errors import ConfigError, JournalUnavailableError, WeexctlError
from weexctl.journal.backup import copy_database, keep_before_migration
from weexctl.journal.chain import Recorder, adopt
from weexctl.journal.codec import SqlValue
from weexctl.journal.faults import explain_fault
from weexctl.journal.fence import Fence
from weexctl.journal.head import HeadFile
from weexctl.journal.migrations import APPLICATION_ID, MIGRATIONS
from weexctl.journal.writer import Writer
from weexctl.kill_points import passes

__all__ = ["REAL_VENUES", "Database"]

BUSY_TIMEOUT_MS = 5000
REAL_VENUES = frozenset(("demo", "live"))
"""Where a request that is not on record can cost an order."""


class Database:
    """An autocommit connection whose writes are `BEGIN IMMEDIATE` transactions.

    Sorts of durability: NORMAL survives a killed process, FULL also a power cut. Every transaction that changes a row
    adds a link to the hash chain. Not to be shared between threads.
    """

    def __init__(self, path: Path, *, read_only: bool, alone: bool = False) -> None:
        """Open the file.

        Args:
            path: of the database.
            read_only: refuse to write.
            alone: the account's lock is held, so that nobody writes meanwhile: a file beside which nothing can be made
                is read as it stands.
        """
        self.path = path
        self.read_only = read_only
        self.venue = ""
        self._durable: bool | None = None
        self._outer: bool | None = None  # durability of the open transaction, None outside
        self._depth = 0
        self._chain: Recorder | None = None
        self._fence = Fence(path)
        try:
            self._connection = _connect_alone(path) if alone else _connect(path, read_only=read_only)
            self._fence.remember_place()
        except sqlite3.Error as error:
            raise explain_fault(error, path) from error
        if not read_only:
            self._start_chain()

    def close(self) -> None:
        """Let go of the file; an open transaction is rolled back."""
        if self._chain is not None:
            self._chain.close()
        self._connection.close()

    @contextmanager
    def transaction(self, durable: bool = False) -> Iterator[None]:
        """Everything inside is recorded together, or nothing of it when an exception leaves the block.

        A transaction inside another one joins it: it is committed with the outer one, as durably as that one
        asked for; an exception that leaves only the inner block takes back only what was written there.

        Raises:
            LockHeldError: another process has taken over (`FENCED`).
            WeexctlError: a durable transaction inside one that is not, at a venue where a request that left
                before its record was safe could be lost.
        """
        if self._outer is not None:
            with self._savepoint(durable, self._outer):
                yield
            return
        self._begin(durable)
        try:
            yield
            self._seal()
            self.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        else:
            if self._chain is not None:
                self._chain.committed()
        finally:
            self._outer = None

    def take_over(self, writer: Writer) -> None:
        """Become the one that writes: whoever wrote before finds that out at its next transaction."""
        with self.transaction():
            self._fence.take_over(self, writer)

    def must_be_ours(self) -> None:
        """Pass while nobody else has taken over, and while the file is where it was opened.

        Raises:
            LockHeldError: nothing may be recorded from here any more, and so nothing may be sent.
        """
        self._fence.check(self)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads inside see one moment of the journal, whatever is written meanwhile. Keep it short."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        except sqlite3.Error as error:  # met while rows were fetched one by one
            raise explain_fault(error, self.path) from error
        finally:
            self._roll_back()

    def execute(self, sql: str, values: Sequence[SqlValue] = ()) -> sqlite3.Cursor:
        """Run one statement as it is."""
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise explain_fault(error, self.path) from error

    def write(self, sql: str, values: Sequence[SqlValue] = ()) -> sqlite3.Cursor:
        """Run one statement inside the open transaction, or in one of its own."""
        if self._outer is None:
            with self.transaction():
                return self.execute(sql, values)
        if not self._connection.in_transaction:  # SQLite gave it up, and the block went on regardless
            raise WeexctlError("the transaction was already taken back; nothing was recorded", code="JOURNAL_FAULT")
        try:
            return self.execute(sql, values)
        except WeexctlError:
            if self._chain is not None:
                self._chain.doubt()
            raise

    def write_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for many rows: all of them or none."""
        with self.transaction():
            try:
                self._connection.executemany(sql, rows)
            except sqlite3.Error as error:
                raise explain_fault(error, self.path) from error

    def rows(self, sql: str, values: Sequence[SqlValue] | Mapping[str, SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise explain_fault(error, self.path) from error

    def row(self, sql: str, values: Sequence[SqlValue] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, None when there is none."""
        found = self.rows(sql + " LIMIT 1", values)
        return found[0] if found else None

    def copy_to(self, target: Path, *, force: bool = False) -> Path:
        """Copy everything that is committed into one file; see `copy_database`."""
        return copy_database(self._connection, self.path, target, force=force)

    def _begin(self, durable: bool) -> None:
        if self.read_only:
            raise JournalUnavailableError(
                f"the journal {self.path} is open for reading only; nothing was recorded", code="JOURNAL_READ_ONLY"
            )
        if durable is not self._durable:  # the pragma is ignored inside a transaction
            self.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL")
            self._durable = durable
        self.execute("BEGIN IMMEDIATE")
        try:
            self.must_be_ours()  # nobody can take over between here and the commit
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self._outer = durable

    @contextmanager
    def _savepoint(self, durable: bool, outer: bool) -> Iterator[None]:
        if durable and not outer and self.venue in REAL_VENUES:
            raise WeexctlError(
                "a durable record was asked for inside a transaction that is not durable; nothing was recorded",
                code="NOT_DURABLE",
            )
        self._depth += 1
        name = f"level_{self._depth}"
        self.execute(f"SAVEPOINT {name}")
        mark = self._chain.mark() if self._chain is not None else {}
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # SQLite ends it by itself when the disk is full
                self.execute(f"ROLLBACK TO {name}")
                self.execute(f"RELEASE {name}")
            if self._chain is not None:
                self._chain.back_to(mark)
            raise
        else:
            self.execute(f"RELEASE {name}")
        finally:
            self._depth -= 1

    def _seal(self) -> None:
        if self._chain is None or not self._connection.in_transaction:
            return
        try:
            self._chain.seal()
        except sqlite3.Error as error:
            raise explain_fault(error, self.path) from error

    def _roll_back(self) -> None:
        if self._chain is not None:
            self._chain.taken_back()
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def _start_chain(self) -> None:
        """Watch the connection. A tail that is missing is put on record, so that going on does not hide it."""
        with ExitStack() as undo:
            undo.callback(self._connection.close)
            try:
                note = HeadFile(self.path)
                undo.callback(note.close)
                chain = Recorder(self._connection, note)
                if (lost := chain.lost()) is not None:
                    self._connection.execute("PRAGMA synchronous = FULL")
                    self._connection.execute("BEGIN IMMEDIATE")
                    chain.seal({"lost": str(lost)})
                    self._connection.execute("COMMIT")
                    chain.committed()
            except sqlite3.Error as error:
                raise explain_fault(error, self.path) from error
            self._chain = chain
            undo.pop_all()


def _connect_alone(path: Path) -> sqlite3.Connection:
    """For reading; where SQLite cannot make its shared memory, without one, if the file is all there is."""
    try:
        return _connect(path, read_only=True)
    except sqlite3.Error:
        ahead = path.with_name(path.name + "-wal")
        if ahead.exists() and ahead.stat().st_size:
            raise
        return _connect(path, read_only=True, immutable=True)


def _connect(path: Path, *, read_only: bool, immutable: bool = False) -> sqlite3.Connection:
    target = (
        path.absolute().as_uri() + ("?mode=ro" if read_only else "?mode=rw") + ("&immutable=1" if immutable else "")
    )
    # isolation_level None: the library opens no transactions of its own, least of all deferred ones.
    connection = sqlite3.connect(target, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        _check_kind(connection, path)
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            _check_current(connection, path)
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA temp_store = MEMORY")
            keep_before_migration(connection, path, len(MIGRATIONS))
            migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_kind(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or tables):
        raise ConfigError(
            f"{path} is a database of another program; nothing was changed",
            hint="name another file, or move this one away",
            code="NOT_A_JOURNAL",
        )
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"{path} was written by a newer weexctl (tables {version}, this one knows {len(MIGRATIONS)}); "
            "nothing was changed",
            hint="upgrade weexctl",
            code="JOURNAL_TOO_NEW",
        )


def _check_current(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < len(MIGRATIONS):
        raise ConfigError(
            f"{path} was written by an older weexctl (tables {version}, this one reads {len(MIGRATIONS)}); "
            "nothing was read",
            hint="the next `weexctl trade` on this account brings it up to date",
            code="JOURNAL_TOO_OLD",
        )


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the tables up to date, each step in a transaction of its own that also moves `user_version`.

    A process that dies on the way leaves the file at the last whole step.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, statements in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'log_chain'").fetchone():
                adopt(connection, {"tables": str(number)})
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            passes("K22")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
