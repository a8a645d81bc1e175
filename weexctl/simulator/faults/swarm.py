"""Schedules from seeds: every family of faults is off half of the time, and its rate is drawn anew each time.

So combinations vary: a run that suffers everything at once hides what a run with one fault and a half shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from weexctl.simulator.faults.fault import Fault, Match
from weexctl.simulator.faults.schedule import Schedule
from weexctl.simulator.faults.words import Word

__all__ = ["MILD", "swarm"]

MILD = 0.1
"""Times every rate: about one fault in a hundred calls."""
_WRITES = "order|algoOrder|TpSl|closePositions|leverage"
_LISTS = "openOrders|openAlgoOrders|order/history|userTrades|allPosition"
_POINTS = ("K05", "K08", "K10", "K11", "K12", "K13", "K14", "K16", "K18", "K19")
_BROKEN: tuple[tuple[Word, dict[str, object]], ...] = (
    (Word.S, {"status": 500}),
    (Word.S, {"status": 502}),
    (Word.S, {"status": 503, "processed": True}),
    (Word.HTML, {"status": 200}),
    (Word.HTML, {"status": 502}),
    (Word.GARBAGE, {}),
    (Word.EMPTY200, {}),
    (Word.TRUNC, {"bytes": [0, 60]}),
    (Word.RESET, {"bytes": [0, 60]}),
)


def swarm(seed: int, *, seconds: float, symbols: Sequence[str], harshness: float = 1.0) -> Schedule:
    """The schedule of a seed.

    Args:
        seed: decides everything; each purpose has its own stream.
        seconds: how long the faulty part of the run is.
        symbols: that are traded.
        harshness: times every rate; 1 is the harsh mix, `MILD` the mild one.
    """
    faults: list[Fault] = []
    for name, family in _FAMILIES.items():
        draw = random.Random(f"{seed}|swarm|{name}")  # noqa: S311  # reproducible on purpose
        if draw.random() < 0.5:
            faults += family(draw, seconds, symbols, harshness)
    return Schedule(seed, tuple(faults))


Family = Callable[[random.Random, float, Sequence[str], float], list[Fault]]


def _rate(draw: random.Random, most: float, harshness: float) -> float:
    return round(draw.uniform(0, most) * harshness, 4)


def _spell(draw: random.Random, seconds: float, match: Match) -> Match:
    # Faults come in spells as well as evenly.
    if draw.random() < 0.5:
        return match
    start = draw.uniform(0, seconds * 0.8)
    return replace(match, from_s=round(start, 1), to_s=round(start + draw.uniform(30, seconds / 2), 1))


def _request_loss(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    match = _spell(draw, seconds, Match(probability=_rate(draw, 0.3, harshness)))
    return [Fault(word=Word.REQ_LOST, match=match, args={"as": draw.choice(("timeout", "reset"))})]


def _response_loss(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    match = _spell(draw, seconds, Match(probability=_rate(draw, 0.3, harshness)))
    return [Fault(word=Word.RESP_LOST, match=match, args={"as": draw.choice(("timeout", "reset"))})]


def _duplicates(draw: random.Random, _: float, __: Sequence[str], harshness: float) -> list[Fault]:
    return [Fault(word=Word.REQ_DUP, match=Match(probability=_rate(draw, 0.05, harshness)))]


def _late(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    rate = _rate(draw, 0.2, harshness)
    longest = draw.choice((10.0, 30.0, 60.0))
    word = draw.choice((Word.REQ_LATE, Word.RESP_LATE))
    match = _spell(draw, seconds, Match(probability=rate))
    return [Fault(word=word, match=match, args={"seconds": [0.1, longest]})]


def _order(draw: random.Random, _: float, __: Sequence[str], harshness: float) -> list[Fault]:
    return [Fault(word=Word.REORDER, match=Match(path=_WRITES, probability=_rate(draw, 0.05, harshness)))]


def _too_many(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    match = _spell(draw, seconds, Match(probability=_rate(draw, 0.1, harshness)))
    args = {"status": 429} if draw.random() < 0.5 else {"status": 429, "retry_after": draw.randint(1, 20)}
    return [Fault(word=Word.S, match=match, args=args)]


def _broken(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    chosen = draw.sample(_BROKEN, 3)
    return [
        Fault(word=word, match=_spell(draw, seconds, Match(probability=_rate(draw, 0.05, harshness))), args=args)
        for word, args in chosen
    ]


def _visibility(draw: random.Random, _: float, __: Sequence[str], harshness: float) -> list[Fault]:
    lag = round(draw.uniform(0, 10) * min(1.0, harshness), 1)
    return [Fault(word=Word.VIS_LAG, match=Match(method="GET", path=_LISTS + "|capi/v3/order"), args={"seconds": lag})]


def _stale(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    match = _spell(draw, seconds, Match(method="GET", path=_LISTS, probability=_rate(draw, 0.2, harshness)))
    return [Fault(word=Word.STALE_READ, match=match, args={"seconds": [1.0, 15.0]})]


def _lists(draw: random.Random, _: float, __: Sequence[str], harshness: float) -> list[Fault]:
    word = draw.choice((Word.DUP_ROW, Word.SHUFFLE))
    return [Fault(word=word, match=Match(method="GET", path=_LISTS, probability=_rate(draw, 0.3, harshness)))]


def _clock(draw: random.Random, seconds: float, _: Sequence[str], harshness: float) -> list[Fault]:
    faults = [Fault(word=Word.SKEW, args={"seconds": round(draw.uniform(-60, 60) * harshness, 1)})]
    for _number in range(draw.randint(0, 2)):
        at = Match(from_s=round(draw.uniform(60, seconds), 1))
        faults.append(Fault(word=Word.STEP, match=at, args={"seconds": round(draw.uniform(-90, 90) * harshness, 1)}))
    if draw.random() < 0.3:
        faults.append(Fault(word=Word.JITTER, args={"ms": draw.randint(10, 800)}))
    if draw.random() < 0.2:
        at = Match(from_s=round(draw.uniform(60, seconds), 1))
        faults.append(Fault(word=Word.SUSPEND, match=at, args={"seconds": draw.randint(10, 600)}))
    return faults


def _storage(draw: random.Random, seconds: float, __: Sequence[str], harshness: float) -> list[Fault]:
    word = draw.choice((Word.DISKFULL, Word.EIO, Word.DBLOCK))
    at, times = draw.randint(10, max(20, round(seconds / 6))), max(1, round(draw.randint(1, 20) * harshness))
    return [Fault(word=word, args={"write": at, "times": times})]


def _kill(draw: random.Random, _: float, __: Sequence[str], ___: float) -> list[Fault]:
    return [
        Fault(word=Word.KILL, args={"point": draw.choice(_POINTS), "hit": draw.randint(1, 40)})
        for _number in range(draw.randint(0, 5))
    ]


def _others(draw: random.Random, seconds: float, symbols: Sequence[str], _: float) -> list[Fault]:
    return [
        Fault(
            word=Word.EXT,
            match=Match(from_s=round(draw.uniform(60, seconds), 1)),
            args={
                "act": draw.choice(("close", "part", "order", "cancel_stop", "leverage")),
                "symbol": draw.choice(symbols),
            },
        )
        for _number in range(draw.randint(0, 2))
    ]


def _exchange(draw: random.Random, seconds: float, symbols: Sequence[str], _: float) -> list[Fault]:
    word = draw.choice((Word.MAINT, Word.SUSPEND_SYMBOL, Word.ADL, Word.IP_BLOCK))
    start = draw.uniform(60, seconds * 0.9)
    span = Match(from_s=round(start, 1), to_s=round(min(seconds, start + draw.uniform(20, 600)), 1))
    args: dict[str, object] = {"symbol": draw.choice(symbols)} if word in (Word.SUSPEND_SYMBOL, Word.ADL) else {}
    return [Fault(word=word, match=span, args=args)]


def _market(draw: random.Random, seconds: float, symbols: Sequence[str], harshness: float) -> list[Fault]:
    word = draw.choice((Word.GAP, Word.WICK))
    percent = round(draw.uniform(-8, 8) * min(1.0, harshness * 2), 2)
    at = Match(from_s=round(draw.uniform(60, seconds), 1))
    return [Fault(word=word, match=at, args={"symbol": draw.choice(symbols), "percent": percent})]


_FAMILIES: dict[str, Family] = {
    "request-loss": _request_loss,
    "response-loss": _response_loss,
    "duplicates": _duplicates,
    "late": _late,
    "order": _order,
    "too-many": _too_many,
    "broken": _broken,
    "visibility": _visibility,
    "stale": _stale,
    "lists": _lists,
    "clock": _clock,
    "storage": _storage,
    "kill": _kill,
    "others": _others,
    "exchange": _exchange,
    "market": _market,
}
