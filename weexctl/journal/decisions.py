"""Decisions, and what the guards said to their intents."""

from __future__ import annotations

import json
from collections.abc import Iterable

from weexctl.journal.codec import Shape, json_text
from weexctl.journal.database import Database
from weexctl.journal.rows import DecisionRecord, VerdictRecord
from weexctl.model.order import Leg
from weexctl.model.verdict import GuardAction, Verdict

__all__ = ["Decisions", "Verdicts"]

_DECISION = Shape("decision", DecisionRecord)
# A step repeated after a crash has the same id; a full record is never replaced by a compact one.
_REPEATED = (
    'ON CONFLICT (decision_id) DO UPDATE SET "full" = excluded."full", body = excluded.body '
    'WHERE excluded."full" >= decision."full"'
)
_ALLOW = GuardAction.ALLOW  # an attribute of an enumeration takes as long as all else that is asked of a verdict
_ADD_VERDICTS = "INSERT INTO guard_verdict (decision_id, leg, time_ms, answers) VALUES (?, ?, ?, ?)"


class Decisions:
    """The table `decision`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = _DECISION.insert(_REPEATED)

    def add(self, decision: DecisionRecord) -> None:
        """Record one decision; see `add_many`."""
        self._database.write(self._insert, _DECISION.values(decision))

    def add_many(self, decisions: Iterable[DecisionRecord]) -> None:
        """Record the decisions of a step, all or none.

        A decision that is on record takes the new body, for a step that was cut short and is done again; only a
        full body stays when the new one is compact.
        """
        self._database.write_many(self._insert, map(_DECISION.values, decisions))

    def get(self, decision_id: str) -> DecisionRecord | None:
        """The decision with this id."""
        return self._first("WHERE decision_id = ?", decision_id)

    def at(self, symbol: str, close_ms: int, run_id: str | None = None) -> DecisionRecord | None:
        """The decision for the candle of a symbol that closed at this moment; of the newest run unless one is named."""
        return self._of(symbol, "close_ms = ?", close_ms, run_id)

    def at_or_before(self, symbol: str, time_ms: int, run_id: str | None = None) -> DecisionRecord | None:
        """The newest decision for a symbol that was made at or before a moment."""
        return self._of(symbol, "close_ms <= ?", time_ms, run_id)

    def of_run(self, run_id: str, *, symbol: str | None = None, full: bool = False) -> list[DecisionRecord]:
        """The decisions of a run, oldest first; of one symbol, or only the full ones, when asked."""
        values: list[str] = [run_id]
        where = "WHERE run_id = ?"
        if symbol is not None:
            where += " AND symbol = ?"
            values.append(symbol)
        if full:
            where += ' AND "full" = 1'
        rows = self._database.rows(f"{_DECISION.select} {where} ORDER BY close_ms, rowid", values)
        return _DECISION.build_all(rows)

    def last_close_ms(self, run_id: str) -> int | None:
        """The close of the newest candle a run decided on; None before its first decision."""
        row = self._database.row("SELECT max(close_ms) FROM decision WHERE run_id = ?", (run_id,))
        return None if row is None else row[0]

    def count(self) -> int:
        """How many decisions are on record."""
        row = self._database.row("SELECT count(*) FROM decision")
        return 0 if row is None else int(row[0])

    def _of(self, symbol: str, moment: str, time_ms: int, run_id: str | None) -> DecisionRecord | None:
        order = "ORDER BY close_ms DESC, rowid DESC"
        if run_id is None:
            return self._first(f"WHERE symbol = ? AND {moment} {order}", symbol, time_ms)
        return self._first(f"WHERE symbol = ? AND {moment} AND run_id = ? {order}", symbol, time_ms, run_id)

    def _first(self, where: str, *values: str | int) -> DecisionRecord | None:
        row = self._database.row(f"{_DECISION.select} {where}", values)
        return None if row is None else _DECISION.build(row)


class Verdicts:
    """The table `guard_verdict`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, decision_id: str, leg: Leg, verdicts: Iterable[Verdict], *, time_ms: int) -> None:
        """Record what the guards said to one intent; each verdict names its guard. Said twice alike it counts once."""
        answers = list(dict.fromkeys([_short(verdict) for verdict in verdicts]))
        if answers:
            self._database.write(_ADD_VERDICTS, (decision_id, leg.value, time_ms, json_text(answers)))

    def of_decision(self, decision_id: str) -> list[VerdictRecord]:
        """The verdicts on every intent of a decision, in the order they were given."""
        sql = "SELECT leg, time_ms, answers FROM guard_verdict WHERE decision_id = ? ORDER BY verdict_id"
        rows = self._database.rows(sql, (decision_id,))
        return [_record(decision_id, Leg(row[0]), row[1], answer) for row in rows for answer in json.loads(row[2])]


def _short(verdict: Verdict) -> str | tuple[str, str, str, str]:
    """The guard's name alone when it simply allowed; it is one of many that are written before every request."""
    if verdict.action is _ALLOW and not verdict.code and not verdict.reason:
        return verdict.guard
    return verdict.guard, verdict.action.name, verdict.code, verdict.reason


def _record(decision_id: str, leg: Leg, time_ms: int, answer: str | list[str]) -> VerdictRecord:
    guard, action, code, reason = (answer, GuardAction.ALLOW.name, "", "") if isinstance(answer, str) else answer
    return VerdictRecord(
        decision_id=decision_id,
        leg=leg,
        guard=guard,
        action=GuardAction[action],
        code=code,
        reason=reason,
        time_ms=time_ms,
    )
