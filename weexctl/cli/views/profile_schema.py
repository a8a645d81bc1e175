"""Where the schema went, or what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weexctl.cli.views.cells import cell

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.profiles import SchemaOutput

__all__ = ["view"]


def view(data: SchemaOutput) -> RenderableType:
    """A sentence: the schema itself is for editors, in a file or as JSON."""
    if data.path is not None:
        return cell(f"The schema is in {data.path}{', in place of an earlier one' if data.replaced else ''}.")
    known = len(data.json_schema.get("$defs", {}))
    return cell(f"A schema with {known} tables; -o json shows it, --write PATH puts it into a file.")
