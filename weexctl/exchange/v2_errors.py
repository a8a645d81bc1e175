"""The V2 error codes, by number (weex-api 4.2). They are text of five digits."""

from __future__ import annotations

from types import MappingProxyType

from weexctl.errors import OrderNotFoundError, RateLimitedError
from weexctl.exchange.error_codes import (
    BUG_HINT,
    CLOCK_HINT,
    IP_HINT,
    KEY_HINT,
    PERMISSION_HINT,
    VALUE_HINT,
    ErrorTable,
    Refusal,
    refused,
    unauthorised,
)

__all__ = ["V2_ERRORS"]

V2_ERRORS = ErrorTable(
    codes=MappingProxyType(
        {
            "40001": unauthorised("NO_KEY", "the key header is missing", KEY_HINT),
            "40002": unauthorised("NO_SIGNATURE", "the signature header is missing", KEY_HINT),
            "40003": unauthorised("NO_TIMESTAMP", "the timestamp header is missing", KEY_HINT),
            "40005": unauthorised("BAD_TIMESTAMP", "the timestamp is not valid", CLOCK_HINT),
            "40006": unauthorised("UNKNOWN_KEY", "the key is unknown", KEY_HINT),
            "40007": refused("CONTENT_TYPE", "the content type is not accepted", BUG_HINT),
            "40008": unauthorised("TIMESTAMP_EXPIRED", "the timestamp is more than 30 s off", CLOCK_HINT),
            "40009": unauthorised("BAD_SIGNATURE", "the signature is wrong", KEY_HINT),
            "429": Refusal(RateLimitedError, "", "too many requests", "wait, then ask less often"),
            "40011": unauthorised("NO_PASSPHRASE", "the passphrase header is missing", KEY_HINT),
            "40012": unauthorised("BAD_PASSPHRASE", "the key or the passphrase is wrong", KEY_HINT),
            "40013": unauthorised("USER_LOCKED", "the account is frozen", "ask WEEX support about the account"),
            "40014": unauthorised("PERMISSION", "the key lacks the permission", PERMISSION_HINT),
            "40016": unauthorised("UNSAFE_ACCOUNT", "the account has no phone or authenticator", "bind one at WEEX"),
            "40017": refused("BAD_PARAMETER", "a parameter was not accepted", BUG_HINT),
            "40018": unauthorised("IP_NOT_LISTED", "this machine's address is not on the key's IP list", IP_HINT),
            "40019": refused("EMPTY_PARAMETER", "a parameter is empty", BUG_HINT),
            "40020": refused("BAD_PARAMETER", "a parameter is not valid", VALUE_HINT),
            "40021": unauthorised("PERMISSION", "the key may not use this endpoint now", PERMISSION_HINT),
            "40022": unauthorised("PERMISSION", "the key may not do this", PERMISSION_HINT),
            "40753": unauthorised("PERMISSION", "the key is switched off", PERMISSION_HINT),
            "40912": refused("TOO_MANY_CANCELS", "too many cancels at once"),
            "40913": refused("NO_ORDER_ID", "neither order id nor client order id was given", BUG_HINT),
            "50003": refused("SYMBOL_NOT_OPEN", "this symbol may not be traded through the API"),
            "50004": unauthorised("PERMISSION", "the key may not use this endpoint", PERMISSION_HINT),
            "50005": Refusal(OrderNotFoundError, "", "no such order"),
            "50007": refused("LEVERAGE", "the leverage is above the exchange's maximum", "lower `max_leverage`"),
        }
    ),
    carrier="40015",
    clock_codes=frozenset(("40005", "40008")),
)
"""Every code of V2 that means: understood, refused, not done."""
