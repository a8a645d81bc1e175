"""Keys that exist only here, so that any trace of them in an output is a leak."""

from __future__ import annotations

import base64
import traceback
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from weexctl.config.credentials import Credentials
from weexctl.config.vault import Vault
from weexctl.config.vault_format import Cost, KeyEntry
from weexctl.config.venue import Venue
from weexctl.model.scope import Scope

__all__ = ["CHEAP", "FIRST", "OTHER", "PASSPHRASE", "SECOND", "WORDS", "leaks", "put", "told", "values"]

CHEAP = Cost(log2_n=4, r=1, p=1)
PASSPHRASE = SecretStr("Xk9.hqZw+Tj4v/Zq")
OTHER = SecretStr("Jw3.bNfR+Gx8m/Vb")
FIRST = Credentials(SecretStr("Qz7KxWvJbMv2"), SecretStr("Gd5+YtHqPz/Lc=Rk3"), SecretStr("Bn6FmUxVsTj1"))
SECOND = Credentials(SecretStr("Yx4ZpCqRgNw8"), SecretStr("Fh2+WkJdXv/Mb=Sn9"), SecretStr("Rt8LzGyQwKc5"))


def values(credentials: Credentials) -> tuple[str, str, str]:
    """Key, secret and passphrase as text."""
    parts = (credentials.key, credentials.secret, credentials.passphrase)
    return (parts[0].get_secret_value(), parts[1].get_secret_value(), parts[2].get_secret_value())


WORDS = (*values(FIRST), *values(SECOND), PASSPHRASE.get_secret_value(), OTHER.get_secret_value())


def leaks(text: str, words: tuple[str, ...] = WORDS, length: int = 6) -> list[str]:
    """Every piece of this many letters of any canary that stands in a text, as it is or encoded."""
    pieces = {word[at : at + length] for word in words for at in range(len(word) - length + 1)}
    spelt = {piece: (piece, piece.encode().hex(), quote(piece, safe="")) for piece in pieces}
    whole = {word: (base64.b64encode(word.encode()).decode().rstrip("="),) for word in words}
    return sorted(name for name, forms in (spelt | whole).items() if any(form in text for form in forms))


def told(error: BaseException) -> str:
    """All that a person or a crash report could see of an error: message, hint, causes and the variables of frames."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    own: list[Any] = [getattr(error, name, "") for name in ("message", "hint", "details")]
    return "\n".join([*map(str, own), repr(error), *trace.format()])


def put(vault: Vault, alias: str = "main", credentials: Credentials = FIRST, *, scope: Scope = Scope.TRADE) -> KeyEntry:
    """A key in the vault."""
    return vault.add(alias, credentials, PASSPHRASE, scope=scope, venue=Venue.LIVE, created_ms=1_700_000_000_000)
