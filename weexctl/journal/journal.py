"""The journal of one account: opening it, its transactions, and whose id is whose."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from weexctl.errors import ConfigError
from weexctl.journal.backup import KEPT, next_backup, prune
from weexctl.journal.database import REAL_VENUES, Database
from weexctl.journal.decisions import Decisions, Verdicts
from weexctl.journal.documents import Artefacts, State
from weexctl.journal.emergency import EmergencyFile, emergency_path, merge
from weexctl.journal.equity import EquityCurve
from weexctl.journal.export import ExportedTable, ExportFormat, export_tables
from weexctl.journal.fills import Fills
from weexctl.journal.finding import Check
from weexctl.journal.head import Head, HeadFile
from weexctl.journal.intents import Attempts, Intents
from weexctl.journal.lock import AccountLock
from weexctl.journal.lookup import Found, find
from weexctl.journal.orders import Orders
from weexctl.journal.owner import claim, owner_of
from weexctl.journal.payments import Payments
from weexctl.journal.positions import Positions
from weexctl.journal.rows import AttemptRecord
from weexctl.journal.runs import Runs, Timings
from weexctl.journal.tail import Entry, latest_entries
from weexctl.journal.trades import Trades
from weexctl.journal.verification import places_of, verify
from weexctl.journal.write_ahead import write_ahead
from weexctl.kill_points import passes
from weexctl.model.order import OrderIntent
from weexctl.model.verdict import Verdict

__all__ = ["WAL_ALERT_BYTES", "Journal"]

WAL_ALERT_BYTES = 64 * 1024 * 1024
"""A write-ahead file above this size deserves a person's attention."""


class Journal:
    """The durable record of one account. One process writes, many may read; a context manager.

    Each attribute is one table: `runs`, `decisions`, `intents`, `attempts`, `verdicts`, `orders`, `fills`,
    `positions`, `payments`, `trades`, `equity`, `artefacts`, `state`, `timings`. Every write outside `transaction` is a
    transaction of its own that survives a killed process.
    """

    def __init__(self, database: Database, lock: AccountLock | None) -> None:
        self._database = database
        self._lock = lock
        self.emergency: EmergencyFile | None = None
        """At `demo` and `live`: where closing and protecting orders are written down while this cannot be written."""
        self.path = database.path
        self.venue, self.account = owner_of(database)
        database.venue = self.venue
        self.runs = Runs(database)
        self.timings = Timings(database)
        self.decisions = Decisions(database)
        self.verdicts = Verdicts(database)
        self.intents = Intents(database)
        self.attempts = Attempts(database)
        self.orders = Orders(database)
        self.fills = Fills(database)
        self.positions = Positions(database)
        self.payments = Payments(database)
        self.trades = Trades(database)
        self.equity = EquityCurve(database)
        self.artefacts = Artefacts(database)
        self.state = State(database)

    @classmethod
    def open(cls, path: str | Path, *, venue: str, account: str) -> Journal:
        """The journal at this path for writing, made (with its folder) when it is not there.

        Only its owner may read the folders and the file that are made. The sibling file `….lock` is held until
        `close`.

        Raises:
            LockHeldError: another process writes for this account.
            JournalUnavailableError: the disk refuses, or there is no room.
            ConfigError: the file cannot be opened, is no journal, is damaged or newer, or is another account's.
        """
        file = Path(path)
        with ExitStack() as undo:
            try:
                _make_folders(file.absolute().parent)
                lock = AccountLock(file.with_name(file.name + ".lock"))
                undo.callback(lock.release)
                os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
            except OSError as error:
                raise _unusable(file, error) from error
            database = Database(file, read_only=False)
            undo.callback(database.close)
            claim(database, venue, account)
            database.take_over(lock.writer)
            journal = cls(database, lock)
            if venue in REAL_VENUES:
                journal.emergency = EmergencyFile(emergency_path(file))
                undo.callback(journal.emergency.close)
                merge(journal, journal.emergency)
            undo.pop_all()
            return journal

    @classmethod
    def aside(cls, path: str | Path) -> Journal:
        """The journal at this path while it cannot be written: read it, and write to its emergency record.

        The account's lock is held until `close`. Every write is refused; what stands in the emergency record comes into
        the journal when that opens for writing again.

        Raises:
            LockHeldError: another process writes for this account.
            JournalUnavailableError: it cannot be read either, or there is no emergency record that could be written.
            ConfigError: it is not there, or its tables are of another version.
        """
        file = Path(path)
        with ExitStack() as undo:
            try:
                lock = AccountLock(file.with_name(file.name + ".lock"))
            except OSError as error:
                raise _unusable(file, error) from error
            undo.callback(lock.release)
            database = Database(file, read_only=True, alone=True)
            undo.callback(database.close)
            journal = cls(database, lock)
            journal.emergency = EmergencyFile(emergency_path(file))
            undo.pop_all()
            return journal

    @classmethod
    def read(cls, path: str | Path) -> Journal:
        """The journal at this path for reading only, without a lock, while another process may be writing.

        Raises:
            ConfigError: it is not there, cannot be read, or its tables are of another version.
        """
        file = Path(path)
        if not file.exists():
            raise ConfigError(
                f"there is no journal at {file}; nothing was read",
                hint="run `weexctl trade` first, or name the venue whose journal you mean with --venue",
                code="NO_JOURNAL",
            )
        database = Database(file, read_only=True)
        try:
            return cls(database, None)
        except BaseException:
            database.close()
            raise

    @property
    def read_only(self) -> bool:
        """True when it was opened by `read`."""
        return self._database.read_only

    def transaction(self, durable: bool = False) -> AbstractContextManager[None]:
        """A block whose records are kept together, or not at all when an exception leaves it.

        With `durable` they are on disk when the block ends, a power cut included; without, a killed process loses
        nothing but a power cut may. A block inside another one joins it and is committed with it, as durably as
        the outer one asked; an exception that is caught outside the inner block takes back only that.

        Raises:
            WeexctlError: a durable block inside one that is not, at `demo` and `live`, where a request must not
                leave before its record is safe; or the journal is open for reading.
        """
        return self._database.transaction(durable)

    def write_ahead(
        self,
        intent: OrderIntent,
        verdicts: Iterable[Verdict],
        *,
        run_id: str | None,
        now_ms: int,
        client_order_id: Callable[[int], str],
        request_digest: str,
    ) -> AttemptRecord:
        """Record durably that an intent is about to be sent, and return its attempt; see `write_ahead`."""
        return write_ahead(
            self._database,
            self.intents,
            self.attempts,
            self.verdicts,
            intent,
            verdicts,
            run_id=run_id,
            now_ms=now_ms,
            client_order_id=client_order_id,
            request_digest=request_digest,
        )

    def must_be_ours(self) -> None:
        """Pass while no other process has taken over; asked before anything that is not written down first.

        Raises:
            LockHeldError: another one writes now (`FENCED`), or the file was moved away.
        """
        self._database.must_be_ours()

    def snapshot(self) -> AbstractContextManager[None]:
        """A block whose reads all see the same moment. Keep it under a second: it holds up checkpoints."""
        return self._database.snapshot()

    def find(self, any_id: str) -> Found | None:
        """What an id belongs to, and the decision behind it; None when it is nowhere on record.

        Looked for among decisions, client order ids, orders (also those known only from fills and trades),
        trades, fills and runs, in this order.
        """
        return find(self._database, any_id)

    def verify(self, expected: Head | None = None) -> list[Check]:
        """Look at pages, references, chain and ledger, all at one moment.

        Args:
            expected: a link that somebody wrote down elsewhere, and that has to be there.
        """
        noted = HeadFile.look(self.path)  # before the snapshot: a writer may go on meanwhile
        with self.snapshot():
            return verify(self._database, noted, expected)

    def places_of(self, decision_id: str) -> set[str]:
        """Table and key of every row that stands behind a decision, as findings name them."""
        return places_of(self._database, decision_id)

    @property
    def head(self) -> Head:
        """The newest link of the chain: written down elsewhere, it proves later that nothing before it was changed."""
        row = self._database.row("SELECT seq, hash FROM log_chain ORDER BY seq DESC")
        return Head(0, "") if row is None else Head(row[0], row[1])

    def tail(self, count: int, *, after: int = 0) -> list[Entry]:
        """The newest records of what happened, oldest first; see `latest_entries`."""
        return latest_entries(self._database, count, after=after)

    def export(self, folder: Path, form: ExportFormat, *, force: bool = False) -> list[ExportedTable]:
        """Write every table to a file; see `export_tables`."""
        return export_tables(self._database, folder, form, force=force)

    def backup(self, to: Path | None = None, *, keep: int = KEPT, force: bool = False) -> Path:
        """Copy the journal as it is now, also while another process writes, and return the copy.

        Without a place it goes to the folder `backups` beside the journal, named after the newest link, where the
        newest `keep` copies stay; with nothing new since the last copy that one is returned.

        Raises:
            UsageError: the file named is there already.
            JournalUnavailableError: it could not be copied.
        """
        if to is not None:
            return self._database.copy_to(to, force=force)
        with self.snapshot():  # the name and the copy are of the same moment
            target = next_backup(self.path, self.head)
            if not target.exists():
                self._database.copy_to(target)
        prune(self.path, keep)
        return target

    @property
    def wal_bytes(self) -> int:
        """Size of the write-ahead file; more than `WAL_ALERT_BYTES` means that a reader holds up checkpoints."""
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def checkpoint(self) -> int:
        """Move what can be moved from the write-ahead file into the main one without waiting for anybody.

        Whoever drives the journal calls it each minute. Returns the pages that are left because a reader needs them.
        """
        passes("K21")
        ((_, pages, moved),) = self._database.rows("PRAGMA wal_checkpoint(PASSIVE)")
        passes("K21")
        return max(0, int(pages) - int(moved))

    def drain(self) -> bool:
        """Move everything from the write-ahead file into the main one; False when a reader is in the way."""
        passes("K21")
        ((busy, _, _),) = self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(busy) == 0

    def detach(self) -> None:
        """Let go of the file but keep the lock, so that the file can be moved; `close` still has to follow."""
        self._database.close()

    def close(self) -> None:
        """Let go of file and lock; doing it twice is harmless."""
        try:
            self._database.close()
            if self.emergency is not None:
                self.emergency.close()
                self.emergency = None
        finally:
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _make_folders(folder: Path) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):  # one by one: mkdir(parents=True) gives the mode to the last one only
        parent.mkdir(mode=0o700, exist_ok=True)


def _unusable(file: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"the journal {file} cannot be opened: {error.strerror or error}; nothing was done",
        hint="choose another data folder with WEEXCTL_DATA_DIR, or make this one writable for you",
        code="JOURNAL_UNREADABLE",
    )
