"""A distribution of plugins that each know something too early, and the honest ones they are compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tests.contract.leaky_plugins import (
    BackFilled,
    CentredMean,
    FilledWithMean,
    HonestStrategy,
    NextClose,
    SinceTheStart,
    SmoothedPosteriors,
    ViterbiLabels,
    WholeSeriesMean,
)
from weexctl import (
    Artefact,
    Book,
    ExitDecision,
    HeldPosition,
    Offer,
    PluginConfig,
    Regime,
    RegimeView,
    RiskDecision,
    hookimpl,
)


class Nothing(PluginConfig):
    """Nothing to set."""


class Needed(PluginConfig):
    """A setting without a default."""

    window: int


class Scaled(HonestStrategy):
    """Scales with a scaler that was fitted on everything there is."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        from sklearn.preprocessing import StandardScaler

        scaled = StandardScaler().fit_transform(candles[["close", "volume"]].to_numpy())[:, 0]
        direction = np.sign(np.nan_to_num(scaled)).astype(np.int64)
        return pd.DataFrame({"direction": direction, "strength": 1.0, "reason": "SCALED"}, index=candles.index)


class Kst(HonestStrategy):
    """The Know Sure Thing of `ta`, which fills its first rows with the mean of all closes."""

    warmup_candles = 60

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        from ta.trend import KSTIndicator

        kst = KSTIndicator(candles["close"]).kst().fillna(0.0)
        return pd.DataFrame(
            {"direction": np.sign(kst).astype(np.int64), "strength": np.tanh(kst.abs()), "reason": "KST"},
            index=candles.index,
        )


class Ichimoku(HonestStrategy):
    """The cloud of `ta` as it is drawn: shifted, and filled with the mean of the whole of it."""

    warmup_candles = 120

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        from ta.trend import IchimokuIndicator

        cloud = IchimokuIndicator(candles["high"], candles["low"], visual=True)
        level: pd.Series[float] = (cloud.ichimoku_a() + cloud.ichimoku_b()) / 2
        return level


class Remembers(HonestStrategy):
    """Honest when it is asked once. Of candles it was shown before, it knows what came after them."""

    def __init__(self) -> None:
        self.shown: pd.Series[float] = pd.Series(dtype=np.float64)

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        after = self.shown.shift(-1).reindex(candles.index)
        if len(candles) > len(self.shown):
            self.shown = candles["close"].copy()
        return after.fillna(super().level(candles))


class Peeks:
    """A policy that reaches behind its row."""

    warmup_candles = 24

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"move": candles["close"].pct_change().fillna(0.0)}, index=candles.index)

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        row: Any = book.rows[symbol]
        later = row._columns["move"][row._index + 1]
        return RiskDecision() if later > 0 else RiskDecision(multiplier=0.5, code="LATER", reason="it will fall")


class Tires:
    """A policy whose answer depends on how often it was asked."""

    warmup_candles = 0

    def __init__(self) -> None:
        self.asked = 0

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        self.asked += 1
        return RiskDecision(multiplier=1 / self.asked, code="TIRED", reason="asked before")


class Moves:
    """An honest classifier: trending while the last day has moved far, for its fit."""

    warmup_candles = 48
    train_candles = 300
    min_train_candles = 200

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        far = float(self.features(candles)["move"].abs().quantile(0.6))
        times = candles.index.to_numpy()
        return Artefact(
            id=f"moves-{far!r}",
            plugin="moves",
            symbol=symbol,
            train_from_ms=int(times[0]),
            train_to_ms=int(times[-1] + times[1] - times[0]),
            data_digest="",
            parameters={"far": far},
        )

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"move": np.log(candles["close"]).diff(24)}, index=candles.index)

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        moves = self.features(candles)["move"].tolist()
        views = [_view(move, artefact.parameters["far"]) for move in moves]
        known = [not math.isnan(move) for move in moves]
        return pd.DataFrame(
            {
                "trending": [view.trending for view in views],
                "ranging": [view.ranging for view in views],
                "unstable": [view.unstable for view in views],
                "name": [view.name.value if there else "" for view, there in zip(views, known, strict=True)],
                "confidence": [view.confidence for view in views],
            },
            index=candles.index,
        )

    def start(self, artefact: Artefact) -> Any:
        return artefact.parameters["far"]

    def step(self, state: Any, row: Mapping[str, float]) -> tuple[Any, RegimeView]:
        return state, _view(row["move"], state)


class Learns(Moves):
    """Puts what it scores into the artefact it was fitted to."""

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        seen = float(candles["close"].max())
        artefact.parameters["highest"] = max(seen, artefact.parameters.get("highest", 0.0))
        return super().columns(candles, artefact)


class FitsOnAll(Moves):
    """Remembers every candle it was shown, and fits on them all."""

    def __init__(self) -> None:
        self.far = 0.0

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        found = super().features(candles)
        self.far = max(self.far, float(found["move"].abs().max()))
        return found

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        artefact = super().fit(candles, symbol, previous)
        artefact.parameters["far"] = self.far
        return artefact


class LooksAtHigh(HonestStrategy):
    """Says it looks at closes only."""

    own_candle = ("close",)

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["high"].rolling(48).mean()


class Raises(HonestStrategy):
    """Cannot bear a missing candle."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        if candles["close"].isna().any():
            raise ValueError("a candle is missing")
        return super().columns(candles)


class StopBelow:
    """A stop 3 % away."""

    warmup_candles = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(stop=position.price * (1 - 0.03 * position.side.sign), code="STOP")


def _view(move: float, far: float) -> RegimeView:
    if math.isnan(move):
        return RegimeView(math.nan, math.nan, math.nan, Regime.RANGING, math.nan)
    trending = 0.8 if abs(move) > far else 0.1
    name = Regime.TRENDING if abs(move) > far else Regime.RANGING
    return RegimeView(trending, 0.9 - trending, 0.1, name, 0.8)


STRATEGIES: Mapping[str, Callable[[], Any]] = {
    "centred-mean": CentredMean,
    "next-close": NextClose,
    "whole-series-mean": WholeSeriesMean,
    "filled-with-mean": FilledWithMean,
    "back-filled": BackFilled,
    "since-the-start": SinceTheStart,
    "full-sample-scaler": Scaled,
    "ta-kst": Kst,
    "ta-ichimoku": Ichimoku,
    "remembers": Remembers,
    "looks-at-high": LooksAtHigh,
    "raises-at-gaps": Raises,
    "honest": HonestStrategy,
}
REGIMES: Mapping[str, Callable[[], Any]] = {
    "viterbi": ViterbiLabels,
    "smoothed": SmoothedPosteriors,
    "learns": Learns,
    "fits-on-all": FitsOnAll,
    "moves": Moves,
}


def _offers(makers: Mapping[str, Callable[[], Any]]) -> list[Offer[Any]]:
    return [Offer(name, Nothing, lambda _, make=make: make()) for name, make in makers.items()]  # type: ignore[misc]


@hookimpl
def offer_strategies() -> list[Offer[Any]]:
    return [*_offers(STRATEGIES), Offer("needs-a-window", Needed, lambda _: HonestStrategy())]


@hookimpl
def offer_regimes() -> list[Offer[Any]]:
    return _offers(REGIMES)


@hookimpl
def offer_risk() -> list[Offer[Any]]:
    return _offers({"peeks": Peeks, "tires": Tires})


@hookimpl
def offer_exits() -> list[Offer[Any]]:
    return _offers({"stop-below": StopBelow})
