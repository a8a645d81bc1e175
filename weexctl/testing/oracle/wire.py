"""The wire: nothing forbidden is called, nothing malformed is sent, no secret is anywhere (I9, I10, I11)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from urllib.parse import quote

from weexctl.simulator.faults.calls import Call
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.records import Records
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Witness

__all__ = ["ALLOWED", "Allowed", "Hygiene", "Secret"]

ALLOWED = re.compile(
    r"GET /capi/v3/(market/\w+(/\w+)?|account/(balance|accountConfig|symbolConfig|commissionRate|position/\w+)"
    r"|order|openOrders|openAlgoOrders|allAlgoOrders|order/history|userTrades)"
    r"|POST /capi/v3/(order|batchOrders|algoOrder|placeTpSlOrder|modifyTpSlOrder|closePositions|account/income"
    r"|account/leverage|order/uploadAiLog)"
    r"|DELETE /capi/v3/(order|batchOrders|allOpenOrders|algoOrder|algoOpenOrders)"
)
"""Everything a run may call. None of it moves money out of the account, or between positions."""
_NUMBER = re.compile(r"\d+(\.\d+)?")
_OUR_ID = re.compile(r"(b-WEEX[0-9]{6}-)?wx[a-z0-9]{21}")
_NUMBERS = ("quantity", "price", "triggerPrice", "slTriggerPrice", "tpTriggerPrice", "executePrice")
_NAMES = ("newClientOrderId", "clientAlgoId", "origClientOrderId")
WINDOW = 6


class Allowed(Check):
    """I9: only what is on the list."""

    invariant = "I9"

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """Verb and path of each call."""
        for call in new.calls:
            if not ALLOWED.fullmatch(f"{call.method} {call.path}"):
                yield self.found(call.sent_ms, f"{call.method} {call.path} is not on the list of what may be called")


class Hygiene(Check):
    """I10: plain numbers on the step, legal client ids, and signatures over what was sent."""

    invariant = "I10"

    def look(self, witness: Witness, books: Books, new: New) -> Iterator[Violation]:  # noqa: ARG002  # one signature
        """The members of each write."""
        for call in new.calls:
            for what in self._wrong(witness, call):
                yield self.found(call.sent_ms, f"{call.method} {call.path}: {what}")

    def _wrong(self, witness: Witness, call: Call) -> Iterator[str]:
        if call.status == 400 and b"-1047" in call.answered:
            yield "signed something else than was sent"
        if call.method == "GET" or not call.members:
            return
        for name in _NUMBERS:
            value = call.members.get(name)
            if value is not None and not (isinstance(value, str) and _NUMBER.fullmatch(value)):
                yield f"{name} is {value!r}"
        quantity, step = call.members.get("quantity"), witness.steps.get(str(call.members.get("symbol")))
        if isinstance(quantity, str) and _NUMBER.fullmatch(quantity) and step is not None:
            number = Decimal(quantity)
            if number <= 0 or number % step:
                yield f"quantity {quantity} is no multiple of {step}"
        for name in _NAMES:
            if (value := call.members.get(name)) is not None and not _OUR_ID.fullmatch(str(value)):
                yield f"{name} is {value!r}"


class Secret(Check):
    """I11: no part of a secret, in any spelling, in the journal or in anything that was printed."""

    invariant = "I11"

    def conclude(self, witness: Witness, books: Books, records: Records) -> Iterator[Violation]:  # noqa: ARG002  # as above
        """Every window of six characters, raw, and whole secrets encoded."""
        journal = witness.journal.pages() if witness.thorough else witness.journal.text()
        places = {"the journal": journal, "what was printed": "\n".join(witness.texts).encode()}
        for where, text in places.items():
            for number, secret in enumerate(witness.secrets):
                if found := leaked(secret, text):
                    yield self.found(books.now_ms, f"part of secret {number} is in {where} ({found})")


def leaked(secret: str, text: bytes) -> str:
    """How a secret is found in a text; empty when it is not."""
    if any(window in text for window in _windows(secret)):
        return "as it is"
    raw = secret.encode()
    spellings = {"base64": base64.b64encode(raw).rstrip(b"="), "hex": raw.hex().encode(), "url": quote(secret).encode()}
    return next((name for name, spelling in spellings.items() if spelling in text), "")


def _windows(secret: str) -> Sequence[bytes]:
    return [secret[start : start + WINDOW].encode() for start in range(max(1, len(secret) - WINDOW + 1))]
