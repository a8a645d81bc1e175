"""A sabotage: one piece of one file replaced, and the tests of which one has to notice."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Mutant", "list_mutants"]

ROOT = Path(__file__).parent.parent.parent
_LIST = Path(__file__).parent / "mutants.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One sabotage."""

    name: str
    file: str
    """Below the root."""
    old: str
    """Stands exactly once in the file."""
    new: str
    breaks: str
    """What goes wrong with it, for people."""
    tests: tuple[str, ...]
    """Files or single tests, below the root."""
    quick: bool = False
    """Tried by the tests themselves."""

    def applied(self, root: Path) -> str:
        """The file's text with the sabotage in it.

        Raises:
            ValueError: the old text is not there, or there more than once.
        """
        text = (root / self.file).read_text(encoding="utf-8")
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: the old text stands {count} times in {self.file}")
        return text.replace(self.old, self.new)


def list_mutants() -> list[Mutant]:
    """Every sabotage of the list, in its order."""
    rows = tomllib.loads(_LIST.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]
