"""The exchange's counter: where a request arrives, at whatever time and however often, and is answered."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from weexctl.simulator.auth import signature
from weexctl.simulator.faults.bodies import spoil
from weexctl.simulator.faults.calls import Call
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.past import Past
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.weather import Weather
from weexctl.simulator.faults.words import Word
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator
from weexctl.simulator.surface_v3 import Answer

__all__ = ["Counter", "Request"]

Request = tuple[str, str, bytes, dict[str, str], bytes]
"""Method, path, query, headers with lower-case names, body."""
_BATCH = "/capi/v3/batchOrders"
_REFUSED_ROW = {"success": False, "errorCode": "-1054", "errorMessage": "FAILED_PRECONDITION: refused in the batch"}


class Counter:
    """Takes requests, past the weather, to the simulator. The age of a signature is judged here, on arrival."""

    def __init__(
        self,
        simulator: Simulator,
        timeline: Timeline,
        weather: Weather,
        *,
        remembers: bool,
        on_arrival: Callable[[Call], None],
    ) -> None:
        self._simulator = simulator
        self._timeline = timeline
        self._weather = weather
        self._past = Past(simulator.venue) if remembers else None
        self._on_arrival = on_arrival
        self._quick: tuple[SimulatorSettings, SimulatorSettings] | None = None

    def take(self, call: Call, request: Request, faults: Sequence[Fault] = ()) -> Answer:
        """The exchange's own answer; what it changes is changed from here on."""
        self._timeline.advance(self._simulator.now_ms + self._simulator.venue.settings.latency_ms)
        call.arrived_ms.append(self._simulator.now_ms)
        self._on_arrival(call)
        answer = self._weather.answer(call) or _unprocessed(faults) or self._answer(request, faults)
        if self._past is not None:
            self._past.keep()
        call.status, call.answered = answer[0], answer[2]
        return answer

    def _answer(self, request: Request, faults: Sequence[Fault]) -> Answer:
        if not faults:
            return self._ask(request)
        ago_s = max((f.number("seconds", 2) for f in faults if f.word in (Word.VIS_LAG, Word.STALE_READ)), default=0.0)
        if ago_s and self._past is not None and request[0] == "GET":
            with self._past.shown(round(ago_s * 1000)):
                return self._ask(request)
        if request[1] == _BATCH and any(fault.word is Word.PARTIAL_BATCH for fault in faults):
            return self._half_batch(request)
        return self._ask(request)

    def _ask(self, request: Request) -> Answer:
        method, path, query, headers, body = request
        venue = self._simulator.venue
        kept = venue.settings
        if kept.latency_ms:  # it has passed already
            venue.settings = self._without_latency()
        try:
            return self._simulator.answer(method, path, query, headers, body)
        finally:
            venue.settings = kept

    def _without_latency(self) -> SimulatorSettings:
        settings = self._simulator.venue.settings
        if self._quick is None or self._quick[0] is not settings:
            self._quick = (settings, replace(settings, latency_ms=0))
        return self._quick[1]

    def _half_batch(self, request: Request) -> Answer:
        """Carry out every second row and refuse the others, as if the exchange had done so itself."""
        method, path, query, headers, body = request
        try:
            rows = json.loads(body)["batchOrders"]
        except (ValueError, KeyError, TypeError):
            return self._ask(request)
        half = json.dumps({"batchOrders": rows[::2]}).encode()
        stamp, secret = headers.get("access-timestamp", ""), self._simulator.venue.settings.secret
        signed = {**headers, "access-sign": signature(secret, stamp, method, path, query.decode(), half)}
        status, found, answer = self._ask((method, path, query, signed, half))
        if status != 200:
            return status, found, answer
        done = iter(json.loads(answer))
        told = [
            next(done)
            if number % 2 == 0
            else {"orderId": "", "clientOrderId": row.get("newClientOrderId", ""), **_REFUSED_ROW}
            for number, row in enumerate(rows)
        ]
        return status, found, json.dumps(told).encode()


def _unprocessed(faults: Sequence[Fault]) -> Answer | None:
    """What a gateway says before the exchange has seen anything; None when nothing of the kind was asked for."""
    for fault in faults:
        if fault.word in (Word.S, Word.HTML) and not fault.args.get("processed"):
            return spoil(fault, (200, {}, b""), random.Random(0))  # noqa: S311  # nothing is drawn
    return None
