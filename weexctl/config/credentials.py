"""Who is asking: key, secret and passphrase, which never show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from pydantic import SecretStr

from weexctl.errors import MissingCredentialsError

__all__ = ["SIM_CREDENTIALS", "VARIABLES", "Credentials", "checked_credentials", "read_credentials"]

VARIABLES = {"key": "WEEX_API_KEY", "secret": "WEEX_API_SECRET", "passphrase": "WEEX_API_PASSPHRASE"}
"""Part: the variable that holds it."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """One API key of the exchange. Neither `repr` nor `str` nor `asdict` shows any part; `get_secret_value` does.

    It cannot be pickled or copied, nor can anything that holds it.
    """

    key: SecretStr
    secret: SecretStr
    passphrase: SecretStr

    def __repr__(self) -> str:
        return "Credentials(key='**********', secret='**********', passphrase='**********')"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("credentials are not written anywhere by pickling or copying them")


SIM_CREDENTIALS = Credentials(SecretStr("sim"), SecretStr("sim"), SecretStr("sim"))
"""What the simulator accepts."""


def read_credentials(environ: Mapping[str, str] | None = None) -> Credentials:
    """The credentials in `WEEX_API_KEY`, `WEEX_API_SECRET` and `WEEX_API_PASSPHRASE`; space around them is dropped.

    Raises:
        MissingCredentialsError: one of the three is missing or empty, or holds what no header can carry; the message
            names the variable, never the value.
    """
    values = os.environ if environ is None else environ
    found = {word: SecretStr(values.get(name, "").strip()) for word, name in VARIABLES.items()}
    missing = [VARIABLES[word] for word, value in found.items() if not value.get_secret_value()]
    if missing:
        names = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
        raise MissingCredentialsError(
            f"{names} {'is' if len(missing) == 1 else 'are'} not set; nothing was sent",
            hint="store a key with `weexctl keys add`, or set all three; the venues sim and paper need none",
        )
    return checked_credentials(found, VARIABLES)


def checked_credentials(parts: Mapping[str, SecretStr], names: Mapping[str, str]) -> Credentials:
    """The credentials made of these three parts.

    Args:
        parts: `key`, `secret` and `passphrase`, without space around them.
        names: what a person calls each part, for the message.

    Raises:
        MissingCredentialsError: a part is empty or has what no header can carry; the message names it and shows none.
    """
    for word, part in parts.items():
        if problem := _problem(part):
            raise MissingCredentialsError(
                f"{names[word]} {problem}; nothing was sent",
                hint=f"copy it again from the exchange's key page into {names[word]}, without quotes",
                code="BAD_KEYS",
            )
    return Credentials(**parts)


def _problem(part: SecretStr) -> str:
    """Why no header can carry it; empty when one can."""
    value = part.get_secret_value()
    if not value:
        return "is empty"
    if not (value.isascii() and value.isprintable()) or " " in value:
        return "holds a space or a character that no request can carry"
    return ""
