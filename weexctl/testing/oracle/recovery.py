"""Recovery: one process at a time, at rest everything is settled, and every write is accounted for (I19, I20, I22)."""

from __future__ import annotations

from collections.abc import Iterator

from weexctl.testing.oracle.books import owned
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Witness

__all__ = ["Audited", "OneWriter", "Settled"]

_OPEN = ("planned", "reserved", "sending", "unknown")
_ORDERS = ("/capi/v3/order", "/capi/v3/algoOrder", "/capi/v3/placeTpSlOrder")
_NAMES = ("newClientOrderId", "clientAlgoId")


class OneWriter(Check):
    """I19: a process that has died writes no more."""

    invariant = "I19"

    def __init__(self) -> None:
        self._life = 0

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """The lives that made the calls."""
        for call in new.calls:
            if call.life < self._life:
                yield self.found(call.sent_ms, f"life {call.life} wrote after life {self._life} had begun")
            self._life = max(self._life, call.life)


class Settled(Check):
    """I20: at rest no intent is under way or unknown.

    A lost entry stays unknown beside a position that somebody else opened: nobody can tell what of it would be ours.
    """

    invariant = "I20"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:
        """Every intent on record."""
        ours, _ = owned(witness.happenings)
        shared = {symbol for symbol, side in books.positions if (symbol, side) not in ours}
        for row in records.intents.values():
            if row.state in _OPEN and not (row.state == "unknown" and row.leg == "entry" and row.symbol in shared):
                yield self.found(
                    books.now_ms,
                    f"an intent is still {row.state}",
                    journal=f"intent {row.number}: {row.leg} of {row.quantity} {row.symbol}",
                )


class Audited(Check):
    """I22: every order that left has its intent, its guards' answers, its digest, its outcome and the evidence."""

    invariant = "I22"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # as above
        """Each write that carried an id of ours."""
        for call in witness.calls:
            if call.method != "POST" or call.path not in _ORDERS or call.seen == "no route":
                continue
            name = next((str(call.members[key]) for key in _NAMES if key in call.members), "")
            row = records.attempts.get(name)
            if row is None:
                yield self.found(call.sent_ms, f"{call.path} left without an attempt on record", venue=f"id {name}")
                continue
            intent = records.intents.get(row.intent)
            missing = [what for what, there in (("digest", row.digest), ("outcome", row.outcome)) if not there]
            if intent is None:
                missing.append("intent")
            elif not records.verdicts.get((intent.decision_id, intent.leg)):
                missing.append("verdicts")
            if missing:
                yield self.found(call.sent_ms, f"the record lacks {', '.join(missing)}", venue=f"id {name}")
