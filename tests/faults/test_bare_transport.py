"""A stand-in for the network that asks for bare requests gets the same bytes as any other."""

from __future__ import annotations

import httpx

from tests.faults.wire import Wire, an_order
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.trader.sim_venue import SimulatedClock

Seen = tuple[str, str, list[tuple[bytes, bytes]], bytes]


class Recorder(httpx.MockTransport):
    """Keeps every request before the simulator answers it."""

    def __init__(self) -> None:
        self.simulator = Wire().simulator
        self.seen: list[Seen] = []
        super().__init__(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((request.method, str(request.url), sorted(request.headers.raw), request.content))
        return self.simulator.handle(request)


class BareRecorder(Recorder):
    """The same, without the client in between."""

    bare = True


def sent_through(recorder: Recorder) -> list[Seen]:
    exchange = connect(
        credentials=Credentials("sim", "sim", "sim"),
        transport=recorder,
        clock=SimulatedClock(recorder.simulator),
        limiter=Unlimited(),
    )
    exchange.place_order(an_order())
    assert len(exchange.fetch_positions()) == 1
    exchange.close()
    return recorder.seen


def test_method_address_headers_and_body_are_the_same() -> None:
    seen = sent_through(BareRecorder())

    assert seen == sent_through(Recorder())
    assert [method for method, *_ in seen] == ["POST", "GET"]
