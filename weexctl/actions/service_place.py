"""Where a service lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from weexctl.actions.context import Context
from weexctl.actions.service_manager import UnitState, ask_manager
from weexctl.actions.service_unit import SERVICE_USER, Manager, unit_name
from weexctl.config.paths import Paths
from weexctl.config.venue import Venue

__all__ = ["SYSTEM_UNITS", "Place"]

SYSTEM_UNITS = Path("/etc/systemd/system")


@dataclass(frozen=True, slots=True)
class Place:
    """One service: whose it is, where its unit lies, and the world it is asked about in."""

    manager: Manager
    venue: Venue
    account: str
    context: Context
    paths: Paths

    @property
    def unit(self) -> str:
        """Name of the unit."""
        return unit_name(self.venue, self.account)

    @property
    def file(self) -> Path:
        """The unit file."""
        if self.manager == "system":
            return SYSTEM_UNITS / self.unit
        home = self.context.environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        return Path(home) / "systemd" / "user" / self.unit

    @property
    def systemctl(self) -> str:
        """What a person types to talk to its manager."""
        return "systemctl --user" if self.manager == "user" else "sudo systemctl"

    @property
    def mine(self) -> str:
        """What stands before a command that is about this service's own folders."""
        if self.manager == "user":
            return "weexctl"
        folders = f"WEEXCTL_CONFIG_DIR={self.paths.config} WEEXCTL_DATA_DIR={self.paths.data}"
        return f"sudo -u {SERVICE_USER} env {folders} weexctl"

    @property
    def state(self) -> UnitState:
        """What its manager says of it now."""
        return ask_manager(self.unit, self.manager)
