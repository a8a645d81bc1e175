"""What the exchange's codes mean, by number: the words that both generations of the API share.

A code stands in a table only when the documentation says that the request was refused. Everything else, a bare
system error among it, says nothing about what became of a write. Words are looked at in one place only: under the
code that carries business refusals behind a status word (weex-api 4.2, 4.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from weexctl.errors import (
    ExchangeError,
    InsufficientMarginError,
    OpenOrdersError,
    RejectedError,
    UnauthorisedError,
)

__all__ = [
    "BUG_HINT",
    "CLOCK_HINT",
    "IP_HINT",
    "KEY_HINT",
    "PERMISSION_HINT",
    "SUCCESS_CODES",
    "VALUE_HINT",
    "ErrorTable",
    "Refusal",
    "refused",
    "step_in",
    "unauthorised",
]

SUCCESS_CODES = frozenset(("", "0", "00000", "200"))
"""Codes of answers that succeeded; absent is the same as empty (weex-api 4.1)."""

_STEP = re.compile(r"stepSize '(\d+(?:\.\d+)?)'")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code means."""

    error: type[ExchangeError]
    code: str
    """The stable word for programs; empty for the class's own."""
    meaning: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """One generation's codes."""

    codes: Mapping[str, Refusal]
    carrier: str
    """The code that carries business refusals in its text, and proves nothing without one."""
    clock_codes: frozenset[str]
    """Refused for its timestamp: certainly not carried out."""

    def refusal(self, code: str, message: str) -> Refusal | None:
        """What a code means, None when it does not prove that nothing was done."""
        if code not in (self.carrier, ""):
            return self.codes.get(code)
        if "open orders" in message:  # the one text known by a part only: a change of leverage (weex-api 4.2)
            return _OPEN
        return next((refusal for prefix, refusal in _PREFIXES if message.startswith(prefix)), None)


KEY_HINT = "`weexctl keys list` tells which key it was, `weexctl keys rotate ALIAS` replaces a stored one"
VALUE_HINT = "the exchange's own words name the parameter: ask for another value"
CLOCK_HINT = "the clock is measured again before the next request; try once more"
PERMISSION_HINT = "give the key the futures permission on the WEEX API page; a change takes about 15 minutes"
IP_HINT = "add this machine's address to the key's IP list on the WEEX API page"
BUG_HINT = "this looks like a fault of weexctl or a change of the API; nothing was done"


def refused(code: str, meaning: str, hint: str = "") -> Refusal:
    """A refusal of the request itself."""
    return Refusal(RejectedError, code, meaning, hint)


def unauthorised(code: str, meaning: str, hint: str) -> Refusal:
    """A refusal of who is asking."""
    return Refusal(UnauthorisedError, code, meaning, hint)


_MARGIN = Refusal(InsufficientMarginError, "", "not enough available margin", "order less, or free some margin")
_OPEN = Refusal(OpenOrdersError, "", "refused while orders are open", "cancel the open orders and stops of the symbol")
_STEP_SIZE = refused("STEP_SIZE", "the size is not on the exchange's step")
_BUSINESS = refused("BUSINESS_RULE", "a rule of the exchange refuses it")

_PREFIXES: tuple[tuple[str, Refusal], ...] = (
    ("FAILED_PRECONDITION: The order margin available amount not enough", _MARGIN),
    ("INVALID_ARGUMENT: The order size must be greater than 0 and matches the stepSize", _STEP_SIZE),
    ("FAILED_PRECONDITION: ", _BUSINESS),
    ("INVALID_ARGUMENT: ", _BUSINESS),
)


def step_in(message: str) -> str | None:
    """The size step that a refusal names, which may be coarser than the one the instrument lists (weex-api 6.2)."""
    found = _STEP.search(message)
    return found.group(1) if found else None
