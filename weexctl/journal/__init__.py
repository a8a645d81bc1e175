"""The durable record of one account: runs, decisions, orders, fills, trades. SQLite, one writer, many readers.

`Journal` is the way in; its attributes are one table each (`journal.intents`, `journal.fills` …).
"""

from __future__ import annotations

from weexctl.journal.archive import archive_journal, journal_files
from weexctl.journal.fills import FillOutcome
from weexctl.journal.finding import Check, Finding
from weexctl.journal.head import Head
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import WAL_ALERT_BYTES, Journal
from weexctl.journal.lookup import Found
from weexctl.journal.rows import (
    AttemptRecord,
    DecisionRecord,
    EquityRecord,
    IntentRecord,
    OrderRecord,
    PositionRecord,
    RunRecord,
    TimingRecord,
    TradeRecord,
    VerdictRecord,
)

__all__ = [
    "WAL_ALERT_BYTES",
    "AttemptRecord",
    "Check",
    "DecisionRecord",
    "EquityRecord",
    "FillOutcome",
    "Finding",
    "Found",
    "Head",
    "IntentRecord",
    "IntentState",
    "Journal",
    "OrderRecord",
    "PositionRecord",
    "RunRecord",
    "TimingRecord",
    "TradeRecord",
    "VerdictRecord",
    "archive_journal",
    "journal_files",
]
