"""Comparing the shape of two JSON values."""

from __future__ import annotations

from typing import Any

__all__ = ["alike"]

NUMBER = (int, float)


def alike(expected: Any, found: Any, where: str) -> None:
    """Every member of the sample is there, of the same JSON type; null in the sample or in ours says nothing."""
    if expected is None or found is None:
        return
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        assert set(expected) <= set(found), f"{where}: {set(expected) - set(found)}"
        for name, value in expected.items():
            alike(value, found[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert found or not expected, f"{where} is empty"
        if expected and isinstance(expected[0], dict):
            alike(expected[0], found[0], f"{where}[0]")
        else:
            for number, (one, other) in enumerate(zip(expected, found, strict=False)):
                alike(one, other, f"{where}[{number}]")
    elif isinstance(expected, bool) or not isinstance(expected, NUMBER):
        assert type(found) is type(expected), where
    else:
        assert isinstance(found, NUMBER), where
        assert not isinstance(found, bool), where
