"""Where closing and protecting orders are written down while the database cannot be: a small file made beforehand.

Its room is allocated and its records have one size, so that a full disk does not matter. Each record is synced before
`append` returns and carries a checksum, so that one that was cut short is told from a whole one. What it holds is
merged into the journal when that opens next; then the file is empty again.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weexctl.errors import JournalUnavailableError, UsageError
from weexctl.journal.codec import json_text
from weexctl.journal.intent_state import TRANSITIONS, IntentState
from weexctl.journal.rows import AttemptRecord
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.side import PositionSide, Side
from weexctl.model.verdict import Verdict

if TYPE_CHECKING:
    from weexctl.journal.journal import Journal

__all__ = ["KEPT_NOTES", "EmergencyFile", "emergency_path", "merge"]

RECORD_BYTES = 512
FILE_BYTES = 4 * 1024 * 1024
_HEADER = struct.Struct(">4sIH16s")
"""Mark, number, length of the text, checksum over number and text."""
_MARK = b"WXER"
KEPT_NOTES = "emergency:"
"""How the keys of the state table begin under which other notes are kept."""
_LEGS = frozenset((Leg.EXIT, Leg.STOP, Leg.TARGET))
_UNKEPT = Verdict(guard="emergency", reason="the guards' answers were not kept")
_ANSWERED = {"accepted": IntentState.ACCEPTED, "rejected": IntentState.REJECTED, "not_sent": IntentState.NOT_PLACED}


def emergency_path(journal: Path) -> Path:
    """Where the file of a journal lies."""
    return journal.with_name(journal.name + ".emergency")


class EmergencyFile:
    """The file, open for writing; a context manager is not needed, `close` is.

    Args:
        path: made with its full size when it is not there.

    Raises:
        JournalUnavailableError: there is no room for it, or it cannot be written.
    """

    def __init__(self, path: Path, size: int = FILE_BYTES) -> None:
        self.path = path
        self._size = size
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DSYNC, 0o600)
            if os.fstat(self._file).st_size < size:
                os.posix_fallocate(self._file, 0, size)
                os.fsync(self._file)
        except OSError as error:
            raise self._unavailable(error, "cannot be made") from error
        self._next = 1 + max((number for number, _ in self._slots()), default=0)

    def attempt(self, intent: OrderIntent, attempt: AttemptRecord) -> None:
        """Write down an order that is about to be sent; only legs that close or protect.

        Raises:
            UsageError: it opens or adds, and nothing opens without the journal.
            JournalUnavailableError: it could not be written.
        """
        if intent.leg not in _LEGS:
            raise UsageError(
                "an order that opens needs the journal, and that cannot be written; nothing was sent",
                hint="free space or repair the disk first; closing and protecting goes on",
                code="JOURNAL_UNAVAILABLE",
            )
        self.append(
            {
                "decision": intent.decision_id,
                "symbol": intent.symbol,
                "side": intent.side.value,
                "position": intent.position_side.value,
                "leg": intent.leg.value,
                "quantity": str(intent.quantity),
                "reference": str(intent.reference_price),
                "reason": intent.reason,
                "rule": intent.rule,
                "created_ms": intent.created_ms,
                "n": attempt.n,
                "client": attempt.client_order_id,
                "signed_ms": attempt.signed_ms,
                "request": attempt.request_digest,
            }
        )

    def answer(self, client_order_id: str, outcome: str, *, at_ms: int, order_id: str | None = None) -> None:
        """Write down what became of one: `accepted`, `rejected`, `not_sent` or `unknown`."""
        self.append({"client": client_order_id, "outcome": outcome, "at_ms": at_ms, "order": order_id})

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record; it is on disk when this returns.

        Raises:
            JournalUnavailableError: it does not fit, the file is full, or the disk refuses.
        """
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")
        at = (self._next - 1) * RECORD_BYTES
        if len(text) > RECORD_BYTES - _HEADER.size or at + RECORD_BYTES > self._size:
            raise self._unavailable(None, "has no room for this record")
        block = _HEADER.pack(_MARK, self._next, len(text), _checksum(self._next, text)) + text
        try:
            written = os.pwrite(self._file, block.ljust(RECORD_BYTES, b"\0"), at)
        except OSError as error:
            raise self._unavailable(error, "cannot be written") from error
        if written < RECORD_BYTES:
            raise self._unavailable(None, "took only part of a record")
        self._next += 1

    @property
    def empty(self) -> bool:
        """True when it holds nothing that the journal lacks."""
        return self._next == 1

    def read_all(self) -> list[dict[str, Any]]:
        """Every whole record, in the order they were written; one that was cut short is left out."""
        return [json.loads(text) for _, text in self._slots()]

    def clear(self) -> None:
        """Make room again, once everything is in the journal."""
        try:
            os.pwrite(self._file, b"\0" * (self._next * RECORD_BYTES), 0)
        except OSError as error:
            raise self._unavailable(error, "cannot be cleared") from error
        self._next = 1

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _slots(self) -> list[tuple[int, bytes]]:
        found = []
        for at in range(0, self._size, RECORD_BYTES):
            block = os.pread(self._file, RECORD_BYTES, at)
            if block[:4] != _MARK:
                if not any(block):
                    break  # written from the front: nothing lies beyond an empty place
                continue
            _, number, length, checksum = _HEADER.unpack_from(block)
            text = block[_HEADER.size : _HEADER.size + length]
            if number == at // RECORD_BYTES + 1 and _checksum(number, text) == checksum:
                found.append((number, text))
        return found

    def _unavailable(self, error: OSError | None, what: str) -> JournalUnavailableError:
        why = "" if error is None else f": {error.strerror or error}"
        return JournalUnavailableError(
            f"the emergency record {self.path} {what}{why}; the last change was not recorded",
            hint="free some space on that disk or repair it; look at the positions on the exchange",
            code="EMERGENCY_UNAVAILABLE",
        )


def merge(journal: Journal, file: EmergencyFile) -> int:
    """Bring what was written down meanwhile into the journal, in one durable transaction; returns how many orders.

    What is there already stays as it is, so that a merge that was cut short is done again. An order without an answer
    is left as being sent: the next start settles it by reading.
    """
    records = file.read_all()
    merged = 0
    if records:
        with journal.transaction(durable=True):
            for record in records:
                if "leg" in record:
                    merged += _take_attempt(journal, record)
                elif "outcome" in record:
                    _take_answer(journal, record)
                else:  # a note of another kind, as of a stop that was moved: kept for whoever reads it
                    text = json_text(record)
                    journal.state.put(f"{KEPT_NOTES}{blake2b(text.encode(), digest_size=8).hexdigest()}", record)
        file.clear()
    return merged


def _take_attempt(journal: Journal, record: Mapping[str, Any]) -> bool:
    if journal.attempts.by_client_order_id(record["client"]) is not None:
        return False
    leg = Leg(record["leg"])
    known = journal.intents.of_leg(record["decision"], leg) or journal.intents.add(_intent(record, leg))
    for state in (IntentState.RESERVED, IntentState.SENDING):
        _move(journal, known.intent_id, state, record["signed_ms"])
    journal.attempts.add(
        AttemptRecord(
            intent_id=known.intent_id,
            n=max(record["n"], len(journal.attempts.of_intent(known.intent_id)) + 1),
            client_order_id=record["client"],
            signed_ms=record["signed_ms"],
            request_digest=record["request"],
        )
    )
    journal.verdicts.add(record["decision"], leg, (_UNKEPT,), time_ms=record["signed_ms"])
    return True


def _take_answer(journal: Journal, record: Mapping[str, Any]) -> None:
    attempt = journal.attempts.by_client_order_id(record["client"])
    if attempt is None or attempt.outcome:
        return
    journal.attempts.answer(
        attempt.intent_id, attempt.n, outcome=record["outcome"], answered_ms=record["at_ms"], order_id=record["order"]
    )
    _move(journal, attempt.intent_id, _ANSWERED.get(record["outcome"], IntentState.UNKNOWN), record["at_ms"])


def _move(journal: Journal, intent_id: int, state: IntentState, at_ms: int) -> None:
    """Follow the arrow if there is one: nothing that stands in this file may keep the journal from opening."""
    known = journal.intents.get(intent_id)
    if known is not None and state in TRANSITIONS[known.state]:
        journal.intents.move(intent_id, state, at_ms=at_ms, detail="from the emergency record")


def _intent(record: Mapping[str, Any], leg: Leg) -> OrderIntent:
    return OrderIntent(
        decision_id=record["decision"],
        symbol=record["symbol"],
        side=Side(record["side"]),
        position_side=PositionSide(record["position"]),
        leg=leg,
        quantity=Decimal(record["quantity"]),
        reference_price=Decimal(record["reference"]),
        reason=record["reason"],
        rule=record["rule"],
        created_ms=record["created_ms"],
    )


def _checksum(number: int, text: bytes) -> bytes:
    return blake2b(number.to_bytes(4, "big") + text, digest_size=16).digest()
