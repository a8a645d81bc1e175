"""Kinds of value that both generations of the API send, and the one way to parse an answer.

Ids may come as text or as a JSON number of 18 or 19 digits: they become text, exactly. Amounts may come as text or
as a number: a number is read as the shortest decimal that is the same double, exact up to 15 digits; the exchange
sends money as text. NaN and infinity are refused. Unknown members are ignored.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import no_proof

__all__ = ["Amount", "Decimals", "Id", "Moment", "Row", "parsed"]

_ID = re.compile(r"[0-9]{1,20}")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
_LATEST_MS = 10**14  # the year 5138


def _id(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value)
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ValueError("not an id")  # a float lands here too: its digits would be wrong


def _amount(value: object) -> object:
    if isinstance(value, str) and not _AMOUNT.fullmatch(value):
        raise ValueError("not an amount")
    if isinstance(value, bool) or (isinstance(value, int | float) and not abs(value) < 1e40):
        raise ValueError("not an amount")  # pydantic turns ValueError into a validation error
    return value


Id = Annotated[str, BeforeValidator(_id)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Moment = Annotated[int, Field(ge=0, le=_LATEST_MS)]
"""UTC milliseconds, as a number or as text."""
Decimals = Annotated[int, Field(ge=-12, le=18)]
"""A count of decimal places; below zero it counts zeros before the point."""


class Row(BaseModel):
    """An object of an answer. Field names are those of the wire in snake case unless an alias says otherwise."""

    model_config = ConfigDict(extra="ignore", frozen=True)


T = TypeVar("T")


def parsed(adapter: TypeAdapter[T], body: bytes, endpoint: Endpoint) -> T:
    """The body as the documentation describes it.

    Raises:
        WireError: a read's body is something else.
        OutcomeUnknownError: a write's body is something else, so it proves nothing.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        what = f"answered otherwise than documented ({place}: {first['msg']})"
        raise no_proof(endpoint, what, body) from None  # the library's own text shows what came
