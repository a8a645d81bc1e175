"""The exchange's no in the codes of V2 (weex-api 4.2)."""

from __future__ import annotations

from typing import Any

from weexctl.simulator import parameters
from weexctl.simulator.refusal import ORDER_NOT_EXIST, SYSTEM_ERROR, Refusal

__all__ = ["code_text", "is_business", "refused"]

SYSTEM_ERROR_V2 = 40015
VALIDATION = 40017
EMPTY = 40019
INVALID = 40020

# Rules that the generations share raise the numbers of V3. What has no code of its own in V2 is a system error,
# the carrier of business rejections; a wrong value of whatever kind is 40020.
CODES = {
    SYSTEM_ERROR: SYSTEM_ERROR_V2,
    ORDER_NOT_EXIST: 50005,
    -3313: 50007,
    -3007: SYSTEM_ERROR_V2,
    parameters.EMPTY: EMPTY,
    parameters.INVALID: INVALID,
    parameters.INVALID_SYMBOL: INVALID,
    parameters.OUT_OF_RANGE: INVALID,
    parameters.PRECISION: INVALID,
    parameters.CLIENT_ID: INVALID,
    parameters.BACKWARDS: INVALID,
    parameters.SPAN: INVALID,
    parameters.INVALID_JSON: VALIDATION,
}
PREFIXES = {-3007: "INVALID_ARGUMENT: "}


def code_text(no: Refusal) -> str:
    """The V2 code, which is text."""
    return str(no.code if no.code > 0 else CODES.get(no.code, SYSTEM_ERROR_V2))


def is_business(no: Refusal) -> bool:
    """True when the request was understood and the account or the market is what forbids it."""
    return code_text(no) == str(SYSTEM_ERROR_V2)


def refused(no: Refusal, now_ms: int) -> dict[str, Any]:
    """The body of a V2 error."""
    message = PREFIXES.get(no.code, "") + no.message
    return {"code": code_text(no), "msg": message, "requestTime": now_ms, "data": None}
