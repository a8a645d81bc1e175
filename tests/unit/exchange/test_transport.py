from __future__ import annotations

import ssl
import traceback
from typing import TYPE_CHECKING

import httpx
import pytest

from weexctl.errors import (
    ExchangeError,
    MissingCredentialsError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    UnauthorisedError,
    UnavailableError,
    WireError,
)
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import RateLimiter, Unlimited
from weexctl.exchange.server_clock import VenueClock
from weexctl.exchange.signing import Credentials, prehash, signature
from weexctl.exchange.transport import MAX_BODY_BYTES, Transport, WireTrace

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

ORDER, BALANCE = "/capi/v3/order", "/capi/v3/account/balance"
NEVER_LEFT: list[Exception] = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("no route"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("proxy"),
]
LEFT: list[Exception] = [
    httpx.ReadTimeout("read"),
    httpx.WriteTimeout("write"),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.CloseError("close"),
    httpx.RemoteProtocolError("server disconnected without sending a response"),
    httpx.LocalProtocolError("local"),
    httpx.DecodingError("gzip"),
]


@pytest.fixture
def wire(venue: Venue, credentials: Credentials) -> Transport:
    return Transport(
        credentials=credentials,
        clock=VenueClock(venue.clock),
        transport=httpx.MockTransport(venue.handle),
        limiter=Unlimited(),
        sleep=venue.pauses_s.append,
    )


@pytest.mark.parametrize("failure", NEVER_LEFT, ids=lambda failure: type(failure).__name__)
def test_a_write_that_never_left_is_safe_to_try_again(wire: Transport, venue: Venue, failure: Exception) -> None:
    venue.answers(ORDER, failure)
    with pytest.raises(NotSentError, match="nothing was sent") as caught:
        wire.write(endpoints.PLACE_ORDER, body=b"{}")
    assert caught.value.order_state == "not_sent"
    assert len(venue.requests) == 1


@pytest.mark.parametrize("failure", LEFT, ids=lambda failure: type(failure).__name__)
def test_a_write_that_may_have_arrived_is_unknown_and_goes_out_once(
    wire: Transport, venue: Venue, failure: Exception
) -> None:
    venue.answers(ORDER, failure)
    with pytest.raises(OutcomeUnknownError, match="not sent again") as caught:
        wire.write(endpoints.PLACE_ORDER, body=b"{}")
    assert caught.value.order_state == "unknown"
    assert (len(venue.requests), venue.pauses_s) == (1, [])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 521])
def test_a_write_goes_out_once_whatever_the_status(wire: Transport, venue: Venue, status: int) -> None:
    venue.answers(ORDER, "<html>", status=status)
    with pytest.raises(ExchangeError):
        wire.write(endpoints.PLACE_ORDER, body=b"{}")
    assert len(venue.requests) == 1


@pytest.mark.parametrize("failure", NEVER_LEFT + LEFT, ids=lambda failure: type(failure).__name__)
def test_a_read_is_tried_three_times_with_growing_pauses(wire: Transport, venue: Venue, failure: Exception) -> None:
    venue.answers(BALANCE, failure)
    with pytest.raises((NotSentError, UnavailableError)):
        wire.read(endpoints.BALANCE)
    assert (len(venue.requests), venue.pauses_s) == (3, [0.25, 1.0])


def test_a_read_succeeds_on_its_last_attempt(wire: Transport, venue: Venue) -> None:
    venue.answers(BALANCE, httpx.ReadTimeout("slow"), httpx.Response(502), [])
    assert wire.read(endpoints.BALANCE) == b"[]"


def test_a_read_that_was_refused_is_not_repeated(wire: Transport, venue: Venue) -> None:
    venue.answers(BALANCE, {"code": -1047, "msg": "no"}, status=400)
    with pytest.raises(UnauthorisedError):
        wire.read(endpoints.BALANCE)
    assert len(venue.requests) == 1


class Measured:
    """A signing clock that counts how often it was called stale."""

    def __init__(self) -> None:
        self.stale = 0

    def signing_time_ms(self) -> int:
        return 1_700_000_000_000 + self.stale

    def mark_stale(self) -> None:
        self.stale += 1


def test_an_old_timestamp_measures_the_clock_again_and_repeats_a_read(wire: Transport, venue: Venue) -> None:
    wire.clock = clock = Measured()
    venue.answers(BALANCE, httpx.Response(400, json={"code": -1046, "msg": "expired"}), [])
    assert wire.read(endpoints.BALANCE) == b"[]"
    assert clock.stale == 1
    assert [request.headers["access-timestamp"][-1] for request in venue.requests] == ["0", "1"]


def test_an_old_timestamp_never_repeats_a_write(wire: Transport, venue: Venue) -> None:
    wire.clock = clock = Measured()
    venue.answers(ORDER, {"code": -1046, "msg": "expired"}, status=400)
    with pytest.raises(UnauthorisedError) as caught:
        wire.write(endpoints.PLACE_ORDER, body=b"{}")
    assert caught.value.order_state == "rejected"
    assert (clock.stale, len(venue.requests)) == (1, 1)


def test_what_is_signed_is_what_is_sent(wire: Transport, venue: Venue) -> None:
    venue.answers("/capi/v3/userTrades", [])
    venue.answers(ORDER, {"orderId": "1"})
    wire.read(endpoints.FILLS, "symbol=BTCUSDT&startTime=1&odd=%2B a")
    wire.write(endpoints.PLACE_ORDER, body='{"note":"é"}'.encode())
    for request in venue.requests:
        path, _, query = request.url.raw_path.decode().partition("?")
        message = prehash(
            int(request.headers["access-timestamp"]), request.method, path, query, request.content.decode()
        )
        assert request.headers["access-sign"] == signature("test-secret-key", message)
    assert venue.requests[0].url.raw_path == b"/capi/v3/userTrades?symbol=BTCUSDT&startTime=1&odd=%2B%20a"


def test_a_public_read_carries_no_key(wire: Transport, venue: Venue) -> None:
    venue.answers("/capi/v3/market/time", {"serverTime": 1})
    wire.read(endpoints.TIME)
    headers = venue.last.headers
    assert not [name for name in headers if name.lower().startswith("access-")]
    assert headers["user-agent"].startswith("weexctl/")


def test_the_headers_of_a_write_are_complete(wire: Transport, venue: Venue) -> None:
    venue.answers(ORDER, {"orderId": "1"})
    wire.write(endpoints.PLACE_ORDER, body=b"{}")
    headers = venue.last.headers
    assert headers["host"] == "api-contract.weex.com"
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == "2"
    assert headers["locale"] == "en-US"


def test_orders_have_eight_seconds_and_reads_ten(wire: Transport, venue: Venue) -> None:
    venue.answers(ORDER, {"orderId": "1"})
    venue.answers(BALANCE, [])
    wire.write(endpoints.PLACE_ORDER, body=b"{}")
    wire.read(endpoints.BALANCE)
    limits = [request.extensions["timeout"] for request in venue.requests]
    assert [(limit["connect"], limit["read"]) for limit in limits] == [(3.0, 8.0), (3.0, 10.0)]


def test_a_redirect_is_not_followed(wire: Transport, venue: Venue) -> None:
    venue.answers(BALANCE, httpx.Response(302, headers={"location": "https://evil.com/"}))
    with pytest.raises(WireError):
        wire.read(endpoints.BALANCE)
    assert [request.url.host for request in venue.requests] == ["api-contract.weex.com"]


def test_a_private_call_without_keys_says_how_to_give_them(venue: Venue) -> None:
    public = connect(transport=httpx.MockTransport(venue.handle), clock=venue.clock)
    with pytest.raises(MissingCredentialsError) as caught:
        public.fetch_balance()
    assert "WEEX_API_KEY" in caught.value.hint
    assert venue.requests == []


def test_too_large_a_body_is_cut_off(wire: Transport, venue: Venue) -> None:
    huge = httpx.Response(200, content=b"[" * (MAX_BODY_BYTES + 1), headers={"content-type": "application/json"})
    venue.answers(BALANCE, huge)
    venue.answers(ORDER, huge)
    with pytest.raises(WireError, match="more than 5 MB"):
        wire.read(endpoints.BALANCE)
    with pytest.raises(OutcomeUnknownError, match="more than 5 MB"):
        wire.write(endpoints.PLACE_ORDER)


class Dripping(httpx.SyncByteStream):
    """A body that comes a byte at a time, one second each."""

    def __init__(self, clock: list[float]) -> None:
        self._clock = clock

    def __iter__(self):  # type: ignore[no-untyped-def]  # httpx types it as a method of its own
        for _ in range(60):
            self._clock[0] += 1_000
            yield b" "


def test_a_body_that_drips_is_given_up_at_the_deadline_of_the_whole_call(
    venue: Venue, credentials: Credentials
) -> None:
    clock = [0.0]
    wire = Transport(
        credentials=credentials,
        clock=VenueClock(venue.clock),
        transport=httpx.MockTransport(lambda request: httpx.Response(200, stream=Dripping(clock))),
        limiter=Unlimited(),
        local_ms=lambda: clock[0],
    )
    with pytest.raises(OutcomeUnknownError, match="within 8 s"):
        wire.write(endpoints.PLACE_ORDER)
    assert clock[0] == 9_000


def test_a_refusal_for_too_many_freezes_the_limiter(venue: Venue, credentials: Credentials) -> None:
    slept: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds * 1000

    wire = Transport(
        credentials=credentials,
        clock=VenueClock(venue.clock),
        transport=httpx.MockTransport(venue.handle),
        limiter=RateLimiter(now_ms=lambda: now[0], sleep=sleep),
    )
    venue.answers(BALANCE, httpx.Response(429, headers={"retry-after": "3"}), [])
    with pytest.raises(RateLimitedError) as caught:
        wire.read(endpoints.BALANCE)
    assert (caught.value.retry_after_ms, len(venue.requests)) == (3_000, 1)
    wire.read(endpoints.BALANCE)
    assert slept == [3.0]


def test_the_client_is_made_once_and_made_again_after_closing(wire: Transport, venue: Venue) -> None:
    venue.answers(BALANCE, [])
    assert wire._client is None
    wire.read(endpoints.BALANCE)
    first = wire._client
    wire.read(endpoints.BALANCE)
    assert wire._client is first
    wire.close()
    wire.close()
    wire.read(endpoints.BALANCE)
    assert wire._client is not first


def test_the_trace_shows_the_exchange_and_no_secret(venue: Venue, credentials: Credentials) -> None:
    seen: list[WireTrace] = []
    venue.answers(ORDER, {"orderId": "7"}, httpx.ReadTimeout("slow"))
    wire = Transport(
        credentials=credentials,
        clock=VenueClock(venue.clock),
        transport=httpx.MockTransport(venue.handle),
        limiter=Unlimited(),
        on_exchange=seen.append,
    )
    wire.write(endpoints.PLACE_ORDER, body=b'{"a":1}')
    with pytest.raises(OutcomeUnknownError):
        wire.write(endpoints.PLACE_ORDER, body=b'{"a":2}')
    assert [(trace.method, trace.target, trace.sent, trace.status) for trace in seen] == [
        ("POST", ORDER, b'{"a":1}', 200),
        ("POST", ORDER, b'{"a":2}', None),
    ]
    assert "ReadTimeout" in seen[1].failure
    assert not any(secret in repr(seen) for secret in ("test-key", "test-secret", "test-passphrase"))


def test_a_failing_observer_does_not_turn_an_accepted_order_into_a_failure(
    venue: Venue, credentials: Credentials
) -> None:
    def observer(trace: WireTrace) -> None:
        raise RuntimeError("disk full")

    venue.answers(ORDER, {"orderId": "7"})
    wire = Transport(
        credentials=credentials,
        clock=VenueClock(venue.clock),
        transport=httpx.MockTransport(venue.handle),
        on_exchange=observer,
    )
    assert wire.write(endpoints.PLACE_ORDER) == b'{"orderId": "7"}'


def _failing_deep_inside(request: httpx.Request) -> httpx.Response:
    headers = dict(request.headers)  # a local with every secret, as the library's own frames have
    cause = ssl.SSLError(f"broken after {len(headers)} headers")
    raise httpx.WriteError(str(cause), request=request) from cause


def test_no_secret_is_in_a_traceback_even_with_its_locals(venue: Venue, wire: Transport) -> None:
    venue.answers(ORDER, _failing_deep_inside)
    with pytest.raises(OutcomeUnknownError) as caught:
        wire.write(endpoints.PLACE_ORDER, body=b"{}")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    sent = venue.last.headers
    assert "WriteError" in shown
    for secret in ("test-key-of-nobody", "test-passphrase", "test-secret-key", sent["access-sign"]):
        assert secret not in shown
        assert secret not in f"{caught.value!r} {vars(caught.value)}"
