"""The whole contract between weexctl and a plugin distribution: six hooks that offer, three that observe.

A distribution declares an entry point in the group `weexctl` that names a module, and the module answers some of
these hooks:

    [project.entry-points.weexctl]
    my-rules = "my_rules"

    # my_rules/__init__.py: cheap to import; the numbers live in another module
    from weexctl import Offer, PluginConfig, hookimpl

    class BreakoutConfig(PluginConfig):
        window: int = 48

    def build_breakout(config: BreakoutConfig) -> Strategy:
        from my_rules.breakout import Breakout
        return Breakout(config)

    @hookimpl
    def offer_strategies() -> list[Offer]:
        return [Offer("breakout", BreakoutConfig, build_breakout, "Follow the break of a channel.")]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pluggy
from pydantic import BaseModel, ConfigDict

from weexctl.model.order import OrderIntent

__all__ = [
    "GROUP",
    "KINDS",
    "Offer",
    "PluginConfig",
    "hookimpl",
    "offer_exits",
    "offer_guards",
    "offer_regimes",
    "offer_risk",
    "offer_sizers",
    "offer_strategies",
    "on_decision",
    "on_fill",
    "on_order",
]

GROUP = "weexctl"
"""Name of the entry-point group, and of the pluggy project."""

KINDS = {
    "regime": "offer_regimes",
    "strategy": "offer_strategies",
    "sizer": "offer_sizers",
    "risk": "offer_risk",
    "guard": "offer_guards",
    "exit": "offer_exits",
}
"""The word for each kind, and the hook that offers it."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class PluginConfig(BaseModel):
    """Base of a plugin's settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


C = TypeVar("C", bound=PluginConfig)


@dataclass(frozen=True, slots=True)
class Offer(Generic[C]):
    """What a plugin puts on the shelf."""

    name: str
    """The word a profile uses: lower case with hyphens, unique among all installed plugins of its kind."""
    config: type[C]
    """The shape of its settings; every key of the profile's table but `use`."""
    build: Callable[[C], Any]
    """Makes the plugin from validated settings; runs only for what a profile names."""
    summary: str = ""
    """One line for `weexctl plugins list`."""


@hookspec
def offer_regimes() -> Sequence[Offer[Any]]:
    """Regime classifiers."""
    return ()


@hookspec
def offer_strategies() -> Sequence[Offer[Any]]:
    """Strategies: the only kind with a direction."""
    return ()


@hookspec
def offer_sizers() -> Sequence[Offer[Any]]:
    """Sizers."""
    return ()


@hookspec
def offer_risk() -> Sequence[Offer[Any]]:
    """Risk policies."""
    return ()


@hookspec
def offer_guards() -> Sequence[Offer[Any]]:
    """Guards."""
    return ()


@hookspec
def offer_exits() -> Sequence[Offer[Any]]:
    """Exits."""
    return ()


@hookspec
def on_decision(decision: dict[str, Any]) -> None:
    """A decision was recorded. What an observer raises is logged and changes nothing."""


@hookspec
def on_order(intent: OrderIntent, order_id: str, state: str) -> None:
    """An order was accepted, refused or ended."""


@hookspec
def on_fill(fill: dict[str, Any]) -> None:
    """A fill was recorded."""
