"""Who asks: headers, time, key, passphrase, signature, address and permission, in the order that fits the codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

from weexctl.simulator.auth_codes import CODES_V3, AuthCodes
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.settings import SimulatorSettings

__all__ = ["check", "in_time", "signature"]

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
    codes: AuthCodes = CODES_V3,
) -> None:
    """Nothing, when the request may be looked at. `headers` have lower-case names.

    Raises:
        Refusal: the first check that fails.
    """
    key, sign, timestamp, passphrase = _present(headers, codes)
    if body and not headers.get("content-type", "").lower().startswith("application/json"):
        raise Refusal(codes.content_type, "Content-Type must be application/json.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 16):
        raise Refusal(codes.timestamp_invalid, "Invalid ACCESS-TIMESTAMP.")
    if not in_time(settings, server_ms, int(timestamp)):
        raise Refusal(codes.timestamp_expired, "ACCESS-TIMESTAMP expired.")
    if key != settings.key:
        raise Refusal(codes.key_invalid, "Invalid ACCESS-KEY.")
    if passphrase != settings.passphrase:
        raise Refusal(codes.passphrase_wrong, "API key or passphrase incorrect.")
    expected = signature(settings.secret, timestamp, method, path, query, body)
    if not hmac.compare_digest(expected.encode(), sign.encode()):
        raise Refusal(codes.signature_wrong, "API verification failed.")
    if not settings.ip_allowed:
        raise Refusal(codes.address, "Illegal IP.", IP_NOT_LISTED)
    if writes and not settings.can_trade:
        raise Refusal(codes.permission, "Insufficient permissions.", codes.permission_status)


def _present(headers: Mapping[str, str], codes: AuthCodes) -> tuple[str, str, str, str]:
    found = []
    for name, code in (
        ("ACCESS-KEY", codes.key_empty),
        ("ACCESS-SIGN", codes.sign_empty),
        ("ACCESS-TIMESTAMP", codes.timestamp_empty),
        ("ACCESS-PASSPHRASE", codes.passphrase_empty),
    ):
        value = headers.get(name.lower(), "")
        if not value:
            raise Refusal(code, f"Header {name} is required.")
        found.append(value)
    return found[0], found[1], found[2], found[3]
