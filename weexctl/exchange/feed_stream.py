"""One side of the feed, public or private: keeps a connection open, subscribes, answers pings, and starts over."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from weexctl.errors import (
    ExchangeError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
    UsageError,
    WireError,
)
from weexctl.exchange.feed_channel import Channel, ChannelKind
from weexctl.exchange.feed_frames import read_frame
from weexctl.exchange.feed_line import Line
from weexctl.exchange.feed_messages import DepthPush, Ping, Pong, Push, Reply
from weexctl.exchange.feed_state import Taken

__all__ = ["Condition", "FeedHabits", "FeedSink", "FeedStream", "StreamStatus"]

MOST_CHANNELS = 100
"""Of one connection (weex-api 10)."""
HOUR_MS = 3_600_000


class Condition(StrEnum):
    """How a side of the feed is."""

    IDLE = "idle"
    """Nothing was subscribed to."""
    CONNECTING = "connecting"
    LIVE = "live"
    WAITING = "waiting"
    """It ended, was silent or could not be opened; it is tried again after a pause."""
    REFUSED = "refused"
    """The exchange does not let us in, and would not next time either."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHabits:
    """The times of a stream, milliseconds."""

    silence_ms: int = 75_000
    """Without a single frame for this long, pings included, a connection is dead. Pings seem to come every 30 s."""
    reply_ms: int = 10_000
    """How long a subscription may stay unanswered."""
    first_pause_ms: int = 1_000
    """After a failure; each further one doubles it."""
    longest_pause_ms: int = 30_000
    steady_ms: int = 30_000
    """A connection that held for this long makes the next pause the first one again."""
    poll_ms: int = 100
    """How long the thread waits for a frame before it looks after the rest."""
    renewals_per_hour: int = 60
    """Subscriptions renewed for a hole in the order book; the exchange allows 240 operations an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """What became of a side of the feed so far."""

    condition: Condition = Condition.IDLE
    connections: int = 0
    """Opened so far."""
    frames: int = 0
    malformed: int = 0
    """Frames that were not what the documentation says; none was used."""
    old: int = 0
    """Pushes that were older than what was known, or repeated it."""
    gaps: int = 0
    """Holes in the numbering of an order book."""
    pings: int = 0
    error: ExchangeError | None = None
    """The last one; it need not hold any more."""


class FeedSink(Protocol):
    """Who listens to a stream; called from its thread."""

    def take(self, push: Push) -> Taken:
        """Use a push."""
        ...

    def missed(self, channel: Channel | None) -> None:
        """Forget what a channel said, or what all of them said: something may have come unheard."""
        ...


class FeedStream:
    """A connection that is opened again and again. `round` is one of them; `run` is for a thread of its own."""

    def __init__(
        self,
        open_line: Callable[[], Line],
        sink: FeedSink,
        *,
        local_ms: Callable[[], float],
        clock_refused: Callable[[ExchangeError], bool] = lambda _: False,
        habits: FeedHabits | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            open_line: opens a connection; raises an `ExchangeError`.
            sink: is told what comes.
            local_ms: a clock of this machine that never jumps.
            clock_refused: whether a refused login is only about the time, and so worth another try.
            habits: None for the usual ones.
        """
        self._open_line = open_line
        self._sink = sink
        self._local_ms = local_ms
        self._clock_refused = clock_refused
        self._habits = habits or FeedHabits()
        self._status = StreamStatus()
        self._channels: dict[Channel, str] = {}  # and what became of its subscription: "", "live", or a refusal
        self._todo: deque[tuple[str, Channel]] = deque()
        self._pending: dict[str, tuple[str, Channel, float]] = {}
        self._awaited: set[Channel] = set()  # order books whose snapshot is on its way
        self._renewals: deque[float] = deque()
        self._heard_ms = 0.0
        self._failures = 0
        self._last_id = 0
        self._line: Line | None = None
        self._guard = threading.Lock()
        self._stopping = threading.Event()

    @property
    def status(self) -> StreamStatus:
        """How it is, and what became of it."""
        return self._status

    @property
    def channels(self) -> dict[str, str]:
        """By the exchange's word, what became of each subscription: `live`, empty while unanswered, or the refusal."""
        with self._guard:
            return {channel.word: state for channel, state in self._channels.items()}

    @property
    def wanted(self) -> list[Channel]:
        """What is subscribed to, whatever became of it."""
        with self._guard:
            return list(self._channels)

    def live(self, channel: Channel) -> bool:
        """Whether a channel's pushes would be here by now."""
        silent = self._local_ms() - self._heard_ms > self._habits.silence_ms
        with self._guard:
            subscribed = self._channels.get(channel) == "live"
        return self._status.condition is Condition.LIVE and subscribed and not silent

    def subscribe(self, channel: Channel) -> None:
        """Ask for a channel now, and again after every drop.

        Raises:
            UsageError: it would be one too many for a connection.
        """
        with self._guard:
            if channel in self._channels:
                return
            if len(self._channels) >= MOST_CHANNELS:
                raise UsageError(
                    f"one connection carries {MOST_CHANNELS} channels; {channel.word} was not subscribed to",
                    hint="unsubscribe from others first",
                    code="TOO_MANY_CHANNELS",
                )
            self._channels[channel] = ""
            self._todo.append(("SUBSCRIBE", channel))

    def unsubscribe(self, channel: Channel) -> None:
        """Let go of a channel."""
        with self._guard:
            if self._channels.pop(channel, None) is None:
                return
            self._todo.append(("UNSUBSCRIBE", channel))
        self._sink.missed(channel)

    def run(self) -> None:
        """Connections, one after the other, until `stop`, or until the exchange does not let us in."""
        try:
            while not self._stopping.is_set():
                pause_ms = self.round()
                if pause_ms is None or self._stopping.wait(pause_ms / 1000):
                    return
        finally:
            if self._status.condition is not Condition.REFUSED:
                self._note(condition=Condition.CLOSED)

    def round(self) -> float | None:
        """One connection, from its opening to its end; how long to wait for the next, None for ever."""
        self._note(condition=Condition.CONNECTING)
        opened_ms: float | None = None
        try:
            self._line = line = self._open_line()
            opened_ms = self._heard_ms = self._local_ms()
            self._note(condition=Condition.LIVE, connections=self._status.connections + 1)
            self._begin()
            while not self._stopping.is_set():
                self._look_after(line)
        except ExchangeError as error:
            return self._ended(error, opened_ms)
        finally:
            if self._line is not None:
                self._line.close()
            self._line = None
            self._sink.missed(None)
        return None

    def stop(self) -> None:
        """End the connection and open no other; `run` returns soon."""
        self._stopping.set()

    def _begin(self) -> None:
        with self._guard:
            self._pending.clear()
            self._awaited.clear()
            self._renewals.clear()
            self._channels = dict.fromkeys(self._channels, "")
            self._todo = deque(("SUBSCRIBE", channel) for channel in self._channels)

    def _look_after(self, line: Line) -> None:
        """Send what is due, then use one frame, or find that none comes any more."""
        self._send_due(line)
        frame = line.receive(self._habits.poll_ms / 1000)
        now_ms = self._local_ms()
        if frame is not None:
            self._heard_ms = now_ms
            self._note(frames=self._status.frames + 1)
            self._hear(line, frame)
        elif now_ms - self._heard_ms > self._habits.silence_ms:
            raise _silent(f"nothing was heard for {(now_ms - self._heard_ms) / 1000:.0f} s")
        if any(due_ms < now_ms for _, _, due_ms in self._pending.values()):
            raise _silent(f"a subscription was not answered within {self._habits.reply_ms / 1000:.0f} s")

    def _send_due(self, line: Line) -> None:
        while self._todo:
            with self._guard:
                method, channel = self._todo.popleft()
            number = self._next_id()
            self._pending[number] = (method, channel, self._local_ms() + self._habits.reply_ms)
            if channel.kind is ChannelKind.DEPTH:
                self._awaited.add(channel)
            line.send(json.dumps({"method": method, "params": [channel.word], "id": number}))

    def _hear(self, line: Line, frame: bytes) -> None:
        try:
            message = read_frame(frame)
        except WireError as error:
            self._note(malformed=self._status.malformed + 1, error=error)
            self._miss_private()
            return
        match message:
            case Ping():
                self._note(pings=self._status.pings + 1)
                line.send(json.dumps({"method": "PONG", "id": self._next_id()}))
            case Pong():
                pass
            case Reply():
                self._settle(message)
            case _:
                self._use(message)

    def _miss_private(self) -> None:
        # An order book finds out by its numbers, prices grow old; news of the account would be missed for good.
        if any(channel.private for channel in self.wanted):
            self._sink.missed(None)

    def _settle(self, reply: Reply) -> None:
        if (asked := self._pending.pop(reply.id, None)) is None:
            return
        method, channel, _ = asked
        with self._guard:
            if method != "SUBSCRIBE" or channel not in self._channels:
                return
            self._channels[channel] = "live" if reply.accepted else reply.message or "refused"
        if not reply.accepted:
            refusal = RejectedError(
                f"the feed refuses {channel.word} ({reply.message or 'no reason given'}); reads go on without it",
                hint="check that the symbol is listed: `weexctl market contracts`",
                code="FEED_CHANNEL",
                exchange_message=reply.message,
            )
            self._note(error=refusal)

    def _use(self, push: Push) -> None:
        taken = self._sink.take(push)
        if taken is Taken.OLD:
            self._note(old=self._status.old + 1)
        if not isinstance(push, DepthPush):
            return
        channel = Channel.depth(push.symbol, push.levels)
        if taken is Taken.GAP:
            self._renew(channel)
        elif push.snapshot:
            self._awaited.discard(channel)

    def _renew(self, channel: Channel) -> None:
        """Ask for a fresh snapshot of the book, once for each hole, and not more often than allowed."""
        if channel in self._awaited or self._channels.get(channel) != "live":
            return
        self._note(gaps=self._status.gaps + 1)
        now_ms = self._local_ms()
        while self._renewals and self._renewals[0] <= now_ms - HOUR_MS:
            self._renewals.popleft()
        if len(self._renewals) >= self._habits.renewals_per_hour:
            return
        self._renewals.append(now_ms)
        self._awaited.add(channel)
        with self._guard:
            self._todo.extend((("UNSUBSCRIBE", channel), ("SUBSCRIBE", channel)))

    def _ended(self, error: ExchangeError, opened_ms: float | None) -> float | None:
        final = isinstance(error, UnauthorisedError | RejectedError) and not self._clock_refused(error)
        self._note(condition=Condition.REFUSED if final else Condition.WAITING, error=error)
        if final:
            return None
        if opened_ms is not None and self._local_ms() - opened_ms >= self._habits.steady_ms:
            self._failures = 0
        pause_ms = min(self._habits.longest_pause_ms, self._habits.first_pause_ms << min(self._failures, 16))
        self._failures += 1
        asked_ms = error.retry_after_ms if isinstance(error, RateLimitedError) else None
        return max(pause_ms, asked_ms or 0)

    def _next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def _note(self, **changes: object) -> None:
        self._status = replace(self._status, **changes)  # type: ignore[arg-type]  # the names are those of the status


def _silent(why: str) -> UnavailableError:
    return UnavailableError(
        f"the feed is silent: {why}; it was given up",
        hint="it is opened again by itself; reads go on meanwhile",
        code="FEED_SILENT",
    )
