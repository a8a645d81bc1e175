"""The journal of one account: opening it, its transactions, and whose id is whose."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from weexctl.errors import ConfigError
from weexctl.journal.database import Database
from weexctl.journal.decisions import Decisions, Verdicts
from weexctl.journal.documents import Artefacts, State
from weexctl.journal.equity import EquityCurve
from weexctl.journal.fills import Fills
from weexctl.journal.intents import Attempts, Intents
from weexctl.journal.lock import AccountLock
from weexctl.journal.lookup import Found, find
from weexctl.journal.orders import Orders
from weexctl.journal.positions import Positions
from weexctl.journal.runs import Runs, Timings
from weexctl.journal.trades import Trades

__all__ = ["Journal"]


class Journal:
    """The durable record of one account. One process writes, many may read; a context manager.

    Each attribute is one table: `runs`, `decisions`, `intents`, `attempts`, `verdicts`, `orders`, `fills`,
    `positions`, `trades`, `equity`, `artefacts`, `state`, `timings`. Every write outside `transaction` is a
    transaction of its own that survives a killed process.
    """

    def __init__(self, database: Database, lock: AccountLock | None) -> None:
        self._database = database
        self._lock = lock
        self.path = database.path
        self.venue, self.account = _owner(database)
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
            _claim(database, venue, account)
            journal = cls(database, lock)
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

    def snapshot(self) -> AbstractContextManager[None]:
        """A block whose reads all see the same moment. Keep it under a second: it holds up checkpoints."""
        return self._database.snapshot()

    def find(self, any_id: str) -> Found | None:
        """What an id belongs to, and the decision behind it; None when it is nowhere on record.

        Looked for among decisions, client order ids, orders (also those known only from fills and trades),
        trades, fills and runs, in this order.
        """
        return find(self._database, any_id)

    def check(self) -> list[str]:
        """What is wrong with the file: damaged pages, rows that point nowhere; empty when it is sound."""
        pages = [str(text) for (text,) in self._database.rows("PRAGMA quick_check") if text != "ok"]
        rows = self._database.rows("PRAGMA foreign_key_check")
        return pages + [f"table {row[0]}, row {row[1]}: points to nothing in {row[2]}" for row in rows]

    def checkpoint(self) -> bool:
        """Move everything from the write-ahead file into the main one; False when a reader is in the way."""
        ((busy, _, _),) = self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(busy) == 0

    def detach(self) -> None:
        """Let go of the file but keep the lock, so that the file can be moved; `close` still has to follow."""
        self._database.close()

    def close(self) -> None:
        """Let go of file and lock; doing it twice is harmless."""
        try:
            self._database.close()
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


def _owner(database: Database) -> tuple[str, str]:
    row = database.row("SELECT venue, account FROM owner")
    return ("", "") if row is None else (row[0], row[1])


def _claim(database: Database, venue: str, account: str) -> None:
    with database.transaction(durable=True):
        database.write("INSERT OR IGNORE INTO owner (one, venue, account) VALUES (1, ?, ?)", (venue, account))
    if _owner(database) != (venue, account):
        theirs = _owner(database)
        raise ConfigError(
            f"{database.path} is the journal of venue {theirs[0]}, account {theirs[1]}, not of {venue}, {account}; "
            "nothing was done",
            hint="name the venue and keys it belongs to, or move it away to begin a new one",
            code="WRONG_JOURNAL",
        )
