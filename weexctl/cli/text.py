"""Text that is safe to print: on one line, without a terminal's orders, without the secrets this process knows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from weexctl.config.redaction import REDACTOR

__all__ = ["Scrubber", "one_line"]

SECRET_VARIABLES = ("WEEX_API_KEY", "WEEX_API_SECRET", "WEEX_API_PASSPHRASE")
_SHORTEST_SECRET = 8
"""A shorter value, such as `sim`, would blank out ordinary words."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """The text on one line, without control characters: what an exchange or a file says cannot move the cursor."""
    return _CONTROLS.sub("", " ".join(text.split()))


class Scrubber:
    """Replaces every secret of an environment, should one have found its way into a text."""

    def __init__(self, environment: Mapping[str, str], hidden: str) -> None:
        secrets = {environment.get(name, "") for name in SECRET_VARIABLES}
        spellings = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])}
        words = sorted((form for form in spellings if len(form) >= _SHORTEST_SECRET), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, words))) if words else None
        self._hidden = hidden

    def __call__(self, text: str) -> str:
        """The text without them, nor any that has been registered since: stored keys, typed passphrases."""
        return REDACTOR(self._pattern.sub(self._hidden, text) if self._pattern else text)
