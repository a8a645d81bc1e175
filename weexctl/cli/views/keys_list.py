"""The keys, one per line, without any part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.keys import ListOutput

__all__ = ["view"]


def view(data: ListOutput) -> RenderableType:
    """A table; the fingerprint tells two keys apart."""
    if not data.keys:
        return cell("No keys are stored, and the environment has none.")
    table = Table("alias", "scope", "venue", "stored", "fingerprint", "from", box=SIMPLE_HEAD)
    for row in data.keys:
        table.add_row(
            cell(row.alias, "bold"),
            cell(row.scope),
            cell(row.venue),
            cell(row.created_ms, name="created_ms"),
            cell(row.fingerprint),
            cell(row.source),
        )
    return table
