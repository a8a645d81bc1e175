"""The faulty way between a client and the simulator: an httpx transport on simulated time.

A client that waits in vain makes time pass: its own deadline, as it told httpx. Requests that were held up arrive
when time passes their moment, and the exchange looks at the age of their signatures then.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

import httpx

from weexctl.kill_points import passes
from weexctl.simulator.faults.bodies import spoil
from weexctl.simulator.faults.calls import Call
from weexctl.simulator.faults.counter import Counter, Request
from weexctl.simulator.faults.dice import Dice
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.happenings import arrange
from weexctl.simulator.faults.kill import Kill
from weexctl.simulator.faults.market_answers import MarketAnswers
from weexctl.simulator.faults.schedule import Schedule
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.weather import Weather
from weexctl.simulator.faults.words import ANSWERS, HAPPENINGS, NETWORK, Word
from weexctl.simulator.simulator import Simulator
from weexctl.simulator.surface_v3 import Answer

__all__ = ["FaultyTransport"]

_DEADLINE_S = 8.0
"""Of a client that told none."""
_CHUNK = b" " * 65_536
_BEFORE, _SENT, _READ = ("K08", "K09"), ("K10",), ("K11",)
"""Kill points of a call: before its first byte or within it, before the first byte of the answer, before parsing."""
_WITHIN = "K09"
"""The client itself passes the others."""


def _nothing(_: object) -> None:
    """Whoever listens."""


class FaultyTransport(httpx.BaseTransport):
    """Stands in for the network and for the exchange's edge.

    Attributes:
        calls: every call, oldest first.
        dice: what hits whom; switched off by `calm`.
        life, cycle: written by who drives the run, into every call from then on.
    """

    def __init__(
        self,
        simulator: Simulator,
        schedule: Schedule,
        timeline: Timeline | None = None,
        *,
        on_arrival: Callable[[Call], None] = _nothing,
    ) -> None:
        self.timeline = timeline or Timeline(simulator)
        self.weather = Weather()
        self.dice = Dice(schedule.seed, schedule.faults)
        self.calls: list[Call] = []
        self.life = 1
        self.cycle = 0
        self._stream = random.Random(f"{schedule.seed}|bodies")  # noqa: S311  # reproducible on purpose
        self._market = MarketAnswers(self.timeline)
        remembers = any(fault.word in (Word.VIS_LAG, Word.STALE_READ) for fault in schedule.faults)
        self._counter = Counter(simulator, self.timeline, self.weather, remembers=remembers, on_arrival=on_arrival)
        self._held: list[tuple[Call, Request]] = []
        arrange(schedule.of(HAPPENINGS), self.timeline, self.weather, simulator.venue)

    def calm(self) -> None:
        """From now on nothing goes wrong any more; what is still on its way arrives."""
        self.dice.enabled = False
        self.weather.clear()
        held, self._held = self._held, []
        for call, request in held:
            self._later(self.timeline.now_ms, call, request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, or the failure that httpx would have raised."""
        limit_s = request.extensions.get("timeout", {}).get("read", _DEADLINE_S)
        target, headers = request.url.raw_path.decode(), dict(request.headers.items())
        status, found, chunks = self.carry(request.method, target, headers, request.read(), limit_s)
        if isinstance(chunks, tuple):
            return httpx.Response(status, headers=found, content=b"".join(chunks))
        return httpx.Response(status, headers=found, stream=_Stream(chunks))

    def carry(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, limit_s: float
    ) -> tuple[int, Mapping[str, str], Iterable[bytes]]:
        """The same in plain values, for a client of ours: most of a call's time would be spent on httpx."""
        call, raw = self._begin(method, target, headers, body)
        limit_ms = call.sent_ms + round(1000 * limit_s)
        faults = self.dice.throw(call.number, method, target, self.timeline.elapsed_s)
        call.words = tuple([fault.word.value for fault in faults])
        self._pass(faults, _BEFORE, call)
        on_the_way = next((fault for fault in faults if fault.word in NETWORK), None)
        if on_the_way is not None:
            self._stop_or_delay(on_the_way, call, raw, limit_ms)
        answer = self._counter.take(call, raw, faults)
        self._release()
        self._pass(faults, _SENT, call)
        if on_the_way is not None:
            self._after(on_the_way, call, raw, limit_ms)
        self._pass(faults, _READ, call)
        return self._respond(call, answer, faults)

    def _begin(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[Call, Request]:
        path, _, query = target.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        stamp = lower.get("access-timestamp", "")
        call = Call(
            number=len(self.calls) + 1,
            life=self.life,
            cycle=self.cycle,
            method=method,
            path=path,
            query=query,
            body=body,
            sent_ms=self.timeline.now_ms,
            signed_ms=int(stamp) if stamp.isdecimal() else 0,
        )
        self.calls.append(call)
        return call, (method, path, query.encode(), lower, body)

    def _stop_or_delay(self, fault: Fault, call: Call, raw: Request, limit_ms: int) -> None:
        """Faults that keep a request from arriving now; returns when it arrives after all."""
        match fault.word:
            case Word.NO_ROUTE:
                self._see(call, "no route")
                raise httpx.ConnectError("no route to host")
            case Word.REQ_LATE:
                self._later(call.sent_ms + round(fault.number("seconds", 5) * 1000), call, raw)
            case Word.REORDER:
                self._held.append((call, raw))
            case Word.REQ_LOST:
                pass
            case _:
                return
        self._give_up(fault, call, limit_ms)

    def _after(self, fault: Fault, call: Call, raw: Request, limit_ms: int) -> None:
        """Faults of a request that has arrived."""
        if fault.word is Word.REQ_DUP:
            self._counter.take(call, raw)
        elif fault.word is Word.RESP_LOST:
            self._give_up(fault, call, limit_ms)
        elif fault.word is Word.RESP_LATE:
            comes_ms = call.sent_ms + round(fault.number("seconds", 5) * 1000)
            if comes_ms > limit_ms:
                self._give_up(fault, call, limit_ms)
            self.timeline.advance(comes_ms)

    def _give_up(self, fault: Fault, call: Call, limit_ms: int) -> NoReturn:
        if fault.text("as", "timeout") == "reset":
            self._see(call, "reset")
            raise httpx.ReadError("connection reset by peer")
        self.timeline.advance(limit_ms)
        self._see(call, "timeout")
        raise httpx.ReadTimeout("timed out")

    def _later(self, time_ms: int, call: Call, raw: Request) -> None:
        def arrive() -> None:
            self._counter.take(call, raw)

        self.timeline.at(time_ms, arrive)

    def _release(self) -> None:
        """What was held back arrives after the request that overtook it."""
        held, self._held = self._held, []
        for call, raw in held:
            self._counter.take(call, raw)

    def _respond(
        self, call: Call, answer: Answer, faults: Sequence[Fault]
    ) -> tuple[int, Mapping[str, str], Iterable[bytes]]:
        by_word = {fault.word: fault for fault in faults}
        for word in ANSWERS if by_word else ():
            if (fault := by_word.get(word)) is not None:
                answer = self._market.spoil(fault, call, answer)
                answer = spoil(fault, answer, self._stream)
        status, headers, body = answer
        self._see(call, str(status))
        if Word.BIG in by_word:
            size = round(by_word[Word.BIG].number("megabytes", 50) * 1_000_000)
            return 200, {"content-type": "application/json"}, _endless(size)
        if Word.RESET in by_word:
            self._see(call, "reset")
            cut = body[: int(by_word[Word.RESET].number("bytes", 0))]
            return status, headers, _broken(cut)
        return status, headers, (body,) if body else ()

    def _pass(self, faults: Sequence[Fault], points: Sequence[str], call: Call) -> None:
        """Die here, when a fault of this call wants it, or whoever armed a point that only the way itself has."""
        call.seen = "killed"  # unless it goes on
        for fault in faults:
            if fault.word is Word.KILL and fault.text("point") in points:
                raise Kill(fault.text("point"))
        if _WITHIN in points:
            passes(_WITHIN)
        call.seen = ""

    def _see(self, call: Call, what: str) -> None:
        call.seen, call.seen_ms = what, self.timeline.now_ms


class _Stream(httpx.SyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks


def _endless(size: int) -> Iterator[bytes]:
    """A body that is far too large."""
    for _ in range(-(-size // len(_CHUNK))):
        yield _CHUNK


def _broken(body: bytes) -> Iterator[bytes]:
    """The beginning of a body, and then a reset."""
    if body:
        yield body
    raise httpx.ReadError("connection reset by peer")
