"""Order intents and the attempts to place them: the write-ahead part of the journal."""

from __future__ import annotations

from dataclasses import replace

from weexctl.errors import WeexctlError
from weexctl.journal.codec import Shape, SqlValue
from weexctl.journal.database import Database
from weexctl.journal.intent_state import OPEN_STATES, TRANSITIONS, IntentState
from weexctl.journal.rows import AttemptRecord, IntentRecord
from weexctl.model.order import Leg, OrderIntent

__all__ = ["Attempts", "Intents"]

_INTENT = Shape("intent", IntentRecord)
_ATTEMPT = Shape("attempt", AttemptRecord)
_INSERT = _INTENT.insert()  # its first column is the number
_INSERT_ONCE = _INTENT.insert("ON CONFLICT (decision_id, leg) DO NOTHING")
_OF_LEG = f"{_INTENT.select} WHERE decision_id = ? AND leg = ?"
_INSERT_ATTEMPT = _ATTEMPT.insert()


class Intents:
    """The table `intent`. A state changes only along `TRANSITIONS`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, intent: OrderIntent, *, run_id: str | None = None) -> IntentRecord:
        """Record a planned intent and return it with its number.

        Raises:
            WeexctlError: this decision has an intent for this leg on record (`DUPLICATE_INTENT`).
        """
        record = _new(intent, run_id, IntentState.PLANNED, intent.created_ms)
        with self._database.transaction():
            if self.of_leg(intent.decision_id, intent.leg) is not None:
                raise WeexctlError(
                    f"decision {intent.decision_id} has an {intent.leg} intent on record; nothing was recorded",
                    code="DUPLICATE_INTENT",
                )
            number = self._insert(record)
        return replace(record, intent_id=number)

    def add_sending(self, intent: OrderIntent, *, run_id: str | None, at_ms: int) -> int | None:
        """Record an intent that is being sent with the same transaction, and return its number; None when this
        decision has one for this leg on record.
        """
        row = (None, *_INTENT.values(_new(intent, run_id, IntentState.SENDING, at_ms))[1:])
        cursor = self._database.write(_INSERT_ONCE, row)
        return int(cursor.lastrowid or 0) if cursor.rowcount else None

    def move(self, intent_id: int, state: IntentState, *, at_ms: int, detail: str = "") -> None:
        """Bring an intent into another state.

        Raises:
            WeexctlError: no such intent, or no arrow leads there from where it is (`ILLEGAL_TRANSITION`).
        """
        before = [origin.value for origin, ways in TRANSITIONS.items() if state in ways]
        marks = ", ".join("?" * len(before))
        sql = f"UPDATE intent SET state = ?, state_ms = ?, detail = ? WHERE intent_id = ? AND state IN ({marks})"  # noqa: S608  # only question marks
        if self._database.write(sql, (state.value, at_ms, detail, intent_id, *before)).rowcount == 0:
            raise _illegal(intent_id, self.get(intent_id), state)

    def get(self, intent_id: int) -> IntentRecord | None:
        """The intent with this number."""
        return self._first("WHERE intent_id = ?", intent_id)

    def of_leg(self, decision_id: str, leg: Leg) -> IntentRecord | None:
        """The intent of a decision for one leg: there is at most one, for ever."""
        row = self._database.row(_OF_LEG, (decision_id, leg.value))
        return None if row is None else _INTENT.build(row)

    def of_decision(self, decision_id: str) -> list[IntentRecord]:
        """The intents of a decision, in the order they were planned."""
        return self._all("WHERE decision_id = ?", decision_id)

    def in_states(self, *states: IntentState) -> list[IntentRecord]:
        """The intents in any of these states, in the order they were planned."""
        marks = ", ".join("?" * len(states))
        return self._all(f"WHERE state IN ({marks})", *(state.value for state in states))

    def all(self) -> list[IntentRecord]:
        """Every intent on record, in the order they were planned."""
        return _INTENT.build_all(self._database.rows(f"{_INTENT.select} ORDER BY intent_id"))

    def open(self) -> list[IntentRecord]:
        """The intents something can still happen to."""
        return self.in_states(*OPEN_STATES)

    def by_client_order_id(self, client_order_id: str) -> IntentRecord | None:
        """The intent that one of its attempts sent under this client order id."""
        return self._first(
            "WHERE intent_id = (SELECT intent_id FROM attempt WHERE client_order_id = ?)", client_order_id
        )

    def by_order_id(self, order_id: str) -> IntentRecord | None:
        """The intent an order of the exchange serves; None when it is not ours."""
        found = self._first("WHERE intent_id = (SELECT intent_id FROM venue_order WHERE order_id = ?)", order_id)
        return found or self._first("WHERE intent_id = (SELECT intent_id FROM attempt WHERE order_id = ?)", order_id)

    def _insert(self, record: IntentRecord) -> int:
        """Write a new intent; the database numbers it."""
        cursor = self._database.write(_INSERT, (None, *_INTENT.values(record)[1:]))
        return int(cursor.lastrowid or 0)

    def _first(self, where: str, *values: SqlValue) -> IntentRecord | None:
        row = self._database.row(f"{_INTENT.select} {where}", values)
        return None if row is None else _INTENT.build(row)

    def _all(self, where: str, *values: SqlValue) -> list[IntentRecord]:
        return _INTENT.build_all(self._database.rows(f"{_INTENT.select} {where} ORDER BY intent_id", values))


class Attempts:
    """The table `attempt`: written before the request leaves, completed by its answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, attempt: AttemptRecord) -> None:
        """Record an attempt that is about to be sent.

        Raises:
            WeexctlError: its number or its client order id is taken, or it has no intent.
        """
        self._database.write(_INSERT_ATTEMPT, _ATTEMPT.values(attempt))

    def answer(
        self,
        intent_id: int,
        n: int,
        *,
        outcome: str,
        answered_ms: int,
        signed_ms: int | None = None,
        http_status: int | None = None,
        code: str | None = None,
        order_id: str | None = None,
        evidence: str = "",
    ) -> None:
        """Record what became of an attempt; said again when a read settles an unknown one.

        Raises:
            WeexctlError: no such attempt.
        """
        sql = (
            "UPDATE attempt SET outcome = ?, answered_ms = ?, signed_ms = coalesce(?, signed_ms), "
            "http_status = coalesce(?, http_status), code = coalesce(?, code), "
            "order_id = coalesce(?, order_id), evidence = ? WHERE intent_id = ? AND n = ?"
        )
        values = (outcome, answered_ms, signed_ms, http_status, code, order_id, evidence, intent_id, n)
        if self._database.write(sql, values).rowcount == 0:
            raise WeexctlError(
                f"intent {intent_id} has no attempt {n} on record; nothing was recorded", code="UNKNOWN_ATTEMPT"
            )

    def note(self, attempt: AttemptRecord, evidence: str) -> None:
        """Keep what speaks for an outcome that is not proven yet."""
        sql = "UPDATE attempt SET evidence = ? WHERE intent_id = ? AND n = ?"
        self._database.write(sql, (evidence, attempt.intent_id, attempt.n))

    def of_intent(self, intent_id: int) -> list[AttemptRecord]:
        """The attempts of an intent, the first one first."""
        return _ATTEMPT.build_all(
            self._database.rows(f"{_ATTEMPT.select} WHERE intent_id = ? ORDER BY n", (intent_id,))
        )

    def of_decision(self, decision_id: str) -> list[AttemptRecord]:
        """The attempts of every intent of a decision, in order."""
        where = "WHERE intent_id IN (SELECT intent_id FROM intent WHERE decision_id = ?) ORDER BY intent_id, n"
        return _ATTEMPT.build_all(self._database.rows(f"{_ATTEMPT.select} {where}", (decision_id,)))

    def by_client_order_id(self, client_order_id: str) -> AttemptRecord | None:
        """The attempt that carried this client order id."""
        row = self._database.row(f"{_ATTEMPT.select} WHERE client_order_id = ?", (client_order_id,))
        return None if row is None else _ATTEMPT.build(row)


def _new(intent: OrderIntent, run_id: str | None, state: IntentState, state_ms: int) -> IntentRecord:
    return IntentRecord(
        intent_id=0,
        run_id=run_id,
        decision_id=intent.decision_id,
        leg=intent.leg,
        symbol=intent.symbol,
        side=intent.side,
        position_side=intent.position_side,
        quantity=intent.quantity,
        reference_price=intent.reference_price,
        stop_price=intent.stop_price,
        target_price=intent.target_price,
        reason=intent.reason,
        rule=intent.rule,
        created_ms=intent.created_ms,
        state=state,
        state_ms=state_ms,
        type=intent.type,
        price=intent.price,
        time_in_force=intent.time_in_force,
    )


def _illegal(intent_id: int, found: IntentRecord | None, state: IntentState) -> WeexctlError:
    if found is None:
        return WeexctlError(f"no intent {intent_id} is on record; nothing was changed", code="UNKNOWN_INTENT")
    return WeexctlError(
        f"intent {intent_id} is {found.state} and cannot become {state}; nothing was changed",
        code="ILLEGAL_TRANSITION",
        details={"intent_id": intent_id, "state": found.state.value, "wanted": state.value},
    )
