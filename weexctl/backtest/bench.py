"""What all runs of a sweep or an ablation have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from weexctl.backtest.stretch import Stretch
from weexctl.plugin_host import LOAD_PLUGINS
from weexctl.run.market_source import MarketSource
from weexctl.run.schedule import Schedule

__all__ = ["Bench", "loaded_plugins"]


@dataclass(frozen=True, slots=True)
class Bench:
    """Candles and closes."""

    market: MarketSource = field(repr=False)
    schedule: Schedule
    plugins: Mapping[str, str] = field(default_factory=dict)
    """The variables of the environment that say which plugins are loaded."""
    stretches: tuple[Stretch, ...] = field(init=False)
    """What shares a fit, in order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stretches", tuple(self.schedule.blocks()))

    @property
    def key(self) -> str:
        """The same for benches over the same candles, closes and plugins."""
        return f"{self.market.source}|{','.join(self.market.candles)}|{self.schedule}|{sorted(self.plugins.items())}"


def loaded_plugins(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that say which plugins are loaded."""
    return {name: environment[name] for name in (LOAD_PLUGINS,) if name in environment}
