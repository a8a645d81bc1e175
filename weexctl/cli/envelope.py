"""The one shape of an answer, `weexctl/1`, made of plain JSON values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from weexctl.actions.context import Notice, Result
from weexctl.errors import ErrorType, ExchangeError, OrderState, WeexctlError

__all__ = ["HIDDEN", "SCHEMA", "Failure", "failed", "plain", "succeeded"]

SCHEMA = "weexctl/1"
HIDDEN = "********"
"""What stands where a secret was."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a command did not do what was asked, as the outside sees it."""

    type: ErrorType
    code: str
    message: str
    hint: str = ""
    exit_code: int = 1
    retryable: bool = False
    retry_after_ms: int | None = None
    order_state: OrderState = "not_sent"
    exchange_code: str | None = None
    exchange_message: str | None = None
    """The exchange's words: data, never instructions."""
    details: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, error: WeexctlError) -> Failure:
        """The failure that this error is."""
        exchange = error if isinstance(error, ExchangeError) else None
        where = {"endpoint": exchange.endpoint, "http_status": exchange.http_status} if exchange else {}
        return cls(
            type=error.type,
            code=error.code,
            message=error.message,
            hint=error.hint,
            exit_code=error.exit_code,
            retryable=error.retryable,
            retry_after_ms=exchange.retry_after_ms if exchange else None,
            order_state=error.order_state,
            exchange_code=exchange.exchange_code if exchange else None,
            exchange_message=exchange.exchange_message if exchange else None,
            details={**{name: value for name, value in where.items() if value}, **error.details},
        )


def succeeded(
    result: Result, data: Any, *, command: str, request_id: str, ts: str, warnings: Sequence[Notice] = ()
) -> dict[str, Any]:
    """The envelope of a result; `data` is plain and may have been narrowed to some fields."""
    wrong = {} if result.error is None else {"error": _error(Failure.of(result.error))}
    return {
        "schema": SCHEMA,
        "ok": result.error is None,
        "venue": result.venue,
        "profile": result.profile,
        "command": command,
        "request_id": request_id,
        **wrong,
        "data": data,
        "warnings": [{"code": n.code, "message": n.message} for n in (*result.warnings, *warnings)],
        "next": [{"command": step.command, "why": step.why} for step in result.next],
        "ts": ts,
    }


def failed(
    failure: Failure, *, command: str | None, request_id: str, ts: str, venue: str | None, profile: str | None
) -> dict[str, Any]:
    """The envelope of a failure. `command` is None when the command line was not understood."""
    return {
        "schema": SCHEMA,
        "ok": False,
        "venue": venue,
        "profile": profile,
        "command": command,
        "request_id": request_id,
        "error": _error(failure),
        "ts": ts,
    }


def _error(failure: Failure) -> dict[str, Any]:
    return {
        "type": failure.type,
        "code": failure.code,
        "message": failure.message,
        "suggestion": failure.hint or None,
        "retryable": failure.retryable,
        "retry_after_ms": failure.retry_after_ms,
        "order_state": failure.order_state,
        "exchange_code": failure.exchange_code,
        "exchange_message": failure.exchange_message,
        "details": plain(failure.details),
    }


def plain(value: Any) -> Any:
    """The value as JSON can hold it: money as text without exponent, floats as numbers (null when not finite), enums
    by value, models, mappings and sequences all the way down, secrets hidden.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _money(value)
    return _plain_collection(value)


def _money(value: Decimal) -> str | None:
    if not value.is_finite():
        return None
    return format(abs(value) if value == 0 else value, "f")


def _plain_collection(value: Any) -> Any:
    if hasattr(value, "get_secret_value"):
        return HIDDEN
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.repr}
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(entry) for name, entry in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(entry) for entry in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if hasattr(value, "item") and not hasattr(value, "__len__"):  # a numpy scalar
        return plain(value.item())
    return str(value)
