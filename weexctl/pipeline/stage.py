"""The pipeline a profile names, built: one stage per plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from weexctl.model.limits import Limits
from weexctl.model.regime import Regime
from weexctl.ports import Exit, Guard, RegimeClassifier, RiskPolicy, Sizer, Strategy

__all__ = ["Pipeline", "Stage"]

P_co = TypeVar("P_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Stage(Generic[P_co]):
    """One built plugin, and where it came from."""

    kind: str
    name: str
    """The offer's name, as the profile has it."""
    distribution: str
    version: str
    plugin: P_co


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Every stage of a profile, in the profile's order."""

    regime: Stage[RegimeClassifier]
    strategies: Mapping[Regime, Stage[Strategy]]
    """The rule that may open in each regime. One strategy may serve several regimes; it is then one object."""
    sizer: Stage[Sizer]
    risk: tuple[Stage[RiskPolicy], ...]
    guards: tuple[Stage[Guard], ...]
    exits: tuple[Stage[Exit], ...]
    rebalance_band: float
    limits: Limits

    def stages(self) -> Iterator[Stage[object]]:
        """All stages, each once."""
        seen: set[int] = set()
        for stage in (self.regime, *self.strategies.values(), self.sizer, *self.risk, *self.guards, *self.exits):
            if id(stage) not in seen:
                seen.add(id(stage))
                yield stage

    @property
    def warmup_candles(self) -> int:
        """Candles of history the slowest stage needs before its columns count."""
        return max(int(getattr(stage.plugin, "warmup_candles", 0)) for stage in self.stages())
