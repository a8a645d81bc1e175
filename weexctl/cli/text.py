"""Text that is safe to print: on one line, without a terminal's orders, without the secrets this process knows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from weexctl.config.redaction import REDACTOR, Redactor

__all__ = ["Scrubber", "one_line"]

SECRET_VARIABLES = ("WEEX_API_KEY", "WEEX_API_SECRET", "WEEX_API_PASSPHRASE")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """The text on one line, without control characters: what an exchange or a file says cannot move the cursor."""
    return _CONTROLS.sub("", " ".join(text.split()))


class Scrubber:
    """Hides every secret of an environment, in every spelling, should one have found its way into a text."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._redact = Redactor()
        self._redact.register(*(environment.get(name, "").strip() for name in SECRET_VARIABLES))

    def __call__(self, text: str) -> str:
        """The text without them, nor any that has been registered since: stored keys, typed passphrases."""
        return REDACTOR(self._redact(text))
