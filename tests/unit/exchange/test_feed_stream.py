"""One connection after the other: what is sent, what ends them, and how long until the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.exchange.feed_pushes import LocalClock, ScriptedLine, accept, lost
from weexctl.errors import (
    ExchangeError,
    NotSentError,
    RateLimitedError,
    UnauthorisedError,
    UsageError,
    WireError,
)
from weexctl.exchange.feed_channel import ORDERS, Channel
from weexctl.exchange.feed_messages import Push
from weexctl.exchange.feed_state import FeedState, Taken
from weexctl.exchange.feed_stream import MOST_CHANNELS, Condition, FeedHabits, FeedStream

BTC = "BTCUSDT"
TICKER, DEPTH = Channel.ticker(BTC), Channel.depth(BTC)
PING = {"event": "ping", "time": "1"}
BOOK: dict[str, Any] = {"s": BTC, "l": 15, "b": [["99", "1"]], "a": [["101", "1"]]}


def snapshot(number: int) -> dict[str, Any]:
    return {**BOOK, "e": "depthSnapshot", "E": number, "U": number, "u": number, "d": "SNAPSHOT"}


def change(first: int, last: int) -> dict[str, Any]:
    return {**BOOK, "e": "depth", "E": last, "U": first, "u": last, "d": "CHANGED"}


class Sink:
    """Keeps a state as the feed does, and counts what was forgotten."""

    def __init__(self) -> None:
        self.state = FeedState()
        self.forgotten: list[Channel | None] = []

    def take(self, push: Push) -> Taken:
        return self.state.take(push, 0.0)[0]

    def missed(self, channel: Channel | None) -> None:
        self.forgotten.append(channel)


class Desk:
    """A stream, its clock, and the lines that it will get, in order; an error stands for one that does not open."""

    def __init__(self, habits: FeedHabits | None = None) -> None:
        self.clock = LocalClock()
        self.sink = Sink()
        self.lines: list[ScriptedLine | ExchangeError] = []
        self.opened: list[ScriptedLine] = []
        self.clock_refused: Callable[[ExchangeError], bool] = lambda _: False
        self.stream = FeedStream(
            self._open,
            self.sink,
            local_ms=self.clock,
            clock_refused=lambda error: self.clock_refused(error),
            habits=habits,
        )

    def _open(self) -> ScriptedLine:
        line = self.lines.pop(0)
        if isinstance(line, ExchangeError):
            raise line
        self.opened.append(line)
        return line

    def line(self, *script: Any, after: ExchangeError | None = None) -> ScriptedLine:
        made = ScriptedLine(list(script), self.clock, after)
        self.lines.append(made)
        return made


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_every_channel_is_subscribed_to_again_on_every_connection(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    desk.stream.subscribe(DEPTH)
    first, second = desk.line(10), desk.line(10)
    desk.stream.round()
    desk.stream.round()
    for line in (first, second):
        assert line.asked("SUBSCRIBE") == ["BTCUSDT@ticker", "BTCUSDT@depth15"]
        assert line.closed
    assert desk.stream.status.connections == 2


def test_a_channel_let_go_of_is_not_asked_for_again(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    desk.stream.subscribe(DEPTH)
    desk.stream.unsubscribe(DEPTH)
    line = desk.line(10)
    desk.stream.round()
    assert line.asked("SUBSCRIBE") == ["BTCUSDT@ticker"]
    assert DEPTH in desk.sink.forgotten


def test_ids_never_repeat(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    lines = [desk.line(PING, PING), desk.line(PING)]
    desk.stream.round()
    desk.stream.round()
    ids = [message["id"] for line in lines for message in line.sent]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.parametrize("ping", [{"event": "ping", "time": "1776078750000"}, {"type": "ping", "time": "1"}])
def test_a_ping_of_either_side_is_answered_with_a_pong(desk: Desk, ping: dict[str, str]) -> None:
    line = desk.line(ping)
    desk.stream.round()
    (answer,) = line.sent
    assert set(answer) == {"method", "id"}
    assert answer["method"] == "PONG"
    assert desk.stream.status.pings == 1


def test_a_channel_is_live_once_the_exchange_says_so(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    seen: list[bool] = []

    def look(_: ScriptedLine) -> int:
        seen.append(desk.stream.live(TICKER))
        return 1

    desk.line(look, accept, look)
    desk.stream.round()
    assert seen == [False, True]
    assert not desk.stream.live(TICKER)


def test_a_refused_channel_says_why_and_the_others_go_on(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    desk.stream.subscribe(DEPTH)
    desk.line(
        lambda line: accept(line, TICKER.word, accepted=False),
        lambda line: accept(line, DEPTH.word),
        lambda _: 1 if desk.stream.live(DEPTH) else b"!",
    )
    desk.stream.round()
    assert desk.stream.channels == {"BTCUSDT@ticker": "INVALID_ARGUMENT: no", "BTCUSDT@depth15": "live"}
    assert desk.stream.status.malformed == 0


def test_silence_ends_a_connection(desk: Desk) -> None:
    line = desk.line(40_000, 34_000, 2_000, 10)
    assert desk.stream.round() == 1_000
    error = desk.stream.status.error
    assert error is not None
    assert error.code == "FEED_SILENT"
    assert line.closed
    assert desk.stream.status.condition is Condition.WAITING


def test_pings_alone_keep_a_quiet_connection(desk: Desk) -> None:
    desk.line(*[50_000, PING] * 5, after=lost("the end"))
    desk.stream.round()
    error = desk.stream.status.error
    assert error is not None
    assert error.message == "the end"


def test_a_channel_of_a_dead_connection_is_not_live(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    seen: list[bool] = []

    def look(_: ScriptedLine) -> int:
        desk.clock.time_ms += 80_000
        seen.append(desk.stream.live(TICKER))
        return 1

    desk.line(accept, look)
    desk.stream.round()
    assert seen == [False]


def test_a_subscription_without_answer_ends_a_connection_that_still_pings(desk: Desk) -> None:
    desk.stream.subscribe(TICKER)
    desk.line(6_000, PING, 6_000, PING, 10)
    desk.stream.round()
    error = desk.stream.status.error
    assert error is not None
    assert "was not answered" in error.message


def test_pauses_double_up_to_a_cap_and_begin_anew_after_a_steady_connection(desk: Desk) -> None:
    pauses = []
    for _ in range(7):
        desk.lines.append(NotSentError("no way there"))
        pauses.append(desk.stream.round())
    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    desk.line(10)
    assert desk.stream.round() == 30_000  # open for a moment only
    desk.line(20_000, PING, 20_000)
    assert desk.stream.round() == 1_000


def test_the_exchange_may_ask_for_a_longer_pause(desk: Desk) -> None:
    desk.lines.append(RateLimitedError("too many", retry_after_ms=60_000))
    assert desk.stream.round() == 60_000


def test_a_page_where_the_feed_should_be_is_tried_again(desk: Desk) -> None:
    desk.lines.append(WireError("a page"))
    assert desk.stream.round() == 1_000


def test_a_refused_login_is_not_tried_again(desk: Desk) -> None:
    desk.lines.append(UnauthorisedError("no", exchange_code="-1047"))
    desk.stream.run()  # returns, without a pause and without a second attempt
    assert desk.stream.status.condition is Condition.REFUSED


def test_a_login_refused_for_its_time_is_tried_again(desk: Desk) -> None:
    desk.clock_refused = lambda error: error.exchange_code == "-1046"
    desk.lines.append(UnauthorisedError("late", exchange_code="-1046"))
    assert desk.stream.round() == 1_000
    assert desk.stream.status.condition is Condition.WAITING


def test_everything_is_forgotten_when_a_connection_ends(desk: Desk) -> None:
    desk.line(10)
    desk.stream.round()
    assert desk.sink.forgotten == [None]


def test_a_hole_in_the_book_asks_for_a_new_one_once(desk: Desk) -> None:
    desk.stream.subscribe(DEPTH)
    line = desk.line(
        lambda it: accept(it, DEPTH.word), snapshot(10), change(11, 12), change(14, 15), change(16, 16), change(17, 17)
    )
    desk.stream.round()
    assert line.asked("UNSUBSCRIBE") == [DEPTH.word]
    assert line.asked("SUBSCRIBE") == [DEPTH.word] * 2
    assert desk.stream.status.gaps == 1


def test_after_the_new_snapshot_the_book_is_whole_and_the_next_hole_is_seen(desk: Desk) -> None:
    desk.stream.subscribe(DEPTH)
    desk.line(
        lambda it: accept(it, DEPTH.word), snapshot(10), change(14, 15), 1, snapshot(20), change(21, 21), change(30, 30)
    )
    desk.stream.round()
    assert desk.stream.status.gaps == 2


def test_changes_before_the_first_snapshot_are_no_hole(desk: Desk) -> None:
    desk.stream.subscribe(DEPTH)
    line = desk.line(lambda it: accept(it, DEPTH.word), change(5, 6), snapshot(6), change(7, 7))
    desk.stream.round()
    assert desk.stream.status.gaps == 0
    assert line.asked("UNSUBSCRIBE") == []
    assert desk.sink.state.depth(BTC, 15) is not None


def test_new_books_are_not_asked_for_without_end() -> None:
    desk = Desk(FeedHabits(renewals_per_hour=3))
    desk.stream.subscribe(DEPTH)
    holes = [part for number in range(10) for part in (snapshot(10 * number), change(10 * number + 5, 10 * number + 6))]
    line = desk.line(lambda it: accept(it, DEPTH.word), *holes, 1)
    desk.stream.round()
    assert line.asked("UNSUBSCRIBE") == [DEPTH.word] * 3


def test_a_malformed_frame_is_counted_and_the_connection_goes_on(desk: Desk) -> None:
    line = desk.line(b"<html>", b"\xff\xfe", {"e": "surprise"}, PING)
    desk.stream.round()
    assert desk.stream.status.malformed == 3
    assert [message["method"] for message in line.sent] == ["PONG"]


def test_news_of_the_account_that_could_not_be_read_is_news_missed(desk: Desk) -> None:
    desk.stream.subscribe(ORDERS)
    desk.line(b"{", 1)
    desk.stream.round()
    assert desk.sink.forgotten == [None, None]  # at the frame, and at the end


def test_an_old_push_is_counted(desk: Desk) -> None:
    row = dict.fromkeys("pPwcohlvqmi", "1") | {"O": 1, "C": 1, "n": 1}
    frame = {"e": "ticker", "E": 5, "s": BTC, "d": [row]}
    desk.line(frame, frame, {**frame, "E": 4})
    desk.stream.round()
    assert (desk.stream.status.frames, desk.stream.status.old) == (3, 2)


def test_a_connection_carries_a_hundred_channels(desk: Desk) -> None:
    for number in range(MOST_CHANNELS):
        desk.stream.subscribe(Channel.ticker(f"A{number}USDT"))
    with pytest.raises(UsageError) as caught:
        desk.stream.subscribe(TICKER)
    assert caught.value.code == "TOO_MANY_CHANNELS"


def test_stop_ends_a_connection_and_opens_no_other(desk: Desk) -> None:
    def stop(_: ScriptedLine) -> dict[str, str]:
        desk.stream.stop()
        return PING

    line = desk.line(stop, PING, PING)
    desk.stream.run()
    assert line.closed
    assert desk.stream.status.condition is Condition.CLOSED
    assert desk.stream.status.frames == 1


def test_a_bug_of_a_listener_does_not_leave_a_live_stream_behind(desk: Desk) -> None:
    def broken(_: Push) -> Taken:
        raise RuntimeError("it broke")

    desk.sink.take = broken  # type: ignore[method-assign, assignment]  # a listener with a bug
    line = desk.line(snapshot(1))
    with pytest.raises(RuntimeError):
        desk.stream.run()
    assert line.closed
    assert desk.stream.status.condition is Condition.CLOSED
