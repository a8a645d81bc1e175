"""The simulated exchange over TCP, on this machine only: requests, and the feed on the same port."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from weexctl.errors import UsageError
from weexctl.simulator.control import CONTROL, answer_control
from weexctl.simulator.feed import FEED_CONTROL, FEED_PATHS, FeedHub
from weexctl.simulator.feed_session import FeedSession
from weexctl.simulator.pace import Pace
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.simulator import Simulator

__all__ = ["SimulatorServer"]

HOST = "127.0.0.1"
LARGEST_BODY = 1_000_000
"""Bytes; an order has a few hundred."""
IDLE_SECONDS = 75.0
"""How long a connection may say nothing."""
LOCAL_NAMES = ("127.0.0.1", "localhost")

Reply = tuple[int, dict[str, str], bytes]


class SimulatorServer:
    """Serves one simulator to any number of HTTP/1.1 clients; their requests are answered one after the other.

    Before each request the simulator's time is brought to where `pace` says. Use it as a context manager, or call
    `start` and `close`.
    """

    def __init__(
        self,
        simulator: Simulator,
        *,
        port: int = 0,
        pace: Pace | None = None,
        control: bool = False,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """Bound to the loopback address, not yet answering.

        Args:
            simulator: nobody else may use it meanwhile.
            port: 0 takes any free one.
            pace: None lets time move only by control.
            control: whether `/control/*` is offered.
            report: is told what went wrong inside, one line; None drops it.

        Raises:
            UsageError: the port is taken or not allowed.
        """
        self._simulator = simulator
        self._pace = pace or Pace(0.0, simulator.now_ms)
        self._control = control
        self._report = report
        self._lock = threading.Lock()
        self._feed = FeedHub(simulator)
        try:
            self._http = _Http((HOST, port), self)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"port {port} of {HOST} cannot be used ({error}); nothing was started",
                hint="take another one, or --port 0 for any that is free",
                code="PORT_TAKEN",
            ) from None
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers: `http://127.0.0.1:8787`."""
        return f"http://{HOST}:{self._http.server_address[1]}"

    @property
    def feed_url(self) -> str:
        """Where its feed is, on the same port; the paths are `/v3/ws/public` and `/v3/ws/private`."""
        return f"ws://{HOST}:{self._http.server_address[1]}"

    def start(self) -> None:
        """Answer from now on, in threads of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering, end every connection, and free the port."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.hang_up()
        self._http.server_close()

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def reply(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """The answer to one request; a bug inside becomes HTTP 500 and a report."""
        path, _, query = target.partition("?")
        try:
            with self._lock:
                self._catch_up()
                if self._control and path.startswith(CONTROL):
                    answer = self._controlled(method, path, headers, body)
                else:
                    answer = self._simulator.answer(method, path, query, headers, body)
                self._feed.look()
                return answer
        except Exception as error:  # noqa: BLE001  # the other clients must go on being served
            if self._report is not None:
                self._report(f"{method} {path}: {type(error).__name__}: {error}")
            return _json(500, {"code": -1000, "msg": "An unknown error occurred."})

    def open_feed(self, target: str, headers: dict[str, str]) -> FeedSession | Reply:
        """A new client of the feed, or the answer that turns it away."""
        try:
            with self._lock:
                self._catch_up()
                return self._feed.open(target.partition("?")[0], headers)
        except Refusal as no:
            return _json(no.status, {"code": no.code, "msg": no.message})

    def hear(self, session: FeedSession, text: str) -> None:
        """Act on a message of a client of the feed."""
        with self._lock:
            self._catch_up()
            self._feed.look()
            self._feed.hear(session, text)

    def pulse(self, session: FeedSession) -> list[str] | None:
        """What to send to a client of the feed now; None when its connection has to end."""
        with self._lock:
            self._catch_up()
            self._feed.look()
            return self._feed.take(session)

    def leave(self, session: FeedSession) -> None:
        """Forget a client of the feed."""
        with self._lock:
            self._feed.leave(session)

    def _catch_up(self) -> None:
        if (wanted := self._pace.now_ms()) > self._simulator.now_ms:
            self._simulator.advance(wanted)

    def _controlled(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        # A page in a browser can send requests to this machine; it cannot choose the host name it is asked under,
        # nor send JSON without asking first, which nobody here answers.
        if urlsplit(f"//{headers.get('host', '')}").hostname not in LOCAL_NAMES:
            return _json(403, {"error": "the control is for programs on this machine"})
        if body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _json(415, {"error": "the body must be application/json"})
        if path == FEED_CONTROL:
            return _json(*self._feed.control(method, body))
        status, answer = answer_control(self._simulator, method, path, body)
        if "now_ms" in answer:
            answer["speed"] = self._pace.speed
        if self._simulator.now_ms > self._pace.now_ms():
            self._pace.move(self._simulator.now_ms)
        return _json(status, answer)


def _json(status: int, answer: dict[str, Any]) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(answer, separators=(",", ":")).encode()


class _Http(ThreadingHTTPServer):
    """The stdlib's server, which also knows its connections so that it can end them."""

    daemon_threads = False  # so that closing waits for their end
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: SimulatorServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking for this machine's name in the network, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def remember(self, connection: socket.socket) -> None:
        """Know a connection that has begun."""
        with self._guard:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """Drop a connection that has ended."""
        with self._guard:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """End every connection; their threads see the end of the stream."""
        with self._guard:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away in the middle is no fault of anybody here."""


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, hands them over, writes answers."""

    protocol_version = "HTTP/1.1"
    server_version = "weexctl-simulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.remember(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the stdlib's name
        """Keep quiet: stderr belongs to the command line."""

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self._send(*_json(413, {"code": -1140, "msg": "The body must have a length, at most 1 MB."}))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path.partition("?")[0] in FEED_PATHS and headers.get("upgrade", "").lower() == "websocket":
            self._upgrade(headers)
        else:
            self._send(*self.server.owner.reply(self.command, self.path, headers, body))

    def _upgrade(self, headers: dict[str, str]) -> None:
        from weexctl.simulator.feed_socket import serve_feed

        self.close_connection = True
        owner = self.server.owner
        session = owner.open_feed(self.path, headers)
        if isinstance(session, tuple):
            self._send(*session)
            return
        lines = [self.requestline, *(f"{name}: {value}" for name, value in self.headers.items()), "", ""]
        try:
            serve_feed(self.connection, "\r\n".join(lines).encode("latin-1"), session, owner)
        finally:
            owner.leave(session)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return None
        return self.rfile.read(int(length)) if int(length) <= LARGEST_BODY else None

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def __getattr__(self, name: str) -> Any:
        # The stdlib looks for do_GET, do_POST and so on; what a verb may do is the exchange's to say.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)
