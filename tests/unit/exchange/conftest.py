"""A scripted exchange behind `httpx.MockTransport`: it answers what a test says and keeps what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v2 import WeexV2
from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_demo import WeexV3Demo

NOW_MS = 1_775_760_000_000

Handler = Callable[[httpx.Request], httpx.Response]


class FixedClock:
    """A venue's clock that a test sets."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms

    def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms


class Venue:
    """Answers by path, in order; the last answer of a path is given again and again."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.pauses_s: list[float] = []
        self.clock = FixedClock()
        self._script: dict[str, list[Handler]] = {}

    def answers(self, path: str, *answers: object, status: int = 200) -> None:
        """Each answer is JSON text, a JSON value, a response, an exception to raise, or a handler."""
        self._script.setdefault(path, []).extend(_handler(answer, status) for answer in answers)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        script = self._script[request.url.path]
        handler = script.pop(0) if len(script) > 1 else script[0]
        return handler(request)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def last_body(self) -> Any:
        return json.loads(self.last.content)

    @property
    def last_query(self) -> dict[str, str]:
        return dict(self.last.url.params)


def _handler(answer: object, status: int) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        if callable(answer):
            response: httpx.Response = answer(request)
            return response
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return httpx.Response(status, text=text, headers={"content-type": "application/json;charset=UTF-8"})

    return handle


@pytest.fixture
def venue() -> Venue:
    """A scripted exchange."""
    return Venue()


@pytest.fixture
def credentials() -> Credentials:
    """Keys of nobody."""
    return Credentials("test-key-of-nobody", "test-secret-key", "test-passphrase")


@pytest.fixture
def exchange(venue: Venue, credentials: Credentials) -> WeexV3:
    """The client in front of the scripted exchange."""
    return connect(
        credentials=credentials,
        transport=httpx.MockTransport(venue.handle),
        clock=venue.clock,
        limiter=Unlimited(),
        sleep=venue.pauses_s.append,
    )


@pytest.fixture
def exchange_v2(venue: Venue, credentials: Credentials) -> WeexV2:
    """The V2 client in front of the scripted exchange."""
    return connect(
        credentials=credentials,
        api="v2",
        transport=httpx.MockTransport(venue.handle),
        clock=venue.clock,
        limiter=Unlimited(),
        sleep=venue.pauses_s.append,
    )


@pytest.fixture
def demo(venue: Venue, credentials: Credentials) -> WeexV3Demo:
    """The client of the demo account in front of the scripted exchange."""
    return connect(
        credentials=credentials,
        demo=True,
        transport=httpx.MockTransport(venue.handle),
        clock=venue.clock,
        limiter=Unlimited(),
        sleep=venue.pauses_s.append,
    )
