"""Whether a space makes sense for a profile: found out before anything is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weexctl.backtest.sweep_space import Params, Range, Space, Value
from weexctl.config.layers import parse_path
from weexctl.config.profile import Profile
from weexctl.errors import UsageError, WeexctlError

__all__ = ["check_space", "own_values"]


def check_space(space: Space, profile_of: Callable[[Params], Profile]) -> None:
    """Put the ends of every range and every choice into the profile, by themselves and beside the ends of the others.

    Raises:
        UsageError: a path that the profile does not have, or a value that it takes in no company.
    """
    lowest = {dimension.path: dimension.probes()[0] for dimension in space.dimensions}
    highest = {dimension.path: dimension.probes()[1] for dimension in space.dimensions}
    for dimension in space.dimensions:
        for value in dimension.probes():
            one: dict[str, Value] = {dimension.path: value}
            errors = [error for others in ({}, lowest, highest) if (error := _refused(profile_of, {**others, **one}))]
            if len(errors) == 3:
                said = errors[0].message.removeprefix("flag: ")
                whole = isinstance(dimension, Range) and not dimension.integer and "whole number" in said
                raise UsageError(
                    f"the sweep cannot try {dimension.path} = {_shown(value)}: {said}",
                    hint="add :int to the range, or int = true in a file" if whole else errors[0].hint,
                    code="BAD_SPACE",
                ) from errors[0]


def own_values(space: Space, profile: Profile) -> dict[str, Value]:
    """The profile's own value at each path, without those it has none at."""
    tables = profile.to_toml_dict()
    found: dict[str, Value] = {}
    for dimension in space.dimensions:
        value: Any = tables
        for part in parse_path(dimension.path):
            value = _inside(value, part)
        if isinstance(value, str) and isinstance(dimension, Range):
            value = float(value)
        if isinstance(value, (bool, int, float, str)):
            found[dimension.path] = value
    return found


def _inside(value: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return value[part] if isinstance(value, list) and part < len(value) else None
    return value.get(part) if isinstance(value, Mapping) else None


def _refused(profile_of: Callable[[Params], Profile], params: Params) -> WeexctlError | None:
    try:
        profile_of(params)
    except WeexctlError as error:
        return error
    return None


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
