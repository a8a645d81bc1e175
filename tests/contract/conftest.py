"""A scripted exchange for samples of other people's clients."""

from __future__ import annotations

import httpx
import pytest

from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials, prehash, signature
from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_demo import WeexV3Demo

NOW_MS = 1_775_760_000_000


class SampleVenue:
    """An exchange that has one answer for each path, keeps the last request, and whose clock stands still."""

    def __init__(self) -> None:
        self.time_ms = NOW_MS
        self.requests: list[httpx.Request] = []
        self.bodies: dict[str, str] = {}

    def now_ms(self) -> int:
        return self.time_ms

    def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        text = self.bodies.get(request.url.path, "[]")
        return httpx.Response(200, text=text, headers={"content-type": "application/json"})

    def proves(self, request: httpx.Request) -> bool:
        """Whether the signature is that of the request as it was sent."""
        path, _, query = request.url.raw_path.decode().partition("?")
        base = prehash(self.time_ms, request.method, path, query, request.content.decode())
        return request.headers["access-sign"] == signature("test-secret-key", base)


@pytest.fixture
def sample_venue() -> SampleVenue:
    """A scripted exchange."""
    return SampleVenue()


@pytest.fixture
def sample_client(sample_venue: SampleVenue) -> WeexV3:
    """The V3 client in front of it."""
    keys = Credentials("test-key-of-nobody", "test-secret-key", "test-passphrase")
    wire = httpx.MockTransport(sample_venue.handle)
    return connect(credentials=keys, transport=wire, clock=sample_venue, limiter=Unlimited(), sleep=lambda _: None)


@pytest.fixture
def demo_client(sample_venue: SampleVenue) -> WeexV3Demo:
    """The demo client in front of it."""
    keys = Credentials("test-key-of-nobody", "test-secret-key", "test-passphrase")
    wire = httpx.MockTransport(sample_venue.handle)
    return connect(credentials=keys, demo=True, transport=wire, clock=sample_venue, limiter=Unlimited())
