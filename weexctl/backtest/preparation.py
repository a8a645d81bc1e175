"""Fits and market columns of a whole run, made before its first step: once for every arm that shares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from weexctl.backtest.worker import asked_to_stop, by_symbol, end_if_asked
from weexctl.model.candle import Candles
from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import Columns, SymbolColumns
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Block, block_columns, fit_all
from weexctl.run.schedule import Schedule

__all__ = ["OnFit", "Prepared", "Stretch", "from_close", "prepare"]

_WORTH_A_PROCESS = 6
"""Fits from which on a second process pays for its start."""
Stretch = tuple[int, int, int]
"""Fit moment, first and last close of what shares a fit."""
OnFit = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Every stretch of a run with its fits and columns; the columns begin where the stretch does."""

    blocks: Mapping[Stretch, Block] = field(repr=False)

    def compute(self, fitted_ms: int, first_ms: int, last_ms: int) -> Block:
        """The block of one stretch."""
        return self.blocks[fitted_ms, first_ms, last_ms]


def prepare(
    pipeline: Pipeline,
    candles: Mapping[str, Candles],
    schedule: Schedule,
    *,
    workers: int = 1,
    on_fit: OnFit = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prepared:
    """Fit and compute everything the schedule needs, each symbol by itself.

    Args:
        pipeline: the built stages.
        candles: every candle of every symbol.
        schedule: the closes.
        workers: processes to use; the result is the same for any number.
        on_fit: is told of each symbol that was fitted, in no particular order.
        should_stop: asked now and then.

    Raises:
        PluginContractError: a plugin broke its promise.
        KeyboardInterrupt: somebody wanted an end.
    """
    stretches = tuple(schedule.blocks())
    if workers > 1 and len(stretches) * len(candles) >= _WORTH_A_PROCESS and len(candles) > 1:
        work = partial(_of_symbol, pipeline, stretches)
        parts = by_symbol(work, candles, workers, partial(_tell, on_fit), should_stop)
    else:
        told = partial(_until_stopped, on_fit, should_stop)
        parts = {symbol: _of_symbol(pipeline, stretches, known, told) for symbol, known in candles.items()}
    return Prepared(
        {
            stretch: Block(
                *stretch,
                {symbol: part[0] for symbol in candles if (part := parts[symbol].get(stretch)) is not None},
                {symbol: part[1] for symbol in candles if (part := parts[symbol].get(stretch)) is not None},
            )
            for stretch in stretches
        }
    )


_Parts = dict[Stretch, tuple[Artefact, SymbolColumns]]


def _silent(symbol: str) -> None:
    """Nobody watches."""


def _until_stopped(on_fit: OnFit, should_stop: Callable[[], bool], symbol: str) -> None:
    on_fit(symbol)
    end_if_asked(should_stop)


def _tell(on_fit: OnFit, symbol: str, parts: _Parts) -> None:
    for _ in parts:
        on_fit(symbol)


def _of_symbol(pipeline: Pipeline, stretches: tuple[Stretch, ...], known: Candles, on_fit: OnFit = _silent) -> _Parts:
    parts: _Parts = {}
    previous: Mapping[str, Artefact] = {}
    for fitted_ms, first_ms, last_ms in stretches:
        if asked_to_stop():
            break
        artefacts = fit_all(pipeline, {known.symbol: known}, fitted_ms, previous, on_fit=on_fit)
        previous = artefacts or previous
        columns = block_columns(pipeline, {known.symbol: known}, artefacts, fitted_ms, last_ms)
        for symbol, artefact in artefacts.items():
            parts[fitted_ms, first_ms, last_ms] = artefact, from_close(columns[symbol], first_ms)
    return parts


def from_close(columns: SymbolColumns, first_ms: int) -> SymbolColumns:
    """The same columns from the candle that closes at `first_ms` on."""
    candles = columns.candles
    rows = max(0, (first_ms - candles.timeframe.ms - candles.first_ms) // candles.timeframe.ms)

    def cut(part: Columns) -> Columns:
        return {name: column[rows:].copy() for name, column in part.items()}

    return SymbolColumns(
        candles=candles.rows(rows, len(candles)),
        artefact=columns.artefact,
        ready_row=max(0, columns.ready_row - rows),
        regime=cut(columns.regime),
        features=cut(columns.features),
        rules={name: cut(part) for name, part in columns.rules.items()},
        stages={key: cut(part) for key, part in columns.stages.items()},
    )
