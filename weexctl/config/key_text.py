"""An API key as a person hands it over in one text: a JSON object, or three lines."""

from __future__ import annotations

import json

from pydantic import SecretStr

from weexctl.config.credentials import Credentials, checked_credentials
from weexctl.errors import UsageError

__all__ = ["PARTS", "parse_key_text"]

PARTS = {"key": "the API key", "secret": "the API secret", "passphrase": "the API passphrase"}
"""Part: what a person calls it. The order is that of the lines."""


def parse_key_text(text: SecretStr, *, source: str) -> Credentials:
    """The key in a text; space around each part is dropped.

    Args:
        text: `{"key": …, "secret": …, "passphrase": …}`, or the three on a line each, in this order.
        source: where it came from, for the message: `--secret-stdin`.

    Raises:
        UsageError: it is neither; the message shows nothing of it.
        MissingCredentialsError: a part is empty or has what no request can carry.
    """
    found = _from_json(text) if text.get_secret_value().lstrip().startswith("{") else _from_lines(text)
    if found is None:
        raise UsageError(
            f"{source} gave neither a JSON object nor three lines; nothing was stored",
            hint='give {"key": "…", "secret": "…", "passphrase": "…"}, or the three on a line each, in this order',
            code="BAD_KEY_TEXT",
        )
    return checked_credentials(found, PARTS)


def _from_json(text: SecretStr) -> dict[str, SecretStr] | None:
    try:
        document = json.loads(text.get_secret_value())
    except (ValueError, RecursionError):
        return None
    if set(document) != set(PARTS) or not all(isinstance(value, str) for value in document.values()):
        return None
    return {word: SecretStr(document[word].strip()) for word in PARTS}


def _from_lines(text: SecretStr) -> dict[str, SecretStr] | None:
    lines = [line.strip() for line in text.get_secret_value().strip().splitlines()]
    if len(lines) != len(PARTS):
        return None
    return {word: SecretStr(line) for word, line in zip(PARTS, lines, strict=True)}
