"""A bench of the small pipeline: three symbols, several fits, arms by the settings of a few stages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd

from tests.unit.trader.small_pipeline import Bracket, HalfRegime, Swing, a_stage, small_pipeline
from tests.unit.trader.workshop import HISTORY, a_market
from weexctl.backtest.arm_run import Footing
from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import Crew
from weexctl.backtest.preparation import fit_symbols
from weexctl.errors import UsageError
from weexctl.model.book import Book
from weexctl.pipeline.stage import Pipeline
from weexctl.run.schedule import Schedule, plan_schedule

__all__ = ["HOUR_MS", "a_bench", "a_footing", "a_schedule", "compose"]

HOUR_MS = 3_600_000
STEPS = 250


class Fixed:
    """The same exposure of everything."""

    warmup_candles = 0

    def __init__(self, fraction: float) -> None:
        self.fraction = fraction

    def size(self, book: Book) -> Mapping[str, float]:
        return {symbol: self.fraction for symbol in book.symbols if book.wanted(symbol)}


class Deadly:
    """Ends the whole process."""

    warmup_candles = 0

    def size(self, book: Book) -> Mapping[str, float]:
        os._exit(1)


class Untrue:
    """A rule that has no direction when it is asked."""

    warmup_candles = 0

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"direction": 7, "strength": 1.0, "reason": "NO"}, index=candles.index)


class Drifting(HalfRegime):
    """Another classifier."""


def _pipeline(overrides: Mapping[str, Any]) -> Pipeline:
    pipeline = small_pipeline(Drifting() if overrides.get("regime") else None)
    if "fraction" in overrides.get("sizer", {}):
        pipeline = replace(pipeline, sizer=a_stage("sizer", Fixed(overrides["sizer"]["fraction"])))
    if overrides.get("sizer", {}).get("deadly"):
        pipeline = replace(pipeline, sizer=a_stage("sizer", Deadly()))
    if overrides.get("refuse"):
        raise UsageError("the profile says no; nothing was run")
    if overrides.get("bare"):
        pipeline = replace(pipeline, risk=(), guards=())
    rule = a_stage("strategy", Untrue() if overrides.get("untrue") else Swing())
    return replace(pipeline, strategies=dict.fromkeys(pipeline.strategies, rule), exits=(a_stage("exit", Bracket()),))


def compose(overrides: Mapping[str, Any]) -> Composed:
    """The small pipeline with some of its stages changed."""
    pipeline = _pipeline(overrides)
    rules = {f"rule.{name}": f"strategy {overrides.get('untrue')}" for name in pipeline.rule_names.values()}
    keys = {
        "regime": f"regime {overrides.get('regime')}",
        "sizer": f"sizer {overrides.get('sizer')}",
        "risk.0": "risk",
        "guard.0": "guard",
        "exit.0": "exit",
    }
    return Composed(f"digest {sorted(overrides.items())}", pipeline, pipeline.warmup_candles, {**keys, **rules})


def a_schedule(history: int = HISTORY) -> Schedule:
    return plan_schedule(
        a_market(), HOUR_MS, history=history, from_ms=None, to_ms=None, steps=STEPS, run_from_ms=None, done_ms=None
    )


def a_bench(history: int = HISTORY) -> Bench:
    return Bench(a_market(), a_schedule(history))


def a_footing(crew: Crew, bench: Bench) -> Footing:
    """What arms stand on; ours is the small pipeline as it is."""
    fits = fit_symbols(compose({}), bench, crew, on_symbol=lambda _: None, should_stop=lambda: False)
    assert fits is not None
    return Footing.on(bench, compose({}), fits, Decimal(10_000))
