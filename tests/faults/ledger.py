"""Hand-made books, calls and journals, so that the oracle can be shown what it has to see."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from weexctl.model.limits import Limits
from weexctl.model.order import OrderStatus
from weexctl.model.side import PositionSide
from weexctl.simulator.faults import Call
from weexctl.simulator.history import Event, Happening
from weexctl.simulator.orders import TriggerKind
from weexctl.testing.oracle import Books, Oracle, Violation, Witness
from weexctl.testing.oracle.check import Check
from weexctl.testing.oracle.records import JournalFile
from weexctl.testing.scenario.faulty_journal import new_journal_file

__all__ = ["BTC", "ENTRY", "EXIT", "LONG", "STOP", "Scene", "call", "happening"]

LONG = PositionSide.LONG
BTC = ("BTCUSDT", LONG)
ENTRY = "wx00aaaaaaaaaaaaaaaae01"
EXIT = "wx00aaaaaaaaaaaaaaaax01"
STOP = ENTRY + "sl"
LIMITS = Limits(
    max_leverage=3,
    max_order_notional=Decimal(2_000),
    max_gross_exposure=1.0,
    max_symbol_exposure=0.2,
    max_margin_per_position=0.5,
    per_trade_risk=0.05,
    max_positions_long=1,
    max_positions_short=1,
    daily_loss=0.1,
    kill_drawdown=0.3,
)


def happening(event: str, client_id: str, quantity: str = "0.02", **changes: Any) -> Happening:
    """An event of an order on the long of BTCUSDT; entries open, all others close."""
    opening = "e0" in client_id and not client_id.endswith(("sl", "tp"))
    values: dict[str, Any] = {
        "time_ms": 1_000,
        "event": Event(event),
        "order_id": 7,
        "client_id": client_id,
        "symbol": "BTCUSDT",
        "position_side": LONG,
        "opening": opening,
        "quantity": Decimal(quantity),
        "price": Decimal(50_000),
        "executed": Decimal(quantity),
        "status": OrderStatus.FILLED,
        "leverage": Decimal(3),
    }
    if client_id.endswith("sl"):
        values |= {"trigger_kind": TriggerKind.STOP, "trigger_price": Decimal(48_000), "parent_id": 7}
    return Happening(**values | changes)


def call(method: str = "POST", path: str = "order", sent_ms: int = 1_000, **members: Any) -> Call:
    """A call that was answered with HTTP 200; `members` are its body, and `_name` changes the call itself."""
    changes = {name[1:]: members.pop(name) for name in list(members) if name.startswith("_")}
    body = json.dumps(members).encode() if members else b""
    values: dict[str, Any] = {
        "number": 1,
        "life": 1,
        "cycle": 1,
        "method": method,
        "path": f"/capi/v3/{path}",
        "query": "",
        "body": body,
        "sent_ms": sent_ms,
        "signed_ms": sent_ms,
        "arrived_ms": [sent_ms + 20],
        "status": 200,
        "seen": "200",
        "seen_ms": sent_ms + 20,
    }
    return Call(**values | changes)


@dataclass
class Scene:
    """One witness, built up line by line."""

    folder: Path
    now_ms: int = 100_000
    happenings: list[Happening] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    fills: dict[str, str] = field(default_factory=dict)
    books: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path = self.folder / "journal.sqlite"
        empty = new_journal_file()
        self.path.write_bytes(empty.read_bytes())
        shutil.rmtree(empty.parent)

    def sql(self, text: str, *values: Any) -> None:
        """Write into the journal by hand."""
        connection = sqlite3.connect(self.path)
        connection.execute(text, values)
        connection.commit()
        connection.close()

    def intent(self, number: int = 1, *, decision: str = "d1", state: str = "filled", leg: str = "entry") -> None:
        """An intent over 0.02 BTC, with one guard's answer."""
        self.sql(
            "INSERT INTO intent VALUES (?, NULL, ?, ?, 'BTCUSDT', 'buy', 'long', '0.02', '50000', '48000', NULL, "
            "'ENTRY', 'r', 500, ?, 600, '', 'market', NULL, NULL)",
            *(number, decision, leg, state),
        )
        answers = '[["g", "allow", "", ""]]'
        self.sql("INSERT INTO guard_verdict VALUES (NULL, ?, ?, 500, ?)", decision, leg, answers)

    def attempt(self, client_id: str = ENTRY, *, number: int = 1, outcome: str = "accepted", order: str = "7") -> None:
        """An attempt of an intent."""
        self.sql(
            "INSERT INTO attempt VALUES (?, ?, ?, 500, 'digest', ?, 200, NULL, ?, 600, '')",
            *(number, int(client_id[-2:]), client_id, outcome, order or None),
        )

    def order(self, order_id: str, kind: str = "stop", status: str = "untriggered") -> None:
        """An order on record."""
        self.sql(
            "INSERT INTO venue_order VALUES (?, 'c', NULL, 'BTCUSDT', 'sell', 'long', ?, '0.02', NULL, '48000', ?, "
            "'0', NULL, 500, 500)",
            *(order_id, kind, status),
        )

    def position(self, quantity: str = "0.02") -> None:
        """A position on record."""
        self.sql(
            "INSERT INTO position VALUES ('BTCUSDT', 'long', ?, '50000', 500, 'd1', 'r', 'trending', '48000', NULL, "
            "'{}')",
            quantity,
        )

    def fill(self, fill_id: str, order_id: str = "7") -> None:
        """An execution on record."""
        self.sql(
            "INSERT INTO fill VALUES (?, ?, 'BTCUSDT', 'buy', 'long', '0.02', '50000', '1000', '0.8', '0', 0, 500)",
            *(fill_id, order_id),
        )

    def witness(self) -> Witness:
        """Everything as the oracle gets it."""
        money = dict.fromkeys(("start", "wallet", "equity"), Decimal(10_000))
        money |= dict.fromkeys(("realised", "fees", "funding"), Decimal(0))
        values: dict[str, Any] = {"now_ms": self.now_ms, "positions": {}, "live": [], **money, **self.books}
        changes: dict[str, Any] = {"steps": {"BTCUSDT": Decimal("0.01")}, **self.changes}
        return Witness(
            books=lambda: Books(**values),
            fills=lambda: self.fills,
            happenings=self.happenings,
            calls=self.calls,
            journal=JournalFile(self.path),
            limits=LIMITS,
            symbols=("BTCUSDT",),
            **changes,
        )

    def judge(self, check: Check) -> list[Violation]:
        """What one check says, during the run and at rest."""
        witness = self.witness()
        try:
            return Oracle(witness, [check]).after()
        finally:
            witness.journal.close()
