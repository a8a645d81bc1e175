"""What shares a fit: the closes between two of them, and everything that is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import SymbolColumns
from weexctl.run.fitting import Block

__all__ = ["Fits", "Prepared", "Stretch", "together"]

Stretch = tuple[int, int, int]
"""Fit moment, first and last close of what shares a fit."""
Fits = Mapping[str, Mapping[int, Artefact]]
"""By symbol and fit moment; a symbol has none while it has too little history."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Every stretch of a run with its fits and columns; the columns begin where the stretch does."""

    blocks: Mapping[Stretch, Block] = field(repr=False)

    def compute(self, fitted_ms: int, first_ms: int, last_ms: int) -> Block:
        """The block of one stretch."""
        return self.blocks[fitted_ms, first_ms, last_ms]


def together(stretches: Iterable[Stretch], columns: Mapping[str, Mapping[Stretch, SymbolColumns]]) -> Prepared:
    """What is known of each symbol, by symbol and stretch, as the blocks of one run."""
    blocks = {}
    for stretch in stretches:
        found = {symbol: parts[stretch] for symbol, parts in columns.items() if stretch in parts}
        blocks[stretch] = Block(*stretch, {symbol: part.artefact for symbol, part in found.items()}, found)
    return Prepared(blocks)
