"""Who is asking: key, secret and passphrase, which never show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from weexctl.errors import MissingCredentialsError

__all__ = ["SIM_CREDENTIALS", "Credentials", "read_credentials"]

_VARIABLES = {"key": "WEEX_API_KEY", "secret": "WEEX_API_SECRET", "passphrase": "WEEX_API_PASSPHRASE"}


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """One API key of the exchange. Neither `repr` nor `str` nor `asdict` shows any part; `get_secret_value` does."""

    key: SecretStr
    secret: SecretStr
    passphrase: SecretStr

    def __repr__(self) -> str:
        return "Credentials(key='**********', secret='**********', passphrase='**********')"


SIM_CREDENTIALS = Credentials(SecretStr("sim"), SecretStr("sim"), SecretStr("sim"))
"""What the simulator accepts."""


def read_credentials(environ: Mapping[str, str] | None = None) -> Credentials:
    """The credentials in `WEEX_API_KEY`, `WEEX_API_SECRET` and `WEEX_API_PASSPHRASE`; space around them is dropped.

    Raises:
        MissingCredentialsError: one of the three is missing or empty, or holds what no header can carry; the message
            names the variable, never the value.
    """
    values = os.environ if environ is None else environ
    found = {word: values.get(name, "").strip() for word, name in _VARIABLES.items()}
    missing = [_VARIABLES[word] for word, value in found.items() if not value]
    if missing:
        names = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
        raise MissingCredentialsError(
            f"{names} {'is' if len(missing) == 1 else 'are'} not set; nothing was sent",
            hint="set all three, or store a key with `weexctl keys add`; the venues sim and paper need none",
        )
    for word, value in found.items():
        if not (value.isascii() and value.isprintable()) or " " in value:
            name = _VARIABLES[word]
            raise MissingCredentialsError(
                f"{name} holds a space or a character that no request can carry; nothing was sent",
                hint=f"copy it again from the exchange's key page into {name}, without quotes",
                code="BAD_KEYS",
            )
    return Credentials(**{word: SecretStr(value) for word, value in found.items()})
