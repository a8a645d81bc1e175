"""One client of the feed: what it asks for, what it is told, and whether it still answers. No sockets, no threads."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from weexctl.simulator.feed_account import PRIVATE_WORDS, AccountWatch
from weexctl.simulator.feed_market import FeedRefusal, PublicChannel, public_channel
from weexctl.simulator.venue import Venue

__all__ = ["FeedSession"]

MOST_CHANNELS = 100
MOST_OPERATIONS = 240
"""Subscriptions and their ends in an hour of this machine."""
MOST_UNANSWERED = 5
MOST_WAITING = 10_000
"""Frames for a client that does not read; beyond it the connection is ended."""
HOUR_MS = 3_600_000


class FeedSession:
    """The state of one connection.

    Attributes:
        outbox: frames to send, oldest first.
        private: whether it logged in.
    """

    def __init__(self, venue: Venue, *, private: bool, real_ms: float) -> None:
        self.private = private
        self.outbox: deque[str] = deque()
        self._venue = venue
        self._public: dict[str, PublicChannel] = {}
        self._account: set[str] = set()
        self._watch = AccountWatch(venue) if private else None
        self._operations: deque[float] = deque()
        self._unanswered = 0
        self._pinged_ms = real_ms

    @property
    def words(self) -> set[str]:
        """The channels that it subscribed to."""
        return {*self._public, *self._account}

    @property
    def swamped(self) -> bool:
        """Whether it reads too slowly to be served."""
        return len(self.outbox) > MOST_WAITING

    def hear(self, text: str, real_ms: float) -> None:
        """Act on a message of the client."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            self._refuse(None, "INVALID_ARGUMENT: invalid json")
            return
        if not isinstance(message, dict):
            self._refuse(None, "INVALID_ARGUMENT: invalid message")
            return
        number, method = message.get("id"), message.get("method")
        if method == "PONG":
            self._unanswered = 0
            if not self.private:
                self._say({"id": number, "method": "PONG"})
            return
        try:
            self._operate(method, message.get("params"), real_ms)
        except FeedRefusal as no:
            self._refuse(number, str(no))
        else:
            self._say({"result": True, "id": number})
            if method == "SUBSCRIBE":
                self._begin(message["params"])

    def look(self, *, lose: bool = False) -> bool:
        """Tell the client what is new. With `lose` the news of order books are dropped; whether there were any."""
        lost = False
        for word, channel in self._public.items():
            for frame in channel.next(self._venue):
                if lose and "@depth" in word:
                    lost = True
                else:
                    self._say(frame)
        for word, frame in self._watch.look(self._venue) if self._watch is not None else ():
            if word in self._account:
                self._say(frame)
        return lost

    def ping(self, real_ms: float) -> bool:
        """Ask whether the client is there, when it is time; False when it has been silent for too long."""
        if real_ms < self._pinged_ms + self._venue.settings.feed_ping_ms:
            return True
        if self._unanswered >= MOST_UNANSWERED:
            return False
        self._pinged_ms = real_ms
        self._unanswered += 1
        self._say({"type" if self.private else "event": "ping", "time": str(self._venue.now_ms)})
        return True

    def _operate(self, method: object, words: object, real_ms: float) -> None:
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            raise FeedRefusal(f"INVALID_ARGUMENT: invalid method : {str(method)[:100]}")
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise FeedRefusal("INVALID_ARGUMENT: invalid params")
        while self._operations and self._operations[0] < real_ms - HOUR_MS:
            self._operations.popleft()
        if len(self._operations) >= MOST_OPERATIONS:
            raise FeedRefusal("RESOURCE_EXHAUSTED: too many operations")
        self._operations.append(real_ms)
        if method == "SUBSCRIBE":
            self._subscribe(words)
        else:
            for word in words:
                self._public.pop(word, None)
                self._account.discard(word)

    def _subscribe(self, words: list[str]) -> None:
        if len(self.words.union(words)) > MOST_CHANNELS:
            raise FeedRefusal("RESOURCE_EXHAUSTED: too many channels")
        if self.private:
            if unknown := [word for word in words if word not in PRIVATE_WORDS]:
                raise FeedRefusal(f"INVALID_ARGUMENT: invalid channel : {unknown[0][:100]}")
            self._account.update(words)
        else:
            self._public.update({word: public_channel(self._venue, word) for word in words})

    def _begin(self, words: list[str]) -> None:
        for word in words:
            if word in self._public:
                for frame in self._public[word].first(self._venue):
                    self._say(frame)

    def _refuse(self, number: Any, words: str) -> None:
        self._say({"result": False, "id": number, "msg": words})

    def _say(self, frame: dict[str, Any]) -> None:
        self.outbox.append(json.dumps(frame, separators=(",", ":")))
