"""Fits and market columns of many profiles over the same candles, each made once for all that share it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from weexctl.backtest.preparation import OnFit, Stretch
from weexctl.backtest.worker import asked_to_stop, by_symbol, end_if_asked
from weexctl.config.choice import Choice
from weexctl.config.profile import Profile
from weexctl.errors import PluginContractError
from weexctl.model.candle import Candles
from weexctl.model.regime import REGIMES, Artefact
from weexctl.pipeline.columns import (
    Columns,
    SymbolColumns,
    checked_call,
    keyed_stages,
    regime_columns,
    strategy_columns,
)
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.run.fitting import Block, fit_all

__all__ = ["Composed", "SharedColumns", "share"]


@dataclass(frozen=True, slots=True)
class Composed:
    """A profile's pipeline, with what tells its plugins and their settings from those of others."""

    digest: str
    pipeline: Pipeline
    window: int
    """Candles before a fit from which its columns are computed."""
    keys: Mapping[str, str]
    """By place (`regime`, `rule.trend`, `sizer`, `risk.0` …): kind, name and settings as one text."""

    @classmethod
    def of(cls, profile: Profile, pipeline: Pipeline, *, window: int = 0) -> Composed:
        """The pipeline of this profile; its columns begin `window` candles before a fit, or its warm-up if longer."""
        chosen = profile.pipeline
        rules = {f"rule.{pipeline.rule_names[regime]}": chosen.strategies[regime] for regime in REGIMES}
        lists = {"risk": chosen.risk, "guard": chosen.guards, "exit": chosen.exits}
        places = {f"{kind}.{i}": choice for kind, choices in lists.items() for i, choice in enumerate(choices)}
        choices = {"regime": chosen.regime, **rules, "sizer": chosen.sizer, **places}
        return cls(
            profile.digest,
            pipeline,
            max(window, pipeline.warmup_candles),
            {place: _key(choice) for place, choice in choices.items()},
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """What is kept of one symbol in one stretch."""

    artefacts: dict[str, Artefact] = field(default_factory=dict)
    """By classifier."""
    columns: dict[tuple[str, int], Columns] = field(default_factory=dict, repr=False)
    """By key and window."""
    broken: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Message and hint of what a plugin of a pipeline did, by the pipeline's digest."""


_Parts = dict[Stretch, _Part]


@dataclass(frozen=True, slots=True)
class SharedColumns:
    """Everything that was made before the first run. What a run needs beyond it is computed when it asks."""

    candles: Mapping[str, Candles] = field(repr=False)
    stretches: Sequence[Stretch]
    parts: Mapping[str, _Parts] = field(repr=False)
    """By symbol."""

    def blocks(self, composed: Composed) -> dict[Stretch, Block]:
        """Every stretch as this pipeline sees it.

        Raises:
            PluginContractError: a plugin that nobody else has broke its promise.
        """
        return {stretch: self._block(composed, stretch) for stretch in self.stretches}

    def _block(self, composed: Composed, stretch: Stretch) -> Block:
        columns: dict[str, SymbolColumns] = {}
        classifier = composed.keys["regime"]
        for symbol, known in self.candles.items():
            part = self.parts[symbol].get(stretch)
            if part is not None and composed.digest in part.broken:
                message, hint = part.broken[composed.digest]
                raise PluginContractError(message, hint=hint)
            if part is not None and classifier in part.artefacts:
                columns[symbol] = _view(composed, part, known, stretch)
        return Block(*stretch, {symbol: found.artefact for symbol, found in columns.items()}, columns)


def share(
    arms: Iterable[Composed],
    candles: Mapping[str, Candles],
    stretches: Sequence[Stretch],
    *,
    workers: int = 1,
    on_fit: OnFit = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SharedColumns:
    """Fit and compute what these pipelines need, each symbol by itself.

    A plugin that breaks its promise spoils the pipelines that have it, and all of them when it is one of the first.

    Args:
        arms: the pipelines.
        candles: every candle of every symbol.
        stretches: what shares a fit.
        workers: processes to use; the result is the same for any number.
        on_fit: is told of each symbol when it is done.
        should_stop: asked now and then.

    Raises:
        PluginContractError: a plugin of the first pipeline broke its promise.
        KeyboardInterrupt: somebody wanted an end.
    """
    wanted = _distinct(arms)
    parts: dict[str, _Parts] = {}
    if workers > 1 and len(candles) > 1:
        work = partial(_of_symbol, wanted, stretches)
        parts = by_symbol(work, candles, workers, lambda symbol, _: on_fit(symbol), should_stop)
    else:
        for symbol, known in candles.items():
            parts[symbol] = _of_symbol(wanted, stretches, known)
            on_fit(symbol)
            end_if_asked(should_stop)
    return SharedColumns(candles, tuple(stretches), {symbol: parts[symbol] for symbol in candles})


def _key(choice: Choice) -> str:
    return f"{choice.kind} {json.dumps(choice.to_toml_dict(), sort_keys=True, default=str)}"


def _distinct(arms: Iterable[Composed]) -> tuple[Composed, ...]:
    """The arms that bring something new."""
    seen: set[tuple[str, int]] = set()
    found = []
    for arm in arms:
        needs = {(key, arm.window) for key in arm.keys.values()}
        if not needs <= seen:
            found.append(arm)
            seen |= needs
    return tuple(found)


def _of_symbol(arms: tuple[Composed, ...], stretches: Sequence[Stretch], known: Candles) -> _Parts:
    parts: _Parts = {}
    for stretch in stretches:
        if asked_to_stop():
            break
        part = parts[stretch] = _Part()
        for arm in arms:
            try:
                _add(parts, part, arm, known, stretch)
            except PluginContractError as error:
                if arm is arms[0]:
                    raise
                part.broken[arm.digest] = error.message, error.hint or ""
    return parts


def _add(parts: _Parts, part: _Part, arm: Composed, known: Candles, stretch: Stretch) -> None:
    """What one pipeline needs of a stretch and nobody made yet."""
    classifier = arm.keys["regime"]
    if classifier not in part.artefacts:
        fitted = fit_all(arm.pipeline, {known.symbol: known}, stretch[0], _newest(parts, classifier))
        if known.symbol in fitted:
            part.artefacts[classifier] = fitted[known.symbol]
    if classifier in part.artefacts:
        window, rows = _window(arm, known, stretch)
        for key, compute in _computations(arm, window, part.artefacts[classifier]):
            if (key, arm.window) not in part.columns:
                part.columns[key, arm.window] = _cut(compute(), rows)


def _newest(parts: _Parts, classifier: str) -> dict[str, Artefact]:
    """The classifier's fit of an earlier stretch, by symbol; empty when there is none."""
    earlier = [part.artefacts[classifier] for part in parts.values() if classifier in part.artefacts]
    return {artefact.symbol: artefact for artefact in earlier[-1:]}


def _window(arm: Composed, known: Candles, stretch: Stretch) -> tuple[Candles, int]:
    """The candles that columns are computed on, and how many of them lie before the stretch."""
    fitted_ms, first_ms, last_ms = stretch
    past = known.closed_by(last_ms)
    window = past.rows(len(known.closed_by(fitted_ms)) - 1 - arm.window, len(past))
    return window, max(0, (first_ms - window.timeframe.ms - window.first_ms) // window.timeframe.ms)


def _cut(columns: Columns, rows: int) -> Columns:
    return {name: column[rows:].copy() for name, column in columns.items()}


def _computations(arm: Composed, window: Candles, artefact: Artefact) -> Iterator[tuple[str, Callable[[], Columns]]]:
    """Each key of an arm with what computes its columns."""
    for place, stage in _placed(arm.pipeline):
        key = arm.keys[place]
        if place == "regime":
            yield key, lambda stage=stage: regime_columns(stage, window, artefact)  # type: ignore[misc]
            yield _observed(key), lambda stage=stage: checked_call(stage, "features", window, stage.plugin.features)  # type: ignore[misc]
        elif place.startswith("rule."):
            yield key, lambda stage=stage: strategy_columns(stage, window)  # type: ignore[misc]
        else:
            yield key, lambda stage=stage: checked_call(stage, "columns", window, stage.plugin.columns)  # type: ignore[misc]


def _observed(classifier: str) -> str:
    return f"features of {classifier}"


def _placed(pipeline: Pipeline) -> Iterator[tuple[str, Stage[Any]]]:
    """Every stage with market columns, and its place."""
    yield "regime", pipeline.regime
    yield from {f"rule.{pipeline.rule_names[regime]}": pipeline.strategies[regime] for regime in REGIMES}.items()
    yield from ((key, stage) for key, stage in keyed_stages(pipeline) if hasattr(stage.plugin, "columns"))


def _view(arm: Composed, part: _Part, known: Candles, stretch: Stretch) -> SymbolColumns:
    """What a pipeline sees of one symbol in one stretch; what nobody made before is made now."""
    window, rows = _window(arm, known, stretch)
    artefact = part.artefacts[arm.keys["regime"]]
    made = {
        key: part.columns[key, arm.window] if (key, arm.window) in part.columns else _cut(compute(), rows)
        for key, compute in _computations(arm, window, artefact)
    }
    places = [place for place, _ in _placed(arm.pipeline)]
    return SymbolColumns(
        candles=window.rows(rows, len(window)),
        artefact=artefact,
        ready_row=max(0, arm.window - rows),
        regime=made[arm.keys["regime"]],
        features=made[_observed(arm.keys["regime"])],
        rules={place.removeprefix("rule."): made[arm.keys[place]] for place in places if place.startswith("rule.")},
        stages={place: made[arm.keys[place]] for place in places if not place.startswith(("rule.", "regime"))},
    )
