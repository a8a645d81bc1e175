"""Who asks: headers, time, key, passphrase, signature, address and permission, in the order that fits the codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

from weexctl.simulator.refusal import Refusal
from weexctl.simulator.settings import SimulatorSettings

__all__ = ["check", "in_time", "signature"]

KEY_EMPTY = -1040
SIGN_EMPTY = -1041
TIMESTAMP_EMPTY = -1042
TIMESTAMP_INVALID = -1043
KEY_INVALID = -1044
CONTENT_TYPE = -1045
TIMESTAMP_EXPIRED = -1046
SIGNATURE_WRONG = -1047
PASSPHRASE_WRONG = -1049
PERMISSION = -1052

IP_NOT_LISTED = 521
"""The HTTP status WEEX answers to an address that is not on the list."""


def signature(secret: str, timestamp: str, method: str, path: str, query: str, body: bytes) -> str:
    """The base64 of HMAC-SHA256 over time, verb, path, query and body (weex-api 2)."""
    target = f"{timestamp}{method}{path}{'?' if query else ''}{query}".encode()
    return base64.b64encode(hmac.new(secret.encode(), target + body, hashlib.sha256).digest()).decode()


def in_time(settings: SimulatorSettings, server_ms: int, timestamp_ms: int) -> bool:
    """Whether a signature of that moment is young enough now, by the exchange's clock or, if set, this machine's."""
    clocks = (server_ms, time.time_ns() // 1_000_000) if settings.real_clock else (server_ms,)
    return any(abs(timestamp_ms - now_ms) <= settings.signature_window_ms for now_ms in clocks)


def check(
    settings: SimulatorSettings,
    server_ms: int,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    writes: bool,
) -> None:
    """Nothing, when the request may be looked at. `headers` have lower-case names.

    Raises:
        Refusal: the first check that fails.
    """
    key, sign, timestamp, passphrase = _present(headers)
    if body and not headers.get("content-type", "").lower().startswith("application/json"):
        raise Refusal(CONTENT_TYPE, "Content-Type must be application/json.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 16):
        raise Refusal(TIMESTAMP_INVALID, "Invalid ACCESS-TIMESTAMP.")
    if not in_time(settings, server_ms, int(timestamp)):
        raise Refusal(TIMESTAMP_EXPIRED, "ACCESS-TIMESTAMP expired.")
    if key != settings.key:
        raise Refusal(KEY_INVALID, "Invalid ACCESS-KEY.")
    if passphrase != settings.passphrase:
        raise Refusal(PASSPHRASE_WRONG, "API key or passphrase incorrect.")
    expected = signature(settings.secret, timestamp, method, path, query, body)
    if not hmac.compare_digest(expected.encode(), sign.encode()):
        raise Refusal(SIGNATURE_WRONG, "API verification failed.")
    if not settings.ip_allowed:
        raise Refusal(-1056, "Illegal IP.", IP_NOT_LISTED)
    if writes and not settings.can_trade:
        raise Refusal(PERMISSION, "Insufficient permissions.", 403)


def _present(headers: Mapping[str, str]) -> tuple[str, str, str, str]:
    found = []
    for name, code in (
        ("ACCESS-KEY", KEY_EMPTY),
        ("ACCESS-SIGN", SIGN_EMPTY),
        ("ACCESS-TIMESTAMP", TIMESTAMP_EMPTY),
        ("ACCESS-PASSPHRASE", PASSPHRASE_WRONG),
    ):
        value = headers.get(name.lower(), "")
        if not value:
            raise Refusal(code, f"Header {name} is required.")
        found.append(value)
    return found[0], found[1], found[2], found[3]
