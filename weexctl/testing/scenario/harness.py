"""What is on trial: something that starts, makes steps, and can die at any moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from weexctl.testing.scenario.wish import Wish
from weexctl.testing.scenario.world import World

__all__ = ["Harness", "MakeHarness"]


class Harness(Protocol):
    """One life of the process under test. It keeps nothing outside the journal."""

    def start(self) -> None:
        """Open the journal, reconcile, be ready; whatever it raises ends this life."""
        ...

    def watch(self) -> bool:
        """Look between two steps; True when nothing is left to do. Whatever it raises ends this life."""
        ...

    def step(self, wishes: Sequence[Wish]) -> None:
        """Take in what happened, and do what is wished; whatever it raises ends this life."""
        ...

    def drop(self) -> None:
        """Die: let go of files without writing anything."""
        ...


MakeHarness = Callable[[World], Harness]
