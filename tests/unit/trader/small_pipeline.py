"""A pipeline of small plugins that trades often: entries, adds, reductions, stops, targets and refits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from weexctl.model.book import Book, HeldPosition
from weexctl.model.limits import Limits
from weexctl.model.order import OrderIntent
from weexctl.model.regime import Artefact, Regime, RegimeView
from weexctl.model.verdict import ALLOW, ExitDecision, RiskDecision, Verdict
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.ports import RegimeClassifier

__all__ = ["LIMITS", "HalfRegime", "a_stage", "small_pipeline"]

WARMUP = 24
LIMITS = Limits(
    max_leverage=3,
    max_order_notional=Decimal(5_000),
    max_gross_exposure=2.0,
    max_symbol_exposure=0.6,
    max_margin_per_position=0.5,
    per_trade_risk=0.05,
    max_positions_long=4,
    max_positions_short=4,
    daily_loss=0.5,
    kill_drawdown=0.9,
)


@dataclass(slots=True)
class HalfRegime:
    """Trending above the level of its fit, unstable below. Remembers what it was fitted on."""

    warmup_candles: int = WARMUP
    train_candles: int = 30
    min_train_candles: int = 10
    fits: list[tuple[str, int, int, str]] = field(default_factory=list)
    """Symbol, open time of the first and the last candle, and the id of the fit before."""

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        before = "" if previous is None else previous.id
        first, last = int(candles.index[0]), int(candles.index[-1])
        self.fits.append((symbol, first, last, before))
        return Artefact(
            id=f"{symbol}:{last}:{before[-13:]}",
            plugin="half",
            symbol=symbol,
            train_from_ms=first,
            train_to_ms=last + 3_600_000,
            data_digest="x",
            parameters={"level": float(candles["close"].mean())},
        )

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"move": candles["close"].pct_change()}, index=candles.index)

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        above = candles["close"] > artefact.parameters["level"]
        trending = np.where(above, 0.7, 0.2)
        return pd.DataFrame(
            {
                "trending": trending,
                "ranging": 0.1,
                "unstable": 0.9 - trending,
                "name": np.where(above, "trending", "unstable"),
                "confidence": 0.7,
            },
            index=candles.index,
        )

    def start(self, artefact: Artefact) -> Any:
        return artefact

    def step(self, state: Any, row: Mapping[str, float]) -> tuple[Any, RegimeView]:
        return state, RegimeView(0.7, 0.1, 0.2, Regime.TRENDING, 0.7)


class Swing:
    """With the last hours' move."""

    warmup_candles = WARMUP

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        ahead = candles["close"] > candles["close"].shift(9)
        return pd.DataFrame(
            {"direction": np.where(ahead, 1, -1), "strength": 1.0, "reason": np.where(ahead, "UP", "DOWN")},
            index=candles.index,
        )


class Breathing:
    """Exposure that rises and falls with the hour, so that positions are added to and reduced."""

    warmup_candles = WARMUP

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        hour = candles.index.to_numpy() // 3_600_000 % 12
        return pd.DataFrame({"wish": 0.05 + 0.02 * hour}, index=candles.index)

    def size(self, book: Book) -> Mapping[str, float]:
        return {symbol: row["wish"] for symbol, row in book.rows.items()}


class Careful:
    """Halves everything after a loss."""

    warmup_candles = WARMUP

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        lost = bool(book.trades) and book.trades[-1].pnl < 0
        return RiskDecision(multiplier=0.5, code="LOST", reason="the last trade lost") if lost else RiskDecision()


class Sunday:
    """Lets everything through."""

    warmup_candles = WARMUP

    def review(self, intent: OrderIntent, book: Book) -> Verdict:
        return ALLOW


class Bracket:
    """A trailing stop 1.5 % away, a target 2 % away."""

    warmup_candles = WARMUP

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        sign = position.side.sign
        return ExitDecision(
            stop=position.best_price * (1 - sign * 0.015), target=position.entry_price * (1 + sign * 0.02)
        )


def a_stage(kind: str, plugin: Any) -> Stage[Any]:
    """A stage of this plugin under its own name."""
    return Stage(kind, type(plugin).__name__.lower(), "small", "1.0", plugin)


def small_pipeline(regime: RegimeClassifier | None = None, *, limits: Limits = LIMITS) -> Pipeline:
    """The pipeline; its regime can be another one."""
    rule = a_stage("strategy", Swing())
    return Pipeline(
        regime=a_stage("regime", HalfRegime() if regime is None else regime),
        strategies=dict.fromkeys(Regime, rule),
        sizer=a_stage("sizer", Breathing()),
        risk=(a_stage("risk", Careful()),),
        guards=(a_stage("guard", Sunday()),),
        exits=(a_stage("exit", Bracket()),),
        rebalance_band=0.3,
        limits=limits,
    )
