"""The pipeline a profile names, built: one stage per plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
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

    @cached_property
    def rule_names(self) -> Mapping[Regime, str]:
        """The name of the rule that may open in each regime.

        The strategy's own name; when two regimes use one strategy with different settings, the regime is added.
        """
        by_name: dict[str, set[int]] = {}
        for stage in self.strategies.values():
            by_name.setdefault(stage.name, set()).add(id(stage.plugin))
        return {
            regime: stage.name if len(by_name[stage.name]) == 1 else f"{stage.name}/{regime.value}"
            for regime, stage in self.strategies.items()
        }

    @cached_property
    def patient_rules(self) -> frozenset[str]:
        """Names of the rules whose positions end by their exits only, whatever direction the rule shows later."""
        rules = {self.rule_names[regime]: stage.plugin for regime, stage in self.strategies.items()}
        return frozenset(name for name, plugin in rules.items() if not getattr(plugin, "ends_on_flip", True))

    @property
    def warmup_candles(self) -> int:
        """Candles of history the slowest stage needs before its columns count."""
        return max(int(getattr(stage.plugin, "warmup_candles", 0)) for stage in self.stages())
