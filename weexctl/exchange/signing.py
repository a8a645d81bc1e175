"""Signatures of private requests. Pure: the same input gives the same header, and no secret ever shows.

Source: weex-api section 2, with its test vectors.
"""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from collections.abc import Mapping
from typing import NoReturn

from weexctl.errors import ConfigError

__all__ = ["Credentials", "prehash", "sign_headers", "signature", "signed_ms"]


class Credentials:
    """Key, secret and passphrase of one API key. They show in no repr, cannot be pickled and cannot be copied.

    Raises:
        ConfigError: a part is empty or has characters that cannot stand in a header; the part itself is not shown.
    """

    __slots__ = ("_key", "_keyed", "_passphrase")

    def __init__(self, key: str, secret: str, passphrase: str) -> None:
        for name, value in (("key", key), ("secret", secret), ("passphrase", passphrase)):
            if not value or not value.isascii() or not value.isprintable() or value != value.strip():
                raise ConfigError(
                    f"the API {name} is empty or has characters that cannot be sent; nothing was sent",
                    hint="copy it again from the WEEX API page, without spaces or line ends",
                    code="BAD_KEYS",
                )
        self._key = key
        self._passphrase = passphrase
        # The key schedule of HMAC is half of the work: done once here, copied for every signature.
        self._keyed = hmac.new(secret.encode(), digestmod="sha256")

    def __repr__(self) -> str:
        return "Credentials(***)"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("credentials are not written anywhere by pickling or copying them")

    def sign(self, message: str) -> str:
        """Base64 of HMAC-SHA256 of the message under the secret."""
        state = self._keyed.copy()
        state.update(message.encode())
        return b2a_base64(state.digest(), newline=False).decode("ascii")

    def headers(self, timestamp_ms: int, message: str) -> dict[str, str]:
        """The four headers of a private request or of a private WebSocket upgrade."""
        return {
            "ACCESS-KEY": self._key,
            "ACCESS-SIGN": self.sign(message),
            "ACCESS-PASSPHRASE": self._passphrase,
            "ACCESS-TIMESTAMP": str(timestamp_ms),
        }


def signature(secret: str, message: str) -> str:
    """Base64 of HMAC-SHA256 of a message; the plain form of `Credentials.sign`."""
    digest = hmac.digest(secret.encode(), message.encode(), "sha256")
    return b2a_base64(digest, newline=False).decode("ascii")


def prehash(timestamp_ms: int, method: str, path: str, query: str = "", body: str = "") -> str:
    """The text that is signed: timestamp, method, path, query with its question mark, body.

    A private WebSocket upgrade signs `prehash(timestamp_ms, "", "/v3/ws/private")`.
    """
    return f"{timestamp_ms}{method}{path}{'?' if query else ''}{query}{body}"


def sign_headers(
    credentials: Credentials, timestamp_ms: int, method: str, path: str, query: str = "", body: str = ""
) -> dict[str, str]:
    """The headers that prove who is asking.

    Args:
        credentials: the API key.
        timestamp_ms: the exchange's time, UTC; it accepts 30 s of difference.
        method: upper case.
        path: from the slash on, without host.
        query: exactly as sent, encoded, without question mark.
        body: exactly as sent.
    """
    return credentials.headers(timestamp_ms, prehash(timestamp_ms, method, path, query, body))


def signed_ms(headers: Mapping[str, str]) -> int | None:
    """The time that a request was signed with; None for one that was not signed."""
    stamp = headers.get("ACCESS-TIMESTAMP")
    return None if stamp is None else int(stamp)
