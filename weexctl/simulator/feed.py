"""The feed of the served simulator: who listens, and what is done to them on purpose."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from weexctl.simulator import auth
from weexctl.simulator.feed_session import FeedSession
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.simulator import Simulator

__all__ = ["FEED_CONTROL", "FEED_PATHS", "FeedHub"]

PUBLIC_PATH, PRIVATE_PATH = "/v3/ws/public", "/v3/ws/private"
FEED_PATHS = (PUBLIC_PATH, PRIVATE_PATH)
FEED_CONTROL = "/control/feed"
FORBIDDEN = -1190
FORBIDDEN_STATUS = 403


def _monotonic_ms() -> float:
    return time.monotonic() * 1000


def _uncounted() -> None:
    """A connection has no weight."""


class FeedHub:
    """Every connection. Whoever calls it holds the simulator's lock.

    Attributes:
        silent: when True, clients hear nothing, pings included, and their connections stay open.
    """

    def __init__(self, simulator: Simulator, real_ms: Callable[[], float] = _monotonic_ms) -> None:
        self._simulator = simulator
        self._real_ms = real_ms
        self._sessions: set[FeedSession] = set()
        self._lose = 0
        self.silent = False

    def open(self, path: str, headers: Mapping[str, str]) -> FeedSession:
        """A client that may come in; `headers` have lower-case names.

        Raises:
            Refusal: no User-Agent, or the login is not that of the key.
        """
        if not headers.get("user-agent"):
            raise Refusal(FORBIDDEN, "Header User-Agent is required.", FORBIDDEN_STATUS)
        venue = self._simulator.venue
        private = path == PRIVATE_PATH
        if private:
            server_ms = venue.now_ms + venue.settings.clock_skew_ms
            auth.check(
                auth.Asked(
                    venue.settings, server_ms, "", PRIVATE_PATH, "", headers, b"", writes=False, count=_uncounted
                )
            )
        session = FeedSession(venue, private=private, real_ms=self._real_ms())
        self._sessions.add(session)
        return session

    def hear(self, session: FeedSession, text: str) -> None:
        """Act on a message of a client."""
        session.hear(text, self._real_ms())

    def look(self) -> None:
        """Tell every client what is new."""
        lost = [session.look(lose=self._lose > 0) for session in self._sessions]
        self._lose -= any(lost)

    def take(self, session: FeedSession) -> list[str] | None:
        """What to send to a client now; None when its connection has to end."""
        if session not in self._sessions or session.swamped or not (self.silent or session.ping(self._real_ms())):
            return None
        frames = [] if self.silent else list(session.outbox)
        session.outbox.clear()
        return frames

    def leave(self, session: FeedSession) -> None:
        """Forget a client."""
        self._sessions.discard(session)

    def control(self, method: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """HTTP status and answer of the owner's side door.

        `GET` counts the clients and lists what they subscribed to. `POST` takes `hang_up` (true ends every
        connection), `silent` (whether they hear nothing from now on) and `lose` (how many coming pushes of order
        books are dropped).
        """
        if method == "POST":
            try:
                members = json.loads(body or b"{}")
            except ValueError:
                members = None
            if not isinstance(members, dict) or not members.keys() <= {"hang_up", "silent", "lose"}:
                return 400, {"error": "give some of hang_up, silent and lose"}
            self.silent = bool(members.get("silent", self.silent))
            lose = members.get("lose", 0)
            self._lose += lose if isinstance(lose, int) and lose > 0 else 0
            if members.get("hang_up") is True:
                self._sessions.clear()
        elif method != "GET":
            return 405, {"error": f"{FEED_CONTROL} takes GET and POST"}
        channels = sorted(word for session in self._sessions for word in session.words)
        return 200, {
            "clients": len(self._sessions),
            "channels": channels,
            "silent": self.silent,
            "lose": self._lose,
        }
