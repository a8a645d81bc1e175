"""The view of an action that has none of its own: keys and values, and a table for every list of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from weexctl.cli.views.cells import cell, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["rows_table", "view"]


def view(data: Any) -> RenderableType:
    """Plain data (mappings, lists and scalars) as tables."""
    if _is_rows(data):
        return rows_table(data)
    if not isinstance(data, Mapping):
        return cell(data)
    grid = Table.grid(padding=(0, 2))
    tables: list[RenderableType] = []
    for name, value in _flat(data):
        if _is_rows(value):
            tables.append(rows_table(value, title=name))
        else:
            grid.add_row(cell(name, "bold"), cell(value, name=name))
    return Group(*([grid] if grid.row_count else []), *tables)


def rows_table(rows: list[Mapping[str, Any]], title: str | None = None) -> Table:
    """One line per row; the columns are the fields of all rows, in order of first appearance."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(cell(_compact(row.get(name)), name=name) for name in columns))
    return table


def _flat(data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _compact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(entry, name)}" for name, entry in _flat(value))
    return value


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)
