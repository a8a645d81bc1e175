"""Plugins that cheat on purpose: each sees what it may not, or breaks one promise. The kit has to catch every one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

from weexctl import (
    REGIMES,
    Artefact,
    Book,
    ExitDecision,
    GuardAction,
    HeldPosition,
    OrderIntent,
    Regime,
    RegimeView,
    RiskDecision,
    Verdict,
)


class HonestStrategy:
    """Follows the close against its own trailing mean: the control that has to pass."""

    warmup_candles = 48

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"].rolling(48).mean()

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        level = self.level(candles)
        direction = np.sign((candles["close"] - level).fillna(0.0)).astype(np.int64)
        return pd.DataFrame({"direction": direction, "strength": 1.0, "reason": "MEAN"}, index=candles.index)


class CentredMean(HonestStrategy):
    """Takes the mean of a window around the row."""

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"].rolling(48, center=True).mean()


class NextClose(HonestStrategy):
    """Compares with the candle after."""

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"].shift(-1)


class WholeSeriesMean(HonestStrategy):
    """Scales with the mean of everything there is."""

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"] * 0.0 + candles["close"].mean()


class FilledWithMean(HonestStrategy):
    """Fills its warm-up with the mean of all later values."""

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        trailing = candles["close"].rolling(48).mean()
        return trailing.fillna(trailing.mean())


class BackFilled(HonestStrategy):
    """Fills its warm-up with the first value that comes after it."""

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"].rolling(48).mean().bfill()


class SinceTheStart(HonestStrategy):
    """Causal, but never forgets where its frame began."""

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"].expanding().mean()


class ShortWarmup(HonestStrategy):
    """Says it needs fewer candles than it does."""

    warmup_candles = 10

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return candles["close"].ewm(span=480, adjust=False).mean()


class Forgetful(HonestStrategy):
    """Answers differently every time."""

    def __init__(self) -> None:
        self._calls = count()

    def level(self, candles: pd.DataFrame) -> pd.Series[float]:
        return super().level(candles) * (1.0 + 0.01 * next(self._calls))


class Scribbler(HonestStrategy):
    """Writes into the candles it is given."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        columns = super().columns(candles)
        candles["close"] = 1.0
        return columns


class Overconfident(HonestStrategy):
    """Has a strength of 150 %."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return super().columns(candles).assign(strength=1.5)


class HalfHearted(HonestStrategy):
    """Has directions between long and short."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return super().columns(candles).assign(direction=0.5)


class DropsRows(HonestStrategy):
    """Leaves its warm-up out instead of marking it."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return super().columns(candles).iloc[self.warmup_candles :]


class Brittle(HonestStrategy):
    """Raises when prices jump."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        if float(candles["close"].max()) > 1e6:
            raise ValueError("too high")
        return super().columns(candles)


class LoudOrCalm:
    """A two-state classifier of volatility with fixed parameters, scored by hmmlearn with the whole frame in view."""

    warmup_candles = 200
    train_candles = 1000
    min_train_candles = 500

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        times = candles.index.to_numpy()
        spread = float(np.log(candles["close"]).diff().std())
        return Artefact(
            id=f"loud-or-calm-{spread}",
            plugin="loud-or-calm",
            symbol=symbol,
            train_from_ms=int(times[0]),
            train_to_ms=int(times[-1] + times[1] - times[0]),
            data_digest="",
            parameters={"spread": spread},
        )

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"r": np.log(candles["close"]).diff().fillna(0.0)}, index=candles.index)

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        scaled = self.features(candles).to_numpy() / artefact.parameters["spread"]
        loud = self.loudness(np.nan_to_num(np.clip(scaled, -8, 8)))
        names = np.where(loud > 0.5, "unstable", "ranging")
        confidence = np.maximum(loud, 1.0 - loud)
        columns = {"trending": 0.0, "ranging": 1.0 - loud, "unstable": loud, "name": names, "confidence": confidence}
        return pd.DataFrame(columns, index=candles.index)

    def loudness(self, scaled: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        raise NotImplementedError

    def start(self, artefact: Artefact) -> Any:
        return artefact

    def step(self, state: Any, row: Mapping[str, float]) -> tuple[Any, RegimeView]:
        return state, RegimeView(0.0, 0.0, 1.0, Regime.UNSTABLE, 1.0)

    def model(self) -> Any:
        from hmmlearn.hmm import GaussianHMM

        model = GaussianHMM(2, covariance_type="diag")
        model.startprob_ = np.array([0.5, 0.5])
        model.transmat_ = np.array([[0.98, 0.02], [0.02, 0.98]])
        model.means_ = np.array([[0.0], [0.0]])
        model.covars_ = np.array([[0.3], [2.0]])
        return model


class ViterbiLabels(LoudOrCalm):
    """Labels from the likeliest path through the whole frame."""

    def loudness(self, scaled: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.asarray(self.model().predict(scaled), dtype=np.float64)


class SmoothedPosteriors(LoudOrCalm):
    """Posteriors given the whole frame."""

    def loudness(self, scaled: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.asarray(self.model().predict_proba(scaled)[:, 1], dtype=np.float64)


class Lopsided(LoudOrCalm):
    """Probabilities that do not sum to one, and steps that say something else than columns."""

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        columns = {regime.value: 0.5 for regime in REGIMES}
        return pd.DataFrame({**columns, "name": "ranging", "confidence": 0.5}, index=candles.index)


class SilentSteps(LoudOrCalm):
    """Columns with a probability of loud days that no step knows of."""

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        columns = {"trending": 0.0, "ranging": 0.0, "unstable": 1.0, "name": "unstable", "confidence": 1.0}
        return pd.DataFrame({**columns, "p_vol": 0.3}, index=candles.index)


class SurerThanSure(SilentSteps):
    """A probability of loud days above one."""

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        return super().columns(candles, artefact).assign(p_vol=1.3)


class Greedy:
    """A policy that enlarges."""

    warmup_candles = 0

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        return RiskDecision(multiplier=1.2, code="MORE", reason="more")


class Loosening:
    """A policy that moves stops away."""

    warmup_candles = 0

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        return RiskDecision(stop_multiplier=2.0, code="LOOSE", reason="loose")


class Wordless:
    """A policy that shrinks and does not say why."""

    warmup_candles = 0

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        return RiskDecision(multiplier=0.5)


class Negative:
    """A sizer that sizes below zero."""

    warmup_candles = 0

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(index=candles.index)

    def size(self, book: Book) -> dict[str, float]:
        return dict.fromkeys(book.symbols, -0.1)


class Jailer:
    """A guard that keeps positions from being closed."""

    warmup_candles = 0

    def review(self, intent: OrderIntent, book: Book) -> Verdict:
        return Verdict(action=GuardAction.DENY, code="NO", reason="no")


class Backwards:
    """An exit whose first stop is on the winning side."""

    warmup_candles = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(stop=position.price * (1 + 0.05 * position.side.sign))
