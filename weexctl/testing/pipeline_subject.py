"""A pipeline under test: one fit, a market, a few moments of it, and books to decide on at each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weexctl.model.book import Book
from weexctl.model.candle import Candles
from weexctl.model.instrument import Instrument
from weexctl.model.regime import Artefact
from weexctl.pipeline.columns import SymbolColumns, compute_columns
from weexctl.pipeline.decide import Identity, Step, decide
from weexctl.pipeline.guards import Flow
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import fit_all
from weexctl.testing.sample_books import sample_book

__all__ = ["Answers", "PipelineSubject", "named_columns", "wanted_candles"]

_ROWS = 5
_BOOKS = 12
_SCORED_CANDLES = 900
_IDENTITY = Identity("causality", "causality")

Answers = list[dict[str, Any]]
"""What came of a moment: for each book, everything that was decided, by symbol."""


def wanted_candles(pipeline: Pipeline) -> int:
    """Candles a pipeline is tried on: a least fit, the slowest warm-up, and rows to look at."""
    classifier = pipeline.regime.plugin
    return max(pipeline.warmup_candles, _training(pipeline)) + classifier.min_train_candles + _SCORED_CANDLES


def _training(pipeline: Pipeline) -> int:
    return pipeline.regime.plugin.warmup_candles + pipeline.regime.plugin.min_train_candles


@dataclass
class PipelineSubject:
    """The pipeline, its market, and what it answered first."""

    pipeline: Pipeline
    candles: Mapping[str, Candles]
    """Of every symbol the same rows."""
    instruments: Mapping[str, Instrument]
    seed: int = 0
    _artefact: Artefact | None = None
    _prefixes: dict[int, Mapping[str, SymbolColumns]] = field(default_factory=dict)
    _early: dict[int, Answers] = field(default_factory=dict)
    _whole: Mapping[str, SymbolColumns] | None = None

    @property
    def first(self) -> Candles:
        """The candles of the first symbol, which the classifier is fitted on."""
        return next(iter(self.candles.values()))

    @property
    def trained(self) -> int:
        """The first row that is not fitted on."""
        return _training(self.pipeline)

    @property
    def rows(self) -> list[int]:
        """The moments that are looked at, oldest first: each with a full window before it and candles after it."""
        total, first = len(self.first), max(self.trained, self.pipeline.warmup_candles) + 1
        rows = np.random.default_rng((self.seed, 11)).integers(first, total - 2, _ROWS)
        return sorted({*rows.tolist()})

    def fit(self, candles: Candles) -> Artefact:
        """The fit a run makes before it decides on row `trained` of these candles."""
        close_ms = int(candles.open_time_ms[self.trained]) + candles.timeframe.ms
        return fit_all(self.pipeline, {candles.symbol: candles}, close_ms, {})[candles.symbol]

    @property
    def artefact(self) -> Artefact:
        """The fit of the first symbol; it serves all of them here."""
        if self._artefact is None:
            self._artefact = self.fit(self.first)
        return self._artefact

    def columns(self, candles: Mapping[str, Candles]) -> Mapping[str, SymbolColumns]:
        """The market columns over these candles."""
        return {
            symbol: compute_columns(self.pipeline, known, replace(self.artefact, symbol=symbol))
            for symbol, known in candles.items()
        }

    def early(self, row: int) -> Answers:
        """What is decided at a row when nothing after it exists. Shorter histories are always asked about first."""
        if not self._early:
            for moment in self.rows:
                cut = {symbol: known.rows(0, moment + 1) for symbol, known in self.candles.items()}
                self._prefixes[moment] = self.columns(cut)
                self._early[moment] = self.answers(self._prefixes[moment], moment)
        return self._early[row]

    def prefix(self, row: int) -> Mapping[str, SymbolColumns]:
        """The columns up to a row, of the candles up to it."""
        self.early(row)
        return self._prefixes[row]

    @property
    def whole(self) -> Mapping[str, SymbolColumns]:
        """The columns over all candles; never computed before the short ones."""
        if self._whole is None:
            self.early(self.rows[0])
            self._whole = self.columns(self.candles)
        return self._whole

    def answers(self, columns: Mapping[str, SymbolColumns], row: int) -> Answers:
        """What is decided at the close of a row on each sample book, given these columns."""
        return [
            _plain(decide(self.pipeline, columns, book, self.instruments, _IDENTITY, Flow()))
            for book in self._books(row)
        ]

    def _books(self, row: int) -> Iterator[Book]:
        random = np.random.default_rng((self.seed, row))
        candle_ms = self.first.timeframe.ms
        prices = {symbol: float(known.close[row]) for symbol, known in self.candles.items()}
        rules = sorted(set(self.pipeline.rule_names.values()))
        for _ in range(_BOOKS):
            now_ms = int(self.first.open_time_ms[row]) + candle_ms
            yield sample_book(random, now_ms, prices, {}, candle_ms=candle_ms, rules=rules)


def named_columns(columns: SymbolColumns) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every column with its path: `regime.trending`, `rules.trend.direction`, `stages.sizer.volatility`."""
    tables = {"regime": columns.regime, "features": columns.features}
    tables |= {f"rules.{rule}": table for rule, table in columns.rules.items()}
    tables |= {f"stages.{key}": table for key, table in columns.stages.items()}
    for name, table in tables.items():
        for column, values in table.items():
            yield f"{name}.{column}", values


def _plain(step: Step) -> dict[str, Any]:
    """Everything a step came to, by symbol."""
    orders: Mapping[str, Sequence[Any]] = {
        decision.symbol: [asdict(o) for o in step.orders if o.intent.symbol == decision.symbol]
        for decision in step.decisions
    }
    return {
        decision.symbol: {
            "outcome": decision.outcome.value,
            "blocked": decision.blocked,
            "record": decision.body,
            "orders": orders[decision.symbol],
            "stop": [move.stop_price for move in step.stop_moves if move.symbol == decision.symbol],
            "cooldown": step.cooldowns.get(decision.symbol),
            "suspended": step.suspended_until_ms,
        }
        for decision in step.decisions
    }
