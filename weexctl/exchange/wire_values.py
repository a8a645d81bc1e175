"""What may be sent at all, whichever generation of the API it goes to. Pure; refused here, nothing has left."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from weexctl.errors import UsageError

__all__ = [
    "check_count",
    "check_one_kind",
    "checked_client_id",
    "checked_leverage",
    "checked_log",
    "checked_order_id",
    "encoded",
    "query_of",
    "wire_number",
]

MAX_EXPLANATION = 1_000
"""Characters of an AI log's explanation (weex-api 9, 17)."""

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,40}")
_ORDER_ID = re.compile(r"[0-9]{1,20}")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def encoded(body: Mapping[str, Any]) -> bytes:
    """The body as JSON, without those members that are None."""
    return _encode({name: value for name, value in body.items() if value is not None}).encode()


def query_of(**parameters: str | int | None) -> str:
    """A query in the order given, without those that are None."""
    return _query_of(tuple(parameters.items()))


@lru_cache(maxsize=256)
def _query_of(parameters: tuple[tuple[str, str | int | None], ...]) -> str:
    """Looking at the account asks the same few again and again."""
    return urlencode([(name, value) for name, value in parameters if value is not None])


def wire_number(value: Decimal, what: str) -> str:
    """A positive number as the wire has it: digits and at most one point, never an exponent.

    Raises:
        UsageError: it is zero, negative or not finite; nothing was sent.
    """
    text = format(value, "f") if value.is_finite() else str(value)
    if value.is_nan() or value <= 0 or not _NUMBER.fullmatch(text):
        raise UsageError(f"{what} must be a positive number, not {text}; nothing was sent", code="BAD_NUMBER")
    return text


def checked_client_id(text: str, *, longest: int) -> str:
    """The client order id, if the exchange can take it: 1 to `longest` of letters, digits and `. : / _ -`.

    Raises:
        UsageError: it cannot; nothing was sent.
    """
    if not _CLIENT_ID.fullmatch(text) or len(text) > longest:
        raise UsageError(
            f"{text[:60]!r} cannot be a client order id; nothing was sent",
            hint=f"1 to {longest} letters, digits and . : / _ -",
            code="BAD_CLIENT_ID",
        )
    return text


def checked_order_id(text: str) -> str:
    """The exchange's order id, if it can be one.

    Raises:
        UsageError: it is not a number; nothing was sent.
    """
    if not _ORDER_ID.fullmatch(text):
        raise UsageError(
            f"{text[:60]!r} cannot be an order id; nothing was sent",
            hint="the exchange's order ids are numbers; `weexctl order list` shows them",
            code="BAD_ORDER_ID",
        )
    return text


def check_one_kind(order_ids: Sequence[str], client_order_ids: Sequence[str]) -> None:
    """Refuse none, and a mixture of the exchange's ids and ours, which no endpoint takes."""
    if bool(order_ids) is bool(client_order_ids):
        raise UsageError("either order ids or client order ids must be given; nothing was sent", code="BAD_BATCH")


def check_count(count: int, most: int) -> None:
    """Refuse an empty batch and one that is too long."""
    if not 0 < count <= most:
        raise UsageError(
            f"a batch has 1 to {most} orders, not {count}; nothing was sent",
            hint="send several batches",
            code="BAD_BATCH",
        )


def checked_leverage(leverage: int) -> str:
    """The leverage as text, if it is at least 1."""
    if leverage < 1:
        raise UsageError(f"leverage must be at least 1, not {leverage}; nothing was sent", code="BAD_LEVERAGE")
    return str(leverage)


def checked_log(
    *,
    order_id: str | None,
    stage: str,
    model: str,
    given: Mapping[str, Any],
    answered: Mapping[str, Any],
    explanation: str,
) -> bytes:
    """The body of an AI log, the same in both generations; the order id is a JSON number or null.

    Raises:
        UsageError: the explanation is empty or longer than 1 000 characters, or a value is not JSON.
    """
    if not 0 < len(explanation) <= MAX_EXPLANATION:
        raise UsageError(
            f"the explanation has {len(explanation)} characters, 1 to {MAX_EXPLANATION} are allowed; nothing was sent",
            hint="shorten it",
            code="EXPLANATION_LENGTH",
        )
    body = {
        "orderId": None if order_id is None else int(checked_order_id(order_id)),
        "stage": stage,
        "model": model,
        "input": given,
        "output": answered,
        "explanation": explanation,
    }
    try:
        return _encode(body).encode()
    except (TypeError, ValueError) as error:
        raise UsageError(f"the AI log is not JSON: {error}; nothing was sent", code="BAD_LOG") from error
