"""Decisions as plain data: the record that `explain` reads. Full where anything changed, compact elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from weexctl.model.book import Book, HeldPosition
from weexctl.model.decision import Outcome
from weexctl.model.regime import RegimeView
from weexctl.model.signal import Signal
from weexctl.model.verdict import GuardAction
from weexctl.pipeline.guards import Reviewed
from weexctl.pipeline.protection import Protection
from weexctl.pipeline.sizing import NOT_ASSESSED, Assessment, Sizing

__all__ = ["Findings", "compact_record", "full_record"]

_DIGITS = 10
"""Significant digits kept of a statistic."""
_REASON = 48
"""Characters of a rule's reason in a compact record."""


@dataclass(slots=True, kw_only=True)
class Findings:
    """What the stages found about one symbol in one step; filled in on the way, then only read."""

    symbol: str
    held: HeldPosition | None
    price: float | None
    regime: RegimeView | None
    signal: Signal
    artefact_id: str
    features: Mapping[str, float]
    assessment: Assessment = NOT_ASSESSED
    sizer_fault: str = ""
    sizing: Sizing | None = None
    protection: Protection | None = None


def compact_record(
    decision_id: str, findings: Findings, outcome: Outcome, why: Sequence[str], book: Book
) -> dict[str, Any]:
    """Under 400 bytes: what was seen, and why nothing was done."""
    record: dict[str, Any] = {
        "id": decision_id,
        "symbol": findings.symbol,
        "close_ms": book.now_ms,
        "outcome": outcome.value,
        "why": list(why),
        "price": findings.price,
    }
    if (view := findings.regime) is not None:
        record["regime"] = [view.name.value, *(round(p, 4) for p in (view.trending, view.ranging, view.unstable))]
        record["signal"] = [findings.signal.rule, findings.signal.direction, findings.signal.reason[:_REASON]]
    if findings.held is not None:
        record["held"] = _short(findings.held.exposure)
        if findings.sizing is not None:
            record["target"] = _short(findings.sizing.final * findings.held.side.sign)
    return record


def full_record(
    decision_id: str,
    findings: Findings,
    outcome: Outcome,
    blocked: str,
    why: Sequence[str],
    book: Book,
    *,
    reviewed: Reviewed | None,
    stop_move: Decimal | None,
) -> dict[str, Any]:
    """Every number between the candle and the order."""
    return {
        "id": decision_id,
        "symbol": findings.symbol,
        "close_ms": book.now_ms,
        "outcome": outcome.value,
        "blocked": blocked,
        "why": list(why),
        "price": findings.price,
        "account": {
            "equity": _short(book.equity),
            "drawdown": _short(book.drawdown),
            "day_loss": _short(book.day_loss),
            "run_loss": _short(book.run_loss),
            "gross_exposure": _short(book.gross_exposure),
            "positions": len(book.positions),
        },
        "regime": _regime(findings),
        "signal": _signal(findings.signal),
        "held": _held(findings.held),
        "sizing": _sizing(findings),
        "protection": _protection(findings.protection),
        "intent": _intent(reviewed),
        "verdicts": _verdicts(reviewed),
        "stop_move": None if stop_move is None else f"{stop_move:f}",
    }


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _regime(findings: Findings) -> dict[str, Any] | None:
    view = findings.regime
    if view is None:
        return None
    return {
        "name": view.name.value,
        "confidence": _short(view.confidence),
        "trending": _short(view.trending),
        "ranging": _short(view.ranging),
        "unstable": _short(view.unstable),
        **({} if view.p_vol is None else {"p_vol": _short(view.p_vol)}),
        "artefact": findings.artefact_id,
        "features": {n: _short(value) if math.isfinite(value) else None for n, value in findings.features.items()},
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "rule": signal.rule,
        "direction": signal.direction,
        "strength": _short(signal.strength),
        "entry": signal.entry,
        "reason": signal.reason,
    }


def _held(held: HeldPosition | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {
        "side": held.side.value,
        "quantity": _short(held.quantity),
        "exposure": _short(held.exposure),
        "entry_price": _short(held.entry_price),
        "opened_ms": held.opened_ms,
        "candles_held": held.candles_held,
        "best_price": _short(held.best_price),
        "stop": None if held.stop is None else _short(held.stop),
        "rule": held.rule,
        "regime": held.regime.value,
        "decision_id": held.decision_id,
    }


def _sizing(findings: Findings) -> dict[str, Any] | None:
    sizing = findings.sizing
    if sizing is None:
        return None
    assessment = findings.assessment
    return {
        "raw": _short(sizing.raw),
        "gross_scale": _short(sizing.gross_scale),
        "policies": [
            {
                "plugin": m.plugin,
                "distribution": m.distribution,
                "version": m.version,
                "multiplier": _short(m.multiplier),
                "stop_multiplier": _short(m.stop_multiplier),
                "code": m.code,
                "reason": m.reason,
            }
            for m in assessment.multipliers
        ],
        "multiplier": _short(sizing.multiplier),
        "stop_multiplier": _short(assessment.stop_multiplier),
        "blocked": assessment.blocked,
        "fault": findings.sizer_fault,
        "caps": {name: _short(cap) for name, cap in sizing.caps.items()},
        "binding": sizing.binding,
        "final": _short(sizing.final),
    }


def _protection(protection: Protection | None) -> dict[str, Any] | None:
    if protection is None:
        return None
    return {
        "initial_stop": None if protection.initial_stop is None else _short(protection.initial_stop),
        "stop": None if protection.stop is None else _short(protection.stop),
        "target": None if protection.target is None else _short(protection.target),
        "exits": [
            {
                "plugin": a.plugin,
                "distribution": a.distribution,
                "version": a.version,
                "stop": None if a.stop is None else _short(a.stop),
                "close": a.close,
                "code": a.code,
                "reason": a.reason,
            }
            for a in protection.answers
        ],
    }


def _intent(reviewed: Reviewed | None) -> dict[str, Any] | None:
    if reviewed is None:
        return None
    intent = reviewed.intent
    limit = {} if intent.price is None else {"type": intent.type.value, "price": f"{intent.price:f}"}
    if intent.time_in_force is not None:
        limit["time_in_force"] = intent.time_in_force.value
    return {
        "leg": intent.leg.value,
        "side": intent.side.value,
        "position_side": intent.position_side.value,
        "quantity": f"{intent.quantity:f}",
        "reference_price": f"{intent.reference_price:f}",
        "stop_price": None if intent.stop_price is None else f"{intent.stop_price:f}",
        "target_price": None if intent.target_price is None else f"{intent.target_price:f}",
        "notional": f"{intent.notional:f}",
        "reason": intent.reason,
        "approved": reviewed.approved,
        **limit,
    }


def _verdicts(reviewed: Reviewed | None) -> list[dict[str, Any]]:
    if reviewed is None:
        return []
    return [
        {
            "guard": v.guard,
            "action": GuardAction(v.action).name.lower().replace("_", "-"),
            "code": v.code,
            "reason": v.reason,
        }
        for v in reviewed.verdicts
    ]
