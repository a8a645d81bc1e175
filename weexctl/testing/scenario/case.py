"""The catalogue: failures that happened to somebody, each a file that says what goes wrong and what must hold."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from weexctl.errors import UsageError
from weexctl.model.side import PositionSide
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.schedule import Schedule
from weexctl.testing.scenario.run import Outcome, Plan
from weexctl.testing.scenario.wish import Wish

__all__ = ["Case", "Expectation", "find_case", "list_cases"]

_FOLDER = Path(__file__).parent / "cases"
_SEED = 11


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be so at rest, besides every invariant. None asks nothing."""

    entries: int | None = None
    """Orders of ours that opened something."""
    held: tuple[tuple[str, PositionSide], ...] | None = None
    """The positions, exactly."""
    open: tuple[str, ...] = ()
    """Invariants that this case is known to break today."""

    def missed(self, entries: int, held: set[tuple[str, PositionSide]]) -> list[str]:
        """What is otherwise than expected, in words."""
        said = []
        if self.entries is not None and entries != self.entries:
            said.append(f"{entries} entries were filled, expected {self.entries}")
        if self.held is not None and held != set(self.held):
            said.append(f"held are {_shown(held)}, expected {_shown(set(self.held))}")
        return said


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario of the catalogue."""

    id: str
    title: str
    plan: Plan
    expect: Expectation = field(default_factory=Expectation)

    def unexpected(self, outcome: Outcome) -> list[str]:
        """What a run of this case came to that it should not have."""
        return self.expect.missed(outcome.entries, outcome.held)


def list_cases() -> tuple[str, ...]:
    """Every id, in order."""
    return tuple(_index())


def find_case(name: str) -> Case:
    """The case with this id, whatever the case of its letters.

    Raises:
        UsageError: there is none.
    """
    path = _index().get(name.upper())
    if path is None:
        from difflib import get_close_matches

        near = get_close_matches(name.upper(), list(_index()), n=1, cutoff=0.5)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"there is no scenario {name!r}; nothing was run",
            hint=f"{meant}`weexctl sim scenario` without a name lists all {len(_index())}",
            code="UNKNOWN_SCENARIO",
        )
    return _read(path)


@cache
def _index() -> dict[str, Path]:
    return {path.stem.upper(): path for path in sorted(_FOLDER.glob("*.toml"))}


def _read(path: Path) -> Case:
    with path.open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)
    name, symbols = data.pop("id"), tuple(data.pop("symbols", ("BTCUSDT",)))
    plan = Plan(
        name=name,
        symbols=symbols,
        steps=data.pop("steps", 14),
        schedule=Schedule(data.pop("seed", _SEED), tuple(map(Fault.from_json, data.pop("faults", ())))),
        wishes=tuple(Wish.from_json({"symbol": symbols[0], **row}) for row in data.pop("wishes", ())),
    )
    title, expect = data.pop("title"), _expectation(data.pop("expect", {}))
    if data:
        raise ValueError(f"{path.name}: unknown {', '.join(data)}")
    return Case(name, title, plan, expect)


def _expectation(data: dict[str, Any]) -> Expectation:
    held = data.get("held")
    keys = None if held is None else tuple((text.split()[0], PositionSide(text.split()[1])) for text in held)
    return Expectation(data.get("entries"), keys, tuple(data.get("open", ())))


def _shown(held: set[tuple[str, PositionSide]]) -> str:
    return ", ".join(sorted(f"{symbol} {side.value}" for symbol, side in held)) or "nothing"
