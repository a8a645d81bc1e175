"""The feed on a socket: the library knows the protocol, the session what is said."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Protocol

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from weexctl.simulator.feed_session import FeedSession

__all__ = ["FeedOwner", "serve_feed"]

PULSE_S = 0.05
"""How often it is looked at whether there is something to say."""
SEND_S = 5.0
"""A client that does not read for this long is let go."""
LARGEST_MESSAGE = 65_536
READ_BYTES = 65_536
POLICY, TOO_SLOW = 1008, "too slow, or no answer to pings"

# The library writes headers to its logger when that is at DEBUG, and a client's may be those of a real key.
_SILENT = logging.Logger("weexctl.simulator.silent", logging.CRITICAL + 1)
_SILENT.disabled = True


class FeedOwner(Protocol):
    """Who knows the simulator and its lock."""

    def hear(self, session: FeedSession, text: str) -> None:
        """Act on a message of a client."""
        ...

    def pulse(self, session: FeedSession) -> list[str] | None:
        """Bring time to where it should be; what to send now, None when the connection has to end."""
        ...


def serve_feed(connection: socket.socket, request: bytes, session: FeedSession, owner: FeedOwner) -> None:
    """Answer an upgrade, and serve its client until one of the two ends it.

    Args:
        connection: stays open; its owner closes it.
        request: request line and headers as they came.
    """
    protocol = ServerProtocol(max_size=LARGEST_MESSAGE, logger=_SILENT)
    protocol.receive_data(request)
    events = protocol.events_received()
    found = [event for event in events if isinstance(event, Request)]
    if not found:
        return
    protocol.send_response(protocol.accept(found[0]))
    _Talk(connection, protocol, lambda text: owner.hear(session, text)).run(lambda: owner.pulse(session))


class _Talk:
    def __init__(self, connection: socket.socket, protocol: ServerProtocol, hear: Callable[[str], None]) -> None:
        self._connection = connection
        self._protocol = protocol
        self._hear = hear
        self._parts: list[bytes] = []

    def run(self, pulse: Callable[[], list[str] | None]) -> None:
        open_for_more = self._flush()
        while open_for_more and self._protocol.state.name == "OPEN":
            if not self._receive():
                return
            frames = pulse()
            if self._protocol.state.name != "OPEN":
                break
            if frames is None:
                self._protocol.send_close(POLICY, TOO_SLOW)
            for frame in frames or ():
                self._protocol.send_text(frame.encode())
            open_for_more = self._flush()
        self._flush()

    def _receive(self) -> bool:
        """Whether the client is still there."""
        try:
            self._connection.settimeout(PULSE_S)
            data = self._connection.recv(READ_BYTES)
        except TimeoutError:
            return True
        except OSError:
            return False
        if not data:
            return False
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._parts.append(bytes(event.data))
                if event.fin:
                    self._hear(b"".join(self._parts).decode(errors="replace"))
                    self._parts = []
        return True

    def _flush(self) -> bool:
        try:
            self._connection.settimeout(SEND_S)
            for data in self._protocol.data_to_send():
                if data:
                    self._connection.sendall(data)
        except OSError:
            return False
        return True
