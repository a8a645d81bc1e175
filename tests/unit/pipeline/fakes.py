"""Tiny plugins, a market by hand and a world to decide in, for tests of the functional core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.plugins.books import HOUR_MS, NOW_MS, make_book
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.decision import Decision
from weexctl.model.instrument import SYMBOLS, Instrument
from weexctl.model.limits import Limits
from weexctl.model.order import OrderIntent
from weexctl.model.regime import REGIMES, Artefact, Regime, RegimeView
from weexctl.model.verdict import ALLOW, ExitDecision, RiskDecision, Verdict
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.decide import Identity, Step, decide
from weexctl.pipeline.guards import Flow
from weexctl.pipeline.stage import Pipeline, Stage

__all__ = [
    "BTC",
    "ETH",
    "HOUR_MS",
    "NOW_MS",
    "RULES",
    "SOL",
    "Answering",
    "Classifier",
    "CloseNow",
    "FixedSizes",
    "Opinion",
    "Raising",
    "Rule",
    "StopAt",
    "TargetAt",
    "World",
    "make_candles",
    "make_columns",
    "make_instrument",
    "make_limits",
    "make_pipeline",
    "stage_of",
]

BTC, ETH, SOL = SYMBOLS[:3]
RULES = {Regime.TRENDING: "trend", Regime.RANGING: "reversion", Regime.UNSTABLE: "flat"}
"""The rule of each regime in every pipeline made here."""


class Classifier:
    """Says the same of every candle."""

    warmup_candles = 2
    train_candles = 10
    min_train_candles = 5

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        return Artefact(id="a1", plugin="fake", symbol=symbol, train_from_ms=0, train_to_ms=1, data_digest="x")

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"change": candles["close"].pct_change()}, index=candles.index)

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        values = {"trending": 0.7, "ranging": 0.2, "unstable": 0.1, "name": "trending", "confidence": 0.7}
        return pd.DataFrame(values, index=candles.index)

    def start(self, artefact: Artefact) -> None:
        return None

    def step(self, state: Any, row: Mapping[str, float]) -> tuple[Any, RegimeView]:
        return None, RegimeView(0.7, 0.2, 0.1, Regime.TRENDING, 0.7)


@dataclass
class Rule:
    """A strategy with one opinion, or with the columns that `alter` makes of it."""

    direction: int = 1
    alter: Callable[[pd.DataFrame], Any] = lambda frame: frame
    warmup_candles: int = 3

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        frame = pd.DataFrame({"direction": self.direction, "strength": 1.0, "reason": "FAKE"}, index=candles.index)
        altered: pd.DataFrame = self.alter(frame)
        return altered


@dataclass
class FixedSizes:
    """The same exposure for every symbol, or one by symbol."""

    sizes: float | Mapping[str, Any] = 0.2
    warmup_candles: int = 0

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(index=candles.index)

    def size(self, book: Book) -> Mapping[str, float]:
        return self.sizes if isinstance(self.sizes, Mapping) else dict.fromkeys(book.symbols, self.sizes)


@dataclass
class Opinion:
    """A risk policy that says the same every time; about all symbols, or about `only` one."""

    decision: Any = field(default_factory=RiskDecision)
    only: str = ""
    warmup_candles: int = 0

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        answer: RiskDecision = self.decision if self.only in ("", symbol) else RiskDecision()
        return answer


@dataclass
class Answering:
    """A guard that says the same every time."""

    verdict: Any = ALLOW
    warmup_candles: int = 0

    def review(self, intent: OrderIntent, book: Book) -> Verdict:
        answer: Verdict = self.verdict
        return answer


@dataclass
class StopAt:
    """An exit with a stop this far from the newest close."""

    distance: float = 10.0
    warmup_candles: int = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(stop=position.price - self.distance * position.side.sign, code="STOP")


@dataclass
class TargetAt:
    """An exit with a target this far from the newest close."""

    distance: float = 20.0
    warmup_candles: int = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(target=position.price + self.distance * position.side.sign)


@dataclass
class CloseNow:
    """An exit that wants out."""

    code: str = "TIME_LIMIT"
    warmup_candles: int = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(close=position.candles_held > 0, code=self.code, reason="held long enough")


class Raising:
    """Fails whatever it is asked."""

    warmup_candles = 0

    def size(self, book: Book) -> Mapping[str, float]:
        raise ZeroDivisionError("sizes")

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        raise ZeroDivisionError("risk")

    def review(self, *arguments: Any) -> Any:
        raise ZeroDivisionError("review")


def stage_of(kind: str, plugin: Any, name: str = "") -> Stage[Any]:
    """A stage around a plugin, named after its class."""
    return Stage(kind, name or type(plugin).__name__.lower(), "fakes", "1.0", plugin)


def make_limits(**changes: Any) -> Limits:
    """Limits so wide that none binds; `changes` replace any."""
    values: dict[str, Any] = {
        "max_leverage": 5,
        "max_order_notional": Decimal(1_000_000),
        "max_gross_exposure": 2.5,
        "max_symbol_exposure": 1.0,
        "max_margin_per_position": 1.0,
        "per_trade_risk": 0.5,
        "max_positions_long": 8,
        "max_positions_short": 8,
        "daily_loss": 0.5,
        "kill_drawdown": 0.6,
    }
    return Limits(**{**values, **changes})


def make_pipeline(
    *,
    sizer: Any = None,
    risk: Sequence[Any] = (),
    guards: Sequence[Any] = (),
    exits: Sequence[Any] | None = None,
    rules: Mapping[Regime, Stage[Any]] | None = None,
    band: float = 0.5,
    limits: Limits | None = None,
) -> Pipeline:
    """A pipeline of fakes: a fifth of equity per symbol, a stop 10 away, wide limits."""
    strategies = rules or {regime: stage_of("strategy", Rule(), RULES[regime]) for regime in REGIMES}
    return Pipeline(
        regime=stage_of("regime", Classifier()),
        strategies=strategies,
        sizer=stage_of("sizer", sizer or FixedSizes()),
        risk=tuple(stage_of("risk", plugin) for plugin in risk),
        guards=tuple(stage_of("guard", plugin) for plugin in guards),
        exits=tuple(stage_of("exit", plugin) for plugin in ((StopAt(),) if exits is None else exits)),
        rebalance_band=band,
        limits=limits or make_limits(),
    )


def make_candles(symbol: str = BTC, *, rows: int = 12, price: float = 100.0, end_ms: int = NOW_MS) -> Candles:
    """Hourly candles at one price; the newest closes at `end_ms`."""
    times = end_ms - HOUR_MS * np.arange(rows, 0, -1, dtype=np.int64)
    prices: dict[str, Any] = {name: np.full(rows, price) for name in ("open", "high", "low", "close")}
    return Candles(symbol, Timeframe.H1, times, volume=np.full(rows, 10.0), **prices)


def make_columns(
    symbol: str = BTC,
    direction: int | Mapping[str, int] = 1,
    *,
    entry: bool = True,
    regime: Regime = Regime.TRENDING,
    rows: int = 12,
    ready_row: int = 0,
    end_ms: int = NOW_MS,
    price: float = 100.0,
) -> SymbolColumns:
    """Columns that say the same of every candle; `direction` is every rule's, or one by rule."""
    directions = direction if isinstance(direction, Mapping) else dict.fromkeys(RULES.values(), direction)
    others = {r: 0.14 for r in REGIMES if r is not regime}
    shares: dict[str, NDArray[Any]] = {r.value: np.full(rows, others.get(r, 0.72)) for r in REGIMES}
    return SymbolColumns(
        candles=make_candles(symbol, rows=rows, price=price, end_ms=end_ms),
        artefact=Artefact(id="a1", plugin="fake", symbol=symbol, train_from_ms=0, train_to_ms=1, data_digest="x"),
        ready_row=ready_row,
        regime={**shares, "name": np.full(rows, regime.value, dtype=object), "confidence": np.full(rows, 0.72)},
        features={"persistence": np.full(rows, 0.31)},
        rules={
            rule: {
                "direction": np.full(rows, sign),
                "strength": np.ones(rows),
                "entry": np.full(rows, entry),
                "reason": np.full(rows, "FAKE_UP" if sign > 0 else "FAKE_DOWN", dtype=object),
            }
            for rule, sign in directions.items()
        },
        stages={"sizer": {"volatility": np.full(rows, 0.6)}},
    )


def make_instrument(symbol: str = BTC, **changes: Any) -> Instrument:
    """A future with a price step of 0.1 and a size step of 0.001."""
    values: dict[str, Any] = {
        "symbol": symbol,
        "base": symbol.removesuffix("USDT"),
        "quote": "USDT",
        "price_step": Decimal("0.1"),
        "quantity_step": Decimal("0.001"),
        "min_quantity": Decimal("0.001"),
        "max_quantity": Decimal(1_000_000),
        "max_leverage": 100,
        "maker_fee": Decimal("0.0002"),
        "taker_fee": Decimal("0.0008"),
        "contract_value": Decimal("0.001"),
    }
    return Instrument(**{**values, **changes})


@dataclass
class World:
    """Everything one step needs; a test replaces what it is about."""

    pipeline: Pipeline = field(default_factory=make_pipeline)
    columns: Mapping[str, SymbolColumns] = field(default_factory=lambda: {BTC: make_columns()})
    book: Book = field(default_factory=lambda: make_book(symbols=(BTC,)))
    instrument: Mapping[str, Any] = field(default_factory=dict)
    identity: Identity = field(default_factory=lambda: Identity("profile", "seed:7"))
    flow: Flow = field(default_factory=Flow)

    def step(self) -> Step:
        """One step."""
        instruments = {symbol: make_instrument(symbol, **self.instrument) for symbol in SYMBOLS}
        return decide(self.pipeline, self.columns, self.book, instruments, self.identity, self.flow)

    def decision(self, symbol: str = BTC) -> Decision:
        """What one step decides about one symbol."""
        return next(d for d in self.step().decisions if d.symbol == symbol)

    def orders(self) -> list[OrderIntent]:
        """What one step would send."""
        return [reviewed.intent for reviewed in self.step().orders]
