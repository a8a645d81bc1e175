"""Some fields of an answer, picked by dotted path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from weexctl.actions.context import Notice
from weexctl.actions.spelling import nearest

__all__ = ["paths_in", "pick", "unknown_fields"]

Tree = dict[str, "Tree"]


def pick(data: Any, paths: Sequence[str]) -> Any:
    """The data with only these fields, in the data's order.

    A path goes through lists: `orders.price` is the price of every order.
    """
    tree: Tree = {}
    for path in paths:
        branch = tree
        for word in path.split("."):
            branch = branch.setdefault(word, {})
    return _project(data, tree)


def unknown_fields(data: Any, paths: Sequence[str]) -> tuple[Notice, ...]:
    """A warning for every path that leads nowhere in this data. The rest of the answer is not withheld for it."""
    known = dict.fromkeys(paths_in(data))
    wrong = [path for path in paths if path not in known and not _under_empty(data, path.split("."))]
    return tuple(Notice("UNKNOWN_FIELD", _complaint(path, known)) for path in wrong)


def paths_in(data: Any, before: str = "") -> Iterator[str]:
    """Every dotted path of the data, shorter ones first on each branch; rows of a list may repeat a path."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield before + name
            yield from paths_in(value, f"{before}{name}.")
    elif isinstance(data, list):
        for row in data:
            yield from paths_in(row, before)


def _project(data: Any, tree: Tree) -> Any:
    if not tree:
        return data
    if isinstance(data, list):
        return [_project(row, tree) for row in data]
    if isinstance(data, Mapping):
        return {name: _project(value, tree[name]) for name, value in data.items() if name in tree}
    return data


def _under_empty(data: Any, words: list[str]) -> bool:
    """Whether the path ends in an empty list, an empty table or nothing, where no field can be seen to be wrong."""
    if data is None or data in ([], {}):
        return True
    if isinstance(data, list):
        return all(_under_empty(row, words) for row in data)
    return bool(words) and isinstance(data, Mapping) and words[0] in data and _under_empty(data[words[0]], words[1:])


def _complaint(path: str, known: Iterable[str]) -> str:
    guess = nearest(path, known)
    return f"there is no field {path!r} in data" + (f"; did you mean {guess}?" if guess else "")
