"""Frozen records that cost little to make and to copy, for those that are made at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from functools import wraps
from typing import Any, TypeVar

__all__ = ["copier", "quick"]

T = TypeVar("T")


def quick(kind: type[T]) -> type[T]:
    """A class decorator: the constructor of a frozen dataclass with slots at less than half of its cost.

    The usual one writes each field around the freeze, one call a field. This one thaws the new object, writes the
    fields plainly, and freezes it before anybody else sees it.

    Args:
        kind: a frozen dataclass with slots and without `__post_init__`.
    """
    specs: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]
    names = [spec.name for spec in specs]
    known: dict[str, Any] = {"_kind": kind, "_thawed": _thawed(kind), "_put": object.__setattr__, "_missing": MISSING}
    only_named = any(spec.kw_only for spec in specs)
    arguments, made = [], []
    for spec in specs:
        if spec.default is not MISSING:
            known[f"_default_{spec.name}"] = spec.default
            arguments.append(f"{spec.name}=_default_{spec.name}")
        elif spec.default_factory is not MISSING:
            known[f"_make_{spec.name}"] = spec.default_factory
            arguments.append(f"{spec.name}=_missing")
            made.append(f" if {spec.name} is _missing: {spec.name} = _make_{spec.name}()")
        else:
            arguments.append(spec.name)
    lines = [
        f"def __init__(self, {'*, ' if only_named else ''}{', '.join(arguments)}):",
        *made,
        " _put(self, '__class__', _thawed)",
        *(f" self.{name} = {name}" for name in names),
        " self.__class__ = _kind",
    ]
    usual = kind.__init__
    kind.__init__ = wraps(usual)(_function("__init__", lines, known))  # type: ignore[method-assign]
    vars(kind.__init__).pop("__wrapped__")  # it is not this one that is called
    return kind


def copier(kind: type[T]) -> Callable[..., T]:
    """What copies a record with some fields changed: `dataclasses.replace` at a small part of its cost.

    Nothing is checked: neither the names of the changed fields nor what they become.

    Args:
        kind: a frozen dataclass with slots and without `__post_init__`.
    """
    names = [spec.name for spec in fields(kind)]  # type: ignore[arg-type]
    known: dict[str, Any] = {"kind": kind, "thawed": _thawed(kind), "new": object.__new__}
    lines = [
        "def copy(record, **changes):",
        " made = new(thawed)",
        *(f" made.{name} = record.{name}" for name in names),
        " for name, value in changes.items(): setattr(made, name, value)",
        " made.__class__ = kind",
        " return made",
    ]
    copy: Callable[..., T] = _function("copy", lines, known)
    return copy


def _thawed(kind: type[T]) -> type[T]:
    """The same class without its freeze."""
    plain = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}  # one slot of the type: both or none
    return type(kind.__name__, (kind,), {"__slots__": (), **plain})


def _function(name: str, lines: list[str], known: dict[str, Any]) -> Callable[..., Any]:
    exec("\n".join(lines), known)  # noqa: S102  # as dataclasses does: the text is made of field names only
    made: Callable[..., Any] = known[name]
    return made
