"""What a run is told to do: a script that stands in for the pipeline, so that the order path alone is on trial."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from weexctl.model.side import PositionSide

__all__ = ["Act", "Wish", "script"]

Act = Literal["enter", "leave", "reduce", "tighten", "halt", "resume", "restart"]
_LIVELY: tuple[Act, ...] = ("enter", "enter", "enter", "leave", "reduce", "tighten")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing to do at one step. What does not fit the account then, closing what is not held, is left undone."""

    step: int
    act: Act
    symbol: str = ""
    side: PositionSide = PositionSide.LONG
    value: float = 800.0
    """Of an entry, quote."""
    stop: float = 0.02
    """Distance of the stop, fraction of the price."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Wish:
        """The wish that plain data describe.

        Raises:
            TypeError: an unknown member.
            ValueError: no such side.
        """
        return cls(**{**data, "side": PositionSide(data.get("side", "long"))})


def script(seed: int, steps: int, symbols: Sequence[str]) -> tuple[Wish, ...]:
    """Wishes for every other step or so, from a stream of their own; one run in four is halted near its end."""
    draw = random.Random(f"{seed}|wishes")  # noqa: S311  # reproducible on purpose
    often = 0.35 / len(symbols) ** 0.5
    wishes = [
        Wish(
            step=step,
            act=draw.choice(_LIVELY),
            symbol=symbol,
            side=draw.choice((PositionSide.LONG, PositionSide.SHORT)),
            value=draw.choice((300.0, 800.0, 1500.0)),
            stop=draw.choice((0.004, 0.01, 0.03)),
        )
        for step in range(1, steps)
        for symbol in symbols
        if draw.random() < often
    ]
    if draw.random() < 0.25:
        wishes.append(Wish(step=round(steps * draw.uniform(0.5, 0.9)), act="halt"))
    return tuple(sorted(wishes, key=lambda wish: wish.step))
