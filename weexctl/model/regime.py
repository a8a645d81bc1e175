"""The state of the market, as a classifier sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from weexctl.model.copying import quick

__all__ = ["REGIMES", "Artefact", "Regime", "RegimeView"]


class Regime(StrEnum):
    """The three regimes. Trending is persistent; ranging is quiet and directionless; unstable is loud and
    directionless."""

    TRENDING = "trending"
    RANGING = "ranging"
    UNSTABLE = "unstable"


REGIMES = (Regime.TRENDING, Regime.RANGING, Regime.UNSTABLE)


@quick
@dataclass(frozen=True, slots=True)
class RegimeView:
    """What the classifier says about one symbol at one candle's close."""

    trending: float
    ranging: float
    unstable: float
    """Smoothed filtered probabilities; the three sum to one."""
    name: Regime
    """The regime after hysteresis; may differ from the largest probability for a few candles."""
    confidence: float
    """The smoothed probability of the named regime."""
    p_vol: float | None = None
    """Calibrated probability that the next 24 hours are louder than four in five days of the training window; None
    when the classifier gives none."""

    def probability(self, regime: Regime) -> float:
        """The probability of one regime."""
        if regime is Regime.TRENDING:
            return self.trending
        return self.ranging if regime is Regime.RANGING else self.unstable


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A fitted classifier of one symbol, as plain data: no pickle, no library object.

    `parameters` holds only what JSON can hold (numbers, text, lists, mappings), so that it can be stored in the
    journal and rebuilt anywhere.
    """

    id: str
    """Hash of plugin, parameters and training range: equal fits have equal ids."""
    plugin: str
    symbol: str
    train_from_ms: int
    """Open time of the first candle used."""
    train_to_ms: int
    """Close time of the last candle used; everything scored with it closes later."""
    data_digest: str
    parameters: dict[str, Any] = field(default_factory=dict)
    status: str = "fitted"
    """`fitted`; `kept` when a refit was refused and the older fit stays; `fallback` when there was no fit."""
    age: int = 0
    """How many refits in a row were refused."""
