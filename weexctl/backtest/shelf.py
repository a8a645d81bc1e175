"""Fits and columns over the same candles, each made once and kept under all that it depends on.

A fit depends on its classifier, the symbol and the moments of the fits. Columns depend on their stage, the symbol, the
stretch and where they begin; those of the classifier on its fit too, which its key stands for. So a pipeline is put
together from what is there, and only what one of its stages does otherwise is made again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from numpy.typing import NDArray

from weexctl.backtest.composed import FEATURES, REGIME, RULE, Composed
from weexctl.backtest.stretch import Fits, Prepared, Stretch, together
from weexctl.model.candle import Candles
from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import Columns, SymbolColumns
from weexctl.run.fitting import fit_all

__all__ = ["Shelf"]

_ROOM = 256 * 2**20
"""Bytes of columns that are kept."""
_CLASSIFIERS = 4
"""Classifiers whose fits are kept."""
_Set = tuple[str, int]
"""A stage's key, and the window of its columns."""


class Shelf:
    """What one process keeps for runs over the same candles and the same stretches.

    What was asked for longest ago makes room; what the run at hand needs stays.

    Args:
        room: bytes of columns to keep.
    """

    def __init__(self, *, room: int = _ROOM) -> None:
        self._lock = threading.RLock()
        self._room = room
        self._fits: OrderedDict[str, dict[str, Mapping[int, Artefact]]] = OrderedDict()
        self._columns: OrderedDict[_Set, dict[tuple[str, Stretch], Columns]] = OrderedDict()
        self.fitted = 0
        """Fits that were made here."""
        self.computed = 0
        """Columns of a stage over a stretch of a symbol that were made here."""

    def fits(
        self,
        composed: Composed,
        known: Candles,
        stretches: Sequence[Stretch],
        *,
        on_fit: Callable[[str], None] = lambda _: None,
    ) -> Mapping[int, Artefact]:
        """The fits of one symbol, by fit moment, each begun from the one before.

        Args:
            composed: the pipeline with the classifier.
            known: every candle of the symbol; always the same ones for one shelf.
            stretches: what shares a fit; always the same.
            on_fit: called after each fit; it may raise to end the work.

        Raises:
            PluginContractError: the classifier broke its promise.
        """
        with self._lock:  # a worker may have several threads
            kept = self._of_classifier(composed)
            if known.symbol not in kept:
                kept[known.symbol] = self._fit(composed, known, stretches, on_fit)
            return kept[known.symbol]

    def prepared(
        self,
        composed: Composed,
        candles: Mapping[str, Candles],
        stretches: Sequence[Stretch],
        *,
        fits: Fits | None = None,
        on_fit: Callable[[str], None] = lambda _: None,
        go_on: Callable[[], None] = lambda: None,
    ) -> Prepared:
        """Fits and columns of a pipeline.

        Args:
            composed: the pipeline.
            candles: every candle of every symbol.
            stretches: what shares a fit.
            fits: those of this classifier, where somebody made them already.
            on_fit: called after each fit; it may raise to end the work.
            go_on: called before each stretch of a symbol; it may raise too.

        Raises:
            PluginContractError: a plugin broke its promise.
        """
        with self._lock:
            if fits is not None:
                self._of_classifier(composed).update(fits)
            self._make_room([(source.key, composed.window) for source in composed.sources()])
            columns: dict[str, dict[Stretch, SymbolColumns]] = {}
            for symbol, known in candles.items():
                found = self.fits(composed, known, stretches, on_fit=on_fit)
                columns[symbol] = {}
                for stretch in stretches:
                    if stretch[0] in found:
                        go_on()
                        columns[symbol][stretch] = self._symbol_columns(composed, known, stretch, found[stretch[0]])
            return together(stretches, columns)

    def _of_classifier(self, composed: Composed) -> dict[str, Mapping[int, Artefact]]:
        kept = self._fits.setdefault(composed.keys[REGIME], {})
        self._fits.move_to_end(composed.keys[REGIME])
        while len(self._fits) > _CLASSIFIERS:
            self._fits.popitem(last=False)
        return kept

    def _fit(
        self, composed: Composed, known: Candles, stretches: Sequence[Stretch], on_fit: Callable[[str], None]
    ) -> dict[int, Artefact]:
        made: dict[int, Artefact] = {}
        newest: dict[str, Artefact] = {}
        for fitted_ms, _, _ in stretches:
            found = fit_all(composed.pipeline, {known.symbol: known}, fitted_ms, newest)
            newest |= found
            for artefact in found.values():
                made[fitted_ms] = artefact
                self.fitted += 1
                on_fit(known.symbol)
        return made

    def _make_room(self, needed: Sequence[_Set]) -> None:
        """Let go of what is kept beyond the room, but of nothing that is needed now."""
        for key in needed:
            self._columns.setdefault(key, {})
            self._columns.move_to_end(key)
        held = sum(map(_bytes, self._columns.values()))
        while held > self._room and len(self._columns) > len(set(needed)):
            held -= _bytes(self._columns.popitem(last=False)[1])

    def _symbol_columns(
        self, composed: Composed, known: Candles, stretch: Stretch, artefact: Artefact
    ) -> SymbolColumns:
        window = composed.window_of(known, stretch)
        frame = cache(partial(window.candles.frame, copy=False))
        found: dict[str, Columns] = {}
        for source in composed.sources():
            kept = self._columns[source.key, composed.window]
            if (known.symbol, stretch) not in kept:
                computed = source.compute(window.candles, artefact, frame())
                kept[known.symbol, stretch] = {name: _cut(rows, window.before) for name, rows in computed.items()}
                self.computed += 1
            found[source.place] = kept[known.symbol, stretch]
        regime, features = found.pop(REGIME), found.pop(FEATURES)
        return SymbolColumns(
            candles=window.candles.rows(window.before, len(window.candles)),
            artefact=artefact,
            ready_row=window.ready_row,
            regime=regime,
            features=features,
            rules={place.removeprefix(RULE): part for place, part in found.items() if place.startswith(RULE)},
            stages={place: part for place, part in found.items() if not place.startswith(RULE)},
        )


def _cut(rows: NDArray[Any], start: int) -> NDArray[Any]:
    """The rows from `start` on, without those before in memory."""
    return rows[start:] if rows.strides == (0,) else rows[start:].copy()  # one value has one place already


def _bytes(kept: Mapping[tuple[str, Stretch], Columns]) -> int:
    return sum(rows.nbytes for columns in kept.values() for rows in columns.values() if rows.strides != (0,))
