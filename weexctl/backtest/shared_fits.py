"""Fits and columns of many trials over the same candles, each made once for all trials that share it."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from weexctl.backtest.preparation import OnFit, Prepared, from_close
from weexctl.config.profile import PipelineChoice
from weexctl.model.candle import Candles
from weexctl.model.regime import REGIMES, Artefact
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Block, block_columns, fit_all
from weexctl.run.schedule import Schedule

__all__ = ["Fits", "Shelf", "columns_of", "make_fits"]

Fits = Mapping[int, Mapping[str, Artefact]]
"""The fit of each symbol, by fit moment."""

_KEPT = 2
"""Sets of fits, and of columns, that are kept: those of the profile as it is, mostly, and the last ones."""
T = TypeVar("T")


def make_fits(pipeline: Pipeline, candles: Mapping[str, Candles], schedule: Schedule, *, on_fit: OnFit) -> Fits:
    """Every fit that the schedule needs.

    Raises:
        PluginContractError: the classifier broke its promise.
    """
    fits: dict[int, Mapping[str, Artefact]] = {}
    newest: dict[str, Artefact] = {}
    for fitted_ms, _, _ in schedule.blocks():
        fits[fitted_ms] = fit_all(pipeline, candles, fitted_ms, newest, on_fit=on_fit)
        newest.update(fits[fitted_ms])
    return fits


def columns_of(
    pipeline: Pipeline,
    candles: Mapping[str, Candles],
    schedule: Schedule,
    fits: Fits,
    *,
    on_block: Callable[[], None] = lambda: None,
) -> Prepared:
    """Every column of the run under these fits.

    Raises:
        PluginContractError: a plugin broke its promise.
    """
    blocks = {}
    for fitted_ms, first_ms, last_ms in schedule.blocks():
        columns = block_columns(pipeline, candles, fits[fitted_ms], fitted_ms, last_ms)
        cut = {symbol: from_close(known, first_ms) for symbol, known in columns.items()}
        blocks[fitted_ms, first_ms, last_ms] = Block(fitted_ms, first_ms, last_ms, fits[fitted_ms], cut)
        on_block()
    return Prepared(blocks)


class Shelf:
    """What one process keeps between trials over the same candles: fits by classifier, columns by all that has some."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fits: OrderedDict[str, Fits] = OrderedDict()
        self._columns: OrderedDict[str, Prepared] = OrderedDict()
        self.fitted = 0
        """Sets of fits that were made here."""
        self.computed = 0
        """Sets of columns that were made here."""

    def prepared(
        self,
        chosen: PipelineChoice,
        pipeline: Pipeline,
        candles: Mapping[str, Candles],
        schedule: Schedule,
        *,
        fits: Fits | None = None,
        on_work: Callable[[], None] = lambda: None,
    ) -> Prepared:
        """Fits and columns of a pipeline.

        Args:
            chosen: the plugins of the pipeline and their settings.
            pipeline: the same, built.
            candles: every candle of every symbol; always the same ones for one shelf.
            schedule: the closes; always the same.
            fits: the fits of this classifier, where somebody made them already.
            on_work: called between two pieces of work; it may raise to end it.

        Raises:
            PluginContractError: a plugin broke its promise.
        """

        def fit() -> Fits:
            self.fitted += 1
            return make_fits(pipeline, candles, schedule, on_fit=lambda _: on_work())

        def compute() -> Prepared:
            known = fits or _kept(self._fits, _text(chosen.regime), fit)
            self.computed += 1
            return columns_of(pipeline, candles, schedule, known, on_block=on_work)

        with self._lock:  # a worker may have several threads
            return _kept(self._columns, _with_columns(chosen, pipeline), compute)


def _kept(shelf: OrderedDict[str, T], key: str, make: Callable[[], T]) -> T:
    """What is kept under a key, made where it is not; what was asked for longest ago makes room."""
    found = shelf.pop(key, None)
    if found is None:
        found = make()
    shelf[key] = found
    while len(shelf) > _KEPT:
        shelf.popitem(last=False)
    return found


def _with_columns(chosen: PipelineChoice, pipeline: Pipeline) -> str:
    """All that the columns depend on: every plugin that has some with its settings and place, and the warm-up."""
    stages = {
        "sizer": (chosen.sizer, pipeline.sizer),
        **{f"risk.{i}": pair for i, pair in enumerate(zip(chosen.risk, pipeline.risk, strict=True))},
        **{f"guard.{i}": pair for i, pair in enumerate(zip(chosen.guards, pipeline.guards, strict=True))},
        **{f"exit.{i}": pair for i, pair in enumerate(zip(chosen.exits, pipeline.exits, strict=True))},
    }
    columns = {place: _text(choice) for place, (choice, stage) in stages.items() if hasattr(stage.plugin, "columns")}
    rules = {regime.value: _text(chosen.strategies[regime]) for regime in REGIMES}
    return json.dumps([pipeline.warmup_candles, _text(chosen.regime), rules, columns])


def _text(choice: Any) -> str:
    return json.dumps(choice.to_toml_dict(), sort_keys=True, default=str)
