"""One service: the unit, what its manager says, and what its journal says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.service import StatusOutput

__all__ = ["view"]

_LABELS = {
    "unreadable": "journal",
    "process": "process",
    "heartbeat_ms": "journal written",
    "profile": "profile",
    "status": "run",
    "steps": "steps",
    "last_step_ms": "last step",
    "equity": "equity",
    "open_positions": "open",
    "breakers": "breakers",
    "latches": "wait for a person",
}


def view(data: StatusOutput) -> RenderableType:
    """Labels and values, the empty ones left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row(cell("unit", "bold"), cell(f"{data.unit} ({data.manager})", "bold"))
    grid.add_row(cell("file"), cell(data.path if data.installed else f"{data.path} (not installed)"))
    says = ", ".join(f"{name} {value}" for name, value in data.manager_says.items() if value)
    grid.add_row(cell("manager"), cell(data.manager_absent or says))
    grid.add_row(cell("halted"), cell(data.halted or "no"))
    for name, label in _LABELS.items():
        value = getattr(data.run, name)
        if value not in (None, "", ()):
            grid.add_row(cell(label), cell(value, name=name))
    return grid
