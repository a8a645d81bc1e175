"""What the exchange's codes mean, by number. One table, read by `outcome`.

A code stands here only when the documentation says that the request was refused. Everything else, -1000 among
it, says nothing about what became of a write. Words are looked at in one place only: under -1054, which carries
business refusals behind a status word (weex-api 4.2, 4.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from weexctl.errors import (
    ExchangeError,
    InsufficientMarginError,
    OpenOrdersError,
    OrderNotFoundError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
)

__all__ = ["CLOCK_CODES", "SUCCESS_CODES", "V3_CODES", "Refusal", "refusal_for", "step_in"]

SUCCESS_CODES = frozenset(("", "0", "00000", "200"))
"""Codes of answers that succeeded; absent is the same as empty (weex-api 4.1)."""

CLOCK_CODES = frozenset(("-1043", "-1046"))
"""Refused for its timestamp: certainly not carried out."""

_SYSTEM_ERROR = "-1054"
_STEP = re.compile(r"stepSize '(\d+(?:\.\d+)?)'")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code means."""

    error: type[ExchangeError]
    code: str
    """The stable word for programs; empty for the class's own."""
    meaning: str
    hint: str = ""


_KEY_HINT = "check key, secret and passphrase: `weexctl keys list`, then `weexctl keys add`"
_CLOCK_HINT = "the clock is measured again before the next request; try once more"
_PERMISSION_HINT = "give the key the futures permission on the WEEX API page; a change takes about 15 minutes"
_IP_HINT = "add this machine's address to the key's IP list on the WEEX API page"
_BUG_HINT = "this looks like a fault of weexctl or a change of the API; nothing was done"


def _refused(code: str, meaning: str, hint: str = "") -> Refusal:
    return Refusal(RejectedError, code, meaning, hint)


def _unauthorised(code: str, meaning: str, hint: str) -> Refusal:
    return Refusal(UnauthorisedError, code, meaning, hint)


V3_CODES: Mapping[str, Refusal] = MappingProxyType(
    {
        "-1040": _unauthorised("NO_KEY", "the key header is missing", _KEY_HINT),
        "-1041": _unauthorised("NO_SIGNATURE", "the signature header is missing", _KEY_HINT),
        "-1042": _unauthorised("NO_TIMESTAMP", "the timestamp header is missing", _KEY_HINT),
        "-1043": _unauthorised("BAD_TIMESTAMP", "the timestamp is not valid", _CLOCK_HINT),
        "-1044": _unauthorised("UNKNOWN_KEY", "the key is unknown", _KEY_HINT),
        "-1045": _refused("CONTENT_TYPE", "the content type is not accepted", _BUG_HINT),
        "-1046": _unauthorised("TIMESTAMP_EXPIRED", "the timestamp is more than 30 s off", _CLOCK_HINT),
        "-1047": _unauthorised("BAD_SIGNATURE", "the signature is wrong", _KEY_HINT),
        "-1049": _unauthorised("BAD_PASSPHRASE", "the key or the passphrase is wrong", _KEY_HINT),
        "-1050": _unauthorised("USER_FORBIDDEN", "the account is not allowed", "ask WEEX support about the account"),
        "-1051": _unauthorised("PERMISSION", "the key lacks the permission", _PERMISSION_HINT),
        "-1052": _unauthorised("PERMISSION", "the key may not do this, or not for this symbol", _PERMISSION_HINT),
        "-1053": _unauthorised("PERMISSION", "the permission could not be proven", _PERMISSION_HINT),
        "-1055": _unauthorised("UNSAFE_ACCOUNT", "the account has no phone or authenticator", "bind one at WEEX"),
        "-1056": _unauthorised("IP_NOT_LISTED", "this machine's address is not on the key's IP list", _IP_HINT),
        "-1057": _unauthorised("USER_LOCKED", "the account is locked", "ask WEEX support about the account"),
        "-1058": _refused("SYMBOL_NOT_OPEN", "this symbol may not be traded through the API now"),
        "-1059": Refusal(RateLimitedError, "ORDER_RATE", "too many orders in a short time", "trade less often"),
        "-1115": _refused("BAD_TIME_IN_FORCE", "the time in force is not valid", _BUG_HINT),
        "-1116": _refused("BAD_ORDER_TYPE", "the order type is not valid", _BUG_HINT),
        "-1117": _refused("BAD_SIDE", "the side is not valid", _BUG_HINT),
        "-1121": _refused("UNKNOWN_SYMBOL", "the symbol is unknown to the exchange"),
        "-1128": _refused("BAD_COMBINATION", "the parameters do not go together", _BUG_HINT),
        "-1135": _refused("BAD_JSON", "the body is not JSON", _BUG_HINT),
        "-1140": _refused("BAD_PARAMETER", "a parameter is out of range"),
        "-1141": _refused("EMPTY_PARAMETER", "a parameter is empty", _BUG_HINT),
        "-1142": _refused("BAD_PARAMETER", "a parameter is not valid"),
        "-1150": _refused("BAD_METHOD", "the method is not supported", _BUG_HINT),
        "-1160": _refused("PRECISION", "a number has too many decimals", "refresh the instruments: `weexctl doctor`"),
        "-1170": _refused("SPAN", "the span of time is too long or too old"),
        "-1171": _refused("SPAN", "the start lies after the end"),
        "-1180": _refused("BAD_CLIENT_ID", "the client order id is too long or has special characters", _BUG_HINT),
        "-1190": _unauthorised("FORBIDDEN", "access is forbidden", _PERMISSION_HINT),
        "-3006": _refused("CONTRACT_UNITS", "the symbol does not take contract units", _BUG_HINT),
        "-3007": _refused("TOO_LARGE", "the order is larger than the exchange allows", "order less at a time"),
        "-3200": Refusal(OrderNotFoundError, "", "no such order"),
        "-3235": _refused("SYMBOL_NOT_OPEN", "this symbol may not be traded through the API"),
        "-3236": _unauthorised("PERMISSION", "the key may not use this endpoint", _PERMISSION_HINT),
        "-3313": _refused("LEVERAGE", "the leverage is above the exchange's maximum", "lower `max_leverage`"),
        "-3613": _refused("TOKEN", "the token is not supported"),
        # Words instead of numbers, in the rows of write results (weex-api 15.4).
        "ORDER_NOT_FOUND": Refusal(OrderNotFoundError, "", "no such order"),
        "FAILED_ORDER_NOT_FOUND": Refusal(OrderNotFoundError, "", "no such order"),
    }
)
"""Every code of V3 that means: understood, refused, not done."""

_MARGIN = Refusal(InsufficientMarginError, "", "not enough available margin", "order less, or free some margin")
_OPEN = Refusal(OpenOrdersError, "", "refused while orders are open", "cancel the open orders and stops of the symbol")
_STEP_SIZE = _refused("STEP_SIZE", "the size is not on the exchange's step")
_BUSINESS = _refused("BUSINESS_RULE", "a rule of the exchange refuses it")

_PREFIXES: tuple[tuple[str, Refusal], ...] = (
    ("FAILED_PRECONDITION: The order margin available amount not enough", _MARGIN),
    ("INVALID_ARGUMENT: The order size must be greater than 0 and matches the stepSize", _STEP_SIZE),
    ("FAILED_PRECONDITION: ", _BUSINESS),
    ("INVALID_ARGUMENT: ", _BUSINESS),
)


def refusal_for(codes: Mapping[str, Refusal], code: str, message: str) -> Refusal | None:
    """What a code means, None when it does not prove that nothing was done."""
    if code != _SYSTEM_ERROR:
        return codes.get(code)
    if "open orders" in message:  # the one text known by a part only: a change of leverage (weex-api 4.2)
        return _OPEN
    return next((refusal for prefix, refusal in _PREFIXES if message.startswith(prefix)), None)


def step_in(message: str) -> str | None:
    """The size step that a refusal names, which may be coarser than the one the instrument lists (weex-api 6.2)."""
    found = _STEP.search(message)
    return found.group(1) if found else None
