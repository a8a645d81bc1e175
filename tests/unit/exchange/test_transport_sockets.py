"""The same outcomes on real sockets, so that the exceptions of the library are the ones we think they are."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from weexctl.errors import NotSentError, OutcomeUnknownError, UnavailableError, WireError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.server_clock import VenueClock
from weexctl.exchange.signing import Credentials
from weexctl.exchange.transport import Transport, _network

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
BODY = b'{"orderId":"7"}'


class Listener:
    """A loopback server that reads one request per connection, sends some bytes and hangs up."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answer = b""
        self.received: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.received.append(_request_from(connection))
                connection.sendall(self.answer)


def _request_from(connection: socket.socket) -> bytes:
    """Everything of one request: what is not HTTP is taken as it comes."""
    data = connection.recv(65_536)
    while data[:4] in (b"POST", b"GET "):
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(body) >= length and b"\r\n\r\n" in data:
            break
        data += connection.recv(65_536)
    return data


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.shutdown(socket.SHUT_RDWR)
    listener.socket.close()


@pytest.fixture
def reach(venue: Venue, credentials: Credentials) -> Iterator[Callable[[str], Transport]]:
    made: list[Transport] = []

    def to(base_url: str) -> Transport:
        clock = VenueClock(venue.clock)
        made.append(Transport(base_url, credentials, clock=clock, limiter=Unlimited(), sleep=venue.pauses_s.append))
        return made[-1]

    yield to
    for wire in made:
        wire.close()


def test_a_whole_answer_is_accepted(listener: Listener, reach: Callable[[str], Transport]) -> None:
    listener.answer = HEAD + BODY
    wire = reach(f"http://127.0.0.1:{listener.port}")
    assert wire.write(endpoints.PLACE_ORDER, body=b'{"a":1}') == BODY
    assert listener.received[0].startswith(b"POST /capi/v3/order HTTP/1.1\r\n")
    assert listener.received[0].endswith(b'\r\n\r\n{"a":1}')


def test_a_refused_connection_never_left(reach: Callable[[str], Transport]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(NotSentError):
        reach(f"http://127.0.0.1:{port}").write(endpoints.PLACE_ORDER)


def test_a_failed_handshake_never_left(listener: Listener, reach: Callable[[str], Transport]) -> None:
    listener.answer = b"HTTP/1.1 400 not TLS\r\n\r\n"
    with pytest.raises(NotSentError):
        reach(f"https://127.0.0.1:{listener.port}").write(endpoints.PLACE_ORDER, body=b"secret")
    assert b"secret" not in b"".join(listener.received)


@pytest.mark.parametrize("cut", [0, 9, len(HEAD) - 3, len(HEAD), len(HEAD) + 1, len(HEAD + BODY) - 1])
def test_an_answer_cut_anywhere_is_unknown_for_a_write_and_unavailable_for_a_read(
    listener: Listener, reach: Callable[[str], Transport], cut: int
) -> None:
    listener.answer = (HEAD + BODY)[:cut]
    wire = reach(f"http://127.0.0.1:{listener.port}")
    with pytest.raises(OutcomeUnknownError):
        wire.write(endpoints.PLACE_ORDER)
    assert len(listener.received) == 1
    with pytest.raises(UnavailableError):
        wire.read(endpoints.BALANCE)
    assert len(listener.received) == 4


@pytest.fixture
def elsewhere(listener: Listener) -> Iterator[Listener]:
    """Another server on this machine, which nobody asked for."""
    other = Listener()
    other.answer = HEAD + BODY
    yield other
    other.socket.shutdown(socket.SHUT_RDWR)
    other.socket.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_signed_request_follows_nobody_elsewhere(
    status: int, listener: Listener, elsewhere: Listener, reach: Callable[[str], Transport]
) -> None:
    target = f"http://127.0.0.1:{elsewhere.port}/capi/v3/order"
    listener.answer = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    wire = reach(f"http://127.0.0.1:{listener.port}")
    with pytest.raises(OutcomeUnknownError):
        wire.write(endpoints.PLACE_ORDER)
    with pytest.raises(WireError):
        wire.read(endpoints.BALANCE)
    assert (len(listener.received), elsewhere.received) == (2, [])
    assert b"access-sign" in listener.received[0].lower()


def test_a_proxy_of_the_environment_sees_no_signed_request(
    listener: Listener, elsewhere: Listener, reach: Callable[[str], Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for spelling in (name, name.lower()):
            monkeypatch.setenv(spelling, f"http://127.0.0.1:{elsewhere.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    listener.answer = HEAD + BODY
    url = f"http://127.0.0.1:{listener.port}"
    assert httpx.get(f"{url}/x", timeout=5).status_code == 200  # an ordinary client goes to the proxy
    assert (len(elsewhere.received), listener.received) == (1, [])
    assert reach(url).write(endpoints.PLACE_ORDER) == BODY
    assert (len(elsewhere.received), len(listener.received)) == (1, 1)


def test_the_network_is_ipv4_and_tries_nothing_again_by_itself(reach: Callable[[str], Transport]) -> None:
    client = reach("https://api-contract.weex.com")._http()
    assert isinstance(client._transport, httpx.HTTPTransport)
    pool = client._transport._pool
    assert (pool._local_address, pool._retries) == ("0.0.0.0", 0)  # noqa: S104  # a client's source address
    assert (client.trust_env, client.follow_redirects) == (False, False)


def test_what_has_idled_for_longer_than_an_exchange_keeps_it_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(httpx, "HTTPTransport", lambda **given: made.append(given))
    _network("https://api-contract.weex.com")
    limits = made[0]["limits"]
    assert isinstance(limits, httpx.Limits)
    assert limits.keepalive_expiry is not None
    assert 0 < limits.keepalive_expiry <= 30
    assert (made[0]["local_address"], made[0]["retries"]) == ("0.0.0.0", 0)  # noqa: S104  # where from, not a listener
