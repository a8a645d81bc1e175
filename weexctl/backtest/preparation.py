"""Fits and market columns of a run, made before its first step, each symbol by whoever is free."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import Crew, CrewLostError, answers, go_on, local_crew
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stretch import Fits, Prepared, Stretch, together
from weexctl.backtest.worker import end_if_asked
from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import SymbolColumns

__all__ = ["OnFit", "fit_symbols", "prepare"]

_WORTH_A_PROCESS = 6
"""Fits from which on a second process pays for its start."""
OnFit = Callable[[str], None]


def prepare(
    composed: Composed,
    bench: Bench,
    *,
    workers: int = 1,
    on_fit: OnFit = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Prepared:
    """Fit and compute everything that one run of a pipeline needs.

    Args:
        composed: the pipeline.
        bench: the candles and closes.
        workers: processes to use; the result is the same for any number.
        on_fit: is told of each symbol that was fitted, in no particular order.
        should_stop: asked now and then.

    Raises:
        PluginContractError: a plugin broke its promise.
        CrewLostError: a process was killed; nothing was run.
        KeyboardInterrupt: somebody wanted an end.
    """
    symbols, stretches = tuple(bench.market.candles), bench.stretches
    if workers == 1 or len(symbols) == 1 or len(stretches) * len(symbols) < _WORTH_A_PROCESS:

        def tell(symbol: str) -> None:
            on_fit(symbol)
            end_if_asked(should_stop)

        return Shelf().prepared(composed, bench.market.candles, stretches, on_fit=tell)
    found: dict[str, Mapping[Stretch, SymbolColumns]] = {}
    jobs = [(symbol, _columns_of_symbol, (composed, symbol)) for symbol in symbols]
    with local_crew(bench, min(workers, len(symbols)), should_stop) as crew, _nothing_kept(should_stop):
        for symbol, columns in answers(crew, jobs, should_stop):
            found[symbol] = columns
            for _ in columns:
                on_fit(symbol)
    end_if_asked(should_stop)
    return together(stretches, {symbol: found[symbol] for symbol in symbols})


def fit_symbols(
    composed: Composed,
    bench: Bench,
    crew: Crew,
    *,
    on_symbol: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> Fits | None:
    """The fits that runs with the same classifier share; None when somebody asked for an end.

    Raises:
        PluginContractError: the classifier broke its promise.
        CrewLostError: the crew is gone.
    """
    fits: dict[str, Mapping[int, Artefact]] = {}
    jobs = [(symbol, _fits_of_symbol, (composed, symbol)) for symbol in bench.market.candles]
    for symbol, found in answers(crew, jobs, should_stop):
        fits[symbol] = found
        on_symbol(symbol)
    return None if should_stop() else {symbol: fits[symbol] for symbol in bench.market.candles}


@contextmanager
def _nothing_kept(should_stop: Callable[[], bool]) -> Iterator[None]:
    """A crew that is lost took everything with it; one that is lost when somebody wants an end is no news."""
    try:
        yield
    except CrewLostError as lost:
        end_if_asked(should_stop)
        raise CrewLostError(f"{lost.message}; nothing was kept", hint=lost.hint, code=lost.code) from lost


def _fits_of_symbol(
    bench: Bench, shelf: Shelf, composed: Composed, symbol: str, *, should_stop: Callable[[], bool]
) -> Mapping[int, Artefact]:
    known = bench.market.candles[symbol]
    return shelf.fits(composed, known, bench.stretches, on_fit=lambda _: go_on(should_stop))


def _columns_of_symbol(
    bench: Bench, shelf: Shelf, composed: Composed, symbol: str, *, should_stop: Callable[[], bool]
) -> Mapping[Stretch, SymbolColumns]:
    candles = {symbol: bench.market.candles[symbol]}
    made = shelf.prepared(composed, candles, bench.stretches, on_fit=lambda _: go_on(should_stop))
    return {stretch: block.columns[symbol] for stretch, block in made.blocks.items() if symbol in block.columns}
