"""One connection to the feed: frames in, frames out. The library knows the protocol, the socket is ours.

So there is one thread for a connection, no redirect is followed, no proxy is asked, and nothing logs a header.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from weexctl.errors import ExchangeError, NotSentError, UnavailableError, WireError
from weexctl.exchange.base_url import checked_feed_url
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import Answer, judge
from weexctl.exchange.v3_errors import V3_ERRORS

if TYPE_CHECKING:
    from websockets.frames import Frame
    from websockets.http11 import Response

__all__ = ["FeedLine", "Line", "open_line"]

LARGEST_FRAME = 5_000_000
CONNECT_S = 5.0
SEND_S = 5.0
_READ_BYTES = 65_536

# The library writes headers, so keys, to its logger when that is at DEBUG. This one belongs to nobody.
_SILENT = logging.Logger("weexctl.feed.silent", logging.CRITICAL + 1)
_SILENT.disabled = True


class Line(Protocol):
    """An open connection."""

    def send(self, text: str) -> None:
        """Send one message."""
        ...

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message; None when none came in time."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def open_line(url: str, path: str, headers: Mapping[str, str]) -> FeedLine:
    """A connection, logged in by its headers.

    Raises:
        NotSentError: the exchange cannot be reached.
        UnauthorisedError, RateLimitedError, UnavailableError, WireError: it did not let us in.
    """
    base = checked_feed_url(url)
    endpoint = Endpoint("GET", path, 0, private=path.endswith("/private"))
    line = FeedLine(_connected(base, endpoint), base + path, endpoint)
    try:
        line.shake_hands(headers)
    except BaseException:
        line.close()
        raise
    return line


class FeedLine:
    """A connection over a socket, for one thread."""

    def __init__(self, connection: socket.socket, uri: str, endpoint: Endpoint) -> None:
        from websockets.client import ClientProtocol
        from websockets.uri import parse_uri

        self._socket = connection
        self._endpoint = endpoint
        self._protocol = ClientProtocol(parse_uri(uri), max_size=LARGEST_FRAME, logger=_SILENT)
        self._response: Response | None = None
        self._parts: list[bytes] = []
        self._messages: deque[bytes] = deque()
        self._ended = ""

    def shake_hands(self, headers: Mapping[str, str]) -> None:
        """Ask for the upgrade and wait for the answer.

        Raises:
            UnavailableError: the connection ended before it.
            ExchangeError: the answer is no; of the kind that the same answer to a read would be.
        """
        request = self._protocol.connect()
        for name, value in headers.items():
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()
        while self._response is None and not self._ended:
            if not self._read(CONNECT_S):
                raise self._lost(f"there was no answer within {CONNECT_S:.0f} s")
        if self._response is None:
            raise self._lost(self._ended)
        if self._protocol.handshake_exc is not None:
            raise self._refused(self._response)

    def send(self, text: str) -> None:
        """Send one message.

        Raises:
            UnavailableError: the connection has ended.
        """
        from websockets.exceptions import WebSocketException

        try:
            self._protocol.send_text(text.encode())
        except WebSocketException as error:
            raise self._lost(str(error)) from error
        self._flush()

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message, whole; None when none came in time.

        Raises:
            UnavailableError: the connection has ended.
        """
        if not self._messages and not self._ended:
            self._read(timeout_s)
        if self._messages:
            return self._messages.popleft()
        if self._ended:
            raise self._lost(self._ended)
        return None

    def close(self) -> None:
        """End it, with a word of farewell where there is still somebody to hear it."""
        from websockets.exceptions import WebSocketException

        with suppress(ExchangeError, WebSocketException):
            if not self._ended:
                self._protocol.send_close(1000)
                self._flush()
        self._socket.close()

    def _read(self, timeout_s: float) -> bool:
        """Whether anything came in time, the end of the connection included."""
        try:
            self._socket.settimeout(timeout_s)
            data = self._socket.recv(_READ_BYTES)
        except TimeoutError:
            return False
        except OSError as error:
            self._ended = str(error) or type(error).__name__
            return True
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
            self._ended = self._farewell()
        for event in self._protocol.events_received():
            self._take(event)
        if self._protocol.close_expected() and not self._ended:
            self._ended = self._farewell()
        with suppress(UnavailableError):  # an answer to a ping or a close: what came counts first
            self._flush()
        return True

    def _farewell(self) -> str:
        received, sent = self._protocol.close_rcvd, self._protocol.close_sent
        words = (received.reason or f"code {received.code}") if received is not None else ""
        return words or (f"what came is no frame ({sent.reason})" if sent is not None else "the exchange ended it")

    def _take(self, event: Response | Frame | object) -> None:
        from websockets.frames import Frame, Opcode
        from websockets.http11 import Response

        if isinstance(event, Response):
            self._response = event
        elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._parts.append(bytes(event.data))
            if event.fin:
                self._messages.append(b"".join(self._parts))
                self._parts = []

    def _flush(self) -> None:
        try:
            self._socket.settimeout(SEND_S)
            for data in self._protocol.data_to_send():
                if data:
                    self._socket.sendall(data)
        except OSError as error:
            self._ended = str(error) or type(error).__name__
            raise self._lost(self._ended) from error

    def _refused(self, response: Response) -> ExchangeError:
        answer = Answer(
            response.status_code,
            response.headers.get("Content-Type", ""),
            response.headers.get("Retry-After", ""),
            bytes(response.body or b""),
        )
        return judge(answer, self._endpoint, V3_ERRORS) or WireError(
            f"{self._endpoint.label} answered HTTP {answer.status} and no upgrade; there is no feed",
            hint="the API may have changed; report it",
            body=answer.body,
            endpoint=self._endpoint.label,
            http_status=answer.status,
        )

    def _lost(self, why: str) -> UnavailableError:
        return UnavailableError(
            f"the connection {self._endpoint.path} ended: {why}; nothing comes from it any more",
            hint="it is opened again by itself; reads go on meanwhile",
            code="FEED_LOST",
            endpoint=self._endpoint.label,
        )


def _connected(base: str, endpoint: Endpoint) -> socket.socket:
    parts = urlsplit(base)
    host = parts.hostname or ""
    secure = parts.scheme == "wss"
    # IPv4 only: WEEX compares IPv4 addresses with the key's list (weex-api, error -1056; reliability G6).
    local = None if ":" in host else ("0.0.0.0", 0)  # noqa: S104  # the source address of a client, not a listener
    try:
        connection = socket.create_connection((host, parts.port or (443 if secure else 80)), CONNECT_S, local)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not secure:
            return connection
        try:
            return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise NotSentError(
            f"the feed of {host} cannot be reached ({error}); nothing was sent",
            hint="check the network: `weexctl test-connection`",
            code="FEED_UNREACHABLE",
            endpoint=endpoint.label,
        ) from error
