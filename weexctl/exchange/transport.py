"""One request, one outcome. The only module that talks HTTP.

Writes go out once. Reads may be repeated a few times. What is signed is what is sent, byte for byte, because the
signature is made from the finished URL. Nothing here knows what a candle or an order is.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import httpx

import weexctl
from weexctl.config.redaction import REDACTOR
from weexctl.errors import (
    ExchangeError,
    MissingCredentialsError,
    NotSentError,
    RateLimitedError,
    UnauthorisedError,
    UnavailableError,
)
from weexctl.exchange.bare_wire import BareWire, Reply, Request
from weexctl.exchange.base_url import DEFAULT_BASE_URL, checked_base_url
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.error_codes import ErrorTable
from weexctl.exchange.lane import Lane
from weexctl.exchange.outcome import Answer, judge, no_answer, no_proof
from weexctl.exchange.rate_limiter import Limiter, RateLimiter
from weexctl.exchange.server_clock import SigningClock, boot_ms
from weexctl.exchange.signing import Credentials, sign_headers, signed_ms
from weexctl.exchange.v3_errors import V3_ERRORS
from weexctl.kill_points import passes

__all__ = ["Transport", "WireTrace"]

BACKOFF_S = (0.25, 1.0)
"""Pauses before the second and the third attempt of a read."""
MAX_BODY_BYTES = 5_000_000
_BANNED_STATUS = 418
CONNECT_S = 3.0
IDLE_S = 20.0
"""A connection idle for longer is not used again: a stale one makes an unknown outcome out of nothing."""

_HEADERS = {
    "User-Agent": f"weexctl/{weexctl.__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Content-Type": "application/json",
    "locale": "en-US",  # the texts under -1054 are compared in English
}

# Raised before the first byte of the request: looking up the name, connecting, TLS, waiting for a connection.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class WireTrace:
    """One attempt as seen on the wire, without headers: no key, passphrase or signature can be in it."""

    method: str
    target: str
    """Path and query."""
    sent: bytes
    status: int | None
    """None when no answer came."""
    received: bytes
    elapsed_ms: float
    failure: str = ""


class Transport:
    """A long-lived connection to one base URL.

    Args:
        base_url: checked by `checked_base_url`.
        credentials: needed for private endpoints only.
        clock: needed for private endpoints only; may be set later.
        transport: stands in for the network, as `httpx.MockTransport` does; one that is a `BareWire` is asked as such.
        limiter: asked before each request.
        sleep: lets time pass between attempts of a read, seconds.
        local_ms: a clock that never jumps, for deadlines.
        on_exchange: told about every attempt; what it raises is dropped.
        timeout_s: longest wait for one answer; caps every endpoint's own deadline.
        errors: the codes of the API generation that is spoken.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        credentials: Credentials | None = None,
        *,
        clock: SigningClock | None = None,
        transport: httpx.BaseTransport | None = None,
        limiter: Limiter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        local_ms: Callable[[], float] = boot_ms,
        on_exchange: Callable[[WireTrace], None] | None = None,
        timeout_s: float | None = None,
        errors: ErrorTable = V3_ERRORS,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.clock = clock
        self._credentials = credentials
        self._transport = transport
        self._bare = _bare(transport)
        self._limiter = limiter or RateLimiter(now_ms=local_ms, sleep=sleep)
        self._sleep = sleep
        self._local_ms = local_ms
        self._on_exchange = on_exchange
        self._errors = errors
        self._cap_ms = float("inf") if timeout_s is None else timeout_s * 1000
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def read(self, endpoint: Endpoint, query: str = "", body: bytes = b"") -> bytes:
        """The body of a successful read, tried up to three times. A few reads are asked for with a POST body.

        Raises:
            NotSentError, UnavailableError: no attempt brought an answer.
            WireError, RateLimitedError, UnauthorisedError, RejectedError: as the answer says.
        """
        for pause_s in BACKOFF_S:
            try:
                return self._attempt(endpoint, query, body)
            except (NotSentError, UnavailableError):
                self._sleep(pause_s)
            except UnauthorisedError as error:
                if error.exchange_code not in self._errors.clock_codes:
                    raise  # the clock is measured again by now; anything else would only be refused again
        return self._attempt(endpoint, query, body)

    def write(self, endpoint: Endpoint, *, query: str = "", body: bytes = b"", lane: Lane | None = None) -> bytes:
        """The body of a write's successful answer; sent once, whatever happens. The lane is the endpoint's own if none.

        Raises:
            NotSentError: it never left; nothing was done.
            OutcomeUnknownError: it left, and nobody knows.
            RateLimitedError, UnauthorisedError, RejectedError: it was refused; nothing was done.
        """
        return self._attempt(endpoint, query, body, lane)

    def close(self) -> None:
        """Let go of the connection; the next request would open a new one."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _attempt(self, endpoint: Endpoint, query: str, body: bytes, lane: Lane | None = None) -> bytes:
        self._limiter.acquire(endpoint.weight, order=endpoint.order, lane=endpoint.lane if lane is None else lane)
        passes("K07")
        request = self._request(endpoint, query, body)
        try:
            answer = self._exchange(endpoint, request)
        except ExchangeError as failure:
            failure.signed_ms = signed_ms(request.headers)
            raise
        passes("K11")
        error = judge(answer, endpoint, self._errors)
        if error is None:
            return answer.body
        error.signed_ms = signed_ms(request.headers)
        if isinstance(error, RateLimitedError):
            error.retry_after_ms = self._limiter.freeze(error.retry_after_ms, banned=answer.status == _BANNED_STATUS)
        elif error.exchange_code in self._errors.clock_codes and self.clock is not None:
            self.clock.mark_stale()
        raise error

    def _request(self, endpoint: Endpoint, query: str, body: bytes) -> Request:
        address = f"{self.base_url}{endpoint.path}"
        url, target = _finished(f"{address}?{query}" if query else address)
        headers = dict(_HEADERS)
        if endpoint.private:
            headers.update(self._signed(endpoint, target, body))
        return Request(endpoint.method, url, target, headers, body, self._deadline_ms(endpoint) / 1000)

    def _deadline_ms(self, endpoint: Endpoint) -> float:
        return min(endpoint.deadline_ms, self._cap_ms)

    def _signed(self, endpoint: Endpoint, target: str, body: bytes) -> dict[str, str]:
        if self._credentials is None or self.clock is None:
            raise MissingCredentialsError(
                f"{endpoint.label} needs an API key and there is none; nothing was sent",
                hint="`weexctl keys add`, or set WEEX_API_KEY, WEEX_API_SECRET and WEEX_API_PASSPHRASE",
            )
        path, _, query = target.partition("?")
        now_ms = self.clock.signing_time_ms()
        return sign_headers(self._credentials, now_ms, endpoint.method, path, query, body.decode())

    def _exchange(self, endpoint: Endpoint, request: Request) -> Answer:
        started_ms = self._local_ms()
        answer: Answer | None = None
        error: ExchangeError | None = None
        try:
            answer = self._receive(endpoint, request, started_ms)
        except _NEVER_LEFT as failure:
            error = _never_left(endpoint, failure)
            error.__cause__ = _without_frames(failure)
        except httpx.HTTPError as failure:
            error = no_answer(endpoint, f"brought no usable answer ({_said(failure)})")
            error.__cause__ = _without_frames(failure)
        except ExchangeError as failure:
            error = failure
        self._trace(request, answer, error, started_ms)
        if answer is None:
            raise error or no_answer(endpoint, "brought no answer")
        return answer

    def _receive(self, endpoint: Endpoint, request: Request, started_ms: float) -> Answer:
        deadline_ms = self._deadline_ms(endpoint)
        passes("K08")
        reply = self._send(request)
        passes("K10")
        try:
            body = bytearray()
            for chunk in reply.chunks:
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise no_proof(endpoint, "answered with more than 5 MB", bytes(body), status=reply.status)
                if self._local_ms() - started_ms > deadline_ms:
                    raise no_answer(endpoint, f"brought no whole answer within {deadline_ms / 1000:g} s")
        finally:
            reply.close()
        headers = reply.headers
        return Answer(reply.status, headers.get("content-type", ""), headers.get("retry-after", ""), bytes(body))

    def _send(self, request: Request) -> Reply:
        if self._bare is not None:
            return Reply(*self._bare.carry(*request.bare()))
        outgoing = request.for_httpx(CONNECT_S)
        response = self._http().send(outgoing, stream=True, follow_redirects=False)
        return Reply(response.status_code, response.headers, response.iter_bytes(), response.close)

    def _http(self) -> httpx.Client:
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = httpx.Client(
                        transport=self._transport or _network(self.base_url), trust_env=False, follow_redirects=False
                    )
        return self._client

    def _trace(self, request: Request, answer: Answer | None, error: ExchangeError | None, started_ms: float) -> None:
        if self._on_exchange is None:
            return
        trace = WireTrace(
            method=request.method,
            target=request.target,
            sent=request.body,
            status=answer.status if answer else None,
            received=answer.body if answer else b"",
            elapsed_ms=self._local_ms() - started_ms,
            failure=error.message if error else "",
        )
        with contextlib.suppress(Exception):  # an observer's fault must not turn an accepted order into a failure
            self._on_exchange(trace)


def _bare(transport: object) -> BareWire | None:
    return transport if isinstance(transport, BareWire) else None


@lru_cache(maxsize=512)
def _finished(address: str) -> tuple[httpx.URL, str]:
    """An address as it goes out, and its path and query. Looking at the account asks the same few again and again."""
    url = httpx.URL(address)
    return url, url.raw_path.decode("ascii")


def _network(base_url: str) -> httpx.HTTPTransport:
    # IPv4 only: WEEX compares IPv4 addresses with the key's list (weex-api, error -1056; reliability G6).
    local = None if "[" in base_url else "0.0.0.0"  # noqa: S104  # the source address of a client, not a listener
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=IDLE_S)
    return httpx.HTTPTransport(retries=0, limits=limits, local_address=local, trust_env=False)


def _never_left(endpoint: Endpoint, failure: Exception) -> NotSentError:
    return NotSentError(
        f"{endpoint.label} never left this machine ({_said(failure)}); nothing was sent",
        hint="check the network, then try again; `weexctl test-connection` shows where it fails",
        endpoint=endpoint.label,
    )


def _said(failure: Exception) -> str:
    return REDACTOR(f"{type(failure).__name__}: {failure}".rstrip(": "))[:200]


def _without_frames(failure: httpx.HTTPError) -> httpx.HTTPError:
    """The library's exception without its frames and its request, both of which hold the signed headers."""
    failure.__cause__ = failure.__context__ = None
    if isinstance(failure, httpx.RequestError):
        failure._request = None  # noqa: SLF001  # the only way to forget it
    return failure.with_traceback(None)
