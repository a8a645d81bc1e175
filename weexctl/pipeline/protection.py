"""Stops, targets and closes of positions, held or about to be opened. A stop only ever tightens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from weexctl.model.book import Book, HeldPosition
from weexctl.model.copying import quick
from weexctl.model.verdict import ExitDecision
from weexctl.pipeline.sizing import PLUGIN_FAULT
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.pipeline.views import Views

__all__ = ["ExitAnswer", "Protection", "protect"]


@quick
@dataclass(frozen=True, slots=True)
class ExitAnswer:
    """What one exit said."""

    plugin: str
    distribution: str
    version: str
    stop: float | None
    target: float | None
    close: bool
    code: str
    reason: str


@quick
@dataclass(frozen=True, slots=True)
class Protection:
    """All exits together on one position."""

    answers: tuple[ExitAnswer, ...]
    initial_stop: float | None
    """The tightest stop any exit asked for, before policies tighten it."""
    stop: float | None
    """The stop that counts: tightened, and never looser than the live one."""
    target: float | None
    close: ExitAnswer | None
    """The first exit that wants the position closed now."""

    def stop_distance(self, price: float) -> float:
        """Distance of the untightened stop as a fraction of the price; 0 without a stop."""
        return abs(price - self.initial_stop) / price if self.initial_stop is not None and price > 0 else 0.0


def protect(
    pipeline: Pipeline,
    position: HeldPosition,
    views: Views,
    stop_multiplier: float,
) -> Protection:
    """What the profile's exits want for one position."""
    answers = tuple([_answer(stage, position, views.of(f"exit.{index}")) for index, stage in enumerate(pipeline.exits)])
    sign, price = position.side.sign, position.price
    stops = [a.stop for a in answers if a.stop is not None and a.stop > 0 and (price - a.stop) * sign > 0]
    initial = max(stops, key=lambda stop: stop * sign, default=None)
    stop = None if initial is None else price - sign * abs(price - initial) * stop_multiplier
    if position.stop is not None:
        stop = position.stop if stop is None else sign * max(stop * sign, position.stop * sign)
    targets = [a.target for a in answers if a.target is not None and (a.target - price) * sign > 0]
    return Protection(
        answers,
        initial,
        stop,
        min(targets, key=lambda target: target * sign, default=position.target),
        next(iter([a for a in answers if a.close]), None),
    )


def _answer(stage: Stage[Any], position: HeldPosition, book: Book) -> ExitAnswer:
    try:
        decision = stage.plugin.review(position, book)
        stop, target = _number(decision.stop), _number(decision.target)
        close, code, reason = bool(decision.close), str(decision.code or ""), str(decision.reason or "")
    except Exception as error:  # noqa: BLE001  # third-party code: a broken exit keeps the stop that is already there
        fault = ExitDecision(code=PLUGIN_FAULT, reason=f"{stage.name} raised {type(error).__name__}: {error}")
        stop, target, close, code, reason = None, None, False, fault.code, fault.reason
    return ExitAnswer(stage.name, stage.distribution, stage.version, stop, target, close, code, reason)


def _number(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return float(value)
