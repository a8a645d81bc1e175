"""What a V2 request says: symbols and numbered choices of that generation, and the same checks underneath."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from weexctl.simulator.parameters import BACKWARDS, INVALID, Parameters
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.words_v2 import symbol_v3

__all__ = ["VALIDATION", "ParametersV2"]

VALIDATION = 40017
"""PARAM_VALIDATE: the members themselves are wrong, not the value of one."""
LONGEST_CLIENT_ID = 40

Choice = TypeVar("Choice")
_PLAIN_ID = re.compile(r"[.A-Z:/a-z0-9_-]+")


class ParametersV2(Parameters):
    """The members of a V2 query or body. The V3 handlers can read them too: a symbol is the same to both."""

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Other members, read against the same contracts."""
        return type(self)(values, self._contracts)

    def replaced(self, **values: Any) -> Self:
        """The same members, some of them replaced."""
        return self.with_values({**self._values, **values})

    def choice(self, name: str, choices: Mapping[str, Choice], *, default: str | None = None) -> Choice:
        """One of a few numbered or named choices, sent as text or as a number; needed without a default."""
        value = self.needed(name) if default is None else self.raw(name)
        if value is None and default is not None:
            value = default
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if text not in choices:
            raise Refusal(INVALID, f"Parameter {name} is invalid")
        return choices[text]

    def choice_or_none(self, name: str, choices: Mapping[str, Choice]) -> Choice | None:
        """As `choice`; None when absent."""
        return None if self.raw(name) is None else self.choice(name, choices)

    def client_oid(self, name: str, *, plain: bool) -> str:
        """The client's own id, up to 40 characters; `plain` ones without special characters."""
        value = self.needed(name)
        fits = isinstance(value, str) and len(value) <= LONGEST_CLIENT_ID
        if not fits or (plain and not _PLAIN_ID.fullmatch(value)):
            raise Refusal(INVALID, f"Parameter {name} is invalid")
        return str(value)

    def order_id(self, name: str = "orderId") -> int:
        """An order id under its right name.

        Raises:
            Refusal: 40017, it is absent (the answers spell it otherwise, and that name is not taken); 40020, no id.
        """
        if self.raw(name) is None:
            raise Refusal(VALIDATION, f"Parameter verification failed: {name}")
        return self.integer(name)

    def texts(self, name: str) -> list[str]:
        """A list of ids as texts; empty when absent."""
        value = self.raw(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, str | int) for row in value):
            raise Refusal(INVALID, f"Parameter {name} is invalid")
        return [str(row) for row in value]

    def page(self) -> int:
        """The page wanted, from 0."""
        return max(0, self.integer_or_none("page") or 0)

    def count(self, name: str, most: int, default: int) -> int:
        """The number of rows wanted, 1 to `most`."""
        value = self.integer_or_none(name)
        if value is None:
            return default
        if not 1 <= value <= most:
            raise Refusal(INVALID, f"Parameter {name} is invalid")
        return value

    def within(self, now_ms: int) -> range:
        """The moments from startTime to endTime, both inclusive; absent ones are open ends."""
        start, end = self.integer_or_none("startTime"), self.integer_or_none("endTime")
        if start is not None and end is not None and start > end:
            raise Refusal(BACKWARDS, "Parameter startTime is invalid")
        return range(start or 0, (now_ms if end is None else end) + 1)

    def _listed(self, value: Any) -> str:
        symbol = symbol_v3(value) if isinstance(value, str) else ""
        if symbol not in self._contracts:
            raise Refusal(INVALID, "Parameter symbol is invalid")
        return symbol
