"""Who asks: headers, time, key, passphrase, signature, address and permission, in the order that fits the codes."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from weexctl.simulator.auth_codes import CODES_V3, AuthCodes
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.settings import SimulatorSettings

__all__ = ["Asked", "check", "in_time", "signature"]

LONGEST_TIMESTAMP = 16
IP_NOT_LISTED = 521
"""The HTTP status WEEX answers to an address that is not on the list."""


def signature(secret: str, timestamp: str, method: str, path: str, query: str, body: bytes) -> str:
    """The base64 of HMAC-SHA256 over time, verb, path, query and body (weex-api 2)."""
    target = f"{timestamp}{method}{path}{'?' if query else ''}{query}".encode(errors="replace")
    return base64.b64encode(hmac.digest(secret.encode(), target + body, "sha256")).decode()


def in_time(settings: SimulatorSettings, server_ms: int, timestamp_ms: int) -> bool:
    """Whether a signature of that moment is young enough now, by the exchange's clock or, if set, this machine's."""
    clocks = (server_ms, time.time_ns() // 1_000_000) if settings.real_clock else (server_ms,)
    return any(abs(timestamp_ms - now_ms) <= settings.signature_window_ms for now_ms in clocks)


@dataclass(frozen=True, slots=True)
class Asked:
    """A private request, as far as it has to be looked at before its parameters. `headers` have lower-case names."""

    settings: SimulatorSettings
    server_ms: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    writes: bool
    count: Callable[[], None]
    """Counts it against the rate limits."""
    codes: AuthCodes = CODES_V3


def check(asked: Asked) -> None:
    """Nothing, when the request may be looked at; the checks are made in the order of the settings.

    Raises:
        Refusal: the first check that fails.
    """
    for name in asked.settings.check_order:
        _CHECKS[name](asked)


def _headers(asked: Asked) -> None:
    codes = asked.codes
    for name, code in (
        ("access-key", codes.key_empty),
        ("access-sign", codes.sign_empty),
        ("access-timestamp", codes.timestamp_empty),
        ("access-passphrase", codes.passphrase_empty),
    ):
        if not asked.headers.get(name):
            raise Refusal(code, f"Header {name.upper()} is required.")


def _content_type(asked: Asked) -> None:
    if asked.body and not _header(asked, "content-type").lower().startswith("application/json"):
        raise Refusal(asked.codes.content_type, "Content-Type must be application/json.")


def _timestamp(asked: Asked) -> None:
    timestamp = _header(asked, "access-timestamp")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP):
        raise Refusal(asked.codes.timestamp_invalid, "Invalid ACCESS-TIMESTAMP.")


def _age(asked: Asked) -> None:
    _timestamp(asked)
    if not in_time(asked.settings, asked.server_ms, int(_header(asked, "access-timestamp"))):
        raise Refusal(asked.codes.timestamp_expired, "ACCESS-TIMESTAMP expired.")


def _key(asked: Asked) -> None:
    if _header(asked, "access-key") != asked.settings.key:
        raise Refusal(asked.codes.key_invalid, "Invalid ACCESS-KEY.")


def _passphrase(asked: Asked) -> None:
    if _header(asked, "access-passphrase") != asked.settings.passphrase:
        raise Refusal(asked.codes.passphrase_wrong, "API key or passphrase incorrect.")


def _signature(asked: Asked) -> None:
    timestamp = _header(asked, "access-timestamp")
    expected = signature(asked.settings.secret, timestamp, asked.method, asked.path, asked.query, asked.body)
    if not hmac.compare_digest(expected.encode(), _header(asked, "access-sign").encode(errors="replace")):
        raise Refusal(asked.codes.signature_wrong, "API verification failed.")


def _address(asked: Asked) -> None:
    if not asked.settings.ip_allowed:
        raise Refusal(asked.codes.address, "Illegal IP.", IP_NOT_LISTED)


def _permission(asked: Asked) -> None:
    if asked.writes and not asked.settings.can_trade:
        raise Refusal(asked.codes.permission, "Insufficient permissions.", asked.codes.permission_status)


def _rate(asked: Asked) -> None:
    asked.count()


def _header(asked: Asked, name: str) -> str:
    return asked.headers.get(name, "")


_CHECKS: dict[str, Callable[[Asked], None]] = {
    "headers": _headers,
    "content type": _content_type,
    "timestamp": _timestamp,
    "age": _age,
    "key": _key,
    "passphrase": _passphrase,
    "signature": _signature,
    "address": _address,
    "permission": _permission,
    "rate": _rate,
}
