"""weexctl: trade WEEX crypto futures under discipline.

These names are what a plugin needs; they are loaded when they are first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is not imported: `--version` answers from here before anything else is loaded
__version__ = "0.1.0"

if TYPE_CHECKING:
    from typing import Any

    from weexctl.errors import DataError, PluginContractError, WeexctlError
    from weexctl.hookspecs import Offer, PluginConfig, hookimpl
    from weexctl.model.book import Book, ClosedTrade, HeldPosition, Row
    from weexctl.model.candle import Candles, Timeframe
    from weexctl.model.instrument import SYMBOLS, Instrument
    from weexctl.model.order import Leg, OrderIntent
    from weexctl.model.regime import REGIMES, Artefact, Regime, RegimeView
    from weexctl.model.side import PositionSide, Side
    from weexctl.model.signal import Signal
    from weexctl.model.verdict import ALLOW, ExitDecision, GuardAction, RiskDecision, Verdict
    from weexctl.ports import Exit, Guard, RegimeClassifier, RiskPolicy, Sizer, Strategy

_HOMES = {
    "weexctl.errors": ("DataError", "PluginContractError", "WeexctlError"),
    "weexctl.hookspecs": ("Offer", "PluginConfig", "hookimpl"),
    "weexctl.model.book": ("Book", "ClosedTrade", "HeldPosition", "Row"),
    "weexctl.model.candle": ("Candles", "Timeframe"),
    "weexctl.model.instrument": ("SYMBOLS", "Instrument"),
    "weexctl.model.order": ("Leg", "OrderIntent"),
    "weexctl.model.regime": ("REGIMES", "Artefact", "Regime", "RegimeView"),
    "weexctl.model.side": ("PositionSide", "Side"),
    "weexctl.model.signal": ("Signal",),
    "weexctl.model.verdict": ("ALLOW", "ExitDecision", "GuardAction", "RiskDecision", "Verdict"),
    "weexctl.ports": ("Exit", "Guard", "RegimeClassifier", "RiskPolicy", "Sizer", "Strategy"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "ALLOW",
    "REGIMES",
    "SYMBOLS",
    "Artefact",
    "Book",
    "Candles",
    "ClosedTrade",
    "DataError",
    "Exit",
    "ExitDecision",
    "Guard",
    "GuardAction",
    "HeldPosition",
    "Instrument",
    "Leg",
    "Offer",
    "OrderIntent",
    "PluginConfig",
    "PluginContractError",
    "PositionSide",
    "Regime",
    "RegimeClassifier",
    "RegimeView",
    "RiskDecision",
    "RiskPolicy",
    "Row",
    "Side",
    "Signal",
    "Sizer",
    "Strategy",
    "Timeframe",
    "Verdict",
    "WeexctlError",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home (PEP 562)."""
    if (module := _HOME.get(name)) is None:
        raise AttributeError(f"module 'weexctl' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
