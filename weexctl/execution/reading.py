"""Reads whose failure is a value that cannot be mistaken for an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from weexctl.errors import ExchangeError

__all__ = ["Unavailable", "read"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A read that failed: neither empty, nor zero, nor flat. It has no length and no truth value."""

    what: str
    error: ExchangeError

    def __bool__(self) -> bool:
        raise TypeError(f"{self.what} is unavailable; it is neither true nor false")

    def __len__(self) -> int:
        raise TypeError(f"{self.what} is unavailable; it has no length")


def read(what: str, fetch: Callable[[], T]) -> T | Unavailable:
    """What the exchange answered, or why it is not known."""
    try:
        return fetch()
    except ExchangeError as error:
        return Unavailable(what, error)
