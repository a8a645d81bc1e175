"""How an answer looks to a person: one module per action, found by the action's name.

`plugins.list` is drawn by `view(data)` in `weexctl.cli.views.plugins_list`; an action without such a module gets a
table of keys and values. A view gets the action's `Output` and returns something rich can print.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["find_view"]


def find_view(name: str) -> Callable[[Any], RenderableType] | None:
    """The view of the action with this dotted name, None when nobody has drawn one."""
    module = f"{__name__}.{name.replace('.', '_').replace('-', '_')}"
    if find_spec(module) is None:
        return None
    view: Callable[[Any], RenderableType] = import_module(module).view
    return view
