"""The plugin under test, seen the same way whatever its kind."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl.errors import UsageError
from weexctl.hookspecs import KINDS
from weexctl.model.regime import Artefact
from weexctl.testing.candles import random_walk

__all__ = ["Subject", "columns_of", "difference", "subject_of", "unequal", "wanted_rows"]

_SCORED_CANDLES = 900
Surface = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Subject:
    """A plugin, the candles it is tried on, and for a classifier the artefact it was fitted to."""

    kind: str
    plugin: Any
    candles: pd.DataFrame
    artefact: Artefact | None = None
    seed: int = 0
    fitted: Artefact | None = field(init=False, default=None)
    """The artefact as the fit left it, whatever scoring does to the other one."""
    _whole: dict[str, pd.DataFrame] = field(default_factory=dict)
    _early: dict[tuple[str, int], pd.DataFrame] = field(default_factory=dict)
    _touched: dict[tuple[str, int, str], pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fitted", copy.deepcopy(self.artefact))

    @property
    def warmup(self) -> int:
        """The warm-up the plugin declares."""
        return int(self.plugin.warmup_candles)

    @property
    def training(self) -> pd.DataFrame:
        """The candles a classifier was fitted on: its warm-up and its least training."""
        return self.candles.iloc[: self.warmup + int(self.plugin.min_train_candles)].copy()

    def surfaces(self) -> Mapping[str, Surface]:
        """Every method that turns candles into columns, by name; none for a plugin that does not look at the market."""
        surfaces: dict[str, Surface] = {}
        if self.kind == "regime":
            surfaces["features"] = self.plugin.features
        if hasattr(self.plugin, "columns"):
            surfaces["columns"] = lambda frame: columns_of(self.kind, self.plugin, frame, self.artefact)
        return surfaces

    def whole(self, surface: str) -> pd.DataFrame:
        """The columns over all candles, computed once."""
        if surface not in self._whole:
            self._whole[surface] = self.call(surface, self.candles)
        return self._whole[surface]

    def early(self, surface: str, count: int) -> pd.DataFrame:
        """The columns over the first `count` candles, as they were when they were first asked for."""
        if (surface, count) not in self._early:
            self._early[surface, count] = self.call(surface, self.candles.iloc[:count])
        return self._early[surface, count]

    def touched(self, surface: str, row: int, name: str, factor: float) -> pd.DataFrame:
        """The columns after one value of one candle was multiplied; computed once."""
        if (surface, row, name) not in self._touched:
            values = self.candles[name].to_numpy(dtype=np.float64).copy()
            values[row] *= factor
            self._touched[surface, row, name] = self.call(surface, self.candles.assign(**{name: values}))
        return self._touched[surface, row, name]

    def call(self, surface: str, candles: pd.DataFrame) -> pd.DataFrame:
        """The columns over these candles; the plugin gets a copy. Numerical warnings are not what is tested here."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return self.surfaces()[surface](candles.copy())


def columns_of(kind: str, plugin: Any, candles: pd.DataFrame, artefact: Artefact | None = None) -> pd.DataFrame:
    """The market columns of a plugin of any kind; a frame without columns when it has none.

    Raises:
        UsageError: a classifier without an artefact, or an unknown kind.
    """
    if kind not in KINDS:
        raise UsageError(f"no plugin kind {kind!r}; nothing was computed", hint=f"one of {', '.join(KINDS)}")
    if not hasattr(plugin, "columns"):
        return pd.DataFrame(index=candles.index)
    if kind != "regime":
        result: pd.DataFrame = plugin.columns(candles)
        return result
    if artefact is None:
        raise UsageError("a classifier needs an artefact; nothing was computed", hint="fit it, and pass artefact=")
    scored: pd.DataFrame = plugin.columns(candles, artefact)
    return scored


def subject_of(kind: str, plugin: Any, candles: pd.DataFrame | None, seed: int) -> Subject:
    """The plugin with candles enough for its warm-up; a classifier is fitted on the first of them.

    Raises:
        UsageError: the kind is unknown.
    """
    if kind not in KINDS:
        raise UsageError(f"no plugin kind {kind!r}; nothing was checked", hint=f"one of {', '.join(KINDS)}")
    wanted = wanted_rows(kind, plugin)
    frame = random_walk(seed, wanted) if candles is None else candles
    artefact = plugin.fit(frame.iloc[: wanted - _SCORED_CANDLES].copy(), "BTCUSDT") if kind == "regime" else None
    return Subject(kind, plugin, frame, artefact, seed)


def wanted_rows(kind: str, plugin: Any) -> int:
    """Candles a plugin is tried on: its warm-up, for a classifier its least training, and rows to look at."""
    training = int(plugin.min_train_candles) if kind == "regime" else 0
    return int(plugin.warmup_candles) + training + _SCORED_CANDLES


def difference(one: pd.DataFrame, other: pd.DataFrame) -> tuple[str, int] | None:
    """Column and row of the first value that is not bit for bit the same; None when all are. NaN equals NaN."""
    if list(one.columns) != list(other.columns) or len(one) != len(other):
        return "", min(len(one), len(other))
    for name in one.columns:
        different = unequal(one[name].to_numpy(), other[name].to_numpy())
        if different.any():
            return str(name), int(different.argmax())
    return None


def unequal(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two columns of one length are not bit for bit the same. NaN equals NaN."""
    different: NDArray[np.bool_] = np.asarray(one != other, dtype=np.bool_)
    both_nan = pd.isna(one) & pd.isna(other)
    return different & ~np.asarray(both_nan, dtype=np.bool_)
