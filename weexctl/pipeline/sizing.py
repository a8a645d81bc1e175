"""From wishes to exposures: sizer, gross limit, multipliers, caps. Only ever smaller along the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from weexctl.model.book import Book, Row
from weexctl.model.limits import Limits
from weexctl.model.verdict import RiskDecision
from weexctl.pipeline.stage import Pipeline, Stage

__all__ = ["PLUGIN_FAULT", "Assessment", "Multiplier", "Sizing", "assess", "raw_exposures", "size"]

PLUGIN_FAULT = "PLUGIN_FAULT"
MIN_STOP_MULTIPLIER = 0.5
"""However many policies tighten a stop, half its distance stays: 1.5 ATR of the usual 3 (methods 7.3)."""


@dataclass(frozen=True, slots=True)
class Multiplier:
    """One policy's share in a sizing chain."""

    plugin: str
    distribution: str
    version: str
    multiplier: float
    stop_multiplier: float
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """All policies together on one symbol."""

    multipliers: tuple[Multiplier, ...] = ()
    multiplier: float = 1.0
    stop_multiplier: float = 1.0
    cooldown_until_ms: int = 0
    suspend_until_ms: int = 0
    blocked: str = ""
    """Code of a running cooldown or suspension; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """The chain from the sizer's exposure to the one that counts; every number a fraction of equity, no sign."""

    raw: float
    """What the sizer gave."""
    gross_scale: float
    """The share left by the gross limit, taken on unmultiplied exposures."""
    multiplier: float
    """Product of the policies."""
    caps: Mapping[str, float] = field(default_factory=dict)
    """Per-symbol limits, by name."""
    binding: str = ""
    """The cap that cut, or empty."""
    final: float = 0.0


def raw_exposures(pipeline: Pipeline, book: Book, rows: Mapping[str, Row]) -> tuple[dict[str, float], str]:
    """The sizer's exposures by symbol, and a fault text when it failed (then every exposure is 0)."""
    try:
        sizes = pipeline.sizer.plugin.size(book.for_plugin(rows))
        exposures = {symbol: float(sizes.get(symbol, 0.0)) for symbol in book.symbols}
    except Exception as error:  # noqa: BLE001  # third-party code: anything can come out of it, and all of it means 0
        return dict.fromkeys(book.symbols, 0.0), f"sizer raised {type(error).__name__}: {error}"
    bad = [symbol for symbol, value in exposures.items() if not (math.isfinite(value) and value >= 0)]
    if bad:
        return exposures | dict.fromkeys(bad, 0.0), f"sizer gave {bad[0]} an exposure that is not a number ≥ 0"
    return exposures, ""


def assess(pipeline: Pipeline, book: Book, rows: Mapping[str, Mapping[str, Row]], symbol: str) -> Assessment:
    """What every policy makes of one symbol: the product of multipliers, in profile order."""
    found: list[Multiplier] = []
    cooldown = suspend = 0
    for position, stage in enumerate(pipeline.risk):
        decision = _ask(stage, book.for_plugin(rows.get(f"risk.{position}", {})), symbol)
        cooldown = max(cooldown, decision.cooldown_until_ms or 0)
        suspend = max(suspend, decision.suspend_until_ms or 0)
        found.append(
            Multiplier(
                stage.name,
                stage.distribution,
                stage.version,
                decision.multiplier,
                decision.stop_multiplier,
                decision.code,
                decision.reason,
            )
        )
    blocked = _blocked(book, symbol, max(cooldown, book.cooldowns.get(symbol, 0)), suspend)
    return Assessment(
        tuple(found),
        0.0 if blocked else math.prod(m.multiplier for m in found),
        max(MIN_STOP_MULTIPLIER, math.prod(m.stop_multiplier for m in found)),
        cooldown,
        suspend,
        blocked,
    )


def _blocked(book: Book, symbol: str, cooldown_ms: int, suspend_ms: int) -> str:
    """Cooldowns and suspensions stop new positions only; a held one keeps its rule."""
    if symbol in book.positions:
        return ""
    if max(suspend_ms, book.suspended_until_ms) > book.now_ms:
        return "SUSPENDED"
    return "COOLDOWN" if cooldown_ms > book.now_ms else ""


def _ask(stage: Stage[Any], book: Book, symbol: str) -> RiskDecision:
    try:
        decision = stage.plugin.assess(book, symbol)
        multiplier, stop = float(decision.multiplier), float(decision.stop_multiplier)
    except Exception as error:  # noqa: BLE001  # third-party code: anything can come out of it, and all of it means 0
        return _fault(f"{stage.name} raised {type(error).__name__}: {error}")
    if not 0.0 <= multiplier <= 1.0:
        return _fault(f"{stage.name} gave the multiplier {multiplier}")
    if not 0.0 < stop <= 1.0:
        return _fault(f"{stage.name} gave the stop multiplier {stop}")
    return decision  # type: ignore[no-any-return]  # whatever it is, it has just been checked


def _fault(reason: str) -> RiskDecision:
    return RiskDecision(multiplier=0.0, code=PLUGIN_FAULT, reason=reason)


def gross_scale(exposures: Mapping[str, float], counted: Sequence[str], limits: Limits) -> float:
    """The factor that brings the unmultiplied exposures under the gross limit."""
    gross = sum(exposures[symbol] for symbol in counted)
    return min(1.0, limits.max_gross_exposure / gross) if gross > 0 else 1.0


def size(
    raw: float, scale: float, assessment: Assessment, *, limits: Limits, equity: float, stop_distance: float
) -> Sizing:
    """One symbol's chain.

    Args:
        raw: the sizer's exposure.
        scale: the gross limit's factor.
        assessment: the policies.
        limits: the profile's limits.
        equity: quote.
        stop_distance: distance of the untightened stop as a fraction of the price, so that a tighter stop never
            makes a larger position.
    """
    caps = {
        "max_symbol_exposure": limits.max_symbol_exposure,
        "max_margin_per_position": limits.max_margin_per_position * limits.max_leverage,
        "max_order_notional": float(limits.max_order_notional) / equity if equity > 0 else 0.0,
        "per_trade_risk": limits.per_trade_risk / stop_distance if stop_distance > 0 else 0.0,
    }
    wanted = raw * scale * assessment.multiplier
    tightest = min(caps, key=lambda name: caps[name])
    cut = caps[tightest] < wanted
    return Sizing(
        raw,
        scale,
        assessment.multiplier,
        caps,
        tightest if cut else "",
        caps[tightest] if cut else wanted,
    )
