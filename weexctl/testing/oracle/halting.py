"""Stopping and leaving: a halt is final, exits go out at once, and nobody enters blindly (I14, I15, I17)."""

from __future__ import annotations

from collections.abc import Iterator

from weexctl.model.side import PositionSide
from weexctl.simulator.faults.calls import Call
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Exit, Key, Witness

__all__ = ["ExitsLeave", "HaltIsFinal", "NotBlind", "adds_risk"]

HALT_MS = 1_000
EXIT_MS = 2_000
_OPENING = {("BUY", "LONG"), ("SELL", "SHORT")}
_ORDERS = ("/capi/v3/order", "/capi/v3/algoOrder")
_READS = {
    "positions": "/capi/v3/account/position/allPosition",
    "balance": "/capi/v3/account/balance",
}
"""What has to be known before an entry."""


def adds_risk(call: Call) -> bool:
    """Whether a request would open or add."""
    if call.method != "POST" or call.path not in (*_ORDERS, "/capi/v3/batchOrders"):
        return False
    rows = call.members.get("batchOrders", [call.members])
    return any((row.get("side"), row.get("positionSide")) in _OPENING for row in rows if isinstance(row, dict))


class HaltIsFinal(Check):
    """I14: from one second after a halt nothing leaves that adds risk, until a person clears it."""

    invariant = "I14"

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """Each request that would add risk."""
        for call in new.calls:
            if not adds_risk(call):
                continue
            for halt in witness.halts:
                if halt.from_ms + HALT_MS < call.sent_ms and (halt.to_ms is None or call.sent_ms < halt.to_ms):
                    late_ms = call.sent_ms - halt.from_ms
                    yield self.found(call.sent_ms, f"an entry left {late_ms} ms after the halt", venue=_shown(call))


class ExitsLeave(Check):
    """I15: an exit leaves within two seconds of its decision, as long as the exchange can be reached."""

    invariant = "I15"

    def __init__(self) -> None:
        self._told: set[Exit] = set()

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # as above
        """Each decision, and the first request that could be its."""
        closing = [(call, _closes(call)) for call in witness.calls if call.method == "POST"]
        for wanted in witness.exits:
            limit_ms = wanted.time_ms + EXIT_MS
            sent = [call.sent_ms for call, key in closing if key == wanted.key and call.sent_ms >= wanted.time_ms]
            if sent and min(sent) <= limit_ms:
                continue
            if _unreachable(witness, wanted.time_ms, limit_ms):
                continue
            when = f"left {min(sent) - wanted.time_ms} ms after its decision" if sent else "never left"
            yield self.found(wanted.time_ms, f"the exit of {wanted.key[0]} {wanted.key[1].value} {when}")


class NotBlind(Check):
    """I17: no entry in a step in which positions or balance were not read."""

    invariant = "I17"

    def __init__(self) -> None:
        self._step = (0, 0)
        self._known: set[str] = set()

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """Calls in the order they were made."""
        for call in new.calls:
            if (call.life, call.cycle) != self._step:
                self._step, self._known = (call.life, call.cycle), set()
            for name, path in _READS.items():
                if call.path == path and call.seen:
                    (self._known.add if call.readable else self._known.discard)(name)
            if adds_risk(call) and (blind := _READS.keys() - self._known):
                yield self.found(
                    call.sent_ms, f"an entry left although unknown: {', '.join(sorted(blind))}", venue=_shown(call)
                )


def _closes(call: Call) -> Key | None:
    if call.path == "/capi/v3/closePositions":
        return None
    side, position_side = call.members.get("side"), call.members.get("positionSide")
    if call.path not in _ORDERS or (side, position_side) in _OPENING or position_side not in ("LONG", "SHORT"):
        return None
    return str(call.members.get("symbol")), PositionSide(str(position_side).lower())


def _unreachable(witness: Witness, from_ms: int, to_ms: int) -> bool:
    """Whether no process lived then, or a call that was under way found the exchange unwell."""
    if any(span.overlap_ms(from_ms - EXIT_MS, to_ms) for span in witness.dead):
        return True
    return any(not call.good for call in witness.calls if call.sent_ms <= to_ms and call.seen_ms >= from_ms)


def _shown(call: Call) -> str:
    names = ("symbol", "side", "positionSide", "quantity", "newClientOrderId")
    return ", ".join(f"{name} {call.members[name]}" for name in names if name in call.members)
