"""Records to table columns and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from enum import IntEnum, StrEnum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from weexctl.errors import WeexctlError

__all__ = ["Shape", "SqlValue", "json_text"]

R = TypeVar("R")
SqlValue = str | int | float | bytes | None
_Encode = Callable[[Any], SqlValue]
_Decode = Callable[[Any], Any]


def json_text(value: object) -> str:
    """The value as compact JSON. Decimals become text; NaN and infinity have no JSON and are refused."""
    try:
        return _encode(value)
    except (TypeError, ValueError) as error:
        raise WeexctlError(
            f"a value cannot be written as JSON ({error}); it was not recorded", code="NOT_JSON"
        ) from error


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return _decimal_text(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain).encode


def _decimal_text(value: Decimal) -> str:
    if not value.is_finite():
        raise WeexctlError(f"{value} is no amount; it was not recorded", code="NOT_FINITE")
    return format(value, "f")


def _same(value: Any) -> Any:
    return value


def _codec(kind: Any) -> tuple[_Encode, _Decode]:
    if get_origin(kind) is UnionType:
        (inner,) = (part for part in get_args(kind) if part is not NoneType)
        encode, decode = _codec(inner)
        return (
            lambda value: None if value is None else encode(value),
            lambda value: None if value is None else decode(value),
        )
    origin = get_origin(kind) or kind
    if origin is dict:
        return json_text, json.loads
    if origin is tuple:
        return json_text, lambda text: tuple(json.loads(text))
    if origin is Decimal:
        return _decimal_text, Decimal
    if origin is bool:
        return int, bool
    if issubclass(origin, StrEnum):
        return str, origin
    if issubclass(origin, IntEnum):
        return lambda member: str(member.name), origin.__getitem__
    return _same, _same


class Shape(Generic[R]):
    """How one record type lies in one table: its columns are the record's fields, in their order.

    Text, integers and floats stay; decimals and JSON are text; booleans are 0 and 1; enumerations are their word.
    """

    def __init__(self, table: str, record: type[R]) -> None:
        hints = get_type_hints(record)
        self.table = table
        self.record = record
        self.columns = tuple(field.name for field in fields(record))  # type: ignore[arg-type]  # always a dataclass
        codecs = [_codec(hints[name]) for name in self.columns]
        self._encoders = tuple((place, encode) for place, (encode, _) in enumerate(codecs) if encode is not _same)
        self._decoders = tuple((place, decode) for place, (_, decode) in enumerate(codecs) if decode is not _same)
        self._pick = attrgetter(*self.columns)  # more than one column always
        columns = ", ".join(f'"{name}"' for name in self.columns)
        self.select = f"SELECT {columns} FROM {table}"  # noqa: S608  # names come from our own dataclasses
        """`SELECT every, column FROM table`, to be continued."""

    def insert(self, conflict: str = "") -> str:
        """`INSERT INTO table …` with one placeholder per column, and what to do about a row that is there."""
        return f"INSERT {self._into} {conflict}"

    def replace(self) -> str:
        """The same, in place of a row that is there."""
        return f"REPLACE {self._into}"

    @property
    def _into(self) -> str:
        columns = ", ".join(f'"{name}"' for name in self.columns)
        return f"INTO {self.table} ({columns}) VALUES ({', '.join('?' * len(self.columns))})"

    def values(self, row: R) -> tuple[SqlValue, ...]:
        """The record as column values."""
        encoded = list(self._pick(row))
        for place, encode in self._encoders:
            encoded[place] = encode(encoded[place])
        return tuple(encoded)

    def build(self, values: Sequence[Any]) -> R:
        """The record of one selected row."""
        decoded = list(values)
        for place, decode in self._decoders:
            decoded[place] = decode(decoded[place])
        return self.record(**dict(zip(self.columns, decoded, strict=True)))

    def build_all(self, rows: Iterable[Sequence[Any]]) -> list[R]:
        """The records of selected rows, in their order."""
        return [self.build(row) for row in rows]
