"""Text in the cells of tables: nothing in it is taken for markup or for a terminal's orders."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from weexctl.actions.moment import iso_utc
from weexctl.cli.text import one_line

__all__ = ["cell", "shown"]


def cell(value: Any, style: str = "", *, name: str = "") -> Text:
    """The value as a cell; `name` is the field it comes from."""
    return Text(shown(value, name), style=style)


def shown(value: Any, name: str = "") -> str:
    """The value as a person reads it: `–` for nothing, yes and no, and UTC for a field that ends in `_ms`."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_ms") and value > 1_000_000_000_000:
        return iso_utc(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_nested(entry) for entry in value) or "–"
    return one_line(str(value))


def _nested(entry: Any) -> str:
    return f"({shown(entry)})" if isinstance(entry, (list, tuple)) else shown(entry)
