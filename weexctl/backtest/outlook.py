"""Which closes have to be decided on: those where a column, a position or the account can move something."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from weexctl.execution.open_trade import OpenTrade
from weexctl.model.regime import REGIMES
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.stage import Pipeline, Stage

__all__ = ["Outlook", "is_settled_at_entry"]


def is_settled_at_entry(pipeline: Pipeline) -> bool:
    """Whether a held position is left to its stop, its target and its rule: no stage speaks about it once it is open.

    That is so when every exit and every policy says `at_entry_only`, and no change of size can be due.
    """
    stages: tuple[Stage[Any], ...] = (*pipeline.exits, *pipeline.risk)
    return pipeline.rebalance_band >= 1.0 and all(getattr(s.plugin, "at_entry_only", False) for s in stages)


class Outlook:
    """One stretch of closes, and the next one among them that matters.

    Args:
        pipeline: the built stages.
        columns: market columns of each symbol.
        first_ms: the first close of the stretch.
        last_ms: the last one.
        candle_ms: length of a candle.
        every_close: whether all of them count, whatever can happen there.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        columns: Mapping[str, SymbolColumns],
        first_ms: int,
        last_ms: int,
        candle_ms: int,
        *,
        every_close: bool = False,
    ) -> None:
        self._every_close = every_close
        self._first_ms, self._candle_ms = first_ms, candle_ms
        self._count = (last_ms - first_ms) // candle_ms + 1
        self._columns = columns
        self._settled = is_settled_at_entry(pipeline)
        self._patient = pipeline.patient_rules
        self._wishes = {symbol: self._rows_with_a_wish(pipeline, known) for symbol, known in columns.items()}

    def next_ms(self, after_ms: int, held: Iterable[OpenTrade]) -> int | None:
        """The first close after a moment that has to be decided on; None when there is none in this stretch.

        Args:
            after_ms: the close that was decided on last; the stretch's first one less a candle to begin with.
            held: the positions as they are.
        """
        row = (after_ms - self._first_ms) // self._candle_ms + 1
        if row >= self._count:
            return None
        if self._every_close:
            return self._first_ms + row * self._candle_ms
        best, occupied = self._count, set()
        for trade in held:
            if not self._settled:
                return self._first_ms + row * self._candle_ms
            occupied.add(trade.symbol)
            best = min(best, self._end_of_rule(trade, row))
        for symbol, rows in self._wishes.items():
            if symbol not in occupied and (at := bisect_left(rows, row)) < len(rows):
                best = min(best, rows[at])
        return None if best >= self._count else self._first_ms + best * self._candle_ms

    def _end_of_rule(self, trade: OpenTrade, row: int) -> int:
        """The first row at which a position's own rule does not want it any more."""
        known = self._columns.get(trade.symbol)
        if known is None or trade.rule not in known.rules:
            return row
        if trade.rule in self._patient:
            return self._count
        offset = self._offset(known)
        direction = known.rules[trade.rule]["direction"][row + offset : self._count + offset]
        ends = direction != trade.side.sign
        return row + int(ends.argmax()) if ends.any() else self._count

    def _offset(self, known: SymbolColumns) -> int:
        """The row of the stretch's first close within a symbol's columns."""
        return (self._first_ms - self._candle_ms - known.candles.first_ms) // self._candle_ms

    def _rows_with_a_wish(self, pipeline: Pipeline, known: SymbolColumns) -> list[int]:
        """Rows of the stretch at which the regime's rule would open a position."""
        import numpy as np

        names = pipeline.rule_names
        wish = np.zeros(len(known.candles), dtype=bool)
        for regime in REGIMES:
            rule = known.rules[names[regime]]
            opens = np.flatnonzero((rule["direction"] != 0) & (rule["entry"] != 0))
            wish[opens[known.regime["name"][opens] == regime.value]] = True
        wish[: known.ready_row] = False
        rows = np.flatnonzero(wish) - self._offset(known)
        kept: list[int] = rows[(rows >= 0) & (rows < self._count)].tolist()
        return kept
