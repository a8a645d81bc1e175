"""Fits of a run's classifiers, and the market columns that follow from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from weexctl.errors import PluginContractError, WeexctlError
from weexctl.model.candle import Candles
from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import SymbolColumns, compute_columns
from weexctl.pipeline.stage import Pipeline

__all__ = ["Block", "Blocks", "TrailingColumns"]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of steps that share their fits."""

    fitted_ms: int
    first_ms: int
    last_ms: int
    artefacts: Mapping[str, Artefact]
    columns: Mapping[str, SymbolColumns]


class Blocks:
    """Fits and columns of a run, one stretch after another.

    Args:
        pipeline: the built stages.
        candles: every candle of every symbol.
        stored: fits that were made before an interruption, by fit moment; they are used and not made again.
        previous: the fits before the first stretch, for warm starts.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        candles: Mapping[str, Candles],
        *,
        stored: Mapping[int, Mapping[str, Artefact]] | None = None,
        previous: Mapping[str, Artefact] | None = None,
        on_fit: Callable[[str], None] | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._candles = candles
        self._stored = stored or {}
        self._previous = dict(previous or {})
        self._on_fit = on_fit or _say_nothing
        self._ready: Block | None = None
        self.seconds = {"fit": 0.0, "columns": 0.0}

    def compute(self, fitted_ms: int, first_ms: int, last_ms: int) -> Block:
        """The block of one stretch; asked twice for the same one, it is computed once.

        Raises:
            PluginContractError: a plugin broke its promise.
        """
        ready = self._ready
        if ready is not None and (ready.fitted_ms, ready.first_ms, ready.last_ms) == (fitted_ms, first_ms, last_ms):
            return ready
        began = time.perf_counter()
        artefacts = self._stored.get(fitted_ms)
        if artefacts is None:
            previous = self._previous or self._stored_before(fitted_ms)
            artefacts = fit_all(self._pipeline, self._candles, fitted_ms, previous, on_fit=self._on_fit)
        fitted = time.perf_counter()
        columns = block_columns(self._pipeline, self._candles, artefacts, fitted_ms, last_ms)
        self.seconds["fit"] += fitted - began
        self.seconds["columns"] += time.perf_counter() - fitted
        self._previous = dict(artefacts)
        self._ready = Block(fitted_ms, first_ms, last_ms, artefacts, columns)
        return self._ready

    def _stored_before(self, fitted_ms: int) -> Mapping[str, Artefact]:
        """The newest fits of an interrupted run, which the next ones follow on."""
        return self._stored[max(known)] if (known := [m for m in self._stored if m < fitted_ms]) else {}


def _say_nothing(symbol: str) -> None:
    """Nobody watches."""


def fit_all(
    pipeline: Pipeline,
    candles: Mapping[str, Candles],
    fitted_ms: int,
    previous: Mapping[str, Artefact],
    *,
    on_fit: Callable[[str], None] = _say_nothing,
) -> dict[str, Artefact]:
    """A classifier for each symbol with enough history, fitted on candles closed before `fitted_ms`.

    The candle that closes at `fitted_ms` is the first one scored, so it is not fitted on.

    Raises:
        PluginContractError: the classifier raised, or returned no artefact of the past.
    """
    classifier = pipeline.regime
    artefacts: dict[str, Artefact] = {}
    for symbol, known in candles.items():
        past = known.closed_by(fitted_ms - known.timeframe.ms)
        wanted = classifier.plugin.train_candles + classifier.plugin.warmup_candles
        past = past.rows(len(past) - wanted, len(past))
        if len(past) < classifier.plugin.min_train_candles:
            continue
        artefacts[symbol] = _fit(pipeline, past, symbol, previous.get(symbol), fitted_ms)
        on_fit(symbol)
    return artefacts


def _fit(pipeline: Pipeline, past: Candles, symbol: str, previous: Artefact | None, fitted_ms: int) -> Artefact:
    stage = pipeline.regime
    try:
        artefact = stage.plugin.fit(past.frame(), symbol, previous)
    except WeexctlError:
        raise
    except Exception as error:
        raise PluginContractError(
            f"regime plugin {stage.name!r} ({stage.distribution} {stage.version}) raised"
            f" {type(error).__name__}: {error} while it was fitted on {symbol}; the run was refused",
            hint=f"weexctl plugins show {stage.name}",
        ) from error
    if not _of_the_past(artefact, fitted_ms):
        raise PluginContractError(
            f"regime plugin {stage.name!r} returned no fit of the past for {symbol}; the run was refused",
            hint=f"weexctl plugins show {stage.name}",
        )
    return artefact


def _of_the_past(artefact: object, fitted_ms: int) -> bool:
    return isinstance(artefact, Artefact) and artefact.train_to_ms < fitted_ms


def block_columns(
    pipeline: Pipeline,
    candles: Mapping[str, Candles],
    artefacts: Mapping[str, Artefact],
    fitted_ms: int,
    last_ms: int,
) -> dict[str, SymbolColumns]:
    """Columns of each fitted symbol from its warm-up before the fit to `last_ms`.

    They begin at the fit wherever the steps begin, so that a run that goes on has the same numbers as one that was
    never interrupted. Row t of a column depends on rows up to t, so computing a block at once decides nothing with
    the future.
    """
    columns: dict[str, SymbolColumns] = {}
    for symbol, artefact in artefacts.items():
        known = candles[symbol].closed_by(last_ms)
        before = len(known.closed_by(fitted_ms)) - 1 - pipeline.warmup_candles
        columns[symbol] = compute_columns(pipeline, known.rows(before, len(known)), artefact)
    return columns


class TrailingColumns:
    """Fits and columns of a market that grows: computed at each close on the candles that the warm-up asks for.

    Args:
        pipeline: the built stages.
        stored: fits of an earlier process, by fit moment; they are used and not made again.
        on_fit: is told of each symbol that was fitted.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        stored: Mapping[int, Mapping[str, Artefact]] | None = None,
        on_fit: Callable[[str], None] = _say_nothing,
    ) -> None:
        self._pipeline = pipeline
        self._fits = dict(stored or {})
        self._on_fit = on_fit
        self.seconds = {"fit": 0.0, "columns": 0.0}

    def at(self, candles: Mapping[str, Candles], fitted_ms: int, close_ms: int) -> Block:
        """The columns that end with the candle closed at `close_ms`, under the fits of `fitted_ms`.

        Symbols without that candle have no columns.

        Raises:
            PluginContractError: a plugin broke its promise.
        """
        began = time.perf_counter()
        if fitted_ms not in self._fits:
            before = [moment for moment in self._fits if moment < fitted_ms]
            previous = self._fits[max(before)] if before else {}
            self._fits[fitted_ms] = fit_all(self._pipeline, candles, fitted_ms, previous, on_fit=self._on_fit)
        fitted = time.perf_counter()
        artefacts, rows = self._fits[fitted_ms], self._pipeline.warmup_candles + 1
        columns: dict[str, SymbolColumns] = {}
        for symbol, artefact in artefacts.items():
            known = candles[symbol].closed_by(close_ms)
            if len(known) >= rows and known.last_close_ms == close_ms:
                columns[symbol] = compute_columns(self._pipeline, known.rows(len(known) - rows, len(known)), artefact)
        self.seconds["fit"] += fitted - began
        self.seconds["columns"] += time.perf_counter() - fitted
        return Block(fitted_ms, close_ms, close_ms, artefacts, columns)
