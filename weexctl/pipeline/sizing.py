"""From wishes to exposures: sizer, gross limit, multipliers, caps. Only ever smaller along the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from weexctl.model.book import Book
from weexctl.model.copying import quick
from weexctl.model.limits import Limits
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.pipeline.views import Views

__all__ = [
    "NOT_ASSESSED",
    "PLUGIN_FAULT",
    "Assessment",
    "Multiplier",
    "Room",
    "Sizing",
    "assess",
    "gross_scale",
    "held_exposure",
    "largest_gross",
    "raw_exposures",
    "rooms",
    "size",
]

PLUGIN_FAULT = "PLUGIN_FAULT"
MIN_STOP_MULTIPLIER = 0.5
"""However many policies tighten a stop, half its distance stays: 1.5 ATR of the usual 3 (methods 7.3)."""
_ASSUMED_MAINTENANCE = 0.01
_LIQUIDATION_STOPS = 3.0
"""The estimated liquidation must lie at least this many stop distances away (methods 7.1)."""


@quick
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


@quick
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


NOT_ASSESSED = Assessment()
"""No policy was asked, or there is none."""


@quick
@dataclass(frozen=True, slots=True)
class Room:
    """How far one symbol may grow beside the rest of the book; settled before any policy is asked."""

    share: float
    """Exposure it may add within the gross limit."""
    others: float
    """Gross exposure of all other symbols after this step, at most."""


@quick
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


def raw_exposures(pipeline: Pipeline, views: Views) -> tuple[dict[str, float], str]:
    """The sizer's exposures by symbol, and a fault text when it failed (then every exposure is 0)."""
    book = views.of("sizer")
    try:
        sizes = pipeline.sizer.plugin.size(book)
        exposures = {symbol: float(sizes.get(symbol, 0.0)) for symbol in book.symbols}
    except Exception as error:  # noqa: BLE001  # third-party code: anything can come out of it, and all of it means 0
        return dict.fromkeys(book.symbols, 0.0), f"sizer raised {type(error).__name__}: {error}"
    bad = [symbol for symbol, value in exposures.items() if not (math.isfinite(value) and value >= 0)]
    if bad:
        return exposures | dict.fromkeys(bad, 0.0), f"sizer gave {bad[0]} an exposure that is not a number ≥ 0"
    return exposures, ""


def assess(pipeline: Pipeline, views: Views, symbols: Sequence[str]) -> dict[str, Assessment]:
    """What every policy makes of each symbol: the product of multipliers, in profile order.

    A suspension that a policy asks for over one symbol holds for all of them, in this step already.
    """
    asked = {symbol: _ask_all(pipeline, views, symbol) for symbol in symbols}
    suspended = max((a.suspend_until_ms for a in asked.values()), default=0)
    return {symbol: _settled(assessment, views.book, symbol, suspended) for symbol, assessment in asked.items()}


def _ask_all(pipeline: Pipeline, views: Views, symbol: str) -> Assessment:
    if not pipeline.risk:
        return NOT_ASSESSED
    answers = [_ask(stage, views.of(f"risk.{index}"), symbol) for index, stage in enumerate(pipeline.risk)]
    shares = tuple([share for share, _, _ in answers])
    return Assessment(
        shares,
        math.prod([share.multiplier for share in shares]),
        max(MIN_STOP_MULTIPLIER, math.prod([share.stop_multiplier for share in shares])),
        max([cooldown_ms for _, cooldown_ms, _ in answers]),
        max([suspend_ms for _, _, suspend_ms in answers]),
    )


def _settled(assessment: Assessment, book: Book, symbol: str, suspended_ms: int) -> Assessment:
    """Cooldowns and suspensions stop new positions only; a held one keeps its rule."""
    if symbol in book.positions:
        return assessment
    if max(suspended_ms, book.suspended_until_ms) > book.now_ms:
        return replace(assessment, multiplier=0.0, blocked="SUSPENDED")
    if max(assessment.cooldown_until_ms, book.cooldowns.get(symbol, 0)) > book.now_ms:
        return replace(assessment, multiplier=0.0, blocked="COOLDOWN")
    return assessment


_Answer = tuple[Multiplier, int, int]
"""A policy's share, and until when it asks for a cooldown and for a suspension; 0 when it does not."""


def _ask(stage: Stage[Any], book: Book, symbol: str) -> _Answer:
    """A policy's answer as plain numbers, whatever types it came in; 0 when it has no such answer."""
    try:
        answer = stage.plugin.assess(book, symbol)
        multiplier, stop_multiplier = float(answer.multiplier), float(answer.stop_multiplier)
        cooldown_ms, suspend_ms = int(answer.cooldown_until_ms or 0), int(answer.suspend_until_ms or 0)
        code, reason = str(answer.code or ""), str(answer.reason or "")
    except Exception as error:  # noqa: BLE001  # third-party code: anything can come out of it, and all of it means 0
        return _fault(stage, f"raised {type(error).__name__}: {error}")
    if not 0.0 <= multiplier <= 1.0:
        return _fault(stage, f"gave the multiplier {multiplier}")
    if not 0.0 < stop_multiplier <= 1.0:
        return _fault(stage, f"gave the stop multiplier {stop_multiplier}")
    share = Multiplier(stage.name, stage.distribution, stage.version, multiplier, stop_multiplier, code, reason)
    return share, cooldown_ms, suspend_ms


def _fault(stage: Stage[Any], what: str) -> _Answer:
    named = stage.name, stage.distribution, stage.version
    return Multiplier(*named, 0.0, 1.0, PLUGIN_FAULT, f"{stage.name} {what}"), 0, 0


def gross_scale(exposures: Mapping[str, float], counted: Sequence[str], limits: Limits) -> float:
    """The factor that brings the unmultiplied exposures under the gross limit."""
    gross = sum([exposures[symbol] for symbol in counted])
    return min(1.0, limits.max_gross_exposure / gross) if gross > 0 else 1.0


def largest_gross(stop_distance: float) -> float:
    """The gross exposure at which liquidation would still lie three stop distances away.

    Cross margin: with gross exposure g, a move of about 1/g against every position takes the account.

    Args:
        stop_distance: as a fraction of the price, positive.
    """
    return 1.0 / (_LIQUIDATION_STOPS * stop_distance + _ASSUMED_MAINTENANCE)


def rooms(
    exposures: Mapping[str, float], scale: float, growing: Sequence[str], book: Book, limits: Limits
) -> dict[str, Room]:
    """What the gross limit leaves to each symbol that may grow, in proportion to what it lacks.

    Taken on unmultiplied exposures, so that a policy that shrinks one symbol never makes room for another.

    Args:
        exposures: the sizer's, by symbol.
        scale: the gross limit's factor.
        growing: symbols that may open or add.
        book: what is held; a position that is about to shrink counts in full.
        limits: the profile's limits.
    """
    lacking = {
        symbol: max(0.0, min(exposures[symbol] * scale, limits.max_symbol_exposure) - held_exposure(book, symbol))
        for symbol in growing
    }
    total = sum(lacking.values())
    left = max(0.0, limits.max_gross_exposure - book.gross_exposure)
    part = min(1.0, left / total) if total > 0 else 0.0
    gross = book.gross_exposure + part * total
    return {
        symbol: Room(part * missing, gross - part * missing - held_exposure(book, symbol))
        for symbol, missing in lacking.items()
    }


def held_exposure(book: Book, symbol: str) -> float:
    """The exposure a symbol has now, without sign; 0 when flat."""
    return abs(book.positions[symbol].exposure) if symbol in book.positions else 0.0


def size(
    raw: float,
    scale: float,
    assessment: Assessment,
    *,
    limits: Limits,
    equity: float,
    stop_distance: float,
    held: float = 0.0,
    room: Room | None = None,
) -> Sizing:
    """One symbol's chain.

    Args:
        raw: the sizer's exposure.
        scale: the gross limit's factor.
        assessment: the policies.
        limits: the profile's limits.
        equity: quote.
        stop_distance: distance of the untightened stop as a fraction of the price, so that a tighter stop never
            makes a larger position. 0 when no exit gave one: what is held may then stay, and nothing is added.
        held: exposure now, without sign.
        room: what the book leaves to a symbol that may grow; None when it may not.
    """
    caps = {
        "max_symbol_exposure": limits.max_symbol_exposure,
        "max_margin_per_position": limits.max_margin_per_position * limits.max_leverage,
        "max_order_notional": float(limits.max_order_notional) / equity if equity > 0 else 0.0,
        "per_trade_risk": limits.per_trade_risk / stop_distance if stop_distance > 0 else held,
    }
    if room is not None:
        caps["max_gross_exposure"] = held + room.share
        if stop_distance > 0:
            caps["liquidation_distance"] = max(held, largest_gross(stop_distance) - room.others)
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
