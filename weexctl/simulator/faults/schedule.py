"""A schedule: every fault of one run, as a file can hold it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.words import Word

__all__ = ["Schedule"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The seed of all draws, and the faults."""

    seed: int
    faults: tuple[Fault, ...] = ()

    def of(self, words: Iterable[Word]) -> tuple[Fault, ...]:
        """The faults of these kinds, in order."""
        wanted = frozenset(words)
        return tuple(fault for fault in self.faults if fault.word in wanted)

    def without(self, number: int) -> Schedule:
        """The same schedule less one fault."""
        return Schedule(self.seed, self.faults[:number] + self.faults[number + 1 :])

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"seed": self.seed, "faults": [fault.to_json() for fault in self.faults]}

    def text(self) -> str:
        """One line of JSON for each fault."""
        return "\n".join(json.dumps(fault.to_json()) for fault in self.faults)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Schedule:
        """The schedule that plain data describe.

        Raises:
            ValueError, TypeError, KeyError: they describe none.
        """
        return cls(int(data["seed"]), tuple(Fault.from_json(row) for row in data["faults"]))
