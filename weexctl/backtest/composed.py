"""A profile's pipeline, with what tells its stages and their settings from those of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from weexctl.backtest.stretch import Stretch
from weexctl.config.choice import Choice
from weexctl.config.profile import Profile
from weexctl.model.candle import Candles
from weexctl.model.regime import REGIMES, Artefact
from weexctl.pipeline.columns import Columns, checked_call, keyed_stages, regime_columns, strategy_columns
from weexctl.pipeline.stage import Pipeline, Stage

__all__ = ["FEATURES", "REGIME", "RULE", "Composed", "Source", "Window"]

REGIME, FEATURES, RULE = "regime", "features", "rule."
"""Places: the classifier's view, what it observed, and what a rule's place begins with."""


@dataclass(frozen=True, slots=True)
class Window:
    """The candles that a stretch's columns are computed on."""

    candles: Candles
    before: int
    """How many of them lie before the stretch."""
    ready_row: int
    """First row of the stretch whose columns count."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where some columns of a pipeline come from."""

    place: str
    key: str
    """The same for equal plugins, whatever pipeline they are in."""
    compute: Callable[[Candles, Artefact, pd.DataFrame], Columns]
    """Of candles, a fit and a frame of the same candles; raises `PluginContractError`."""


@dataclass(frozen=True, slots=True)
class Composed:
    """Built stages and their keys: two pipelines that have a key in common have equal plugins there."""

    digest: str
    """Of the profile."""
    pipeline: Pipeline
    window: int
    """Candles before a fit from which columns are computed."""
    keys: Mapping[str, str]
    """By place (`regime`, `rule.trend`, `sizer`, `risk.0` …): kind, name and settings as one text."""

    @classmethod
    def of(cls, profile: Profile, pipeline: Pipeline, *, window: int = 0) -> Composed:
        """The pipeline of this profile; its columns begin `window` candles before a fit, or its warm-up if longer."""
        chosen = profile.pipeline
        rules = {RULE + pipeline.rule_names[regime]: chosen.strategies[regime] for regime in REGIMES}
        lists = {"risk": chosen.risk, "guard": chosen.guards, "exit": chosen.exits}
        places = {f"{kind}.{i}": choice for kind, choices in lists.items() for i, choice in enumerate(choices)}
        choices = {REGIME: chosen.regime, **rules, "sizer": chosen.sizer, **places}
        return cls(
            profile.digest,
            pipeline,
            max(window, pipeline.warmup_candles),
            {place: _key(choice) for place, choice in choices.items()},
        )

    def sources(self) -> Iterator[Source]:
        """Of all columns that the pipeline has."""
        pipeline, keys = self.pipeline, self.keys
        yield Source(REGIME, keys[REGIME], partial(_view, pipeline.regime))
        yield Source(FEATURES, f"{FEATURES} {keys[REGIME]}", partial(_observed, pipeline.regime))
        for place, stage in {RULE + pipeline.rule_names[r]: pipeline.strategies[r] for r in REGIMES}.items():
            yield Source(place, keys[place], partial(_wishes, stage))
        for place, stage in keyed_stages(pipeline):
            if hasattr(stage.plugin, "columns"):
                yield Source(place, keys[place], partial(_rows, stage))

    def window_of(self, known: Candles, stretch: Stretch) -> Window:
        """What the columns of a stretch are computed on, of all candles of a symbol.

        It begins at the fit wherever the stretch does, so that a run that goes on has the same numbers as one that
        was never interrupted.
        """
        fitted_ms, first_ms, last_ms = stretch
        past = known.closed_by(last_ms)
        window = past.rows(len(known.closed_by(fitted_ms)) - 1 - self.window, len(past))
        before = max(0, (first_ms - window.timeframe.ms - window.first_ms) // window.timeframe.ms)
        return Window(window, before, max(0, self.window - before))


def _key(choice: Choice) -> str:
    return f"{choice.kind} {json.dumps(choice.to_toml_dict(), sort_keys=True, default=str)}"


def _view(stage: Stage[Any], candles: Candles, artefact: Artefact, frame: pd.DataFrame) -> Columns:
    return regime_columns(stage, candles, artefact, frame)


def _observed(stage: Stage[Any], candles: Candles, _: Artefact, frame: pd.DataFrame) -> Columns:
    return checked_call(stage, "features", candles, stage.plugin.features, frame)


def _wishes(stage: Stage[Any], candles: Candles, _: Artefact, frame: pd.DataFrame) -> Columns:
    return strategy_columns(stage, candles, frame)


def _rows(stage: Stage[Any], candles: Candles, _: Artefact, frame: pd.DataFrame) -> Columns:
    return checked_call(stage, "columns", candles, stage.plugin.columns, frame)
