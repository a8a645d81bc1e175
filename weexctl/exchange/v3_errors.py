"""The V3 error codes, by number (weex-api 4.3)."""

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

__all__ = ["V3_ERRORS"]

V3_ERRORS = ErrorTable(
    codes=MappingProxyType(
        {
            "-1040": unauthorised("NO_KEY", "the key header is missing", KEY_HINT),
            "-1041": unauthorised("NO_SIGNATURE", "the signature header is missing", KEY_HINT),
            "-1042": unauthorised("NO_TIMESTAMP", "the timestamp header is missing", KEY_HINT),
            "-1043": unauthorised("BAD_TIMESTAMP", "the timestamp is not valid", CLOCK_HINT),
            "-1044": unauthorised("UNKNOWN_KEY", "the key is unknown", KEY_HINT),
            "-1045": refused("CONTENT_TYPE", "the content type is not accepted", BUG_HINT),
            "-1046": unauthorised("TIMESTAMP_EXPIRED", "the timestamp is more than 30 s off", CLOCK_HINT),
            "-1047": unauthorised("BAD_SIGNATURE", "the signature is wrong", KEY_HINT),
            "-1049": unauthorised("BAD_PASSPHRASE", "the key or the passphrase is wrong", KEY_HINT),
            "-1050": unauthorised("USER_FORBIDDEN", "the account is not allowed", "ask WEEX support about the account"),
            "-1051": unauthorised("PERMISSION", "the key lacks the permission", PERMISSION_HINT),
            "-1052": unauthorised("PERMISSION", "the key may not do this, or not for this symbol", PERMISSION_HINT),
            "-1053": unauthorised("PERMISSION", "the permission could not be proven", PERMISSION_HINT),
            "-1055": unauthorised("UNSAFE_ACCOUNT", "the account has no phone or authenticator", "bind one at WEEX"),
            "-1056": unauthorised("IP_NOT_LISTED", "this machine's address is not on the key's IP list", IP_HINT),
            "-1057": unauthorised("USER_LOCKED", "the account is locked", "ask WEEX support about the account"),
            "-1058": refused("SYMBOL_NOT_OPEN", "this symbol may not be traded through the API now"),
            "-1059": Refusal(RateLimitedError, "ORDER_RATE", "too many orders in a short time", "trade less often"),
            "-1115": refused("BAD_TIME_IN_FORCE", "the time in force is not valid", BUG_HINT),
            "-1116": refused("BAD_ORDER_TYPE", "the order type is not valid", BUG_HINT),
            "-1117": refused("BAD_SIDE", "the side is not valid", BUG_HINT),
            "-1121": refused("UNKNOWN_SYMBOL", "the symbol is unknown to the exchange"),
            "-1128": refused("BAD_COMBINATION", "the parameters do not go together", BUG_HINT),
            "-1135": refused("BAD_JSON", "the body is not JSON", BUG_HINT),
            "-1140": refused("BAD_PARAMETER", "a parameter is out of range", VALUE_HINT),
            "-1141": refused("EMPTY_PARAMETER", "a parameter is empty", BUG_HINT),
            "-1142": refused("BAD_PARAMETER", "a parameter is not valid", VALUE_HINT),
            "-1150": refused("BAD_METHOD", "the method is not supported", BUG_HINT),
            "-1160": refused(
                "PRECISION", "a number has too many decimals", "refresh the instruments: `weexctl test-connection`"
            ),
            "-1170": refused("SPAN", "the span of time is too long or too old"),
            "-1171": refused("SPAN", "the start lies after the end"),
            "-1180": refused("BAD_CLIENT_ID", "the client order id is too long or has special characters", BUG_HINT),
            "-1190": unauthorised("FORBIDDEN", "access is forbidden", PERMISSION_HINT),
            "-3006": refused("CONTRACT_UNITS", "the symbol does not take contract units", BUG_HINT),
            "-3007": refused("TOO_LARGE", "the order is larger than the exchange allows", "order less at a time"),
            "-3200": Refusal(OrderNotFoundError, "", "no such order"),
            "-3235": refused("SYMBOL_NOT_OPEN", "this symbol may not be traded through the API"),
            "-3236": unauthorised("PERMISSION", "the key may not use this endpoint", PERMISSION_HINT),
            "-3313": refused("LEVERAGE", "the leverage is above the exchange's maximum", "lower `max_leverage`"),
            "-3613": refused("TOKEN", "the token is not supported"),
            # Words instead of numbers, in the rows of write results (weex-api 15.4).
            "ORDER_NOT_FOUND": Refusal(OrderNotFoundError, "", "no such order"),
            "FAILED_ORDER_NOT_FOUND": Refusal(OrderNotFoundError, "", "no such order"),
        }
    ),
    carrier="-1054",
    clock_codes=frozenset(("-1043", "-1046")),
)
"""Every code of V3 that means: understood, refused, not done."""
