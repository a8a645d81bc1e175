"""The columns of a run, moved in time: one candle late, or the regimes to another time altogether."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from weexctl.backtest.placebo import shifted
from weexctl.backtest.stretch import Stretch
from weexctl.pipeline.columns import Columns, SymbolColumns
from weexctl.run.fitting import Block

__all__ = ["Blocks", "delayed", "with_shifted_regimes"]

Blocks = Mapping[Stretch, Block]
"""The stretches of a run in order; the columns of each begin where it does."""


def delayed(blocks: Blocks, candles: int) -> dict[Stretch, Block]:
    """Every row has the columns of so many candles before; the first rows of all have none and do not count.

    The first rows of a stretch have what the last ones of the stretch before said, under the fit of that time.
    """
    found = dict(blocks)
    for symbol in _symbols(blocks):
        before: SymbolColumns | None = None
        for stretch, known in _of_symbol(blocks, symbol):
            late = _late(before, known, candles)
            found[stretch] = _with(found[stretch], symbol, late)
            before = known
    return found


def with_shifted_regimes(blocks: Blocks, shift: int, rows: int) -> dict[Stretch, Block]:
    """The regimes of each symbol moved later by `shift` of `rows`, the last ones coming round to the beginning.

    A symbol that is known for a part of the run is moved by the same part of its own rows. How often each regime
    comes stays the same; rows that do not count stay where they are.
    """
    found = dict(blocks)
    for symbol in _symbols(blocks):
        parts = list(_of_symbol(blocks, symbol))
        counts = [max(0, len(known.candles) - known.ready_row) for _, known in parts]
        moved = {
            name: shifted(
                np.concatenate([known.regime[name][known.ready_row :] for _, known in parts]),
                round(shift * sum(counts) / rows),
            )
            for name in parts[0][1].regime
        }
        edges = np.cumsum([0, *counts])
        for number, (stretch, known) in enumerate(parts):
            part = {name: column[edges[number] : edges[number + 1]] for name, column in moved.items()}
            regime = {name: np.concatenate([known.regime[name][: known.ready_row], part[name]]) for name in part}
            found[stretch] = _with(found[stretch], symbol, replace(known, regime=regime))
    return found


def _symbols(blocks: Blocks) -> list[str]:
    return list(dict.fromkeys(symbol for block in blocks.values() for symbol in block.columns))


def _of_symbol(blocks: Blocks, symbol: str) -> list[tuple[Stretch, SymbolColumns]]:
    return [(stretch, block.columns[symbol]) for stretch, block in blocks.items() if symbol in block.columns]


def _with(block: Block, symbol: str, columns: SymbolColumns) -> Block:
    return replace(block, columns={**block.columns, symbol: columns})


def _late(before: SymbolColumns | None, known: SymbolColumns, candles: int) -> SymbolColumns:
    rows = len(known.candles)
    usable = before is not None and len(before.candles) >= candles and before.ready_row <= len(before.candles) - candles

    def late(part: Callable[[SymbolColumns], Columns]) -> Columns:
        now = part(known)
        if before is None or not usable:
            return {name: np.concatenate([column[:candles], column])[:rows] for name, column in now.items()}
        earlier = part(before)
        return {name: np.concatenate([earlier[name][-candles:], column])[:rows] for name, column in now.items()}

    return replace(
        known,
        ready_row=known.ready_row if usable and known.ready_row == 0 else known.ready_row + candles,
        regime=late(lambda columns: columns.regime),
        features=late(lambda columns: columns.features),
        rules={rule: late(lambda columns, rule=rule: columns.rules[rule]) for rule in known.rules},  # type: ignore[misc]
        stages={key: late(lambda columns, key=key: columns.stages[key]) for key in known.stages},  # type: ignore[misc]
    )
