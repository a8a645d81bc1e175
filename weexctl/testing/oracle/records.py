"""The journal, read by somebody who trusts nobody: plain SQL on the file, none of the code that wrote it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

__all__ = ["AttemptRow", "FillRow", "IntentRow", "JournalFile", "OrderRow", "PositionRow", "Records"]

_OPEN = ("pending", "open", "cancelling", "untriggered")


@dataclass(frozen=True, slots=True)
class IntentRow:
    """An intent."""

    number: int
    decision_id: str
    leg: str
    symbol: str
    position_side: str
    quantity: Decimal
    reference_price: Decimal
    created_ms: int
    state: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt to place one."""

    intent: int
    client_order_id: str
    outcome: str
    order_id: str | None
    digest: str
    evidence: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as the journal last saw it."""

    order_id: str
    kind: str
    symbol: str
    position_side: str
    status: str

    @property
    def open(self) -> bool:
        """Whether something can still happen to it."""
        return self.status in _OPEN


@dataclass(frozen=True, slots=True)
class FillRow:
    """An execution."""

    fill_id: str
    order_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class PositionRow:
    """What the journal believes to hold."""

    symbol: str
    position_side: str
    quantity: Decimal
    entry_price: Decimal


@dataclass(frozen=True, slots=True)
class Records:
    """Everything the checks look at."""

    intents: dict[int, IntentRow]
    attempts: dict[str, AttemptRow]
    """By client order id."""
    orders: dict[str, OrderRow]
    fills: dict[str, FillRow]
    positions: dict[tuple[str, str], PositionRow]
    verdicts: dict[tuple[str, str], int]
    """How many guards answered, by decision and leg."""
    faults: tuple[str, ...] = ()
    """What SQLite finds wrong with the file."""


class JournalFile:
    """The file, opened for reading and kept open while a run goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def has_attempt(self, client_order_id: str) -> bool:
        """Whether an attempt with this id is committed by now, or synced into the emergency record."""
        ask = self._connected().execute
        if ask("SELECT 1 FROM attempt WHERE client_order_id = ?", (client_order_id,)).fetchone() is not None:
            return True
        aside = self.path.with_name(self.path.name + ".emergency")
        return aside.exists() and f'"client":"{client_order_id}"'.encode() in aside.read_bytes()

    def intent_quantities(self) -> dict[str, Decimal]:
        """What each client order id was to buy or sell."""
        sql = "SELECT a.client_order_id, i.quantity FROM attempt a JOIN intent i USING (intent_id)"
        return {name: Decimal(quantity) for name, quantity in self._connected().execute(sql)}

    def records(self) -> Records:
        """All of it."""
        ask = self._connected().execute
        return Records(
            intents={
                row[0]: IntentRow(row[0], row[1], row[2], row[3], row[4], Decimal(row[5]), Decimal(row[6]), *row[7:])
                for row in ask(
                    "SELECT intent_id, decision_id, leg, symbol, position_side, quantity, reference_price, created_ms, "
                    "state FROM intent"
                )
            },
            attempts={
                row[1]: AttemptRow(*row)
                for row in ask(
                    "SELECT intent_id, client_order_id, outcome, order_id, request_digest, evidence FROM attempt"
                )
            },
            orders={
                row[0]: OrderRow(*row)
                for row in ask("SELECT order_id, kind, symbol, position_side, status FROM venue_order")
            },
            fills={
                row[0]: FillRow(row[0], row[1], Decimal(row[2]))
                for row in ask("SELECT fill_id, order_id, quantity FROM fill")
            },
            positions={
                (row[0], row[1]): PositionRow(row[0], row[1], Decimal(row[2]), Decimal(row[3]))
                for row in ask("SELECT symbol, position_side, quantity, entry_price FROM position")
            },
            verdicts={
                (row[0], row[1]): row[2]
                for row in ask("SELECT decision_id, leg, count(*) FROM guard_verdict GROUP BY decision_id, leg")
            },
            faults=tuple(text for (text,) in ask("PRAGMA quick_check") if text != "ok"),
        )

    def rows(self) -> dict[str, int]:
        """A checksum of every table that recovery may not change, for comparing before and after."""
        ask = self._connected().execute
        tables = ("intent", "attempt", "venue_order", "fill", "position", "trade")
        return {table: hash(tuple(ask(f"SELECT * FROM {table}").fetchall())) for table in tables}  # noqa: S608  # names from this line

    def text(self) -> bytes:
        """Every value of every row."""
        ask = self._connected().execute
        tables = [name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        rows = (row for table in tables for row in ask(f'SELECT * FROM "{table}"'))  # noqa: S608  # names from the file
        return "\n".join(str(value) for row in rows for value in row).encode()

    def pages(self) -> bytes:
        """The bytes of the file and of its write-ahead log, what was overwritten included."""
        parts = [self.path, self.path.with_name(self.path.name + "-wal")]
        return b"".join(part.read_bytes() for part in parts if part.exists())

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self.path.absolute().as_uri() + "?mode=ro", uri=True)
        return self._connection
