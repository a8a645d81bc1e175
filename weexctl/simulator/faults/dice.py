"""Which faults hit which call. Every fault has a stream of its own, so that a draw in one shifts none of the others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from weexctl.simulator.faults.fault import Fault, Match
from weexctl.simulator.faults.words import NETWORK, ON_CALLS, Word

__all__ = ["Dice"]


@dataclass(slots=True)
class _Entry:
    fault: Fault
    stream: random.Random
    fitted: int = 0
    fired: int = 0


@dataclass(slots=True)
class Dice:
    """The faults of a run, asked once per call.

    Attributes:
        enabled: False from the moment on when the run has to recover.
        fired: what has hit, each as the fault that does it again: the number of the call, the arguments drawn.
    """

    seed: int
    faults: Sequence[Fault]
    enabled: bool = True
    fired: list[Fault] = field(default_factory=list)
    _entries: list[_Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        seen: dict[Word, int] = {}
        for fault in self.faults:
            if fault.word not in ON_CALLS or (fault.word is Word.KILL and "hit" in fault.args):
                continue
            number = seen[fault.word] = seen.get(fault.word, 0) + 1
            # Seeded by name and number: leaving one fault out changes no draw of another kind.
            stream = random.Random(f"{self.seed}|{fault.word.value}|{number}")  # noqa: S311  # reproducible on purpose
            self._entries.append(_Entry(fault, stream))

    def throw(self, number: int, method: str, target: str, elapsed_s: float) -> list[Fault]:
        """The faults that hit this call, arguments drawn; at most one of them is the network's."""
        if not self.enabled:
            return []
        hits: list[Fault] = []
        network = False
        for entry in self._entries:
            match = entry.fault.match
            if not match.fits(method, target):
                continue
            entry.fitted += 1
            lucky = match.probability is not None and entry.stream.random() >= match.probability
            if lucky or not match.covers(elapsed_s) or (match.nth is not None and entry.fitted != match.nth):
                continue
            if match.times is not None and entry.fired >= match.times:
                continue
            of_network = entry.fault.word in NETWORK
            if of_network and network:
                continue
            network = network or of_network
            entry.fired += 1
            hit = _drawn(entry.fault, entry.stream)
            hits.append(hit)
            self.fired.append(replace(hit, match=Match(nth=number)))
        return hits


def _drawn(fault: Fault, stream: random.Random) -> Fault:
    ranges = {name: value for name, value in fault.args.items() if isinstance(value, list | tuple) and len(value) == 2}
    if not ranges:
        return fault
    drawn = {
        name: stream.randint(low, high) if isinstance(low, int) and isinstance(high, int) else stream.uniform(low, high)
        for name, (low, high) in ranges.items()
    }
    return replace(fault, args={**fault.args, **drawn})
