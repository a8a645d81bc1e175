"""Fits and market columns of a whole run, made before its first step: once for every arm that shares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context

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
) -> Prepared:
    """Fit and compute everything the schedule needs, each symbol by itself.

    Args:
        pipeline: the built stages.
        candles: every candle of every symbol.
        schedule: the closes.
        workers: processes to use; the result is the same for any number.
        on_fit: is told of each symbol that was fitted, in no particular order.

    Raises:
        PluginContractError: a plugin broke its promise.
    """
    stretches = tuple(schedule.blocks())
    if workers > 1 and len(stretches) * len(candles) >= _WORTH_A_PROCESS and len(candles) > 1:
        parts = _in_processes(pipeline, candles, stretches, workers, on_fit)
    else:
        parts = {symbol: _of_symbol(pipeline, known, stretches, on_fit) for symbol, known in candles.items()}
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


def _in_processes(
    pipeline: Pipeline, candles: Mapping[str, Candles], stretches: tuple[Stretch, ...], workers: int, on_fit: OnFit
) -> dict[str, _Parts]:
    parts: dict[str, _Parts] = {}
    with ProcessPoolExecutor(min(workers, len(candles)), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_of_symbol, pipeline, known, stretches): symbol for symbol, known in candles.items()}
        try:
            for done in as_completed(waiting):
                parts[waiting[done]] = done.result()
                for _ in parts[waiting[done]]:
                    on_fit(waiting[done])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return parts


def _silent(symbol: str) -> None:
    """Nobody watches."""


def _of_symbol(pipeline: Pipeline, known: Candles, stretches: tuple[Stretch, ...], on_fit: OnFit = _silent) -> _Parts:
    parts: _Parts = {}
    previous: Mapping[str, Artefact] = {}
    for fitted_ms, first_ms, last_ms in stretches:
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
