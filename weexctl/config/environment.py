"""What the environment says, read once and typed. A misspelt variable or value is an error, not a silent default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from weexctl.config.venue import Venue, parse_venue
from weexctl.errors import ConfigError
from weexctl.model.scope import Scope
from weexctl.plugin_host import LOAD_PLUGINS, nearest_word

__all__ = ["VARIABLES", "Environment", "read_environment"]

OutputFormat = Literal["table", "json", "ndjson"]

VARIABLES = {
    "WEEXCTL_PROFILE": "the profile, when no flag names one",
    "WEEXCTL_VENUE": "sim, paper, demo or live, exactly",
    "WEEXCTL_CONFIG_DIR": "folder of profiles, vault and armed profiles",
    "WEEXCTL_DATA_DIR": "folder of journals, candles and reports",
    "WEEXCTL_OUTPUT": "table, json or ndjson",
    "WEEXCTL_LOG": "json or text: log lines on stderr",
    "WEEXCTL_READ_ONLY": "1 refuses everything that changes anything",
    "WEEXCTL_KILL": "1, or a file whose presence stops everything but closing",
    "WEEXCTL_SCOPE": "the most a key may be used for: observe, research, propose, reduce or trade",
    "WEEXCTL_VAULT_PASSPHRASE_FILE": "file with the passphrase of the key vault",
    LOAD_PLUGINS: "distributions whose plugins may be loaded, separated by commas; empty: weexctl's own only",
    "WEEXCTL_SHARED": "folder of real candles and samples, for the tests",
    "WEEXCTL_FAULT": "a fault to inject, for the tests",
    "WEEX_API_KEY": "API key",
    "WEEX_API_SECRET": "API secret",
    "WEEX_API_PASSPHRASE": "passphrase of the API key",
    "WEEX_API_BASE": "address of the API",
    "WEEX_API_TIMEOUT": "seconds to wait for an answer",
    "WEEX_LOCALE": "language of the exchange's messages",
}
"""Every variable weexctl knows, and what it means."""

_FOREIGN = frozenset(
    (
        "WEEX_AI_API_BASE",
        "WEEX_AI_LOG_CAPTURE_DIR",
        "WEEX_CONTRACT_API_BASE",
        "WEEX_MONITOR_SKILL_HOME",
        "WEEX_ORDER_INTENT_TTL_SECONDS",
        "WEEX_SPOT_API_BASE",
        "WEEX_TRADER_SKILL_HOME",
    )
)
"""Variables of the exchange's own tools (weex-api 21), which may share an environment with ours."""
_RETIRED = {"WEEXCTL_MODE": "WEEXCTL_VENUE"}
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_OUTPUTS: tuple[OutputFormat, ...] = ("table", "json", "ndjson")
_OWNER = "weex.com"
"""The exchange's domain, and every host below it; keys must go nowhere else."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LOCALE = re.compile(r"[A-Za-z]{2}([-_][A-Za-z]{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment's part of the configuration; None where it says nothing. Holds no secret."""

    profile: str | None = None
    venue: Venue | None = None
    output: OutputFormat | None = None
    read_only: bool = False
    kill: Path | bool = False
    """True or False, or the file whose presence means True."""
    vault_passphrase_file: Path | None = None
    scope: Scope | None = None
    """The most any key may be used for."""
    api_base: str | None = None
    """Scheme, host and port, without a slash at the end."""
    api_timeout_s: float | None = None
    locale: str | None = None
    color: bool = True
    """False when `NO_COLOR` is set to anything."""


def read_environment(environ: Mapping[str, str] | None = None) -> Environment:
    """The environment, checked.

    Raises:
        ConfigError: a variable is misspelt, or a value is not what its variable takes.
    """
    values = os.environ if environ is None else environ
    _check_names(values)
    venue = values.get("WEEXCTL_VENUE")
    passphrase_file = values.get("WEEXCTL_VAULT_PASSPHRASE_FILE")
    return Environment(
        profile=values.get("WEEXCTL_PROFILE") or None,
        venue=parse_venue(venue, source="WEEXCTL_VENUE", layer="environment") if venue else None,
        output=_output(values.get("WEEXCTL_OUTPUT") or None),
        read_only=_switch("WEEXCTL_READ_ONLY", values.get("WEEXCTL_READ_ONLY", "")),
        kill=_kill(values.get("WEEXCTL_KILL", "")),
        vault_passphrase_file=Path(passphrase_file).expanduser() if passphrase_file else None,
        scope=_scope(values.get("WEEXCTL_SCOPE") or None),
        api_base=_base(values.get("WEEX_API_BASE") or None),
        api_timeout_s=_timeout(values.get("WEEX_API_TIMEOUT") or None),
        locale=_locale(values.get("WEEX_LOCALE") or None),
        color=not values.get("NO_COLOR"),
    )


def _check_names(values: Mapping[str, str]) -> None:
    """Refuse a name that was probably meant to be one of ours; other programs' variables are left alone."""
    for name in sorted(values):
        if name in VARIABLES or name in _FOREIGN or not name.upper().startswith(("WEEXCTL_", "WEEX_")):
            continue
        near = _RETIRED.get(name) or nearest_word(name.upper(), VARIABLES, cutoff=0.85)
        if near:
            raise ConfigError(
                f"the environment has {name}, which weexctl does not know; nothing was run",
                hint=f"did you mean {near}? ({VARIABLES[near]})",
                code="UNKNOWN_VARIABLE",
            )


def _wrong(name: str, text: str, takes: str, near: str | None = None) -> ConfigError:
    hint = (f"did you mean {near}? " if near else "") + f"{name} takes {takes}"
    return ConfigError(f"{name} is {text!r}; nothing was run", hint=hint, code="BAD_VARIABLE")


def _output(text: str | None) -> OutputFormat | None:
    for word in _OUTPUTS:
        if text == word:
            return word
    if text is None:
        return None
    raise _wrong("WEEXCTL_OUTPUT", text, ", ".join(_OUTPUTS), nearest_word(text.lower(), _OUTPUTS))


def _scope(text: str | None) -> Scope | None:
    words = [scope.value for scope in Scope]
    if text is None or text in words:
        return Scope(text) if text else None
    raise _wrong("WEEXCTL_SCOPE", text, ", ".join(words), nearest_word(text.lower(), words))


def _switch(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _wrong(name, text, "1 or 0", nearest_word(word, (*_TRUE, *_FALSE)))


def _kill(text: str) -> Path | bool:
    """A word that switches, else a path; a file may be absent, that is how it is switched off.

    A path needs a separator: a misspelt word must not pass for a file that is not there.
    """
    word = text.strip().lower()
    if word in (*_TRUE, *_FALSE):
        return word in _TRUE
    if "/" in text or os.sep in text:
        return Path(text).expanduser()
    raise _wrong("WEEXCTL_KILL", text, "1, 0, or the path of a file with its folder, such as ./KILL")


def _base(text: str | None) -> str | None:
    """An address keys may be sent to: https below the exchange's domain, or a simulator on this machine."""
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        host, plain = (parts.hostname or "").lower(), parts.port is None
    except ValueError:
        raise _wrong("WEEX_API_BASE", text, "an address such as https://api-contract.weex.com") from None
    ours = _HOST.fullmatch(host) is not None and (host == _OWNER or host.endswith(f".{_OWNER}"))
    safe = (parts.scheme == "https" and ours and plain) or (parts.scheme in ("http", "https") and host in _LOOPBACK)
    if not safe or parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        takes = f"https and a host of {_OWNER}, or a simulator on this machine: keys are sent nowhere else"
        raise _wrong("WEEX_API_BASE", text.rpartition("@")[2], takes)
    return f"{parts.scheme}://{parts.netloc}"


def _timeout(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 120:
        raise _wrong("WEEX_API_TIMEOUT", text, "seconds, above 0 and at most 120")
    return seconds


def _locale(text: str | None) -> str | None:
    if text is None or _LOCALE.fullmatch(text):
        return text
    raise _wrong("WEEX_LOCALE", text, "a language such as en-US")
