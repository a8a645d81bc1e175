"""What a service runs: program, arguments and variables."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from weexctl.actions.registry import find
from weexctl.actions.service_place import Place
from weexctl.config.profile_file import find_profile
from weexctl.errors import ConfigError

__all__ = ["arguments", "program", "variables"]

_KEPT = ("WEEXCTL_SCOPE", "WEEXCTL_READ_ONLY", "WEEXCTL_LOAD_PLUGINS", "WEEX_API_BASE", "WEEX_LOCALE")
"""Variables that go into the unit when they are set. No secret is among them."""
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def program() -> tuple[str, ...]:
    """The installed program by its absolute path, that of this interpreter first."""
    beside = Path(sys.executable).parent / "weexctl"
    if os.access(beside, os.X_OK):
        return (str(beside),)
    found = shutil.which("weexctl")
    return (str(Path(found).absolute()),) if found else (sys.executable, "-m", "weexctl")


def arguments(service: Place, profile: str, account: str | None) -> tuple[str, ...]:
    """What the program is to do.

    Raises:
        UsageError: there is no such profile.
        ConfigError: `trade` cannot be told an account.
    """
    found = find_profile(profile, paths=service.paths)
    # A service has another working directory: what was found in a file is named by its place.
    named = profile if found.path is None else str(found.path.absolute())
    words = ("trade", "--profile", named, "--venue", service.venue.value)
    if account is None:
        return words
    trade = find("trade")
    if trade is None or all(parameter.name != "account" for parameter in trade.parameters):
        raise ConfigError(
            f"this version of `weexctl trade` takes no --account, so there is no service for {account}; "
            "nothing was installed",
            hint="leave --account out",
            code="ONE_ACCOUNT",
        )
    return (*words, "--account", service.account)


def variables(service: Place) -> dict[str, str]:
    """The variables of the unit."""
    given = service.context.environment
    kept = {name: given[name] for name in _KEPT if given.get(name)}
    if service.manager == "user" and (file := given.get("WEEXCTL_VAULT_PASSPHRASE_FILE")):
        kept["WEEXCTL_VAULT_PASSPHRASE_FILE"] = str(Path(file).expanduser().absolute())
    return {
        "WEEXCTL_CONFIG_DIR": str(service.paths.config),
        "WEEXCTL_DATA_DIR": str(service.paths.data),
        "WEEXCTL_LOG": "json",
        "WEEXCTL_OUTPUT": "json",
        "PYTHONUNBUFFERED": "1",
        **dict.fromkeys(_THREADS, "1"),
        **kept,
    }
