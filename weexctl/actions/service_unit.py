"""The systemd unit of an account's run, as text. Pure: what goes into it is found elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from weexctl.config.vault_passphrase import CREDENTIAL
from weexctl.config.venue import Venue

__all__ = ["CREDENTIAL_FILE", "NOT_FOR_USERS", "SERVICE_USER", "Unit", "render", "unit_name"]

Manager = Literal["user", "system"]

SERVICE_USER = "weexctl"
"""Whom a unit of the system runs as."""
CREDENTIAL_FILE = "/etc/weexctl/vault.cred"
"""The encrypted passphrase of the vault, for units of the system."""

_HARDENING = {
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "RestrictAddressFamilies": "AF_INET AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictRealtime": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
    "SystemCallArchitectures": "native",
    "LimitCORE": "0",
    "MemoryMax": "1G",
    "OOMPolicy": "stop",
    "TasksMax": "64",
}
"""What every manager can do."""
_SYSTEM_ONLY = {
    "User": SERVICE_USER,
    "StateDirectory": "weexctl",
    "StateDirectoryMode": "0700",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
}
"""What needs rights that the manager of a user does not have, or folders of its own."""
NOT_FOR_USERS = (*_SYSTEM_ONLY, "LoadCredentialEncrypted")
"""What a unit of a user has to do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One account's run under a service manager."""

    manager: Manager
    venue: Venue
    account: str
    command: tuple[str, ...]
    """The program's absolute path and its arguments."""
    environment: Mapping[str, str]


def unit_name(venue: Venue, account: str) -> str:
    """Name of the unit of an account: there is one writer per account, and so one unit."""
    return f"weexctl-{venue.value}-{account}.service"


def render(unit: Unit) -> str:
    """The unit file."""
    return "\n".join(_lines(unit)) + "\n"


def _lines(unit: Unit) -> Iterator[str]:
    system = unit.manager == "system"
    yield "# Written by `weexctl service install`, which also replaces it."
    yield "[Unit]"
    yield f"Description=weexctl at {unit.venue.value}, account {unit.account}"
    if system:  # the manager of a user does not know these
        yield "Wants=network-online.target time-sync.target"
        yield "After=network-online.target time-sync.target"
    yield "StartLimitIntervalSec=600"
    yield "StartLimitBurst=20"
    yield ""
    yield "[Service]"
    yield from _life(unit.venue)
    yield f"ExecStart={' '.join(_word(word) for word in unit.command)}"
    for name, value in unit.environment.items():
        yield f"Environment={_setting(name, value)}"
    if system and unit.venue.needs_keys:
        yield f"LoadCredentialEncrypted={CREDENTIAL}:{CREDENTIAL_FILE}"
    yield from (f"{name}={value}" for name, value in (_HARDENING | (_SYSTEM_ONLY if system else {})).items())
    yield ""
    yield "[Install]"
    yield f"WantedBy={'multi-user' if system else 'default'}.target"


def _life(venue: Venue) -> Iterator[str]:
    """How it starts, what counts as alive, when it is started again."""
    if venue is Venue.SIM:  # a run on the simulator ends by itself
        yield from ("Type=exec", "Restart=on-failure", "RestartPreventExitStatus=2 3 9")
    else:
        yield from ("Type=notify", "NotifyAccess=main", "TimeoutStartSec=120", "WatchdogSec=60", "Restart=always")
        yield "RestartPreventExitStatus=2 3"  # what was typed or set up is wrong: to try again changes nothing
    yield from ("RestartSec=2", "RestartSteps=5", "RestartMaxDelaySec=60", "KillMode=mixed", "TimeoutStopSec=45")


def _word(word: str) -> str:
    """One word of a command line, as systemd reads it."""
    return _quoted(word.replace("$", "$$"))


def _setting(name: str, value: str) -> str:
    return _quoted(f"{name}={value}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "%%")
    plain = all(letter.isalnum() or letter in "-_./=:,@+$%" for letter in text)
    return escaped if plain else '"' + escaped.replace('"', '\\"').replace("\n", "\\n") + '"'
