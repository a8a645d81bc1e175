"""Copies of frozen records with some fields changed, for records that are copied at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import TypeVar

__all__ = ["copier"]

T = TypeVar("T")


def copier(kind: type[T]) -> Callable[..., T]:
    """What copies a record of a frozen dataclass: `dataclasses.replace` at a third of its cost.

    Nothing is checked: neither the names of the changed fields nor, since no constructor runs, what they become.

    Args:
        kind: a dataclass of two or more fields, without `__post_init__`.
    """
    names = tuple(spec.name for spec in fields(kind))  # type: ignore[arg-type]
    values, put = attrgetter(*names), object.__setattr__

    def copy(record: T, **changes: object) -> T:
        made = object.__new__(kind)
        for name, value in zip(names, values(record), strict=True):
            put(made, name, value)
        for name, value in changes.items():
            put(made, name, value)
        return made

    return copy
