"""What a request says, checked word by word; each kind of mistake has its own code (weex-api 4.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from weexctl.simulator.instruments import Contract
from weexctl.simulator.refusal import Refusal

__all__ = ["Parameters", "is_id", "parse_body", "parse_query"]

INVALID_SYMBOL = -1121
INVALID_JSON = -1135
OUT_OF_RANGE = -1140
EMPTY = -1141
INVALID = -1142
PRECISION = -1160
SPAN = -1170
BACKWARDS = -1171
CLIENT_ID = -1180

LARGEST_EXPONENT = 15
"""Beyond this a number is no price and no size; it also keeps every division within the decimal context."""

_NUMBER = re.compile(r"[+-]?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?")
_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")


class Parameters:
    """The members of a query or a body, by name. Unknown ones are ignored, empty texts and nulls count as absent."""

    def __init__(self, values: Mapping[str, Any], contracts: Mapping[str, Contract]) -> None:
        self._values = values
        self._contracts = contracts

    def raw(self, name: str) -> Any:
        """The value as it came; None when absent."""
        value = self._values.get(name)
        return None if value == "" else value

    def needed(self, name: str) -> Any:
        """The value as it came.

        Raises:
            Refusal: -1141, it is absent.
        """
        if (value := self.raw(name)) is None:
            raise Refusal(EMPTY, f"Parameter {name} cannot be empty.")
        return value

    def word(self, name: str, allowed: Container[str], *, default: str | None = None, code: int = INVALID) -> str:
        """One of a few words; without a default it must be there."""
        value = self.needed(name) if default is None else self.raw(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value not in allowed:
            raise Refusal(code, f"Parameter {name} is invalid.")
        return value

    def symbol(self) -> str:
        """A listed symbol.

        Raises:
            Refusal: -1141 absent, -1121 unknown.
        """
        return self._listed(self.needed("symbol"))

    def symbol_or_all(self) -> str | None:
        """A listed symbol, or None for all."""
        value = self.raw("symbol")
        return None if value is None else self._listed(value)

    def contract(self) -> Contract:
        """The contract of the symbol."""
        return self._contracts[self.symbol()]

    def decimal(self, name: str) -> Decimal:
        """A finite number that must be there."""
        return _decimal(name, self.needed(name))

    def decimal_or_none(self, name: str) -> Decimal | None:
        """A finite number, None when absent."""
        value = self.raw(name)
        return None if value is None else _decimal(name, value)

    def price(self, name: str, contract: Contract) -> Decimal:
        """A positive price on the contract's step."""
        price = self.decimal(name)
        if price <= 0:
            raise Refusal(INVALID, f"Parameter {name} is invalid.")
        if price % contract.instrument.price_step:
            raise Refusal(PRECISION, f"Parameter {name} exceeds the precision of {contract.price_decimals} decimals.")
        return price

    def price_or_none(self, name: str, contract: Contract) -> Decimal | None:
        """As `price`; None when absent or zero."""
        if not self.decimal_or_none(name):
            return None
        return self.price(name, contract)

    def integer(self, name: str) -> int:
        """A whole number that must be there."""
        return _integer(name, self.needed(name))

    def integer_or_none(self, name: str) -> int | None:
        """A whole number, None when absent."""
        value = self.raw(name)
        return None if value is None else _integer(name, value)

    def limit(self, most: int, default: int) -> int:
        """The number of rows wanted, 1 to `most`."""
        value = self.integer_or_none("limit")
        if value is None:
            return default
        if not 1 <= value <= most:
            raise Refusal(OUT_OF_RANGE, f"Parameter limit must be between 1 and {most}.")
        return value

    def span(self, *, longest_ms: int, now_ms: int) -> tuple[int, int]:
        """startTime and endTime, both inclusive; absent ones are the longest span up to now."""
        start, end = self.integer_or_none("startTime"), self.integer_or_none("endTime")
        end_ms = end if end is not None else (now_ms if start is None else start + longest_ms)
        start_ms = start if start is not None else end_ms - longest_ms
        if start_ms > end_ms:
            raise Refusal(BACKWARDS, "startTime must not be after endTime.")
        if end_ms - start_ms > longest_ms:
            raise Refusal(SPAN, "Query time out of range.")
        return start_ms, end_ms

    def client_id(self, name: str) -> str:
        """The client's own id, 1 to 36 characters of a small alphabet."""
        value = self.needed(name)
        if not isinstance(value, str) or not _CLIENT_ID.fullmatch(value):
            raise Refusal(CLIENT_ID, f"Parameter {name} must match ^[.A-Z:/a-z0-9_-]{{1,36}}$.")
        return value

    def _listed(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self._contracts:
            raise Refusal(INVALID_SYMBOL, "Invalid symbol.")
        return value


def is_id(text: str) -> bool:
    """Whether a text can be an order id."""
    return text.isascii() and text.isdigit() and len(text) <= 19


def parse_query(query: str) -> dict[str, Any]:
    """The members of a query string; of a repeated name the last counts."""
    return dict(_parsed(query)) if query else {}


@lru_cache(maxsize=256)
def _parsed(query: str) -> tuple[tuple[str, str], ...]:
    """Who looks at an account asks the same few again and again."""
    return tuple(parse_qsl(query, keep_blank_values=True))


def parse_body(body: bytes) -> dict[str, Any]:
    """The members of a JSON object, numbers exact; an empty body has none.

    Raises:
        Refusal: -1135, it is no JSON object.
    """
    if not body:
        return {}
    try:
        value = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refusal(INVALID_JSON, "Invalid JSON.") from None
    if not isinstance(value, dict):
        raise Refusal(INVALID_JSON, "Invalid JSON.")
    return value


def _decimal(name: str, value: Any) -> Decimal:
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool) and _NUMBER.fullmatch(str(value)):
        number = Decimal(value)
        if abs(number.adjusted()) <= LARGEST_EXPONENT:
            return number
    raise Refusal(INVALID, f"Parameter {name} is invalid.")


def _integer(name: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        return int(value)
    raise Refusal(INVALID, f"Parameter {name} is invalid.")
